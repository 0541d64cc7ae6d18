"""Which windows an epoch of training sees, and how often each class and patient comes up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I8, I64
    from arsis.learn.settings import Settings


def draw_classes(y: I64) -> I64:
    """Return by which class each window is drawn: (window,); -1 = never.

    A window whose steps are labelled, (window, step), has no one class: all are drawn alike that
    have a known step.
    """
    return y if y.ndim == 1 else np.where((y >= 0).any(1), 0, -1)


def draws(y: I64, subject: I64, made: I8, settings: Settings) -> F64:
    """Return how likely each window is to be drawn: (window,), sums to 1.

    `y` as `draw_classes` gives it. Made windows come up in `made_share` of the draws, every group
    of them alike; within each, and within the measured ones, `chances` says which.
    """
    groups = np.unique(made[y >= 0]).tolist()
    if groups == [0]:
        return chances(y, subject, settings.shares, settings.patient_power)
    # Where every window comes once, a round is as long as there are windows of both kinds.
    share = settings.made_share if settings.windows_per_epoch else (made[y >= 0] > 0).mean()
    chance = np.zeros(len(y))
    for group in groups:
        part = made == group
        weight = share / sum(each > 0 for each in groups) if group else 1 - share
        if weight:
            among = chances(y[part], subject[part], settings.shares, settings.patient_power)
            chance[part] = weight * among
    chance /= chance.sum()
    return chance


def chances(y: I64, subject: I64, shares: tuple[float, ...], power: float) -> F64:
    """Return how likely each window is to be drawn: (window,), sums to 1.

    Class c comes up in `shares[c]` of the draws (its own share where `shares` is empty); within
    a class, a patient with n of its windows counts n to the `power`: 1 = every window alike,
    0 = every patient alike. A window that is not scored (-1) is never drawn.
    """
    counts = np.bincount(y[y >= 0], minlength=max(len(shares), int(y.max()) + 1))
    wanted = np.asarray(shares or counts, float) * (counts > 0)
    chance = np.zeros(len(y))
    for number in np.flatnonzero(wanted):
        rows = np.flatnonzero(y == number)
        _, place, windows = np.unique(subject[rows], return_inverse=True, return_counts=True)
        patient = windows.astype(float) ** power
        chance[rows] = wanted[number] * (patient / patient.sum() / windows)[place]
    chance /= chance.sum()
    return chance


def drawn_shares(y: I64, chance: F64, classes: int) -> F64:
    """Return the share of each class among the draws, or among their known steps: (class,)."""
    weight = np.broadcast_to(chance.reshape(-1, *(1,) * (y.ndim - 1)), y.shape)
    shares: F64 = np.bincount(y[y >= 0], weights=weight[y >= 0], minlength=classes).astype(float)
    return shares if y.ndim == 1 else shares / shares.sum()


def epoch_order(y: I64, chance: F64, count: int, seed: tuple[int, int]) -> I64:
    """Return the windows of one epoch in order: (draw,); it depends on nothing but its arguments.

    `count` windows are drawn by their chance; 0: every scored window comes once.
    """
    rng = np.random.default_rng(seed)
    if count:
        return rng.choice(len(y), size=count, p=chance).astype(np.int64)
    return rng.permutation(np.flatnonzero(y >= 0)).astype(np.int64)
