"""Atrial fibrillation: stretches of irregularly irregular intervals without a P wave."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from arsis.signal.rows import row_median
from arsis.signal.rr_pairs import repetition
from arsis.tasks.beats.prepare import FEATURES as WINDOW_FEATURES
from arsis.tasks.beats.rhythm import LONGEST_S, SHORTEST_S

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I64
    from arsis.core.windows import Windows

Describe = Callable[["F64", "F64"], "F64"]

BEATS = 60
"""Beats that are judged together: about a minute."""
STEP = 4
"""A new window begins with every fourth beat."""
FEWEST = 40
"""A window with fewer known intervals says nothing."""
FEATURES = ("rarity", "log_surprise", "p_likeness")
LEAST_SURPRISE = 0.02
"""The logarithm makes irregularity a condition: where like follows like, no missing P wave makes
fibrillation of it (noise can hide P waves, and junctional rhythm has none)."""


def p_likeness(windows: Windows) -> F64:
    """Say how well the time before each QRS follows the running median beat: (window,).

    Pearson's r of the P-wave region in the lead where it fits better; NaN where no lead was
    measured. In fibrillation nothing there comes again from beat to beat.
    """
    columns = [WINDOW_FEATURES.index(f"lead{lead}_p_correlation") for lead in (1, 2)]
    r = np.where(windows.mask, windows.context[:, columns].astype(np.float64), -np.inf).max(1)
    return np.where(np.isneginf(r), np.nan, r)


def describe(rr_s: F64, likeness: F64) -> F64:
    """Return the features of every window of BEATS beats: (beat,), (beat,) -> (window, 3).

    NaN where too few intervals or P-wave regions are known. In the order of FEATURES.
    """
    log_rr = np.log(np.clip(rr_s, SHORTEST_S, LONGEST_S))
    rarity, surprise = repetition(log_rr, BEATS, STEP)
    if not len(rarity):
        return np.empty((0, len(FEATURES)))
    known = sliding_window_view(~np.isnan(log_rr + likeness), BEATS)[::STEP].sum(1) >= FEWEST
    middle = row_median(np.where(known[:, None], sliding_window_view(likeness, BEATS)[::STEP], 0.0))
    logs = np.array([math.log(max(each, LEAST_SURPRISE)) for each in surprise.tolist()])
    found = np.stack([rarity, logs, middle], axis=1)
    found[~known] = np.nan
    return found


@dataclass(frozen=True)
class Fit:
    """How features become a probability, and from which probability on it is fibrillation.

    Attributes
    ----------
    weights, bias
        Of the logistic regression on FEATURES.
    threshold
        In thousandths, as all probabilities here: beats from it on are in fibrillation.
    sure, possible
        The same for the least and the greatest burden.
    """

    weights: tuple[float, ...]
    bias: float
    threshold: int
    sure: int
    possible: int

    def probability(self, features: F64) -> I64:
        """Return thousandths: (window, feature) -> (window,); -1 where features are unknown."""
        told = [
            self.bias + math.fsum(w * x for w, x in zip(self.weights, row, strict=True))
            for row in features.tolist()
        ]
        values = [-1 if math.isnan(each) else _thousandths(each) for each in told]
        return np.array(values, np.int64)


def _thousandths(logit: float) -> int:
    return round(1000 / (1 + math.exp(-max(-30.0, min(30.0, logit)))))


@dataclass
class JudgeFibrillation:
    """From beats to the probability of fibrillation around each; half a window behind.

    Attributes
    ----------
    fit
        What turns features into a probability.
    describe
        What gives the features of windows: (beat,), (beat,) -> (window, feature).
    rr_s, likeness
        (beat,) of the windows to come.
    waiting
        How many beats have not been judged.
    latest
        Probability of the last window so far, in thousandths; -1 = unknown.
    begun
        Whether there has been a window.
    """

    fit: Fit
    describe: Describe = describe
    rr_s: F64 = field(default_factory=lambda: np.empty(0))
    likeness: F64 = field(default_factory=lambda: np.empty(0))
    waiting: int = 0
    latest: int = -1
    begun: bool = False

    def push(self, rr_s: F64, likeness: F64, last: bool = False) -> I64:
        """Take the next beats, (beat,) twice, and return thousandths of those now judged.

        Each window speaks for the STEP beats in its middle, the first and the last one also for
        those before and behind; -1 = unknown.
        """
        self.rr_s = np.concatenate([self.rr_s, rr_s])
        self.likeness = np.concatenate([self.likeness, likeness])
        self.waiting += len(rr_s)
        told = self.fit.probability(self.describe(self.rr_s, self.likeness))
        judged: list[int] = []
        for each in told.tolist():
            judged += [each] * (STEP if self.begun else (BEATS + STEP) // 2)
            self.latest, self.begun = each, True
        self.rr_s, self.likeness = self.rr_s[STEP * len(told) :], self.likeness[STEP * len(told) :]
        if last:
            judged += [self.latest] * (self.waiting - len(judged))
        self.waiting -= len(judged)
        return np.array(judged, np.int64)
