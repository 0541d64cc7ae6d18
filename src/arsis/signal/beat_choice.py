"""Which of the waves of an ECG are beats, judged by their sizes, times and shapes.

Each wave is looked at when it arrives, and, unless that settles it, once more when the next beat is
known or 0.6 s have passed. Both looks are logistic regressions (the idea of a second look at small
waves is the search-back of Pan and Tompkins, 1985), fitted by `scripts/fit_rpeaks.py` to the 22
records of DS1 of the MIT-BIH Arrhythmia Database (de Chazal et al., 2004), as they are and with
bursts of noise; no other was used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log
from operator import mul
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

F64 = npt.NDArray[np.float64]

REFRACTORY_S = 0.2
DEADLINE_S = 0.6
RECENT_S = 0.5
MEMORY = 0.15
CLUTTER_MEMORY = 0.05
SMALLEST = 0.03
SURE = 3.0
HOPELESS = -6.0
REMEMBERED = 6
CLEAR_SHARE = 0.2
LARGE = 0.5
# Steps of 16 ms: 0.1 s before and behind the middle of a wave.
BANK, SHAPE = 16, 12
SMALLEST_POWER = 1e-6

FIRST: dict[str, float] = {
    "level": 0.534,
    "previous": 0.478,
    "mean": 0.563,
    "least": 0.465,
    "log_gap": 1.450,
    "gap": -1.147,
    "under_028": -29.039,
    "under_036": -17.376,
    "under_05": -4.115,
    "noise": -0.618,
    "near": -0.742,
    "far": -2.349,
    "rival": -0.359,
    "refused": 0.384,
    "clutter": -0.700,
    "early": -2.679,
    "late": -2.167,
    "most": -2.687,
    "calm": -0.369,
    "slow": -1.233,
    "jump": -2.382,
    "like_mean": 2.672,
    "like_least": 2.056,
}
FIRST_BIAS = 1.510
SECOND: dict[str, float] = {
    "first": 0.385,
    "level": 0.017,
    "previous": 0.007,
    "mean": 0.160,
    "least": 0.316,
    "log_gap": 1.522,
    "log_next": 0.495,
    "log_span": 1.648,
    "alone": 0.791,
    "next_size": 0.072,
    "rival": 0.033,
    "near": -0.404,
    "noise": -0.878,
    "uneven": -4.842,
    "long_span": -0.738,
    "next_under_036": -5.086,
    "next_early": -1.291,
    "most": -1.466,
    "calm": -0.289,
    "slow": -0.903,
    "jump": -1.068,
    "like_mean": 1.459,
    "like_least": 0.272,
}
SECOND_BIAS = 0.612

BY_SHAPE = (FIRST["like_mean"], FIRST["like_least"])
GAIN, LOSS = sum(max(each, 0.0) for each in BY_SHAPE), sum(max(-each, 0.0) for each in BY_SHAPE)
"""The most that likeness, which lies between 0 and 1, can add to a mark or take from it."""


class Wave(NamedTuple):
    """A wave that may be a beat."""

    sample: int
    size: float
    """Height of the leads' mixed envelope."""
    noise: float
    """Usual height of that envelope between beats."""
    near: float
    """Mixed envelope 0.05 s before and after, as a share of `size`."""
    far: float
    """The same at 0.1 s."""
    clear: tuple[float, ...]
    """(channel) how far beats stand out of noise in each lead."""
    sizes: tuple[float, ...]
    """(channel) height of the envelope of each lead."""
    calm: float
    """Usual height of the mixed envelope in the half second before."""
    slow: float
    """How far the leads themselves move within 0.1 s, beside their envelopes."""
    jump: float
    """How far they stand elsewhere 0.1 s after than before, as a share of that."""
    shape: F64
    """(channel, SHAPE) steps of each lead within 0.1 s, in mV."""


class Beat(NamedTuple):
    """A wave that is a beat, and how many samples had arrived when that became known."""

    wave: Wave
    known: int


class _Waiting(NamedTuple):
    wave: Wave
    mark: float


