"""How irregular NN intervals are: sample and approximate entropy of 5-minute segments."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.signal.hrv_measure import INTERVALS, SEGMENTS, Family, Measure, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import I64, Bool
    from arsis.signal.hrv_settings import HrvSettings
    from arsis.signal.nn import NnSeries

MOST = 1500
"""Intervals of a segment; 5 minutes at 300 beats per minute. The work grows with the square."""


def fewest(settings: HrvSettings) -> int:
    """Return the fewest intervals of a segment: 10^m (Pincus and Goldberger 1994)."""
    return int(10**settings.embedding)


def entropies(series: NnSeries, settings: HrvSettings) -> tuple[float, float]:
    """Say how seldom stretches of intervals that were alike stay alike for one more interval.

    Returns
    -------
    float
        Sample entropy: the negative logarithm of the share of pairs of templates of m intervals
        within the tolerance that are so for m + 1 (Richman and Moorman 2000). No template is
        compared with itself. NaN where none matches.
    float
        Approximate entropy (Pincus 1991): phi(m) - phi(m + 1), phi the mean logarithm of the
        share of templates within the tolerance, each counted as like itself.

    Notes
    -----
    No template lies across an excluded beat.
    """
    value, length = series.interval_us, settings.embedding
    if len(series) < 2:
        return math.nan, math.nan
    near = np.abs(value[:, None] - value) <= settings.tolerance * float(np.std(value, ddof=1))
    short, long = _starts(series, length), _starts(series, length + 1)
    if not len(long):
        return math.nan, math.nan
    still = _alike(near, long, length + 1)
    pairs = int(np.count_nonzero(_alike(near, long, length))) - len(long)
    kept = int(np.count_nonzero(still)) - len(long)
    phi = _phi(_alike(near, short, length)) - _phi(still)
    return -math.log(kept / pairs) if kept else math.nan, phi


def _phi(alike: Bool) -> float:
    return float(np.mean(np.log(np.count_nonzero(alike, axis=1) / len(alike))))


def _starts(series: NnSeries, length: int) -> I64:
    """Return where `length` adjacent intervals begin: (template,) numbers of intervals."""
    broken = np.concatenate([[0], np.cumsum(~series.follows)])
    begin = np.arange(max(0, len(series) - length + 1))
    whole: I64 = begin[broken[begin + length] == broken[begin + 1]]
    return whole


def _alike(near: Bool, starts: I64, length: int) -> Bool:
    """Return which templates are alike in each of their intervals: (template, template)."""
    alike = _square(near, starts).copy()
    for later in range(1, length):
        alike &= _square(near, starts + later)
    return alike


def _square(near: Bool, at: I64) -> Bool:
    """Return the rows and columns `at`; without copying where they lie side by side."""
    if at[-1] - at[0] + 1 == len(at):
        beside = slice(int(at[0]), int(at[-1]) + 1)
        return near[beside, beside]
    return near[np.ix_(at, at)]


def entropy_family(parts: Sequence[NnSeries], settings: HrvSettings) -> Family:
    """Return the means over the segments in which entropies can be taken."""
    least = fewest(settings)
    fit = [part for part in parts if least <= len(part) <= MOST and np.ptp(part.interval_us)]
    reason = "" if fit else f"no segment with {least} intervals that are not all equal"
    if not parts:
        reason = f"no segment of which NN intervals cover {100 * settings.least_share:g} %"
    found = np.array([entropies(part, settings) for part in fit]).reshape(-1, 2)
    measures = {}
    for name, column in zip(("sample_entropy", "approximate_entropy"), found.T, strict=True):
        values = column[np.isfinite(column)].tolist()
        none = reason or ("" if values else "no two templates are alike")
        measures[name] = _mean(values, sum(len(part) for part in fit), len(parts), none)
    return Family(measures, {"segments": len(fit)})


def _mean(values: Sequence[float], intervals: int, parts: int, reason: str) -> Measure:
    value = float(np.mean(values)) if values else math.nan
    if parts > 1:
        return measure(value, "1", len(values), SEGMENTS, reason)
    return measure(value, "1", intervals, INTERVALS, reason)


def receipt(settings: HrvSettings) -> dict[str, Any]:
    """Say how it is done, in plain values."""
    return {
        "method": "sample entropy (Richman and Moorman 2000), approximate entropy (Pincus 1991)",
        "over": f"mean over segments of {settings.segment_s:g} s, never over a longer series",
        "embedding": settings.embedding,
        "tolerance": f"{settings.tolerance:g} SD (n - 1) of the segment's intervals, included",
        "distance": "greatest difference (Chebyshev)",
        "excluded_beats": "no template lies across one",
        "fewest_intervals": fewest(settings),
        "most_intervals": MOST,
        "detrended": "entropy" in settings.detrended,
    }
