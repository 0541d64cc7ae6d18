"""From the grid to rows of 187 samples: the same for annotated beats, found beats and files."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.windows import Windows
from arsis.formats.csv.heartbeats import RATE_HZ
from arsis.signal.rpeaks import LONGEST_DELAY_S, WARM_UP_S, RPeakDetector
from arsis.tasks.beats.kaggle.recipe import LENGTH, ends, filled_share, rows

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64, I64
    from arsis.core.fold import Block

VERSION = 1
SHAPE = (1, LENGTH)
FEATURES = ("filled_share",)


@dataclass
class PrepareRows:
    """A `Fold[Block, Windows]`; `given`: events (beats and others) come as the block's marks.

    Attributes
    ----------
    detector
        Finds R peaks where events are not given.
    at, quality
        (event,) grid samples of the events whose rows are not out, and how far each stands out.
    before
        Grid sample of the last event whose row is out; -1 at the beginning.
    count
        Rows that are out.
    x, first, received
        (time,) the grid still needed, the number of its first sample, and of its end.
    measured
        Samples so far that are not a gap.
    """

    given: bool
    detector: RPeakDetector | None = None
    at: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    quality: F32 = field(default_factory=lambda: np.empty(0, np.float32))
    before: int = -1
    count: int = 0
    x: F32 = field(default_factory=lambda: np.empty(0, np.float32))
    first: int = 0
    received: int = 0
    measured: int = 0

    def push(self, piece: Block, /, last: bool = False) -> Windows:
        """Take a stretch of the grid and return the rows that are now complete."""
        measured = self.measured
        self._take(piece, last)
        # A row is complete with the second event behind its own; at the end, with the first.
        ready = max(0, len(self.at) - (1 if last else 2))
        windows = self._windows(ready, last, measured)
        self._forget(ready)
        return windows

    def _take(self, piece: Block, last: bool) -> None:
        fresh = piece.x[0]
        self.x = np.concatenate([self.x, fresh])
        self.received += len(fresh)
        self.measured += int(np.count_nonzero(~np.isnan(fresh)))
        if self.given:
            at = np.array([mark.time_s for mark in piece.marks], np.float64) * RATE_HZ
            quality = np.ones(len(at), np.float32)
        else:
            if self.detector is None:
                self.detector = RPeakDetector(rate_hz=RATE_HZ, channels=1)
            found = self.detector.push(piece.x[:1], last)
            at, quality = found.sample, found.quality
        self.at = np.concatenate([self.at, np.rint(at).astype(np.int64)])
        self.quality = np.concatenate([self.quality, quality])

    def _windows(self, ready: int, last: bool, measured: int) -> Windows:
        start = self.at[:ready]
        stop = ends(self.at)[:ready]
        x, known = rows(self.x, start - self.first, stop - self.first)
        number = self.count + np.arange(ready, dtype=np.float64)
        return Windows(
            x=x[:, None],
            start_s=start / RATE_HZ,
            event_s=start / RATE_HZ,
            quality=self.quality[:ready],
            mask=known[:, None],
            context=filled_share(x),
            until_s=self._until(ready, last) / RATE_HZ,
            judged_us=_us(self.measured) - _us(measured),
            aside={"rr_s": self._intervals(start), "number": number},
        )

    def _intervals(self, at: I64) -> F64:
        """Return the RR interval that ends with each found beat, NaN where a gap may hide beats.

        Given events need not be beats, nor follow one another in time: theirs are unknown.
        """
        intervals = np.full(len(at), np.nan)
        if self.given or not len(at):
            return intervals
        edges = [self.before, *at.tolist()]
        for i, (start, stop) in enumerate(pairwise(edges)):
            if start >= 0 and not np.isnan(self.x[start - self.first : stop - self.first]).any():
                intervals[i] = (stop - start) / RATE_HZ
        return intervals

    def _until(self, ready: int, last: bool) -> int:
        """Return the grid sample before which every row is out."""
        if last:
            return self.received
        if not self.given and self.received < WARM_UP_S * RATE_HZ:
            return 0
        behind_s = 0.0 if self.given else LONGEST_DELAY_S
        waiting: list[int] = self.at[ready : ready + 1].tolist()
        return min([self.received - round(behind_s * RATE_HZ), *waiting])

    def _forget(self, ready: int) -> None:
        """Drop what no later row can need."""
        if ready:
            self.before, self.count = int(self.at[ready - 1]), self.count + ready
            self.at, self.quality = self.at[ready:], self.quality[ready:]
        seen = self.received - round((WARM_UP_S + 1.0) * RATE_HZ)
        oldest = min([seen, self.before if self.before >= 0 else seen, *self.at[:1].tolist()])
        if oldest > self.first:
            self.x, self.first = self.x[oldest - self.first :].copy(), oldest


def _us(samples: int) -> int:
    """Return how long so many samples last, in whole microseconds."""
    return round(samples * 1_000_000 / RATE_HZ)
