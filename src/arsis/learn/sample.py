"""Which windows an epoch of training sees, and how often each class and patient comes up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I64, Bool
    from arsis.learn.settings import Settings


def draws(y: I64, subject: I64, made: Bool, settings: Settings) -> F64:
    """Return how likely each window is to be drawn: (window,), sums to 1.

    Made windows come up in `made_share` of the draws; within them, and within the measured ones,
    `chances` says which.
    """
    if not made.any():
        return chances(y, subject, settings.shares, settings.patient_power)
    # Where every window comes once, a round is as long as there are windows of both kinds.
    share = settings.made_share if settings.windows_per_epoch else float(made[y >= 0].mean())
    chance = np.zeros(len(y))
    for part, weight in ((~made, 1 - share), (made, share)):
        if weight and (y[part] >= 0).any():
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
    """Return the share of each class among the draws: (class,)."""
    shares: F64 = np.bincount(y[y >= 0], weights=chance[y >= 0], minlength=classes).astype(float)
    return shares


def epoch_order(y: I64, chance: F64, count: int, seed: tuple[int, int]) -> I64:
    """Return the windows of one epoch in order: (draw,); it depends on nothing but its arguments.

    `count` windows are drawn by their chance; 0: every scored window comes once.
    """
    rng = np.random.default_rng(seed)
    if count:
        return rng.choice(len(y), size=count, p=chance).astype(np.int64)
    return rng.permutation(np.flatnonzero(y >= 0)).astype(np.int64)
