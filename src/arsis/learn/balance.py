"""How rare classes are given weight while a net learns, and how its answers make up for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from arsis.learn.losses import class_weights
from arsis.learn.sample import drawn_shares

if TYPE_CHECKING:
    from torch import Tensor

    from arsis.core.arrays import F64, I8, I64
    from arsis.learn.settings import Settings


@dataclass(frozen=True)
class Balance:
    """What follows from how often each class is shown; (class,) each.

    Attributes
    ----------
    weight
        Of the loss.
    correction
        Added to the logits, so that answers are for the shares that were measured.
    expected
        Logarithm of the class shares that the corrected answers are for; infinite for a class
        that nobody showed, so that it takes no part in the balanced loss.
    """

    weight: Tensor
    correction: F64
    expected: F64


def balance(y: I64, made: I8, chance: F64 | None, classes: int, settings: Settings) -> Balance:
    """Weigh the classes of one target.

    `y` (window,) or (window, step) labels, -1 = not scored; `made` (window,) 0 where
    measured; `chance` (window,) how likely each is to be drawn, None: each comes once a round.
    """
    counts = _counts(y, made, classes)
    drawn = counts / counts.sum() if chance is None else drawn_shares(y, chance, classes)
    weight = class_weights(settings.balance, torch.from_numpy(drawn * counts.sum()))
    seen = np.maximum(drawn * weight.numpy(), 1e-9)
    ratio = np.log(np.maximum(counts / counts.sum(), 1e-9) / (seen / seen.sum()))
    correction = settings.prior * ratio
    expected = np.where(counts > 0, np.log(seen / seen.sum()) + correction, np.inf)
    return Balance(weight, correction, expected)


def _counts(y: I64, made: I8, classes: int) -> F64:
    """Return how often each class occurs in what was measured: (class,).

    One that nobody ever measured counts as often as it was made.
    """
    measured, invented = (
        np.bincount(part[part >= 0], minlength=classes).astype(float)
        for part in (y[made == 0], y[made > 0])
    )
    return np.where(measured > 0, measured, invented)
