"""Heart rate in short windows of a recording, against that of annotated heart sounds (F-S1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.scores.plain import Plain, plain_fields
from arsis.scores.stretches import covered_s

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import F64

WINDOW_S, SLIDE_S = 5.0, 1.0
LEAST_ANNOTATED = 0.95
FEWEST_S1 = 3
USUAL = (0.7, 1.4)
"""A found interval further than this from the recording's usual one hides a beat or is half of
one: the rate of a window is read off the others, where there are any."""
_TINY_S = 1e-9


@dataclass(frozen=True, slots=True)
class RateWindows:
    """The windows of one recording in which the heart rate is known.

    Attributes
    ----------
    start_s
        (window,) where each begins.
    bpm
        (window,) 60 s divided by the mean interval between onsets of S1.
    sdnn_ms
        (window,) standard deviation (n - 1) of those intervals; NaN with fewer than two.
    """

    start_s: F64
    bpm: F64
    sdnn_ms: F64

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


def rate_windows(onset_s: F64, run_s: F64, duration_s: float) -> RateWindows:
    """Find the windows of 5 s, sliding by 1 s, in which annotated S1 tell the heart rate.

    `onset_s` (S1,) in order of time, `run_s` (run, 2) annotated stretches. A window counts when
    at least 95 % of it is annotated and at least three S1 begin in it; an interval counts when
    both its onsets are in the window and in one run.
    """
    count = int((duration_s - WINDOW_S + _TINY_S) // SLIDE_S) + 1
    start_s = np.asarray(SLIDE_S * np.arange(max(count, 0)), np.float64)
    first, behind = (np.searchsorted(onset_s, start_s + add) for add in (0.0, WINDOW_S))
    known_s = covered_s(run_s, start_s, np.asarray(start_s + WINDOW_S))
    kept = (known_s >= LEAST_ANNOTATED * WINDOW_S - _TINY_S) & (behind - first >= FEWEST_S1)
    inside = [
        intervals_inside(onset_s[a:b], run_s)
        for a, b in zip(first[kept], behind[kept], strict=True)
    ]
    return RateWindows(
        start_s=start_s[kept],
        bpm=np.array([60.0 / each.mean() for each in inside], np.float64),
        sdnn_ms=np.array([1000 * each.std(ddof=1) if len(each) > 1 else np.nan for each in inside]),
    )


def intervals_inside(onset_s: F64, run_s: F64) -> F64:
    """Return the intervals between onsets that no unknown time interrupts.

    (onset,), (run, 2) -> (interval,) seconds
    """
    run = np.searchsorted(run_s[:, 0], onset_s + _TINY_S, "right")
    return np.asarray(np.diff(onset_s)[run[1:] == run[:-1]], np.float64)


def over_windows(onset_s: F64, interval_s: F64, start_s: F64) -> F64:
    """Give the heart rate that found S1 tell in each window of 5 s: (window,) bpm.

    `onset_s` (S1,) in order of time; `interval_s` (S1,) the interval that ends with each, NaN
    where beats may be missing in it; `start_s` (window,). 60 s divided by the mean over the
    intervals with both onsets in the window, those near the recording's median before all
    others; where none is stated, the median distance of onsets; NaN with fewer than two S1.
    """
    stated_s = interval_s[np.isfinite(interval_s)]
    usual_s = float(np.median(stated_s)) if len(stated_s) else np.nan
    plain_s = np.diff(onset_s, prepend=np.nan)
    edges = np.searchsorted(onset_s, np.stack([start_s, start_s + WINDOW_S], axis=1))
    return np.array(
        [_rate(interval_s[a + 1 : b], plain_s[a + 1 : b], usual_s) for a, b in edges.tolist()],
        np.float64,
    )


def _rate(stated_s: F64, plain_s: F64, usual_s: float) -> float:
    """Give the rate of one window: (interval,), (interval,) -> bpm."""
    stated_s = stated_s[np.isfinite(stated_s)]
    likely_s = stated_s[(stated_s > USUAL[0] * usual_s) & (stated_s < USUAL[1] * usual_s)]
    for chosen_s in (likely_s, stated_s):
        if len(chosen_s):
            return float(60.0 / chosen_s.mean())
    return float(60.0 / np.median(plain_s)) if len(plain_s) else np.nan


def subject_means(values: F64, subjects: Sequence[str]) -> dict[str, float]:
    """Return the mean of each subject's values: (window,), (window,) -> a table by subject."""
    names, place, count = np.unique(np.asarray(subjects), return_inverse=True, return_counts=True)
    means = np.bincount(place, values) / count
    return dict(zip(names.tolist(), means.tolist(), strict=True))


def mean_over(subject_values: Mapping[str, float], chosen: Sequence[str]) -> float:
    """Return the mean over subjects, of whom some may be drawn twice; NaN of nobody."""
    return float(np.mean([subject_values[each] for each in chosen])) if len(chosen) else np.nan
