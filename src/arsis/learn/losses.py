"""What training makes small, and how rare classes are given weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor


def cross_entropy(logits: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Return the surprise at the truth: logits (batch, class), truth (batch, class) -> (batch,).

    `truth` is a distribution (label smoothing makes it soft); `weight` is (class,).
    """
    return -(truth * weight * functional.log_softmax(logits, 1)).sum(1)


def focal(logits: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Return cross-entropy that cares less for what is already clear: -> (batch,).

    Lin, Goyal, Girshick, He and Dollar, Focal Loss for Dense Object Detection, 2017, with their
    gamma of 2.
    """
    log_p = functional.log_softmax(logits, 1)
    return -(truth * weight * (1 - log_p.exp()) ** 2 * log_p).sum(1)


LOSSES: Mapping[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "cross-entropy": cross_entropy,
    "focal": focal,
}


def soften(truth: Tensor, classes: int, smoothing: float) -> Tensor:
    """Return class numbers as distributions: (batch,) -> (batch, class) (Szegedy et al. 2016).

    A truth of -1 gives a row of zeros, so that it adds nothing to any loss.
    """
    hot = functional.one_hot(truth.clamp(min=0), classes).float()
    soft = hot * (1 - smoothing) + smoothing / classes
    return soft * (truth >= 0).unsqueeze(1)


def mean_loss(name: str, logits: Tensor, truth: Tensor, weight: Tensor, smoothing: float) -> Tensor:
    """Return the mean loss over what is scored in a batch; -1 (not scored) never counts.

    logits (batch, class), truth (batch,), weight (class,) -> (); or (batch, class, step) and
    (batch, step): then every known step counts the same.
    """
    rows = logits.movedim(1, -1).reshape(-1, logits.shape[1])
    wanted = truth.reshape(-1)
    loss = LOSSES[name](rows, soften(wanted, rows.shape[1], smoothing), weight)
    return loss.sum() / (wanted >= 0).sum().clamp(min=1)


def equal(counts: Tensor) -> Tensor:
    """Return the same weight for every class: (class,) -> (class,)."""
    return torch.ones_like(counts)


def inverse(counts: Tensor) -> Tensor:
    """Return weights by which every class counts the same in sum: (class,) -> (class,)."""
    return 1 / counts.clamp(min=1)


def inverse_sqrt(counts: Tensor) -> Tensor:
    """Return weights half way, on a log scale, between equal and inverse: (class,) -> (class,)."""
    return counts.clamp(min=1).rsqrt()


def effective(counts: Tensor) -> Tensor:
    """Return weights by the effective number of windows: (class,) -> (class,).

    (1 - b) / (1 - b^n) with b = 0.9999 (Cui, Jia, Lin, Song and Belongie 2019).
    """
    beta = 0.9999
    return (1 - beta) / (1 - beta ** counts.clamp(min=1))


BALANCES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "none": equal,
    "inverse": inverse,
    "inverse-sqrt": inverse_sqrt,
    "effective": effective,
}


def class_weights(name: str, counts: Tensor) -> Tensor:
    """Return loss weights whose mean over the training windows is 1: (class,) -> (class,)."""
    weight = BALANCES[name](counts.double())
    return (weight * counts.sum() / (weight * counts).sum()).float()
