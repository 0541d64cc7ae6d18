"""The series of normal-to-normal intervals that heart rate variability rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arsis.core.arrays import F64, I64, Bool

US = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class NnSeries:
    """Normal-to-normal intervals of one recording in order, in whole microseconds.

    Attributes
    ----------
    interval_us
        (interval,) how long each lasts.
    end_us
        (interval,) when the beat is that ends each, since the recording began.
    follows
        (interval,) whether each begins with the beat that ended the one before it.
    """

    interval_us: I64
    end_us: I64
    follows: Bool

    @classmethod
    def of(cls, interval_us: I64, end_us: I64) -> Self:
        """Make a series of intervals (interval,) and their ends (interval,), in order."""
        follows = np.zeros(len(end_us), np.bool_)
        follows[1:] = end_us[1:] - interval_us[1:] == end_us[:-1]
        return cls(interval_us, end_us, follows)

    @classmethod
    def of_intervals(cls, interval_us: I64) -> Self:
        """Make a series of intervals (interval,) that follow one another from time 0."""
        return cls.of(interval_us, np.cumsum(interval_us, dtype=np.int64))

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Put the consecutive parts of one recording together; the cuts leave no trace."""
        nothing = [np.empty(0, np.int64)]
        return cls.of(
            np.concatenate([part.interval_us for part in parts] or nothing),
            np.concatenate([part.end_us for part in parts] or nothing),
        )

    def __len__(self) -> int:
        return len(self.interval_us)

    @property
    def interval_ms(self) -> F64:
        """(interval,) how long each lasts, in milliseconds."""
        return self.interval_us / 1000

    @property
    def end_s(self) -> F64:
        """(interval,) when each ends, in seconds since the recording began."""
        return self.end_us / US

    @property
    def start_us(self) -> int:
        """When the first interval begins; 0 of an empty series."""
        return int(self.end_us[0] - self.interval_us[0]) if len(self) else 0

    @property
    def span_s(self) -> float:
        """Seconds from the beginning of the first interval to the end of the last."""
        return int(self.end_us[-1] - self.start_us) / US if len(self) else 0.0

    @property
    def covered_s(self) -> float:
        """Seconds that are within the intervals."""
        return int(self.interval_us.sum()) / US

    @property
    def pair_count(self) -> int:
        """Pairs of adjacent intervals."""
        return int(np.count_nonzero(self.follows))

    def pairs_ms(self) -> F64:
        """Return the pairs of adjacent intervals: (pair, 2) ms, the earlier one first."""
        later = np.flatnonzero(self.follows)
        return np.stack([self.interval_us[later - 1], self.interval_us[later]], axis=1) / 1000

    def part(self, start: int, stop: int) -> NnSeries:
        """Return the intervals with numbers from `start` to before `stop`."""
        follows = self.follows[start:stop].copy()
        follows[:1] = False
        return NnSeries(self.interval_us[start:stop], self.end_us[start:stop], follows)

    def between(self, start_us: int, stop_us: int) -> NnSeries:
        """Return the intervals that end after `start_us` and not after `stop_us`."""
        start, stop = np.searchsorted(self.end_us, [start_us, stop_us], "right")
        return self.part(int(start), int(stop))

    def stretches(self, longest_gap_us: int) -> Iterator[NnSeries]:
        """Yield the parts within which nothing longer than `longest_gap_us` is missing."""
        missing_us = self.end_us[1:] - self.interval_us[1:] - self.end_us[:-1]
        edges = [0, *(np.flatnonzero(missing_us > longest_gap_us) + 1).tolist(), len(self)]
        for number in range(len(edges) - 1):
            if edges[number + 1] > edges[number]:
                yield self.part(edges[number], edges[number + 1])

    def segments(self, length_us: int) -> list[NnSeries]:
        """Return the series in parts of equal length from the beginning of the first interval.

        An interval belongs to the part in which it ends. Parts may be empty.
        """
        if not len(self):
            return []
        count = int((self.end_us[-1] - self.start_us - 1) // length_us) + 1
        edges_us = self.start_us + length_us * np.arange(count + 1)
        edges = np.searchsorted(self.end_us, edges_us, "right")
        return [self.part(int(edges[k]), int(edges[k + 1])) for k in range(count)]
