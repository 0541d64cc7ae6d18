"""From answers about beats to episodes and the burden of atrial fibrillation, as a fold."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.tasks.beats.decode import POOR_SIGNAL
from arsis.tasks.beats.episodes import FIBRILLATION, NOT_ANSWERED, Beat, Stretches
from arsis.tasks.beats.fibrillation import JudgeFibrillation
from arsis.tasks.beats.patterns import Patterns, Pauses, Rates, Runs
from arsis.tasks.beats.rhythm_marks import SHORTEST_S
from arsis.tasks.beats.shipped_fit import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arsis.core.windows import Answers
    from arsis.tasks.beats.episodes import Episode

JOIN_S = 10.0
"""An episode of fibrillation goes on across less than this."""
UNCLEAR_BELOW = 800
"""One of a lower mean probability, in thousandths, is unclear."""


def stretches_of_fibrillation() -> Stretches:
    """Return the fold from beats in fibrillation to its episodes."""
    return Stretches(FIBRILLATION, round(SHORTEST_S * 1e6), round(JOIN_S * 1e6), UNCLEAR_BELOW)


@dataclass
class FollowFibrillation:
    """From beats to episodes of fibrillation and its burden, with the least and the greatest.

    Attributes
    ----------
    judge, waiting
        What judges beats, half a window behind, and the beats that wait for it.
    likely, sure, possible
        Stretches at the three thresholds of its fit.
    judged_us
        Sum of the intervals that were judged.
    """

    judge: JudgeFibrillation = field(default_factory=lambda: JudgeFibrillation(SHIPPED))
    waiting: deque[Beat] = field(default_factory=deque)
    likely: Stretches = field(default_factory=stretches_of_fibrillation)
    sure: Stretches = field(default_factory=stretches_of_fibrillation)
    possible: Stretches = field(default_factory=stretches_of_fibrillation)
    judged_us: int = 0

    def push(self, beats: list[Beat], likeness: np.ndarray[Any, Any], last: bool) -> None:
        """Take the next beats and how well the P-wave region of each fits: (beat,)."""
        self.waiting.extend(beats)
        rr_s = np.array([np.nan if b.rr_us is None else b.rr_us / 1e6 for b in beats], np.float64)
        for each in self.judge.push(rr_s, likeness, last).tolist():
            self._take(self.waiting.popleft(), each)
        for stretches in (self.likely, self.sure, self.possible) if last else ():
            stretches.end()

    def _take(self, beat: Beat, thousandths: int) -> None:
        fit = self.judge.fit
        self.likely.take(beat, thousandths >= fit.threshold, thousandths)
        self.sure.take(beat, thousandths >= fit.sure)
        self.possible.take(beat, thousandths >= fit.possible)
        if beat.rr_us is not None and thousandths >= 0:
            self.judged_us += beat.rr_us

    def plain(self) -> dict[str, Any]:
        """Return the burden in per cent of the judged time, None where nothing was judged."""
        totals = {
            "burden_percent": self.likely,
            "least_percent": self.sure,
            "greatest_percent": self.possible,
        }
        judged_us = self.judged_us
        shares = {
            name: min(100.0, 100 * each.total_us / judged_us) if judged_us else None
            for name, each in totals.items()
        }
        longest_us = max((each.duration_us for each in self.likely.found), default=0)
        return {
            **shares,
            "judged_s": judged_us / 1e6,
            "episodes": len(self.likely.found),
            "longest_s": longest_us / 1e6,
            "reason": "" if judged_us else "too few beats in a row",
            "shortest_episode_s": SHORTEST_S,
        }


@dataclass
class FollowRhythm:
    """A fold over answers: every kind of episode; cuts change nothing."""

    fibrillation: FollowFibrillation = field(default_factory=FollowFibrillation)
    runs: Runs = field(default_factory=Runs)
    pauses: Pauses = field(default_factory=Pauses)
    patterns: Patterns = field(default_factory=Patterns)
    rates: Rates = field(default_factory=Rates)

    def push(self, piece: Answers, last: bool = False) -> None:
        """Take the next answers."""
        beats = list(beats_of(piece))
        unknown = np.full(len(beats), np.nan)
        self.fibrillation.push(beats, piece.aside.get("p_likeness", unknown), last)
        for each in (self.runs, self.pauses, self.patterns, self.rates):
            for beat in beats:
                each.take(beat)
            if last:
                each.end()

    @property
    def episodes(self) -> list[Episode]:
        """Every episode that has ended, in order of time."""
        found = [
            *self.fibrillation.likely.found, *self.runs.found, *self.pauses.found,
            *self.patterns.found, *self.rates.found,
        ]  # fmt: skip
        return sorted(found, key=lambda each: (each.start_us, each.kind))

    def plain(self) -> dict[str, Any]:
        """Return what is said of the rhythm, in plain values."""
        return {
            "episodes": [each.plain() for each in self.episodes],
            "atrial_fibrillation": self.fibrillation.plain(),
            "rhythms_not_answered": list(NOT_ANSWERED),
        }


def beats_of(piece: Answers) -> Iterator[Beat]:
    """Yield answers as beats, times in whole microseconds."""
    rr = piece.aside["rr_s"]
    columns = zip(
        np.rint(piece.time_s * 1e6).astype(np.int64).tolist(),
        np.rint(np.where(np.isnan(rr), 0.0, rr) * 1e6).astype(np.int64).tolist(),
        np.isnan(rr).tolist(),
        piece.label,
        np.rint(piece.probability.astype(np.float64) * 1000).astype(np.int64).tolist(),
        piece.reason,
        strict=True,
    )
    for time_us, rr_us, gap, label, thousandths, reason in columns:
        yield Beat(time_us, None if gap else rr_us, label, thousandths, reason == POOR_SIGNAL)
