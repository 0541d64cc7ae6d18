"""What the RR intervals around a beat say about it, from the past and a little of what follows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.signal.rows import row_median, row_quantile

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64, I64, Bool

PAST = 300
"""RR intervals of the past that are looked at: four to five minutes."""
MINUTE = 60
"""Of these, the last ones: about a minute."""

LATEST_NEXT_S = 0.85
"""A next RR interval longer than this has not ended when the beat is judged: capped and flagged."""

SHORTEST_S, LONGEST_S = 0.2, 3.0
USUAL_S = 0.8

FEATURES = (
    "log_rr_to_median10",
    "log_rr_to_median60",
    "log_rr_to_quartile60",
    "log_rr_to_least60",
    "share_shorter60",
    "log_rr_to_median300",
    "share_shorter300",
    "log_next_to_median10",
    "log_next_to_median60",
    "log_next_to_median300",
    "next_known",
    "log_next_to_rr",
    "log_median10",
    "median_change10",
    "median_change30",
    "median_change60",
    "log_sd60",
    "share_off_median60",
    "distance_nearest60",
    "distance_fifth_nearest60",
    "log_median10_to_median60",
    "log_median10_to_median300",
    *(f"log_rr{back}_to_median10" for back in range(1, 9)),
    "median_off_median60",
    "share_changing60",
    "log_short_run",
    "short_run_onset",
    "log_beats_since_usual",
)


SHORT, NOT_SHORT, USUAL = 0.88, 0.92, 0.1


@dataclass
class Pace:
    """How the intervals lately stood to the median of minutes; carried from beat to beat.

    Attributes
    ----------
    run
        Intervals since a short one began a run that no long one has ended; 0 outside a run.
    onset
        Logarithm of how abruptly that run began.
    since_usual
        Intervals since one was within about 10 % of the median.
    last
        Logarithm of the last interval.
    """

    run: int = 0
    onset: float = 0.0
    since_usual: int = 0
    last: float = math.nan

    def follow(self, own: F64, median: F64) -> F64:
        """Take beats in turn: logarithms (beat,), (beat,) -> (beat, 3) features."""
        found = np.empty((len(own), 3))
        for i, (interval, usual) in enumerate(zip(own.tolist(), median.tolist(), strict=True)):
            ratio = interval - usual
            if ratio < math.log(SHORT):
                if not self.run:
                    self.onset = (usual if math.isnan(self.last) else self.last) - interval
                self.run += 1
            elif ratio > math.log(NOT_SHORT):
                self.run, self.onset = 0, 0.0
            elif self.run:
                self.run += 1
            self.since_usual = 0 if abs(ratio) < USUAL else self.since_usual + 1
            self.last = interval
            found[i] = math.log1p(self.run), self.onset, math.log1p(self.since_usual)
        return found


def rhythm(past_s: F64, own_s: F64, next_s: F64, before_s: F64, pace: Pace) -> F32:
    """Describe the rhythm around beats.

    Parameters
    ----------
    past_s
        (beat, PAST) RR intervals that ended before the beat, oldest first, NaN where fewer.
    own_s
        (beat,) the interval that ends with the beat; NaN for a recording's first beat.
    next_s
        (beat,) the interval that begins with it; NaN where it has not ended in time.
    before_s
        (beat, 8) the intervals before `own_s`, nearest first, NaN where there are fewer.
    pace
        Carried from call to call; these beats are followed in turn.

    Returns
    -------
    (beat, feature) in the order of FEATURES.
    """
    past = _filled(np.clip(past_s, SHORTEST_S, LONGEST_S))
    long = np.log(past)
    logs = long[:, -MINUTE:]
    median10, median60, median300 = row_median(logs[:, -10:]), row_median(logs), row_median(long)
    own = np.where(np.isnan(own_s), median60, np.log(np.clip(own_s, SHORTEST_S, LONGEST_S)))
    known = next_s <= LATEST_NEXT_S
    after = np.log(np.clip(np.where(known, next_s, LATEST_NEXT_S), SHORTEST_S, None))
    before = np.log(np.clip(before_s, SHORTEST_S, LONGEST_S))
    before = np.where(np.isnan(before), median10[:, None], before)
    change = np.abs(np.diff(logs, axis=1))
    off = np.abs(logs - median60[:, None])
    near = np.sort(np.abs(logs - own[:, None]), axis=1)
    valid, valid300 = ~np.isnan(logs), ~np.isnan(long)
    count = valid.sum(1)
    slightly_longer = own[:, None] + np.log(1.02)
    columns = (
        own - median10,
        own - median60,
        own - row_quantile(logs, 0.25),
        own - np.nanmin(logs, axis=1),
        ((logs <= slightly_longer) & valid).sum(1) / count,
        own - median300,
        ((long <= slightly_longer) & valid300).sum(1) / valid300.sum(1),
        after - median10,
        after - median60,
        after - median300,
        known,
        after - own,
        median10 - np.log(USUAL_S),
        row_median(change[:, -10:]),
        row_median(change[:, -30:]),
        row_median(change),
        _spread(logs, valid),
        (off > 0.1).sum(1) / count,
        near[:, 0],
        near[np.arange(len(near)), np.minimum(4, count - 1)],
        median10 - median60,
        median10 - median300,
        *(before - median10[:, None]).T,
        row_median(off),
        (change > 0.08).sum(1) / np.maximum(count - 1, 1),
        *pace.follow(own, median300).T,
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _spread(values: F64, valid: Bool) -> F64:
    """Return the standard deviation of each row where valid."""
    count: I64 = valid.sum(1)
    filled = np.where(valid, values, 0.0)
    mean = filled.sum(1) / count
    squares = np.where(valid, (values - mean[:, None]) ** 2, 0.0)
    spread: F64 = np.sqrt(squares.sum(1) / count)
    return spread


def _filled(past: F64) -> F64:
    """Give rows without any past the usual interval, so that logarithms of ratios are defined."""
    empty = np.isnan(past).all(1)
    filled = past.copy()
    filled[empty, -1] = USUAL_S
    return filled
