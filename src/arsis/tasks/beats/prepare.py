"""From the grid to windows: find R peaks, cut every beat, put rhythm and template beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.clock import Band
from arsis.core.task import Need
from arsis.core.windows import Windows
from arsis.signal.rows import row_median, row_quantile
from arsis.signal.rpeaks import STANDARD_DELAY_S, RPeakDetector
from arsis.tasks.beats import morphology, rhythm
from arsis.tasks.beats.morphology import BEFORE, LENGTH

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64, I64, Bool
    from arsis.core.fold import Block

VERSION = 2
NEED = Need(
    unit="mV",
    at_most=2,
    lowest_hz=100.0,
    highest_hz=1000.0,
    prefer=("MLII", "II", "ML2", "V1", "V5", "V2", "V4", "I", "III", "ECG", "EKG"),
    # What EDF+ calls the other things that are measured in millivolts.
    others=("EEG", "EOG", "EMG", "ERG", "EP"),
)
BAND = Band(cutoff_hz=45.0, half_s=0.04)
RATE_HZ = 250.0
DECIMATE = 2
LEADS = NEED.at_most
LOOK_AHEAD_S = 1.10
"""A beat is judged when the grid has come this far behind its R peak."""
WARM_UP_S = 10.0
"""The beats of the first seconds are judged together, once this much is known."""
RING, FEWEST = 40, 6
"""Of the last RING beats those in step, where there are enough, give the short template."""
LONG_RING, LONG_FEWEST, LONG_STEP, LONG_START = 48, 8, 5, 60
"""Of beats in step one in LONG_STEP (at first every one) is kept for the long template."""
EARLY, LATE, USUAL_SHARE = 0.88, 1.6, 0.6
"""A beat is in step between these multiples of the usual interval: this quantile of a minute's."""
ENOUGH = 0.5
FLAT_MV = 0.005
"""A lead counts where more than half of the window was measured and it moves by more than this."""

FEATURES = (
    *rhythm.FEATURES,
    *(f"lead{lead}_{name}" for lead in range(1, LEADS + 1) for name in morphology.FEATURES),
    *(f"lead{lead}_known" for lead in range(1, LEADS + 1)),
)
SHAPE = (LEADS * len(morphology.CHANNELS), LENGTH)


@dataclass
class Beats:
    """Columns of R peaks; those judged long ago are dropped.

    Attributes
    ----------
    at
        (beat,) R peak in samples of the grid.
    known
        (beat,) number of grid samples after which the peak was known.
    quality
        (beat,) how far it stands out, 0 to 1.
    rr_s
        (beat,) interval since the peak before; NaN for the first and across a gap.
    """

    at: F64 = field(default_factory=lambda: np.empty(0))
    known: I64 = field(default_factory=lambda: np.empty(0, np.int64))
    quality: F32 = field(default_factory=lambda: np.empty(0, np.float32))
    rr_s: F64 = field(default_factory=lambda: np.empty(0))

    def add(self, at: F64, known: I64, quality: F32, rr_s: F64) -> None:
        """Append peaks, which stand behind all earlier ones."""
        self.at = np.concatenate([self.at, at])
        self.known = np.concatenate([self.known, known])
        self.quality = np.concatenate([self.quality, quality])
        self.rr_s = np.concatenate([self.rr_s, rr_s])

    def drop(self, count: int) -> None:
        """Forget the first `count`."""
        self.at, self.known = self.at[count:], self.known[count:]
        self.quality, self.rr_s = self.quality[count:], self.rr_s[count:]


