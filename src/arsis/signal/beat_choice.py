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

from arsis.signal.usual_beat import UsualBeat, Wave, log_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

REFRACTORY_S = 0.2
DEADLINE_S = 0.6
RECENT_S = 0.5
CLUTTER_MEMORY = 0.05
SMALLEST = 0.03
SURE = 3.0
HOPELESS = -6.0
REMEMBERED = 6

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


class Beat(NamedTuple):
    """A wave that is a beat, and how many samples had arrived when that became known."""

    wave: Wave
    known: int


class Waiting(NamedTuple):
    """A wave that waits for the second look, and what the first look made of it."""

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
    usual: UsualBeat = field(init=False)
    clutter: float = 0.1
    """Usual size of waves that are no beats, as a share of the usual beat's."""
    refused: list[tuple[int, float]] = field(default_factory=list)
    """Sample and size of the last waves that were not beats at once."""
    waiting: list[Waiting] = field(default_factory=list)
    """Waves that wait for the second look, in order of time."""

    def __post_init__(self) -> None:
        """Begin without a beat."""
        self.usual = UsualBeat(self.rate_hz, self.channels)

    def push(self, waves: Sequence[Wave], now: float) -> list[Beat]:
        """Judge waves, in order of time, and those whose time is up after `now` samples."""
        found: list[Beat] = []
        for wave in waves:
            found += self._expire(wave.sample + self.delay)
            found += self._judge(wave)
        return found + self._expire(now)

    def _judge(self, wave: Wave) -> list[Beat]:
        if self._too_close(wave.sample) or wave.size < SMALLEST * self.usual.level:
            return []
        mark = self._first_mark(wave)
        if mark > SURE:
            found = self._resolve(len(self.waiting), wave, wave.sample + self.delay)
            if not self._too_close(wave.sample):
                found.append(self._accept(wave, wave.sample + self.delay))
            return found
        if mark > HOPELESS:
            self.waiting.append(Waiting(wave, mark))
        self.refused = [*self.refused[1 - REMEMBERED :], (wave.sample, wave.size)]
        self.clutter += CLUTTER_MEMORY * (min(wave.size / self.usual.level, 1.0) - self.clutter)
        return []

    def _expire(self, now: float) -> list[Beat]:
        """Second look at the waves whose time is up."""
        found: list[Beat] = []
        deadline = round(DEADLINE_S * self.rate_hz)
        while self.waiting and self.waiting[0].wave.sample + deadline <= now:
            found += self._resolve(1, None, self.waiting[0].wave.sample + deadline)
        return found

    def _resolve(self, count: int, following: Wave | None, known: int) -> list[Beat]:
        """Second look at the first `count` waiting waves, of which `following` is the next beat."""
        found: list[Beat] = []
        for _ in range(count):
            item = self.waiting.pop(0)
            close = following is not None and self._within(item.wave.sample, following.sample)
            if self._too_close(item.wave.sample) or close:
                continue
            if self._second_mark(item, following) > 0:
                found.append(self._accept(item.wave, known))
        return found

    def _within(self, first: int, second: int) -> bool:
        return second - first < REFRACTORY_S * self.rate_hz

    def _too_close(self, sample: int) -> bool:
        return self._within(self.usual.previous, sample)

    def _accept(self, wave: Wave, known: int) -> Beat:
        self.usual.learn(wave)
        self.refused = [item for item in self.refused if item[0] > wave.sample]
        return Beat(wave, known)

    def _first_mark(self, wave: Wave) -> float:
        mark: float = sum(map(mul, FIRST.values(), self._sizes_and_times(wave)), FIRST_BIAS)
        if HOPELESS - GAIN < mark <= SURE + LOSS:
            # Only then can its likeness, which takes longest, decide.
            mark += sum(map(mul, BY_SHAPE, self.usual.likeness(wave)))
        return mark

    def _second_mark(self, item: Waiting, following: Wave | None) -> float:
        look = self._second_look(item, following)
        mark: float = sum(map(mul, SECOND.values(), look), SECOND_BIAS)
        return mark

    def _first_look(self, wave: Wave) -> tuple[float, ...]:
        """Give what the first look sees, in the order of `FIRST`."""
        return (*self._sizes_and_times(wave), *self.usual.likeness(wave))

    def _sizes_and_times(self, wave: Wave) -> tuple[float, ...]:
        size, since = wave.size, wave.sample - RECENT_S * self.rate_hz
        gap_s = (wave.sample - self.usual.previous) / self.rate_hz
        gap_rr = (wave.sample - self.usual.previous) / self.usual.rr
        mean, least, most = self.usual.sizes(wave)
        recent = [other for sample, other in self.refused if sample > since]
        return (
            log_ratio(size / self.usual.level),
            log_ratio(size / self.usual.previous_size),
            mean,
            least,
            min(log(max(gap_rr, 0.05)), 1.2),
            min(gap_s, 1.5),
            max(0.0, 0.28 - gap_s),
            max(0.0, 0.36 - gap_s),
            max(0.0, 0.5 - gap_s),
            log_ratio(wave.noise / size),
            wave.near,
            wave.far,
            log_ratio(max(recent, default=0.02 * self.usual.level) / size),
            float(len(recent)),
            log_ratio(self.clutter * self.usual.level / size),
            max(0.0, 0.85 - gap_rr),
            min(1.0, max(0.0, gap_rr - 1.15)),
            most,
            log_ratio(wave.calm / size),
            log_ratio(wave.slow),
            wave.jump,
        )

    def _second_look(self, item: Waiting, following: Wave | None) -> tuple[float, ...]:
        """Give what the second look sees, in the order of `SECOND`."""
        wave, size = item.wave, item.wave.size
        after = following.sample - wave.sample if following else DEADLINE_S * self.rate_hz
        gap_rr = min((wave.sample - self.usual.previous) / self.usual.rr, 3.0)
        next_rr = after / self.usual.rr
        span_rr = min(gap_rr + next_rr, 4.0)
        later = [other.wave.size for other in self.waiting]
        mean, least, most = self.usual.sizes(wave)
        return (
            max(item.mark, -8.0),
            log_ratio(size / self.usual.level),
            log_ratio(size / self.usual.previous_size),
            mean,
            least,
            log(max(gap_rr, 0.05)),
            log(max(next_rr, 0.05)),
            log(max(span_rr, 0.05)),
            0.0 if following else 1.0,
            log_ratio(size / (following.size if following else self.usual.level)),
            log_ratio(max(later, default=0.02 * self.usual.level) / size),
            wave.near,
            log_ratio(wave.noise / size),
            abs(gap_rr - next_rr) / (gap_rr + next_rr),
            max(0.0, span_rr - 1.4),
            max(0.0, 0.36 - after / self.rate_hz),
            max(0.0, 0.8 - next_rr),
            most,
            log_ratio(wave.calm / size),
            log_ratio(wave.slow),
            wave.jump,
            *self.usual.likeness(wave),
        )
