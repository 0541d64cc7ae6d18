"""Which of the waves of an ECG are beats, decided from sizes and times alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

REFRACTORY_S = 0.2
T_WAVE_S = 0.36
DEADLINE_S = 0.72
STEADY = 0.15


class Candidate(NamedTuple):
    """A wave that may be a beat."""

    sample: int
    known: int
    size: float
    noise: float
    clear: list[float]


class Beat(NamedTuple):
    """A wave that is a beat, and when that became known."""

    candidate: Candidate
    known: int


@dataclass
class BeatChoice:
    """Accepts waves by size and timing, with a second look at small ones before a pause ends."""

    rate_hz: float
    level: float = 1.0
    rr: float = field(init=False)
    previous: float = -1e9
    previous_size: float = 1.0
    waiting: list[Candidate] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rr = 0.8 * self.rate_hz

    def offer(self, wave: Candidate) -> list[Beat]:
        found = self.wait(wave.known)
        gap = wave.sample - self.previous
        if gap < REFRACTORY_S * self.rate_hz:
            return found
        limit = 0.4 * self.level
        if gap < T_WAVE_S * self.rate_hz:
            limit = max(limit, 0.5 * self.previous_size)
        if wave.size >= limit:
            found += self._look_back(wave)
            found.append(self._accept(wave, wave.known))
        elif wave.size >= 0.1 * self.level:
            self.waiting.append(wave)
        return found

    def _accept(self, wave: Candidate, known: int) -> Beat:
        gap = wave.sample - self.previous
        if gap < 2 * self.rate_hz:
            self.rr += STEADY * (min(gap, 1.5 * self.rr) - self.rr)
        self.level += STEADY * (min(wave.size, 2 * self.level) - self.level)
        self.previous, self.previous_size = wave.sample, wave.size
        return Beat(wave, known)

    def _look_back(self, wave: Candidate) -> list[Beat]:
        found: list[Beat] = []
        while wave.sample - self.previous >= 1.5 * self.rr:
            early = self.previous + max(T_WAVE_S * self.rate_hz, 0.45 * self.rr)
            late = wave.sample - 0.3 * self.rate_hz
            missed = [w for w in self.waiting if early < w.sample < late]
            if not missed:
                break
            best = max(missed, key=lambda w: w.size)
            if best.size < 0.2 * self.level:
                break
            found.append(self._accept(best, wave.known))
        self.waiting = []
        return found

    def wait(self, now: float) -> list[Beat]:
        """Decide on the waves whose time is up after `now` samples."""
        found: list[Beat] = []
        deadline = round(DEADLINE_S * self.rate_hz)
        while self.waiting and self.waiting[0].sample + deadline <= now:
            wave = self.waiting.pop(0)
            gap = wave.sample - self.previous
            rivals = [w.size for w in self.waiting if w.sample - wave.sample < 0.5 * self.rr]
            if (
                gap > max(0.8 * self.rr, T_WAVE_S * self.rate_hz)
                and wave.size > 0.2 * self.level
                and wave.size >= max(rivals, default=0.0)
            ):
                found.append(self._accept(wave, wave.sample + deadline))
        return found
