"""Times between beats that were heard, against the R peaks of a simultaneous ECG (F-S3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.scores.events import leave_out, match
from arsis.scores.plain import Plain, plain_fields
from arsis.scores.ratio import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import F64, Bool
    from arsis.scores.events import Matching

AGREE_S = 0.050
AGREE_SHARE = 0.95
TOLERANCE_S = 0.150
"""An S1 belongs to the beat whose R peak, moved by the record's delay, is this near (EC57)."""
DELAYS_S = np.arange(-0.05, 0.1501, 0.01)
"""S1 begins with the contraction, some hundredths of a second after the R peak; a longer constant
delay would let S2 pass for S1."""

# For a normal distribution, SD = 1.4826 times the median absolute deviation (Hampel 1974).
_MAD_TO_SD = 1.4826022185056018


@dataclass(frozen=True, slots=True)
class Agreement:
    """Beats that two detectors found independently.

    Attributes
    ----------
    beat_s
        (beat,) the first detector's times of the beats that both found.
    doubtful_s
        (event,) what only one of them found.
    share
        Pairs divided by the larger number of beats; NaN where neither found any.
    """

    beat_s: F64
    doubtful_s: F64
    share: float

    @property
    def agreed(self) -> bool:
        """Whether the beats may be called the truth."""
        return self.share >= AGREE_SHARE

    @property
    def rr_s(self) -> F64:
        """(interval,) between beats that follow one another, nothing doubtful between them."""
        return np.asarray(np.diff(self.beat_s)[self.adjacent], np.float64)

    @property
    def adjacent(self) -> Bool:
        """(beat - 1,) whether nothing doubtful lies between a beat and the next one."""
        place = np.searchsorted(np.sort(self.doubtful_s), self.beat_s)
        return np.asarray(place[1:] == place[:-1])


def agree(first_s: F64, second_s: F64, tolerance_s: float = AGREE_S) -> Agreement:
    """Compare the beats of two detectors: (beat,), (beat,) seconds -> Agreement.

    Raises
    ------
    ProtocolError
        When times are not finite or not in order.
    """
    pairs = match(first_s, second_s, tolerance_s)
    return Agreement(
        beat_s=first_s[pairs.truth],
        doubtful_s=np.sort(np.concatenate([first_s[pairs.missed], second_s[pairs.false]])),
        share=ratio(len(pairs.truth), max(len(first_s), len(second_s))),
    )


@dataclass(frozen=True, slots=True)
class HeardBeats:
    """The beats of one recording that were heard, against those of its ECG.

    Attributes
    ----------
    delay_s
        Median of S1 minus R peak, constant over the record: matching needs it, intervals do not.
    truth_count, found_count, pair_count
        Beats of the ECG, S1 that were found, and the pairs among them.
    interval_count
        Intervals of the ECG that a method could have stated.
    error_s
        (interval,) found minus true interval, wherever the same two beats in a row were heard.
    """

    delay_s: float
    truth_count: int
    found_count: int
    pair_count: int
    interval_count: int
    error_s: F64

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


def heard_beats(truth: Agreement, s1_s: F64, interval_s: F64 | None = None) -> HeardBeats:
    """Match the S1 of a recording with the R peaks of its ECG and compare the intervals.

    `s1_s` (S1,) onsets in order of time; `interval_s` (S1,) the interval that ends with each
    as it was stated, NaN where none was; None: all differences of onsets. Doubtful beats are
    neither found nor missed, and intervals across them are not compared.

    Raises
    ------
    ProtocolError
        When times are not finite or not in order.
    """
    stated_s = np.diff(s1_s, prepend=np.nan) if interval_s is None else interval_s
    delay_s = _delay_s(truth.beat_s, s1_s)
    moved_s = s1_s - delay_s
    spans = truth.doubtful_s[:, None] + np.array([-TOLERANCE_S, TOLERANCE_S])
    pairs = leave_out(match(truth.beat_s, moved_s, TOLERANCE_S), truth.beat_s, moved_s, spans)
    return HeardBeats(
        delay_s=delay_s,
        truth_count=len(pairs.truth) + len(pairs.missed),
        found_count=len(pairs.found) + len(pairs.false),
        pair_count=len(pairs.truth),
        interval_count=len(truth.rr_s),
        error_s=_errors(truth, pairs, stated_s),
    )


def _delay_s(beat_s: F64, s1_s: F64) -> float:
    """Find the constant delay: the one with most pairs, then the median of their offsets."""
    tried = [match(beat_s + each, s1_s, AGREE_S) for each in DELAYS_S]
    best = int(np.argmax([len(each.truth) for each in tried]))
    offset_s = tried[best].offset_s
    return float(DELAYS_S[best] + np.median(offset_s)) if len(offset_s) else 0.0


def _errors(truth: Agreement, pairs: Matching, stated_s: F64) -> F64:
    """Compare each stated interval with the true one between the same two beats."""
    in_a_row = (np.diff(pairs.truth) == 1) & (np.diff(pairs.found) == 1)
    known = in_a_row & truth.adjacent[pairs.truth[:-1]] if len(pairs.truth) > 1 else in_a_row
    true_s = np.diff(truth.beat_s[pairs.truth])[known]
    error_s = stated_s[pairs.found[1:]][known] - true_s
    return np.asarray(error_s[np.isfinite(error_s)], np.float64)


def spread_s(error_s: F64) -> float:
    """Return the standard deviation (n - 1) of errors; NaN with fewer than two."""
    return float(np.std(error_s, ddof=1)) if len(error_s) > 1 else math.nan


def robust_spread_s(error_s: F64) -> float:
    """Return 1.4826 times the median absolute deviation of errors; NaN without any."""
    if not len(error_s):
        return math.nan
    return _MAD_TO_SD * float(np.median(np.abs(error_s - np.median(error_s))))


def interval_figures(records: Sequence[HeardBeats]) -> dict[str, float]:
    """Return the figures of many records: errors pooled without trimming, and the median record.

    Seconds; sensitivity and positive predictivity are over all beats.
    """
    # Sorted, so that the order of the records cannot change the last bit of a sum.
    pooled_s = np.sort(np.concatenate([each.error_s for each in records] or [np.empty(0)]))
    single = [spread_s(each.error_s) for each in records]
    single = [each for each in single if not math.isnan(each)]
    pairs = sum(each.pair_count for each in records)
    return {
        "ibi_sd_s": spread_s(pooled_s),
        "ibi_robust_sd_s": robust_spread_s(pooled_s),
        "ibi_sd_median_record_s": float(np.median(single)) if single else math.nan,
        "sensitivity": ratio(pairs, sum(each.truth_count for each in records)),
        "ppv": ratio(pairs, sum(each.found_count for each in records)),
        "share_of_intervals": ratio(len(pooled_s), sum(each.interval_count for each in records)),
    }


def grid_errors_s(beat_s: F64, adjacent: Bool, grid_s: float) -> F64:
    """Return what intervals lose when their ends are put on a grid: (interval,) seconds.

    `beat_s` (beat,) true times, `adjacent` (beat - 1,). The part of a method's error that no
    method could avoid with times on that grid; grid / sqrt(6) as standard deviation where
    phases are spread evenly.
    """
    return np.asarray(np.diff(np.round(beat_s / grid_s) * grid_s - beat_s)[adjacent], np.float64)
