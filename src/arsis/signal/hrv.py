"""Heart rate variability in time, from R peaks and which of them are normal beats."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import ArsisError
from arsis.signal.nn import US as _US
from arsis.signal.nn import NnSeries

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I64, Bool

# Three peak times are rounded to whole microseconds, so a difference of two intervals may be
# off by 2 us: 18 samples at 360 Hz are 50 ms exactly and must not count as more than 50 ms.
ROUNDING_US = 2


@dataclass(frozen=True, slots=True)
class HrvMeasures:
    """Heart rate variability in time (Task Force of the ESC and NASPE 1996).

    NN is the interval between two adjacent normal beats without a gap of the signal between
    them. A difference is that of two *adjacent* NN intervals; none is taken across an excluded
    beat or a gap. What too few of them leave undefined is NaN.

    Attributes
    ----------
    mean_nn_ms, median_nn_ms, min_nn_ms, max_nn_ms
        Of the NN intervals; need one.
    sdnn_ms
        Standard deviation (n - 1) of the NN intervals; needs two.
    mean_hr_bpm
        60 s divided by the mean NN: beats per minute of normal rhythm, which is not the mean
        of the rates of single beats.
    rmssd_ms
        Root of the mean squared difference; needs one difference.
    sdsd_ms
        Standard deviation (n - 1) of the differences; needs two.
    pnn50_percent, pnn20_percent
        Share of *the differences* larger than 50 or 20 ms either way; needs one. (The Task
        Force divides by the number of NN intervals, which has no meaning with beats excluded.)
    interval_count
        NN intervals, on which mean, SD, median, extremes and rate rest.
    difference_count
        Differences, on which RMSSD, SDSD and the pNN rest.
    beat_count, excluded_beat_count
        Beats seen, and those among them that are not normal.
    excluded_interval_count
        Pairs of beats in a row that are not an NN interval.
    """

    mean_nn_ms: float
    median_nn_ms: float
    min_nn_ms: float
    max_nn_ms: float
    sdnn_ms: float
    mean_hr_bpm: float
    rmssd_ms: float
    sdsd_ms: float
    pnn50_percent: float
    pnn20_percent: float
    interval_count: int
    difference_count: int
    beat_count: int
    excluded_beat_count: int
    excluded_interval_count: int


@dataclass(slots=True, eq=False)
class HrvSums:
    """What heart rate variability needs to remember of all beats so far, in whole numbers.

    Peak times are rounded to microseconds and everything is added up in integers, so any
    division of a recording into pieces gives the same measures to the last bit. The fields
    are the whole state.

    Attributes
    ----------
    nn_us, nn_count
        (distinct,) the different NN intervals and how often each occurred.
    nn_sum_us, nn_square_us2
        Sum of the NN intervals, and of their squares: derivable from the table, but a stream asks
        for the measures after every piece, and the table of a day is long.
    difference_sum_us, difference_square_us2
        Sum of the differences, and of their squares.
    difference_count, over_50_ms, over_20_ms
        Differences, and those larger than 50 and 20 ms either way.
    beat_count, excluded_beat_count, excluded_interval_count
        As in `HrvMeasures`.
    last_peak_us, last_normal
        The last beat; None before the first one.
    last_nn_us
        The interval that ends with the last beat, when that is NN.
    """

    nn_us: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    nn_count: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    nn_sum_us: int = 0
    nn_square_us2: int = 0
    difference_sum_us: int = 0
    difference_square_us2: int = 0
    difference_count: int = 0
    over_50_ms: int = 0
    over_20_ms: int = 0
    beat_count: int = 0
    excluded_beat_count: int = 0
    excluded_interval_count: int = 0
    last_peak_us: int | None = None
    last_normal: bool = False
    last_nn_us: int | None = None

    @classmethod
    def of(cls, series: NnSeries) -> HrvSums:
        """Return the sums of a series of NN intervals, of whose excluded beats nothing is known."""
        sums = cls(beat_count=len(series) + int(np.count_nonzero(~series.follows)))
        sums._count_intervals(series.interval_us)
        sums._count_differences(np.diff(series.interval_us)[series.follows[1:]])
        return sums

    def add(self, peak_s: F64, normal: Bool, after_gap: Bool | None = None) -> NnSeries:
        """Take the next beats of the same recording, and return the NN intervals they end.

        Parameters
        ----------
        peak_s
            (beat,) times of the R peaks since the recording began, rising, and later than
            those before.
        normal
            (beat,) whether each is a normal beat.
        after_gap
            (beat,) whether signal is missing between each beat and the one before it (for the
            first of a piece: the last of the piece before). None: nothing is missing.

        Raises
        ------
        ArsisError
            When times do not rise, or the lengths differ.
        """
        gap = np.zeros(len(peak_s), np.bool_) if after_gap is None else after_gap
        peak_us = self._check(peak_s, normal, gap)
        if not len(peak_us):
            return NnSeries.join([])
        interval_us, is_nn = self._intervals(peak_us, normal, gap)
        self._count_intervals(interval_us[is_nn])
        self._count_differences(self._differences(interval_us, is_nn))
        self.beat_count += len(peak_us)
        self.excluded_beat_count += int(np.count_nonzero(~normal))
        self.excluded_interval_count += int(np.count_nonzero(~is_nn))
        if len(is_nn):
            self.last_nn_us = int(interval_us[-1]) if is_nn[-1] else None
        self.last_peak_us, self.last_normal = int(peak_us[-1]), bool(normal[-1])
        return NnSeries.of(interval_us[is_nn], peak_us[len(peak_us) - len(is_nn) :][is_nn])

    def merge(self, other: HrvSums) -> HrvSums:
        """Add up the sums of two separate recordings; no interval spans the two.

        The order of merging changes nothing. Beats added to the result begin a third recording.
        """
        values, place = np.unique(np.concatenate([self.nn_us, other.nn_us]), return_inverse=True)
        counts = np.zeros(len(values), np.int64)
        np.add.at(counts, place, np.concatenate([self.nn_count, other.nn_count]))
        return HrvSums(
            values,
            counts,
            self.nn_sum_us + other.nn_sum_us,
            self.nn_square_us2 + other.nn_square_us2,
            self.difference_sum_us + other.difference_sum_us,
            self.difference_square_us2 + other.difference_square_us2,
            self.difference_count + other.difference_count,
            self.over_50_ms + other.over_50_ms,
            self.over_20_ms + other.over_20_ms,
            self.beat_count + other.beat_count,
            self.excluded_beat_count + other.excluded_beat_count,
            self.excluded_interval_count + other.excluded_interval_count,
        )

    def measures(self) -> HrvMeasures:
        """Compute the heart rate variability of all beats so far."""
        count, n, total_us = int(self.nn_count.sum()), self.difference_count, self.nn_sum_us
        return HrvMeasures(
            mean_nn_ms=total_us / (1000 * count) if count else math.nan,
            median_nn_ms=self._median_ms(count),
            min_nn_ms=int(self.nn_us[0]) / 1000 if count else math.nan,
            max_nn_ms=int(self.nn_us[-1]) / 1000 if count else math.nan,
            sdnn_ms=_deviation_ms(count, total_us, self.nn_square_us2),
            mean_hr_bpm=60 * _US * count / total_us if count else math.nan,
            rmssd_ms=math.sqrt(self.difference_square_us2 / n) / 1000 if n else math.nan,
            sdsd_ms=_deviation_ms(n, self.difference_sum_us, self.difference_square_us2),
            pnn50_percent=100 * self.over_50_ms / n if n else math.nan,
            pnn20_percent=100 * self.over_20_ms / n if n else math.nan,
            interval_count=count,
            difference_count=n,
            beat_count=self.beat_count,
            excluded_beat_count=self.excluded_beat_count,
            excluded_interval_count=self.excluded_interval_count,
        )

    def _check(self, peak_s: F64, normal: Bool, gap: Bool) -> I64:
        """Check the next beats and round their times: (beat,) seconds -> (beat,) microseconds."""
        if not (peak_s.ndim == 1 and peak_s.shape == normal.shape == gap.shape):
            raise ArsisError(
                "R peaks",
                f"{peak_s.shape} times, {normal.shape} classes, {gap.shape} gaps",
                "one class and one gap flag for each time",
                "Give arrays of equal length, one value for each beat.",
            )
        before = [] if self.last_peak_us is None else [self.last_peak_us]
        finite = bool(np.all(np.isfinite(peak_s)))
        peak_us = np.asarray(np.rint(np.where(np.isfinite(peak_s), peak_s, 0) * _US), np.int64)
        if not finite or bool(np.any(np.diff(np.concatenate([before, peak_us])) <= 0)):
            raise ArsisError(
                "R peaks",
                "times that are NaN or do not rise",
                "each beat at least 1 us later than the one before",
                "Sort the peaks and drop doubles; give pieces in order.",
            )
        return peak_us

    def _intervals(self, peak_us: I64, normal: Bool, gap: Bool) -> tuple[I64, Bool]:
        """Give the intervals that end with the next beats, and which of them are NN."""
        if self.last_peak_us is not None:
            peak_us = np.concatenate([[self.last_peak_us], peak_us])
            normal, gap = (
                np.concatenate([[self.last_normal], normal]),
                np.concatenate([[True], gap]),
            )
        return np.diff(peak_us), normal[:-1] & normal[1:] & ~gap[1:]

    def _count_intervals(self, nn_us: I64) -> None:
        """Enter NN intervals into the table of distinct values."""
        values, place = np.unique(np.concatenate([self.nn_us, nn_us]), return_inverse=True)
        counts = np.bincount(place[len(self.nn_us) :], minlength=len(values)).astype(np.int64)
        counts[place[: len(self.nn_us)]] += self.nn_count
        self.nn_us, self.nn_count = values, counts
        self.nn_sum_us += int(nn_us.sum())
        # Python's integers: the square of a long pause would soon fill 64 bits.
        self.nn_square_us2 += sum(value * value for value in nn_us.tolist())

    def _differences(self, interval_us: I64, is_nn: Bool) -> I64:
        """Return the differences of adjacent NN intervals, the last one before these included."""
        if self.last_nn_us is not None:
            interval_us = np.concatenate([[self.last_nn_us], interval_us])
            is_nn = np.concatenate([[True], is_nn])
        return np.diff(interval_us)[is_nn[:-1] & is_nn[1:]]

    def _count_differences(self, difference_us: I64) -> None:
        """Add differences: (difference,)."""
        size_us = np.abs(difference_us)
        self.difference_count += len(difference_us)
        self.difference_sum_us += int(difference_us.sum())
        self.difference_square_us2 += sum(value * value for value in difference_us.tolist())
        self.over_50_ms += int(np.count_nonzero(size_us > 50_000 + ROUNDING_US))
        self.over_20_ms += int(np.count_nonzero(size_us > 20_000 + ROUNDING_US))

    def _median_ms(self, count: int) -> float:
        """Find the middle NN interval (the mean of the middle two)."""
        if not count:
            return math.nan
        middle = np.searchsorted(np.cumsum(self.nn_count), [(count - 1) // 2, count // 2], "right")
        return int(self.nn_us[middle].sum()) / 2000


def _deviation_ms(count: int, total_us: int, square_us2: int) -> float:
    """Give the standard deviation (n - 1), exact up to the root, from whole sums."""
    if count < 2:
        return math.nan
    return math.sqrt((count * square_us2 - total_us**2) / (count * (count - 1))) / 1000


def hrv_time_domain(peak_s: F64, normal: Bool, after_gap: Bool | None = None) -> HrvMeasures:
    """Say how much the time between normal heartbeats varies.

    `peak_s` (beat,), `normal` (beat,), `after_gap` (beat,): as for `HrvSums.add`, of a whole
    recording at once. Definitions: see `HrvMeasures` (Task Force 1996).

    Raises
    ------
    ArsisError
        When times do not rise, or the lengths differ.
    """
    sums = HrvSums()
    sums.add(peak_s, normal, after_gap)
    return sums.measures()