@dataclass
class BeatChoice:
    """Chooses the beats among waves; its fields are its whole state.

    `delay` is the number of samples from a wave to its arrival here.
    """

    rate_hz: float
    channels: int
    delay: int
    level: float = 1.0
    """Usual size of a beat."""
    levels: F64 = field(init=False)
    """(channel,) the same in each lead; 0 = not known yet."""
    rr: float = field(init=False)
    """Usual distance of beats, in samples."""
    beats: int = 0
    previous: int = -(10**6)
    """Sample of the last beat."""
    previous_size: float = 1.0
    clutter: float = 0.1
    """Usual size of waves that are no beats, as a share of `level`."""
    refused: F64 = field(init=False)
    """(wave, 2) sample and size of the last waves that were not beats at once."""
    bank: F64 = field(init=False)
    """(BANK, channel, SHAPE) shapes of the last beats."""
    bank_power: F64 = field(init=False)
    """(BANK, channel) their powers."""
    waiting: F64 = field(init=False)
    """(wave, 9 + (2 + SHAPE) channel) waves that wait for the second look, each with its mark."""

    def __post_init__(self) -> None:
        self.rr = 0.8 * self.rate_hz
        self.levels = np.zeros(self.channels)
        self.refused = np.zeros((0, 2))
        self.waiting = np.zeros((0, self._width))
        self.bank = np.zeros((BANK, self.channels, SHAPE))
        self.bank_power = np.zeros((BANK, self.channels))

    @property
    def _width(self) -> int:
        return 9 + (2 + SHAPE) * self.channels

    def push(self, waves: Sequence[Wave], now: float) -> list[Beat]:
        """Judge waves, in order of time, and those whose time is up after `now` samples."""
        self._waiting = [_unpacked(row, self.channels) for row in self.waiting.tolist()]
        self._refused = [(int(sample), size) for sample, size in self.refused.tolist()]
        self._levels = self.levels.tolist()
        found: list[Beat] = []
        for wave in waves:
            found += self._expire(wave.sample + self.delay)
            found += self._judge(wave)
        found += self._expire(now)
        self.levels = np.array(self._levels)
        self.refused = np.array(self._refused, np.float64).reshape(-1, 2)
        packed = [_packed(item) for item in self._waiting]
        self.waiting = np.array(packed, np.float64).reshape(-1, self._width)
        del self._waiting, self._refused, self._levels
        return found

    def _judge(self, wave: Wave) -> list[Beat]:
        if self._too_close(wave.sample) or wave.size < SMALLEST * self.level:
            return []
        mark = self._first_mark(wave)
        if mark > SURE:
            found = self._resolve(len(self._waiting), wave, wave.sample + self.delay)
            if not self._too_close(wave.sample):
                found.append(self._accept(wave, wave.sample + self.delay))
            return found
        if mark > HOPELESS:
            self._waiting.append(_Waiting(wave, mark))
        self._refused = [*self._refused[1 - REMEMBERED :], (wave.sample, wave.size)]
        self.clutter += CLUTTER_MEMORY * (min(wave.size / self.level, 1.0) - self.clutter)
        return []

    def _expire(self, now: float) -> list[Beat]:
        """Second look at the waves whose time is up."""
        found: list[Beat] = []
        deadline = round(DEADLINE_S * self.rate_hz)
        while self._waiting and self._waiting[0].wave.sample + deadline <= now:
            found += self._resolve(1, None, self._waiting[0].wave.sample + deadline)
        return found

    def _resolve(self, count: int, following: Wave | None, known: int) -> list[Beat]:
        """Second look at the first `count` waiting waves, of which `following` is the next beat."""
        found: list[Beat] = []
        for _ in range(count):
            item = self._waiting.pop(0)
            close = following is not None and self._within(item.wave.sample, following.sample)
            if self._too_close(item.wave.sample) or close:
                continue
            if self._second_mark(item, following) > 0:
                found.append(self._accept(item.wave, known))
        return found

    def _within(self, first: int, second: int) -> bool:
        return second - first < REFRACTORY_S * self.rate_hz

    def _too_close(self, sample: int) -> bool:
        return self._within(self.previous, sample)

    def _accept(self, wave: Wave, known: int) -> Beat:
        gap = wave.sample - self.previous
        if gap < 2.0 * self.rate_hz:
            self.rr += MEMORY * (min(gap, 1.5 * self.rr) - self.rr)
        place = self.beats % BANK
        self.bank[place] = wave.shape
        self.bank_power[place] = np.add.reduce(wave.shape * wave.shape, 1)
        self.beats += 1
        memory = max(MEMORY, 1.0 / self.beats)
        ceiling = 2.0 * self.level if self.beats > 1 else wave.size
        self.level += memory * (min(wave.size, ceiling) - self.level)
        self._levels = [
            level + memory * (min(size, 2.0 * level) - level) if level else size
            for level, size in zip(self._levels, wave.sizes, strict=True)
        ]
        self.previous, self.previous_size = wave.sample, wave.size
        self._refused = [item for item in self._refused if item[0] > wave.sample]
        return Beat(wave, known)

    def _relative(self, wave: Wave) -> tuple[float, float, float]:
        """Log size against the usual: mean of leads by clearness, least and most of clear ones.

        The most counts from `LARGE` on.
        """
        total = sum(wave.clear) + 1e-6
        mean, least, most = 0.0, 9.0, LARGE
        for clear, size, level in zip(wave.clear, wave.sizes, self._levels, strict=True):
            ratio = _log(size / level) if level else _log(wave.size / self.level)
            mean += clear / total * ratio
            if clear > CLEAR_SHARE * total:
                least, most = min(least, ratio), max(most, ratio)
        return mean, least, most - LARGE

    def _first_mark(self, wave: Wave) -> float:
        mark: float = sum(map(mul, FIRST.values(), self._sizes_and_times(wave)), FIRST_BIAS)
        if HOPELESS - GAIN < mark <= SURE + LOSS:
            # Only then can its likeness, which takes longest, decide.
            mark += sum(map(mul, BY_SHAPE, self._likeness(wave)))
        return mark

    def _second_mark(self, item: _Waiting, following: Wave | None) -> float:
        look = self._second_look(item, following)
        mark: float = sum(map(mul, SECOND.values(), look), SECOND_BIAS)
        return mark

    def _first_look(self, wave: Wave) -> tuple[float, ...]:
        """Give what the first look sees, in the order of `FIRST`."""
        return (*self._sizes_and_times(wave), *self._likeness(wave))

    def _sizes_and_times(self, wave: Wave) -> tuple[float, ...]:
        size, since = wave.size, wave.sample - RECENT_S * self.rate_hz
        gap_s = (wave.sample - self.previous) / self.rate_hz
        gap_rr = (wave.sample - self.previous) / self.rr
        mean, least, most = self._relative(wave)
        recent = [other for sample, other in self._refused if sample > since]
        return (
            _log(size / self.level),
            _log(size / self.previous_size),
            mean,
            least,
            min(log(max(gap_rr, 0.05)), 1.2),
            min(gap_s, 1.5),
            max(0.0, 0.28 - gap_s),
            max(0.0, 0.36 - gap_s),
            max(0.0, 0.5 - gap_s),
            _log(wave.noise / size),
            wave.near,
            wave.far,
            _log(max(recent, default=0.02 * self.level) / size),
            float(len(recent)),
            _log(self.clutter * self.level / size),
            max(0.0, 0.85 - gap_rr),
            min(1.0, max(0.0, gap_rr - 1.15)),
            most,
            _log(wave.calm / size),
            _log(wave.slow),
            wave.jump,
        )

    def _second_look(self, item: _Waiting, following: Wave | None) -> tuple[float, ...]:
        """Give what the second look sees, in the order of `SECOND`."""
        wave, size = item.wave, item.wave.size
        after = following.sample - wave.sample if following else DEADLINE_S * self.rate_hz
        gap_rr = min((wave.sample - self.previous) / self.rr, 3.0)
        next_rr = after / self.rr
        span_rr = min(gap_rr + next_rr, 4.0)
        later = [other.wave.size for other in self._waiting]
        mean, least, most = self._relative(wave)
        return (
            max(item.mark, -8.0),
            _log(size / self.level),
            _log(size / self.previous_size),
            mean,
            least,
            log(max(gap_rr, 0.05)),
            log(max(next_rr, 0.05)),
            log(max(span_rr, 0.05)),
            0.0 if following else 1.0,
            _log(size / (following.size if following else self.level)),
            _log(max(later, default=0.02 * self.level) / size),
            wave.near,
            _log(wave.noise / size),
            abs(gap_rr - next_rr) / (gap_rr + next_rr),
            max(0.0, span_rr - 1.4),
            max(0.0, 0.36 - after / self.rate_hz),
            max(0.0, 0.8 - next_rr),
            most,
            _log(wave.calm / size),
            _log(wave.slow),
            wave.jump,
            *self._likeness(wave),
        )

    def _likeness(self, wave: Wave) -> tuple[float, float]:
        """Compare the wave with the last beats, the likest in each lead: mean and least of leads.

        1 = the same shape and height, 0 = nothing in common. The mean is by clearness.
        """
        power = np.add.reduce(wave.shape * wave.shape, 1) + SMALLEST_POWER
        alike = np.add.reduce(self.bank * wave.shape, 2) / (self.bank_power + power)
        total = sum(wave.clear) + 1e-6
        mean, least = 0.0, 1.0
        for clear, likest in zip(wave.clear, np.maximum.reduce(alike).tolist(), strict=True):
            like = max(2.0 * likest, 0.0)
            mean += clear / total * like
            if clear > CLEAR_SHARE * total:
                least = min(least, like)
        return mean, least


def _log(ratio: float) -> float:
    return log(max(ratio, 1e-3))


def _packed(item: _Waiting) -> list[float]:
    *single, clear, sizes, calm, slow, jump, shape = item.wave
    return [*single, calm, slow, jump, item.mark, *clear, *sizes, *shape.ravel().tolist()]


def _unpacked(row: list[float], channels: int) -> _Waiting:
    sample, size, noise, near, far, calm, slow, jump, mark, *rest = row
    clear, sizes = tuple(rest[:channels]), tuple(rest[channels : 2 * channels])
    shape = np.array(rest[2 * channels :]).reshape(channels, SHAPE)
    wave = Wave(int(sample), size, noise, near, far, clear, sizes, calm, slow, jump, shape)
    return _Waiting(wave, mark)
