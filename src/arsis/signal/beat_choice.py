"""Which of the waves of an ECG are beats, judged by their sizes and times.

Each wave is looked at when it arrives, and, unless that settles it, once more when the next beat is
known or 0.6 s have passed. Both looks are logistic regressions (the idea of a second look at small
waves is the search-back of Pan and Tompkins, 1985), fitted by `scripts/fit_rpeaks.py` to the 22
records of DS1 of the MIT-BIH Arrhythmia Database (de Chazal et al., 2004); no other was used.
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
BANK, SHAPE = 16, 12
SMALLEST_POWER = 1e-6

FIRST: dict[str, float] = {
    "level": 0.582,
    "previous": 0.529,
    "mean": 0.578,
    "least": 0.417,
    "log_gap": 1.613,
    "gap": -1.599,
    "under_028": -26.577,
    "under_036": -18.225,
    "under_05": -3.905,
    "noise": -0.629,
    "near": -0.519,
    "far": -3.021,
    "rival": -0.397,
    "refused": 0.464,
    "clutter": -0.700,
    "early": -2.896,
    "late": -2.074,
    "most": -2.762,
    "calm": -0.401,
    "slow": -0.753,
    "jump": -2.453,
    "likest": 2.480,
    "like_usual": -0.032,
    "like_least": 1.564,
}
FIRST_BIAS = 2.027
SECOND: dict[str, float] = {
    "first": 0.450,
    "level": -0.046,
    "previous": 0.041,
    "mean": 0.093,
    "least": 0.167,
    "log_gap": 1.460,
    "log_next": 0.503,
    "log_span": 1.726,
    "alone": 0.889,
    "next_size": 0.013,
    "rival": -0.042,
    "near": -0.189,
    "noise": -0.930,
    "uneven": -5.006,
    "long_span": -0.383,
    "next_under_036": -4.870,
    "next_early": -1.396,
    "most": -1.243,
    "calm": -0.140,
    "slow": -0.701,
    "jump": -1.195,
    "likest": 1.961,
    "like_usual": -1.736,
    "like_least": 0.152,
}
SECOND_BIAS = 0.009

BY_SHAPE = (FIRST["likest"], FIRST["like_usual"], FIRST["like_least"])
MOST_BY_SHAPE = sum(map(abs, BY_SHAPE))


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
    range: tuple[float, ...]
    """(channel) range of the lead itself within 0.1 s, in mV."""
    jump: tuple[float, ...]
    """(channel) how far the lead stands elsewhere 0.1 s after than before, in mV."""
    power: tuple[float, ...]
    """(channel) half the sum of the squares of `shape`, never 0."""
    shape: tuple[float, ...]
    """(channel, SHAPE) steps of the lead within 0.1 s, in mV."""


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
    """(wave, 7 + (5 + SHAPE) channel) waves that wait for the second look, each with its mark."""

    def __post_init__(self) -> None:
        self.rr = 0.8 * self.rate_hz
        self.levels = np.zeros(self.channels)
        self.refused = np.zeros((0, 2))
        self.waiting = np.zeros((0, self._width))
        self.bank = np.zeros((BANK, self.channels, SHAPE))
        self.bank_power = np.zeros((BANK, self.channels))

    @property
    def _width(self) -> int:
        return 7 + (5 + SHAPE) * self.channels

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
        self.bank[place] = np.array(wave.shape).reshape(self.channels, SHAPE)
        self.bank_power[place] = wave.power
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

    def _relative(self, wave: Wave) -> tuple[float, float]:
        """Log size against the usual: mean over the leads by clearness, least of clear leads."""
        total = sum(wave.clear) + 1e-6
        mean, least = 0.0, 9.0
        for clear, size, level in zip(wave.clear, wave.sizes, self._levels, strict=True):
            ratio = _log(size / level) if level else _log(wave.size / self.level)
            mean += clear / total * ratio
            if clear > CLEAR_SHARE * total:
                least = min(least, ratio)
        return mean, least

    def _first_mark(self, wave: Wave) -> float:
        mark: float = sum(map(mul, FIRST.values(), self._sizes_and_times(wave)), FIRST_BIAS)
        if HOPELESS - MOST_BY_SHAPE < mark <= SURE + MOST_BY_SHAPE:
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
        mean, least = self._relative(wave)
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
            *self._strangeness(wave),
        )

    def _second_look(self, item: _Waiting, following: Wave | None) -> tuple[float, ...]:
        """Give what the second look sees, in the order of `SECOND`."""
        wave, size = item.wave, item.wave.size
        after = following.sample - wave.sample if following else DEADLINE_S * self.rate_hz
        gap_rr = min((wave.sample - self.previous) / self.rr, 3.0)
        next_rr = after / self.rr
        span_rr = min(gap_rr + next_rr, 4.0)
        later = [other.wave.size for other in self._waiting]
        mean, least = self._relative(wave)
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
            *self._strangeness(wave),
            *self._likeness(wave),
        )

    def _strangeness(self, wave: Wave) -> tuple[float, ...]:
        """Tell how large the wave is for its lead, in what noise, how slow, on what slope."""
        total = sum(wave.clear) + 1e-6
        most, slow, jump = 0.0, 0.0, 0.0
        leads = zip(wave.clear, wave.sizes, self._levels, wave.range, wave.jump, strict=True)
        for clear, size, level, range_mv, jump_mv in leads:
            share = clear / total
            if share > CLEAR_SHARE and level:
                most = max(most, _log(size / level) - 0.5)
            slow += share * _log((range_mv + 1e-3) / (size + 1e-3))
            jump += share * jump_mv / (range_mv + 1e-3)
        return most, _log(wave.calm / wave.size), slow, jump

    def _likeness(self, wave: Wave) -> tuple[float, float, float]:
        """Compare the wave with the last beats: the likest, their mean, the worse of the leads.

        1 = the same shape and height, 0 = nothing in common, -1 = turned over.
        """
        shape = np.array(wave.shape).reshape(self.channels, SHAPE)
        alike = (self.bank * shape).sum(2) / (self.bank_power + wave.power)
        total = sum(wave.clear) + 1e-6
        least = 1.0
        each = [0.0] * max(1, min(self.beats, BANK))
        for clear, lead in zip(wave.clear, alike.T.tolist(), strict=True):
            share = clear / total
            if share > CLEAR_SHARE:
                least = min(least, max(lead))
            each = [so_far + share * like for so_far, like in zip(each, lead, strict=False)]
        return max(each), sum(each) / len(each), least


def _log(ratio: float) -> float:
    return log(max(ratio, 1e-3))


def _packed(item: _Waiting) -> list[float]:
    sample, size, noise, near, far, clear, sizes, calm, *rest = item.wave
    first = [sample, size, noise, near, far, calm, item.mark, *clear, *sizes]
    return [*first, *(value for each in rest for value in each)]


def _unpacked(row: list[float], channels: int) -> _Waiting:
    sample, size, noise, near, far, calm, mark, *rest = row
    parts = [tuple(rest[i * channels : (i + 1) * channels]) for i in range(5)]
    clear, sizes, *others = parts
    shape = tuple(rest[5 * channels :])
    wave = Wave(int(sample), size, noise, near, far, clear, sizes, calm, *others, shape)
    return _Waiting(wave, mark)
