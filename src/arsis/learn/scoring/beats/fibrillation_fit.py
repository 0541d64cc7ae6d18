"""Fitting the detector of atrial fibrillation to people, and its rivals by the same procedure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from arsis.signal.rows import row_median
from arsis.tasks.beats.fibrillation import BEATS, FEWEST, STEP, Describe, Fit, describe
from arsis.tasks.beats.rhythm_marks import FIBRILLATION, FLUTTER, SHORT, Stretch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import F64, I64, Bool

UNSCORED = (SHORT, FLUTTER)
"""Fibrillation of less than 30 s, and flutter: neither right nor wrong to answer."""
NEWTON_STEPS, RIDGE = 12, 1e-3
MISS = 20.0
"""What a burden outside its interval costs beside the interval's width: 2 / alpha of the interval
score for intervals of 90 % (Gneiting and Raftery, J. Am. Stat. Assoc. 102, 2007)."""
GRID = np.arange(1, 1000)


def rr_alone(rr_s: F64, likeness: F64) -> F64:
    """Describe windows by their intervals, without the P wave: (window, 2)."""
    return describe(rr_s, likeness)[:, :2]


def p_alone(rr_s: F64, likeness: F64) -> F64:
    """Describe windows by the P wave, without their intervals: (window, 1)."""
    return describe(rr_s, likeness)[:, 2:]


def normalised_rmssd(rr_s: F64, likeness: F64) -> F64:
    """Describe windows by RMSSD over mean RR (Dash et al., Ann. Biomed. Eng. 37, 2009)."""
    del likeness
    rows = _rows(rr_s)
    squares, means = np.nanmean(np.diff(rows, axis=1) ** 2, axis=1), np.nanmean(rows, axis=1)
    return _known(rows, np.sqrt(squares) / means)


COSEN_TOLERANCE_S = 0.03


def cosen(rr_s: F64, likeness: F64) -> F64:
    """Describe windows by the coefficient of sample entropy, m = 1, r = 30 ms.

    Lake and Moorman, Am. J. Physiol. Heart Circ. Physiol. 300 (2011) H319; a count of 0 is taken
    as a half.
    """
    del likeness
    rows = _rows(rr_s)
    found = np.empty(len(rows))
    for i, row in enumerate(rows):
        alike = np.abs(row[:, None] - row[None, :]) <= COSEN_TOLERANCE_S
        one = (np.triu(alike, 1)[:-1, :-1]).sum()
        two = (np.triu(alike, 1)[:-1, :-1] & alike[1:, 1:]).sum()
        entropy = -np.log(max(two, 0.5) / max(one, 0.5))
        found[i] = entropy + np.log(2 * COSEN_TOLERANCE_S) - np.log(np.nanmean(row))
    return _known(rows, found)


def _rows(rr_s: F64) -> F64:
    if len(rr_s) < BEATS:
        return np.empty((0, BEATS))
    rows = sliding_window_view(rr_s, BEATS)[::STEP]
    usual = row_median(rows)[:, None]
    many = (~np.isnan(rows)).sum(1) >= FEWEST
    return np.where(many[:, None], rows, np.where(usual > 0, usual, 1.0))


def _known(rows: F64, values: F64) -> F64:
    return np.asarray(values, np.float64).reshape(len(rows), 1)


OURS = "arsis"
METHODS: dict[str, Describe] = {
    "CosEn": cosen,
    "normalised RMSSD": normalised_rmssd,
    "P wave alone": p_alone,
    "RR alone": rr_alone,
    OURS: describe,
}
"""What windows are described by; each becomes a detector by the very same procedure."""


@dataclass(frozen=True)
class Known:
    """One recording whose rhythm is known.

    Attributes
    ----------
    subject, person
        Whose; two subjects may be one person.
    time_s, rr_s, likeness
        (beat,) R peaks, the interval that ends with each, and `p_likeness`.
    rhythm
        What the annotators wrote.
    duration_s
        Of the recording.
    """

    subject: str
    person: str
    time_s: F64
    rr_s: F64
    likeness: F64
    rhythm: tuple[Stretch, ...]
    duration_s: float

    def spans(self, *kinds: str) -> F64:
        """Return the stretches of these kinds: (stretch, 2) seconds."""
        rows = [(s.start_s, s.stop_s) for s in self.rhythm if s.kind in kinds]
        return np.array(rows, np.float64).reshape(-1, 2)


@dataclass(frozen=True)
class Rows:
    """Windows of one recording: features (window, feature), and seconds in and out of AF."""

    features: F64
    inside_s: F64
    outside_s: F64


def rows_of(known: Known, method: Describe) -> Rows:
    """Describe the windows of a recording; the time of each is that of its middle beats."""
    features = method(known.rr_s, known.likeness)
    middle_s = known.time_s - np.nan_to_num(known.rr_s) / 2
    seconds = np.nan_to_num(known.rr_s)
    inside, out = (
        _within(middle_s, known.spans(FIBRILLATION)),
        _within(middle_s, known.spans(*UNSCORED)),
    )
    place = STEP * np.arange(len(features))[:, None] + (BEATS - STEP) // 2 + np.arange(STEP)
    whole = ~np.isnan(features).any(1)
    inside_s = (seconds * inside)[place].sum(1)
    outside_s = (seconds * ~(inside | out))[place].sum(1)
    return Rows(features[whole], inside_s[whole], outside_s[whole])


def _within(time_s: F64, spans: F64) -> Bool:
    inside = np.zeros(len(time_s), bool)
    for start_s, stop_s in spans:
        inside |= (time_s >= start_s) & (time_s < stop_s)
    return inside


def fit(people: Sequence[Rows]) -> Fit:
    """Choose weights and thresholds on these recordings: the procedure that is cross-validated.

    Logistic regression on seconds; the threshold with the best F1 of seconds; the thresholds of
    least and greatest burden with the best interval score over recordings.
    """
    x = np.concatenate([each.features for each in people])
    inside, outside = (
        np.concatenate([getattr(each, name) for each in people])
        for name in ("inside_s", "outside_s")
    )
    if not inside.sum() or not outside.sum():
        return Fit((0.0,) * x.shape[1], -30.0, 1000, 1000, 1000)
    weights, bias = logistic(x, inside, outside)
    plain = Fit(tuple(weights), bias, 500, 500, 500)
    told = [plain.probability(each.features) for each in people]
    both = np.array([_from(p, each.inside_s) for p, each in zip(told, people, strict=True)])
    false = np.array([_from(p, each.outside_s) for p, each in zip(told, people, strict=True)])
    f1 = 2 * both.sum(0) / (inside.sum() + both.sum(0) + false.sum(0))
    scored = np.array([(each.inside_s + each.outside_s).sum() for each in people])
    true = np.array([each.inside_s.sum() for each in people]) / scored
    burden = (both + false) / scored[:, None]
    low = (-burden + MISS * np.maximum(burden - true[:, None], 0)).mean(0)
    high = (burden + MISS * np.maximum(true[:, None] - burden, 0)).mean(0)
    threshold = int(GRID[f1.argmax()])
    sure, possible = int(GRID[low.argmin()]), int(GRID[high.argmin()])
    return Fit(plain.weights, bias, threshold, max(threshold, sure), min(threshold, possible))


def _from(told: I64, seconds: F64) -> F64:
    """Return the seconds at or above every threshold of the grid."""
    counts = np.bincount(told, seconds, minlength=1001).astype(np.float64)
    return np.asarray(np.cumsum(counts[::-1])[::-1][GRID], np.float64)


def logistic(x: F64, inside: F64, outside: F64) -> tuple[list[float], float]:
    """Fit a logistic regression by Newton's steps: weights rounded to six digits, and bias.

    (window, feature); `inside`, `outside` (window,) weights of either answer.
    """
    mean, spread = x.mean(0), x.std(0) + 1e-12
    design = np.column_stack([(x - mean) / spread, np.ones(len(x))])
    beta = np.zeros(design.shape[1])
    penalty = RIDGE * np.diag([1.0] * x.shape[1] + [0.0])
    whole = inside + outside
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (inside - whole * p) - penalty @ beta
        hessian = (design * (whole * p * (1 - p))[:, None]).T @ design + penalty
        beta = beta + np.linalg.solve(hessian + 1e-9 * np.eye(len(beta)), gradient)
    weights = beta[:-1] / spread
    rounded = [float(f"{each:.6g}") for each in weights]
    return rounded, float(f"{beta[-1] - (weights * mean).sum():.6g}")
