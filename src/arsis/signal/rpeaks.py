"""R peaks of an ECG of one or more leads, found while the signal arrives.

Each lead's QRS band is turned into an envelope; the leads are mixed, weighed by how their beats
stood out of their noise in the last 16 s; `BeatChoice` says which waves of the mix are beats, and
`PeakPlacing` where their R peaks are.

Delays, from the R peak to the sample after which it is known:

| part | seconds |
|---|---|
| envelope: half the length of its filters | 0.108 |
| nothing larger follows the wave | 0.100 |
| the sample itself | 0.004 |
| **an ordinary beat** (`STANDARD_DELAY_S`) | **0.212** |
| a doubtful wave waits for the next beat, at most (`DEADLINE_S`, in place of the above) | 0.600 |
| the R peak stands before the middle of its complex, at most (wide paced beats) | 0.140 |
| **a doubtful beat, at most** (`LONGEST_DELAY_S`) | **0.75** |
| **warm-up**: beats of the first 8 s become known together after (`WARM_UP_S`) | **8.108** |

Any division of a recording into pieces gives the same peaks to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from arsis.signal.beat_choice import SHAPE, Beat, BeatChoice, Wave
from arsis.signal.filters import envelope, envelope_reach, sliding_max
from arsis.signal.peak_placing import PeakPlacing

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

# The band of the QRS complex: the pair of filters acts on differences, which tilts it upwards.
PITCH_HZ = 8.0
WIDTH_S = 0.035
STEP_S = 0.016
KNOTS = 6
# Brings the envelope of a narrow beat near to its height in mV.
GAIN = 0.2
# A wave counts when nothing within this time exceeds it.
APART_S = 0.1
PAST_S = 0.6
CALM_S = (0.14, 0.04)
HOP_S = 1.0
HOPS = 8
MEMORY_HOPS = 16
# Peaks of noise reach 2.4 times its median in half of the seconds, never 3.5 times over 16 s.
NOISE_RATIO = 3.0
BEATS_RATIO = 3.5
CLEAR_RATIO = 12.0
NOISE_PEAK = 2.5
# Half a step of a coarse converter: keeps a flat lead with a restless last digit silent.
FLOOR_MV = 0.002
TINY = 1e-3
KEEP_S = 10.0
# Bounds memory and keeps the work within the processor's cache.
CHUNK = 16384

STANDARD_DELAY_S = 0.212
LONGEST_DELAY_S = 0.75
WARM_UP_S = HOP_S * HOPS + 0.108


@dataclass(frozen=True)
class Peaks:
    """R peaks that one push found, in order of time."""

    sample: F64
    """(peak,) position in samples since the start, to a fraction of a sample."""
    known: I64
    """(peak,) how many samples had arrived when the peak became known."""
    lead: I64
    """(peak,) channel whose wave placed the peak."""
    quality: F32
    """(peak,) 0 to 1: how far the peak stands out of what surrounds it."""


@dataclass
class RPeakDetector:
    """Finds the heart beats of an ECG piece by piece, with no more than 0.75 s of delay.

    Its fields are its whole state.
    """

    rate_hz: float = 250.0
    channels: int = 2
    received: int = 0
    """Samples pushed so far."""
    before: F32 = field(init=False)
    """(channel, 1) the last sample."""
    raw: F32 = field(init=False)
    """(channel, time) the last 10 s, for placing peaks."""
    slope: F32 = field(init=False)
    """(channel, time) differences that the band-pass still needs."""
    size: F32 = field(init=False)
    """(channel, time) envelopes since the last whole hop."""
    hops: int = 0
    """Hops (seconds) of envelope summarised."""
    tops: F32 = field(init=False)
    """(channel, hop) largest envelope of recent hops."""
    middles: F32 = field(init=False)
    """(channel, hop) median envelope of recent hops."""
    mix: F32 = field(init=False)
    """(2 + 2 channel, time) mixed envelope, mixed median, clearness and envelope of each lead."""
    mixed: int = 0
    """Samples that went into `mix`."""
    choice: BeatChoice = field(init=False)
    placing: PeakPlacing = field(init=False)

    def __post_init__(self) -> None:
        channels = self.channels
        self.before = np.full((channels, 1), np.nan, np.float32)
        self.raw = np.full((channels, self._samples(KEEP_S)), np.nan, np.float32)
        self.slope = np.zeros((channels, self._reach), np.float32)
        self.size = np.zeros((channels, 0), np.float32)
        self.tops = np.zeros((channels, 0), np.float32)
        self.middles = np.zeros((channels, 0), np.float32)
        self.mix = np.zeros((2 + 2 * channels, self._samples(PAST_S)), np.float32)
        self.choice = BeatChoice(self.rate_hz, channels, self._samples(APART_S) + self._reach + 1)
        self.placing = PeakPlacing(self.rate_hz, channels)

    def _samples(self, duration_s: float) -> int:
        return max(1, round(duration_s * self.rate_hz))

    @property
    def _reach(self) -> int:
        return envelope_reach(self._samples(STEP_S), KNOTS)

    def push(self, x: F32, last: bool = False) -> Peaks:
        """Take the next piece and return the peaks that became known.

        `x`: (channel, time) in mV on the grid, NaN = gap. `last` ends the recording.
        Raises ValueError when `x` has another number of channels.
        """
        x = np.asarray(x, np.float32)
        if x.ndim != 2 or x.shape[0] != self.channels:
            raise ValueError(
                f"R peaks: got an array of shape {x.shape}, expected ({self.channels}, time);"
                " give channels first, the same number every time"
            )
        starts = range(0, max(x.shape[1], 1), CHUNK)
        parts = [self._push(x[:, a : a + CHUNK], last and a == starts[-1]) for a in starts]
        return Peaks(
            np.concatenate([p.sample for p in parts]),
            np.concatenate([p.known for p in parts]),
            np.concatenate([p.lead for p in parts]),
            np.concatenate([p.quality for p in parts]),
        )

    def _push(self, x: F32, last: bool) -> Peaks:
        self._filter(x, last)
        found: list[Beat] = []
        hop = self._samples(HOP_S)
        end = self.hops * hop + self.size.shape[1]
        if end >= HOPS * hop or (last and end):
            self._weigh(end)
            found = self.choice.push(self._candidates(last), math.inf if last else self.received)
        peaks = self._peaks(found)
        self.raw = self.raw[:, -self._samples(KEEP_S) :]
        return peaks

    def _peaks(self, beats: list[Beat]) -> Peaks:
        """Place the beats."""
        warm = self._samples(HOP_S) * HOPS + self._reach
        known = [min(max(beat.known, warm), self.received) for beat in beats]
        noise = np.array([beat.wave.noise / beat.wave.size for beat in beats])
        quality = np.clip(1.0 - (NOISE_PEAK * noise) ** 2, 0.0, 1.0).astype(np.float32)
        first = self.received - self.raw.shape[1]
        sample, lead = self.placing.place([beat.wave for beat in beats], self.raw, first)
        return Peaks(sample, np.array(known, np.int64), lead, quality)

    def _filter(self, x: F32, last: bool) -> None:
        """Band-pass by differences: a gap is then a run of zeros and leaves no step behind."""
        self.received += x.shape[1]
        joined = np.concatenate([self.before, x], axis=1)
        slope = np.diff(joined)
        slope[np.isnan(slope)] = 0.0
        self.before = joined[:, -1:]
        self.raw = np.concatenate([self.raw, x], axis=1)
        slope = np.concatenate([self.slope, slope], axis=1)
        if last:
            slope = np.pad(slope, ((0, 0), (0, self._reach)))
        done = max(0, slope.shape[1] - 2 * self._reach)
        if done:
            step = self._samples(STEP_S)
            even, odd = _knots(step / self.rate_hz)
            size = envelope(slope, even, odd, step)
            self.size = np.concatenate([self.size, size], axis=1)
        self.slope = slope[:, done:]

    def _weigh(self, end: int) -> None:
        """Mix the leads, each weighed by how its beats stood out of its noise in the last 8 s."""
        hop = self._samples(HOP_S)
        whole = self.size.shape[1] // hop
        parts = self.size[:, : whole * hop].reshape(self.channels, whole, hop)
        if not whole and not self.hops:
            parts = self.size[:, None, :]
        tops, middles = self._hold(parts)
        early = 0
        if not self.hops:
            early = min(HOPS, max(whole, 1))
            tops, middles = _remember(tops, early), _remember(middles, early)
        top, middle = _recent(tops, early), _recent(middles, early)
        ratio = np.minimum(top / (middle + FLOOR_MV), CLEAR_RATIO)
        clear: F32 = np.maximum(ratio - NOISE_RATIO, 0.0).astype(np.float32)
        clear *= clear.max(axis=0) > BEATS_RATIO - NOISE_RATIO
        edges = (np.arange(top.shape[1] + 1) + self.hops) * hop
        length = np.diff(np.clip(edges, self.mixed, end))
        new = self.size[:, self.mixed - self.hops * hop :]
        top, middle = np.repeat(top, length, axis=1), np.repeat(middle, length, axis=1)
        clear = np.repeat(clear, length, axis=1) * (new > 0)
        weight = clear / (np.maximum(_dot(clear), TINY) * (top + FLOOR_MV))
        rows = np.stack([_dot(weight * new), _dot(weight * middle)])
        fresh = np.concatenate([rows, clear, new])
        self.mix = np.concatenate([self.mix, fresh], axis=1)
        self.mixed = end
        self.tops, self.middles = tops[:, -MEMORY_HOPS:], middles[:, -MEMORY_HOPS:]
        self.hops += whole
        self.size = self.size[:, whole * hop :]

    def _hold(self, parts: F32) -> tuple[F32, F32]:
        """Largest and median envelope of each hop, the last known where a lead is missing.

        (channel, hop, time) -> two of (channel, hop), after those remembered.
        """
        known = np.pad(
            parts.min(axis=2) > 0, ((0, 0), (self.tops.shape[1], 0)), constant_values=True
        )
        tops = np.concatenate([self.tops, parts.max(axis=2)], axis=1)
        middles = np.concatenate([self.middles, _middle(parts)], axis=1)
        last = np.maximum.accumulate(np.where(known, np.arange(known.shape[1]), 0), axis=1)
        return np.take_along_axis(tops, last, 1), np.take_along_axis(middles, last, 1)

    def _candidates(self, last: bool) -> list[Wave]:
        """Waves that nothing within 0.1 s exceeds."""
        apart, past = self._samples(APART_S), self._samples(PAST_S)
        mix = np.pad(self.mix, ((0, 0), (0, apart))) if last else self.mix
        count = mix.shape[1] - past - apart
        if count <= 0:
            return []
        first = self.mixed + (apart if last else 0) - mix.shape[1]
        centre = mix[:, past : past + count]
        tops = sliding_max(mix[0, past - apart :], 2 * apart + 1)
        here = np.flatnonzero((centre[0] == tops) & (centre[0] > 0))
        self.mix = mix[:, count:]
        sample = here + first + past
        size = centre[0, here]
        near, far = (
            (mix[0, here + past - k] + mix[0, here + past + k]) / (2 * size)
            for k in (apart // 2, apart)
        )
        back = np.arange(self._samples(CALM_S[0]), past, self._samples(CALM_S[1]))
        calm = _middle(mix[0, here[:, None] + past - back])
        columns = [c.tolist() for c in (sample, size, centre[1, here], near, far)]
        clear, sizes = np.split(centre[2:, here].T, 2, axis=1)
        leads = [map(tuple, clear.tolist()), map(tuple, sizes.tolist())]
        shape, slow, jump = self._shapes(sample, *np.split(centre[2:, here], 2))
        rest = [calm.tolist(), slow.tolist(), jump.tolist(), list(shape)]
        return list(map(Wave._make, zip(*columns, *leads, *rest, strict=True)))

    def _shapes(self, sample: I64, clear: F32, size: F32) -> tuple[F64, F32, F32]:
        """Describe the leads within 0.1 s of waves, as in `Wave`: shape, slow and jump.

        (wave,) and twice (channel, wave) -> (wave, channel, SHAPE) and twice (wave,).
        """
        step = self._samples(STEP_S)
        around = np.arange((SHAPE + 1) * step) - SHAPE // 2 * step - step // 2
        place = sample[:, None] + around - (self.received - self.raw.shape[1])
        inside = (place >= 0) & (place < self.raw.shape[1])
        cut = self.raw[:, np.clip(place, 0, max(self.raw.shape[1] - 1, 0))]
        cut[:, ~inside] = np.nan
        steps = np.diff(_dot(np.moveaxis(cut.reshape(*cut.shape[:2], SHAPE + 1, step), -1, 0)))
        steps /= np.float32(step)
        steps[np.isnan(steps)] = 0.0
        way = np.cumsum(steps, axis=2)
        range_mv = np.maximum(way.max(2), 0) - np.minimum(way.min(2), 0)
        reach, high = _dot(clear * range_mv), _dot(clear * size)
        jump = _dot(clear * np.abs(way[..., -1])) / (reach + np.float32(TINY))
        slow = (reach + np.float32(TINY)) / (high + np.float32(TINY))
        return np.ascontiguousarray(np.moveaxis(steps, 0, 1), np.float64), slow, jump


def rpeaks(x: F32, rate_hz: float) -> Peaks:
    """Find the R peaks of a whole ECG: `x` (channel, time) in mV, NaN = gap."""
    return RPeakDetector(rate_hz, x.shape[0]).push(x, last=True)


def _knots(step_s: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    at_s = np.arange(KNOTS + 1) * step_s
    bell = GAIN * np.exp(-0.5 * (at_s / WIDTH_S) ** 2)
    turn = 2 * math.pi * PITCH_HZ * at_s
    return tuple((bell * np.cos(turn)).tolist()), tuple((bell * np.sin(turn)).tolist())


def _middle(x: F32) -> F32:
    """Upper median of the last axis: exact, as nothing is added."""
    half = x.shape[-1] // 2
    middle: F32 = np.partition(x, half, axis=-1)[..., half]
    return middle


def _remember(x: F32, early: int) -> F32:
    """Put the first `early` hops before the others until a whole memory precedes what follows."""
    again = -(-MEMORY_HOPS // early)
    past = np.tile(x[:, :early], (1, again))[:, -MEMORY_HOPS:]
    return np.concatenate([past, x[:, early:]], axis=1)


def _recent(x: F32, early: int) -> F32:
    """Median of each memory of hops, `early` times more for the hops before: (channel, hop)."""
    median = _middle(np.lib.stride_tricks.sliding_window_view(x, MEMORY_HOPS, axis=1))
    return np.concatenate([np.repeat(median[:, :1], early, axis=1), median], axis=1)


def _dot(x: F32) -> F32:
    """Sum over channels, in their order: (channel, time) -> (time,)."""
    total: F32 = x[0].copy()
    for lead in x[1:]:
        total += lead
    return total
