"""Ectopic beats that follow one another, or alternate with normal ones; pauses; slow and fast."""

from __future__ import annotations

from dataclasses import dataclass, field

from arsis.tasks.beats.episodes import (
    BIGEMINY,
    BRADYCARDIA,
    PAUSE,
    RUN,
    TACHYCARDIA,
    TRIGEMINY,
    Beat,
    Episode,
    Stretches,
)

SHORTEST_RUN = 3
SHORTEST_PATTERN = 3
"""Ectopic beats in a row, and of bigeminy or trigeminy."""
EVERY = {2: BIGEMINY, 3: TRIGEMINY}
"""What it is called where every so manieth beat is ectopic."""
PAUSE_S = 2.0
SLOW_BPM, FAST_BPM = 50, 100
"""Bradycardia is slower (Kusumoto et al., Circulation 140, 2019), tachycardia faster (Page et al.,
Circulation 133, 2016)."""
RATE_BEATS, RATE_LEAST_S, RATE_JOIN_S = 8, 30.0, 10.0
"""The rate is the mean over so many intervals; an episode lasts at least that long, and goes on
across less than that."""


@dataclass
class Runs:
    """Three and more ectopic beats of one class, with nothing between them."""

    now: Episode | None = None
    found: list[Episode] = field(default_factory=list)

    def take(self, beat: Beat) -> None:
        """Take the next beat."""
        if self.now and (beat.rr_us is None or beat.label != self.now.label):
            self.end()
        if beat.label in RUN:
            if self.now and beat.rr_us is not None:
                self.now.pace(beat.rr_us)
            kind, at = RUN[beat.label], beat.time_us
            self.now = self.now or Episode(kind, at, at, beat.label)
            self.now.take(beat, beat.thousandths)

    def end(self) -> None:
        """Close the run that may go on."""
        if self.now and self.now.beats >= SHORTEST_RUN:
            self.found.append(self.now)
        self.now = None


@dataclass
class Patterns:
    """Bigeminy and trigeminy: every second or third beat is ectopic, three times and more.

    Attributes
    ----------
    last, normal
        The ectopic beat before, and the intervals that ended since with a normal one.
    every, now, found
        The order in which ectopic beats come, that episode, and those that ended.
    """

    last: Beat | None = None
    normal: list[int] = field(default_factory=list)
    every: int = 0
    now: Episode | None = None
    found: list[Episode] = field(default_factory=list)

    def take(self, beat: Beat) -> None:
        """Take the next beat."""
        if beat.rr_us is None or beat.label not in (*RUN, "N"):
            self.end()
            self.last, self.normal = None, []
        elif beat.label == "N":
            self.normal.append(beat.rr_us)
            if self.last and len(self.normal) >= max(EVERY):
                self.end()
                self.last, self.normal = None, []
        else:
            self._ectopic(beat, beat.rr_us)

    def _ectopic(self, beat: Beat, rr_us: int) -> None:
        before = self.last
        every = len(self.normal) + 1 if before and before.label == beat.label else 0
        if self.now and every != self.every:
            self.end()
        if before and every in EVERY:
            start_us = before.time_us - (before.rr_us or 0)
            if not self.now:
                self.now = Episode(EVERY[every], start_us, start_us, beat.label)
                self.now.take(before, before.thousandths)
            for each in (*self.normal, rr_us):
                self.now.pace(each)
            self.now.take(beat, beat.thousandths)
        self.last, self.normal, self.every = beat, [], every

    def end(self) -> None:
        """Close the pattern that may go on."""
        if self.now and self.now.beats >= SHORTEST_PATTERN:
            self.found.append(self.now)
        self.now = None


@dataclass
class Pauses:
    """Intervals of PAUSE_S and more; unclear where either of their beats is poor."""

    poor: bool = False
    found: list[Episode] = field(default_factory=list)

    def take(self, beat: Beat) -> None:
        """Take the next beat."""
        if beat.rr_us is not None and beat.rr_us >= PAUSE_S * 1e6:
            start_us = beat.time_us - beat.rr_us
            poor = int(beat.poor or self.poor)
            self.found.append(Episode(PAUSE, start_us, beat.time_us, poor=poor))
        self.poor = beat.poor

    def end(self) -> None:
        """Do nothing: a pause is over when it is known."""


def _stretches(kind: str) -> Stretches:
    return Stretches(kind, round(RATE_LEAST_S * 1e6), round(RATE_JOIN_S * 1e6))


@dataclass
class Rates:
    """Stretches of slow and of fast rate, by the mean of RATE_BEATS intervals around each.

    Attributes
    ----------
    around
        Beats whose intervals are averaged; those before the middle have been judged.
    full
        Whether they have been judged once since the last gap.
    slow, fast
        The stretches.
    """

    around: list[Beat] = field(default_factory=list)
    full: bool = False
    slow: Stretches = field(default_factory=lambda: _stretches(BRADYCARDIA))
    fast: Stretches = field(default_factory=lambda: _stretches(TACHYCARDIA))

    def take(self, beat: Beat) -> None:
        """Take the next beat; a gap ends the intervals that can be averaged."""
        if beat.rr_us is None:
            self._leave()
            self.slow.take(beat, False)
            self.fast.take(beat, False)
            return
        self.around = [*self.around, beat][-RATE_BEATS:]
        if len(self.around) == RATE_BEATS:
            half = RATE_BEATS // 2
            self._judge(self.around[half - 1 : half] if self.full else self.around[:half])
            self.full = True

    def _judge(self, beats: list[Beat]) -> None:
        sum_us = sum(each.rr_us or 0 for each in self.around)
        slow = sum_us * SLOW_BPM > 60_000_000 * RATE_BEATS
        fast = sum_us * FAST_BPM < 60_000_000 * RATE_BEATS
        for each in beats:
            self.slow.take(each, slow)
            self.fast.take(each, fast)

    def _leave(self) -> None:
        if self.full:
            self._judge(self.around[RATE_BEATS // 2 :])
        self.around, self.full = [], False

    def end(self) -> None:
        """Close the stretches that may go on."""
        self._leave()
        self.slow.end()
        self.fast.end()

    @property
    def found(self) -> list[Episode]:
        """Both kinds of stretches."""
        return [*self.slow.found, *self.fast.found]
