"""R peaks of an ECG of one or more leads, found while the signal arrives.

Delays, from the R peak to the sample after which it is known:

| part | seconds |
|---|---|
| band-pass and envelope, half their length | 0.108 |
| no larger wave follows | 0.100 |
| peak lies off the middle of its complex, at most | 0.080 |
| **an ordinary beat**, about | 0.21 (`STANDARD_DELAY_S`) |
| a small beat that only a pause revealed, at most | 0.75 (`LONGEST_DELAY_S`) |
| warm-up: peaks of the first 8 s become known together after | 8.11 (`WARM_UP_S`) |

Any division of a recording into pieces gives the same peaks to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from arsis.signal.beat_choice import Beat, BeatChoice, Wave
from arsis.signal.filters import box, envelope, envelope_reach, sliding_max

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

PITCH_HZ = 8.0
WIDTH_S = 0.035
STEP_S = 0.016
KNOTS = 6
APART_S = 0.1
HOP_S = 1.0
HOPS = 8
MEMORY_HOPS = 16
REFINE_S = 0.08
BASE_S = 0.12
NEAR_S = 0.04
KEEP_S = 10.0
FLOOR_MV = 0.002
GAIN = 0.2
NOISE_RATIO = 3.0
CLEAR_RATIO = 12.0
LEAD_SWITCH = 3.0
POLARITY_MEMORY = 0.05
POLARITY_BIAS = 1.2
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
    lead: int = 0
    """The lead that places peaks."""
    polarity: F64 = field(init=False)
    """(channel, 2) usual height of waves up and down."""

    def __post_init__(self) -> None:
        channels = self.channels
        self.before = np.full((channels, 1), np.nan, np.float32)
        self.raw = np.full((channels, self._samples(KEEP_S)), np.nan, np.float32)
        self.slope = np.zeros((channels, self._reach), np.float32)
        self.size = np.zeros((channels, 0), np.float32)
        self.tops = np.zeros((channels, 0), np.float32)
        self.middles = np.zeros((channels, 0), np.float32)
        self.mix = np.zeros((2 + 2 * channels, self._samples(APART_S)), np.float32)
        self.choice = BeatChoice(self.rate_hz, channels, self._samples(APART_S) + self._reach + 1)
        self.polarity = np.zeros((channels, 2))

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
            self._weigh(end, last)
            found = self.choice.push(self._candidates(last), math.inf if last else self.received)
        peaks = self._place(found)
        self.raw = self.raw[:, -self._samples(KEEP_S) :]
        return peaks

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

    def _weigh(self, end: int, last: bool) -> None:
        """Mix the leads, each weighed by how its beats stood out of its noise in the last 8 s."""
        hop = self._samples(HOP_S)
        whole = self.size.shape[1] // hop
        parts = self.size[:, : whole * hop].reshape(self.channels, whole, hop)
        if not whole and not self.hops:
            parts = self.size[:, None, :]
        tops = np.concatenate([self.tops, parts.max(axis=2)], axis=1)
        middles = np.concatenate([self.middles, _middle(parts)], axis=1)
        early = 0
        if not self.hops:
            early = min(HOPS, max(whole, 1))
            tops, middles = _remember(tops, early), _remember(middles, early)
        top, middle = _recent(tops, early), _recent(middles, early)
        clear = np.clip(top / (middle + FLOOR_MV) - NOISE_RATIO, 0.0, CLEAR_RATIO - NOISE_RATIO)
        total = np.maximum(clear.sum(axis=0), 1e-3)
        weight = clear / total / (top + FLOOR_MV)
        length = np.diff(np.clip(np.arange(top.shape[1] + 1) * hop + self.hops * hop, self.mixed, end))
        new = self.size[:, self.mixed - self.hops * hop :]
        rows = [_dot(np.repeat(weight, length, axis=1), new), np.repeat(_dot(weight, middle), length)]
        fresh = np.concatenate([np.stack(rows), np.repeat(clear, length, axis=1), new])
        self.mix = np.concatenate([self.mix, fresh], axis=1)
        self.mixed = end
        self.tops, self.middles = tops[:, -MEMORY_HOPS:], middles[:, -MEMORY_HOPS:]
        self.hops += whole
        self.size = self.size[:, whole * hop :]

    def _candidates(self, last: bool) -> list[Wave]:
        """Waves that nothing within 0.1 s exceeds."""
        apart = self._samples(APART_S)
        mix = np.pad(self.mix, ((0, 0), (0, apart))) if last else self.mix
        count = mix.shape[1] - 2 * apart
        if count <= 0:
            return []
        first = self.mixed + (apart if last else 0) - mix.shape[1]
        centre = mix[:, apart : apart + count]
        here = np.flatnonzero((centre[0] == sliding_max(mix[0], 2 * apart + 1)) & (centre[0] > 0))
        self.mix = mix[:, count:]
        sample = here + first + apart
        size = centre[0, here]
        near, far = ((mix[0, here + apart - k] + mix[0, here + apart + k]) / (2 * size) for k in (apart // 2, apart))
        columns = [c.tolist() for c in (sample, size, centre[1, here], near, far)]
        clear, sizes = np.split(centre[2:, here].T, 2, axis=1)
        leads = [map(tuple, clear.tolist()), map(tuple, sizes.tolist())]
        return list(map(Wave._make, zip(*columns, *leads, strict=True)))

    def _place(self, beats: list[Beat]) -> Peaks:
        """Find the R peak of each beat in one lead, to a fraction of a sample."""
        if not beats:
            return Peaks(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
        sample = np.array([b.wave.sample for b in beats])
        height, shift = self._waves(sample)
        lead, place = [], []
        for j, beat in enumerate(beats):
            lead.append(self._lead(beat.wave.clear, height[j]))
            usual = self.polarity[self.lead]
            up, down = height[j][self.lead]
            bias = POLARITY_BIAS if usual[0] >= usual[1] else 1 / POLARITY_BIAS
            place.append(sample[j] + shift[j][self.lead][0 if up * bias >= down else 1])
            for c in range(self.channels):
                for k in (0, 1):
                    self.polarity[c, k] += POLARITY_MEMORY * (height[j][c][k] - self.polarity[c, k])
        warm = round(WARM_UP_S * self.rate_hz)
        known = np.array([min(max(b.known, warm), self.received) for b in beats], np.int64)
        noise = np.array([b.wave.noise / b.wave.size for b in beats])
        quality = np.clip(1.0 - (2.5 * noise) ** 2, 0.0, 1.0).astype(np.float32)
        return Peaks(np.array(place), known, np.array(lead, np.int64), quality)

    def _lead(self, clear: list[float], height: list[list[float]]) -> int:
        best = max(range(self.channels), key=lambda c: clear[c])
        if clear[best] > LEAD_SWITCH * clear[self.lead]:
            self.lead = best
        return self.lead

    def _waves(self, sample: I64):
        """Height and place of the foremost wave up and down: two lists (beat, channel, 2)."""
        step, refine, base = (self._samples(s) for s in (STEP_S, REFINE_S, BASE_S))
        half = max(base, refine + step)
        raw = np.pad(self.raw, ((0, 0), (0, half)), constant_values=np.nan)
        index = sample[:, None] - (self.received - self.raw.shape[1]) + np.arange(-half, half + 1)
        window = np.moveaxis(raw[:, index], 0, 1)                  # (beat, channel, time)
        level = _finite_median(window[..., half - base : half + base + 1 : 2])
        inner = window[..., half - refine - step : half + refine + step + 1]
        smooth = box(box(inner, step), step) / np.float32(step * step) - level
        smooth = np.nan_to_num(smooth, nan=0.0)
        near = np.exp(-0.5 * (np.arange(-refine, refine + 1) / (NEAR_S * self.rate_hz)) ** 2).astype(np.float32)
        heights, shifts = [], []
        for wave in (smooth, -smooth):
            middle = wave[..., 1:-1]
            crest = (middle > wave[..., :-2]) & (middle >= wave[..., 2:])
            value = np.where(crest, middle * near, 0.0)
            k = value.argmax(axis=-1)[..., None]
            height = np.take_along_axis(value, k, -1)[..., 0]
            left, top, right = (np.take_along_axis(wave, k + o, -1)[..., 0].astype(float) for o in (0, 1, 2))
            bend = left - 2 * top + right
            fraction = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, 1.0), 0.0)
            heights.append(height)
            shifts.append(np.where(height > 0, k[..., 0] - refine + fraction, 0.0))
        return np.stack(heights, -1).tolist(), np.stack(shifts, -1).tolist()


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


def _dot(weight: F32, x: F32) -> F32:
    """Sum over channels, in their order: (channel, time) -> (time,)."""
    total = weight[0] * x[0]
    for channel in range(1, len(x)):
        total += weight[channel] * x[channel]
    return total


def _finite_median(x: F32) -> F32:
    """Lower median without NaN over the last axis, which stays as one."""
    ordered = np.sort(x, axis=-1)
    count = x.shape[-1] - np.isnan(x).sum(axis=-1, keepdims=True)
    return np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, -1)