@dataclass
class PrepareBeats:
    """A `Fold[Block, Windows]`; `given`: R peaks come as the block's marks.

    Attributes
    ----------
    detector
        Finds R peaks where they are not given.
    beats, judged
        The peaks still remembered, and how many of them have been judged.
    x, first, received
        (lead, time) the grid still needed, the number of its first sample, and of its end.
    blind
        Samples without any lead before `first`.
    past, regular
        (beat, lead, time) the last RING beats, and (beat,) which of them came in step.
    long, long_template
        (beat, lead, time) the beats kept for the long template, and (lead, time) their median.
    count, pace
        Beats judged so far, and the pace of their intervals.
    """

    given: bool
    detector: RPeakDetector | None = None
    beats: Beats = field(default_factory=Beats)
    judged: int = 0
    x: F32 = field(default_factory=lambda: np.empty((LEADS, 0), np.float32))
    first: int = 0
    received: int = 0
    blind: int = 0
    blind_at_beat: int = -1
    past: F32 = field(default_factory=lambda: np.empty((0, LEADS, LENGTH), np.float32))
    regular: Bool = field(default_factory=lambda: np.empty(0, bool))
    long: F32 = field(default_factory=lambda: np.empty((0, LEADS, LENGTH), np.float32))
    long_template: F32 = field(default_factory=lambda: np.empty((LEADS, LENGTH), np.float32))
    count: int = 0
    pace: rhythm.Pace = field(default_factory=rhythm.Pace)

    def push(self, piece: Block, /, last: bool = False) -> Windows:
        """Take a stretch of the grid and return the beats that can now be judged."""
        before = self._until()
        self._take(piece, last)
        due = np.maximum(self.beats.at + LOOK_AHEAD_S * RATE_HZ, WARM_UP_S * RATE_HZ)
        ready = len(due) if last else int(np.searchsorted(due, self.received, side="right"))
        until = self.received if last else self._until()
        windows = self._windows(np.arange(self.judged, ready), due, (before, until))
        self._forget(ready)
        return windows

    def _until(self) -> int:
        """Return the grid sample before which every beat has been judged."""
        if self.received < WARM_UP_S * RATE_HZ:
            return 0
        return self.received - round(LOOK_AHEAD_S * RATE_HZ)

    def _take(self, piece: Block, last: bool) -> None:
        x = np.full((LEADS, piece.x.shape[1]), np.nan, np.float32)
        x[: len(piece.x)] = piece.x
        self.x = np.concatenate([self.x, x], axis=1)
        self.received += x.shape[1]
        if self.given:
            at = np.array([mark.time_s for mark in piece.marks], np.float64) * RATE_HZ
            known = np.ceil(at + STANDARD_DELAY_S * RATE_HZ).astype(np.int64)
            quality = np.ones(len(at), np.float32)
        else:
            if self.detector is None:
                self.detector = RPeakDetector(rate_hz=RATE_HZ, channels=len(piece.x))
            found = self.detector.push(piece.x, last)
            at, known, quality = found.sample, found.known, found.quality
        self.beats.add(at, known, quality, self._intervals(at))

    def _intervals(self, at: F64) -> F64:
        """Return the RR interval that ends with each new peak, NaN where a gap may hide beats."""
        blind = self._blind(np.rint(at).astype(np.int64))
        before = np.concatenate([self.beats.at[-1:], at])
        rr_s = np.diff(before, prepend=np.nan)[-len(at) :] / RATE_HZ if len(at) else np.empty(0)
        rr_s[np.diff(blind, prepend=self.blind_at_beat) != 0] = np.nan
        if len(at):
            self.blind_at_beat = int(blind[-1])
        return rr_s

    def _blind(self, at: I64) -> I64:
        """Return how many samples of the whole recording before each of `at` had no lead."""
        count = np.cumsum(np.isnan(self.x).all(0), dtype=np.int64)
        count = np.concatenate([np.zeros(1, np.int64), count]) + self.blind
        return count[np.clip(at - self.first, 0, len(count) - 1)]

    def _windows(self, index: I64, due: F64, span: tuple[int, int]) -> Windows:
        """Cut and describe the beats `index`; `span`: the stretch of the grid judged with them."""
        at, rr_s = self.beats.at, self.beats.rr_s
        cut, known = self._cut(at[index])
        warm = due[index] <= WARM_UP_S * RATE_HZ
        own_s = rr_s[index]
        history = self._history(index, int(warm.sum()))
        next_s, before_s = self._next_s(index, due), _back(rr_s, index)
        rhythms = rhythm.rhythm(history, own_s, next_s, before_s, self.pace)
        references = self._references(cut, warm, _in_step(own_s, history))
        shapes = morphology.shapes(cut, references, own_s)
        x = np.where(known[..., None, None], shapes.x, np.float32(0))
        scalars = np.where(known[..., None], shapes.scalars, np.float32(0))
        count = len(index)
        context = np.concatenate(
            [rhythms, scalars.reshape(count, LEADS * len(morphology.FEATURES)), known], axis=1
        )
        judged = span[1] - span[0] - int(np.diff(self._blind(np.array(span)))[0])
        return Windows(
            x=x.reshape(count, *SHAPE),
            start_s=at[index] / RATE_HZ - BEFORE / morphology.RATE_HZ,
            event_s=at[index] / RATE_HZ,
            quality=self.beats.quality[index],
            mask=known,
            context=context.astype(np.float32),
            until_s=span[1] / RATE_HZ,
            judged_us=judged * round(1e6 / RATE_HZ),
            aside={"rr_s": own_s},
        )

    def _cut(self, at: F64) -> tuple[F32, Bool]:
        """Return beats about their median (beat, lead, time), 0 in gaps; and the leads measured."""
        centre = np.floor(at / DECIMATE + 0.5).astype(np.int64)
        place = (centre[:, None] - BEFORE + np.arange(LENGTH)) * DECIMATE - self.first
        inside = (place >= 0) & (place < self.x.shape[1])
        cut = self.x[:, np.clip(place, 0, max(0, self.x.shape[1] - 1))].transpose(1, 0, 2)
        cut = np.where(inside[:, None], cut, np.float32(np.nan))
        measured = ~np.isnan(cut)
        middle = row_median(cut.reshape(-1, LENGTH)).reshape(cut.shape[:2])
        cut = np.where(measured, cut - middle[..., None].astype(np.float32), np.float32(0))
        known = (measured.mean(-1) > ENOUGH) & (np.ptp(cut, axis=-1) > FLAT_MV)
        return cut, known

    def _history(self, index: I64, warm: int) -> F64:
        """Return (beat, PAST) RR intervals before each beat; the warm-up's beats share theirs."""
        end = index.copy()
        end[:warm] = warm
        return _take_back(self.beats.rr_s, end[:, None] - np.arange(rhythm.PAST, 0, -1))

    def _next_s(self, index: I64, due: F64) -> F64:
        """Return the interval that begins with each beat, NaN where it is not yet known."""
        at = self.beats.at
        if not len(index):
            return np.empty(0)
        after = np.minimum(index + 1, len(at) - 1)
        seen = (index + 1 < len(at)) & (self.beats.known[after] <= due[index])
        return np.where(seen, (at[after] - at[index]) / RATE_HZ, np.nan)

    def _references(self, cut: F32, warm: Bool, regular: Bool) -> morphology.References:
        """Return what each beat is compared with, from the beats before it."""
        beats = np.concatenate([self.past, cut])
        steps = np.concatenate([self.regular, regular])
        first, warm_count = len(self.past), int(warm.sum())
        short, long, previous = np.empty_like(cut), np.empty_like(cut), np.empty_like(cut)
        for i in range(len(cut)):
            stop = warm_count if warm[i] else first + i
            chosen = np.arange(max(0, stop - RING), stop)
            inside = chosen[steps[chosen]]
            chosen = inside if len(inside) >= FEWEST else chosen
            short[i] = _middle(beats[chosen]) if len(chosen) else cut[i]
            previous[i] = beats[first + i - 1] if first + i else short[i]
            if self.count and steps[first + i - 1]:
                self._keep(beats[first + i - 1])
            long[i] = self.long_template if len(self.long) >= LONG_FEWEST else short[i]
            self.count += 1
        self.past, self.regular = beats[-RING:], steps[-RING:]
        return morphology.References(short, long, previous)

    def _keep(self, beat: F32) -> None:
        """Take the beat before the present one, which came in step, for the long template."""
        if self.count < LONG_START or (self.count - 1) % LONG_STEP == 0:
            self.long = np.concatenate([self.long, beat[None]])[-LONG_RING:]
            self.long_template = _middle(self.long)

    def _forget(self, ready: int) -> None:
        """Drop what no later beat can need."""
        needless = max(0, ready - rhythm.PAST - 1)
        self.beats.drop(needless)
        self.judged = ready - needless
        oldest = self.received - round((WARM_UP_S + 1.0) * RATE_HZ)
        if oldest > self.first:
            self.blind = int(self._blind(np.array([oldest]))[0])
            self.x, self.first = self.x[:, oldest - self.first :].copy(), oldest


def _middle(beats: F32) -> F32:
    """Return the median over beats: (beat, lead, time) -> (lead, time); quicker than np.median."""
    ranked = np.sort(beats, axis=0)
    half = np.float32(0.5)
    middle: F32 = half * ranked[(len(beats) - 1) // 2] + half * ranked[len(beats) // 2]
    return middle


def _take_back(rr_s: F64, place: I64) -> F64:
    """Return rr_s[place], NaN before the beginning."""
    padded = np.concatenate([[np.nan], rr_s])
    return padded[np.maximum(place + 1, 0)]


def _back(rr_s: F64, index: I64) -> F64:
    """Return (beat, 8) the intervals before each beat's own, nearest first."""
    return _take_back(rr_s, index[:, None] - np.arange(1, 9))


def _in_step(own_s: F64, history: F64) -> Bool:
    """Say which beats came neither early nor late beside the usual interval of a minute."""
    usual = row_quantile(history[:, -rhythm.MINUTE :], USUAL_SHARE)
    in_step: Bool = (own_s > EARLY * usual) & (own_s < LATE * usual)
    return in_step
