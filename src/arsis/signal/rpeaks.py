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

from arsis.signal.beat_choice import Beat, BeatChoice
from arsis.signal.filters import envelope, envelope_reach, sliding_max
from arsis.signal.lead_mix import HOP_S, HOPS, TINY, LeadMix, over_leads, upper_median
from arsis.signal.peak_placing import PeakPlacing
from arsis.signal.usual_beat import SHAPE, Wave

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
NOISE_PEAK = 2.5
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
    leads: LeadMix = field(init=False)
    mix: F32 = field(init=False)
    """(2 + 2 channel, time) mixed leads, as `LeadMix` returns them, that are still looked at."""
    choice: BeatChoice = field(init=False)
    placing: PeakPlacing = field(init=False)

    def __post_init__(self) -> None:
        channels = self.channels
        self.before = np.full((channels, 1), np.nan, np.float32)
        self.raw = np.full((channels, self._samples(KEEP_S)), np.nan, np.float32)
        self.slope = np.zeros((channels, self._reach), np.float32)
        self.leads = LeadMix(channels, self._samples(HOP_S))
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
        mixed = self.leads.push(self._envelopes(x, last), last)
        self.mix = np.concatenate([self.mix, mixed], axis=1)
        now = math.inf if last else self.received
        found = self.choice.push(self._candidates(last), now) if self.leads.mixed else []
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

    def _envelopes(self, x: F32, last: bool) -> F32:
        """Band-pass by differences: a gap is then a run of zeros and leaves no step behind.

        (channel, time) in mV -> (channel, time) envelopes that are known by now.
        """
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
        self.slope = slope[:, done:]
        if not done:
            return np.zeros((self.channels, 0), np.float32)
        step = self._samples(STEP_S)
        even, odd = _knots(step / self.rate_hz)
        return envelope(slope, even, odd, step)

    def _candidates(self, last: bool) -> list[Wave]:
        """Waves that nothing within 0.1 s exceeds."""
        apart, past = self._samples(APART_S), self._samples(PAST_S)
        mix = np.pad(self.mix, ((0, 0), (0, apart))) if last else self.mix
        count = mix.shape[1] - past - apart
        if count <= 0:
            return []
        first = self.leads.mixed + (apart if last else 0) - mix.shape[1]
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
        calm = upper_median(mix[0, here[:, None] + past - back])
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
        blocks = cut.reshape(*cut.shape[:2], SHAPE + 1, step)
        steps = np.diff(over_leads(np.moveaxis(blocks, -1, 0)))
        steps /= np.float32(step)
        steps[np.isnan(steps)] = 0.0
        way = np.cumsum(steps, axis=2)
        range_mv = np.maximum(way.max(2), 0) - np.minimum(way.min(2), 0)
        reach, high = over_leads(clear * range_mv), over_leads(clear * size)
        jump = over_leads(clear * np.abs(way[..., -1])) / (reach + np.float32(TINY))
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
