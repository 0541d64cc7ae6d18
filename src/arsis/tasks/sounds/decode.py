"""From probabilities of phases to heart sounds: which, when to the millisecond, how sure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.windows import Answers
from arsis.tasks.sounds.abstain import DOUBTFUL, SHORT, VERDICTS, verdict
from arsis.tasks.sounds.durations import PHASES
from arsis.tasks.sounds.heard import EDGE_STEPS, Heard
from arsis.tasks.sounds.path import SAME_STEPS, SOUNDS, Decoder, Sound
from arsis.tasks.sounds.phases import RATE_HZ, START_S, STATES, STEP_HZ
from arsis.tasks.sounds.template import PRIOR_S, REACH, Placed, Template

if TYPE_CHECKING:
    from arsis.core.arrays import F64
    from arsis.core.task import Decision
    from arsis.core.windows import Output, Windows

SURE_SPREAD_S = 0.008
"""An interval between sounds placed less surely is no interval of heart-rate variability."""
AROUND_STEPS = 25
"""The quality of so much sound either way says whether a sound is clear."""
KEPT_STEPS = 40
FEWEST_S1 = 3
BACK_S = (SAME_STEPS + EDGE_STEPS) / STEP_HZ + REACH / RATE_HZ
"""An onset may come so long before what is settled: path, boundary and waveform each move it."""
LEARNT = 20
"""The lead of the onset over the template's instant is a mean over so many sounds."""
S1 = STATES.index("S1")
SECOND = round(STEP_HZ)


@dataclass(frozen=True)
class Beat:
    """An S1 in time: its onset, and its instant by the template."""

    time_s: float
    placed: Placed


@dataclass(frozen=True)
class Row:
    """One answer: a sound with its onset and end, and the interval that ends with an S1, in s.

    `before_s` is how long the phase before it lasted, `mean` (5,) its mean probabilities, `mass`
    (2,) the summed probability of this sound and of the other one. NaN = not known.
    """

    state: int
    time_s: float
    stop_s: float
    mean: F64
    mass: F64
    reason: str
    before_s: float = np.nan
    instant_s: float = np.nan
    interval_s: float = np.nan
    spread_s: float = np.nan
    whole: bool = False


@dataclass
class DecodeSounds:
    """A `Fold[tuple[Windows, Output], Answers]`: the path, and each S1 timed by its waveform.

    Attributes
    ----------
    decision
        When an answer is unclear.
    path, heard, template
        The phases, what they rest on, and the waveform of S1.
    lead_s, learnt, epoch
        Mean time from the template's instant to the onset that the probabilities suggest, over
        how many sounds, and of which template.
    stop_s, beat, beats, closed
        End of the sound answered last; the S1 answered last, how many there were, and whether
        its S2 followed it without a break.
    second
        Whole seconds that are out.
    """

    decision: Decision
    path: Decoder = field(default_factory=Decoder)
    heard: Heard = field(default_factory=Heard)
    template: Template = field(default_factory=Template)
    lead_s: float = 0.0
    learnt: int = 0
    epoch: int = 0
    stop_s: float = 0.0
    beat: Beat | None = None
    beats: int = 0
    closed: bool = False
    second: int = 0

    def push(self, piece: tuple[Windows, Output], /, last: bool = False) -> Answers:
        """Take windows with their calibrated probabilities and return the sounds now settled."""
        windows, output = piece
        rows: list[Row] = []
        seconds: list[tuple[float, ...]] = []
        for number, phase in enumerate(output["phase"]):
            column = int(windows.aside["column"][number])
            evidence = self.heard.take(
                phase[:, column : column + int(windows.aside["steps"][number])],
                windows.aside["sound"][number],
                float(windows.aside["clipped"][number]),
                float(windows.quality[number]),
            )
            # Window by window: what is released together must not depend on the cut.
            rows += self._answer(self.path.push(evidence))
            seconds += self._seconds(last=False)
            self.heard.forget(self.path.frontier - KEPT_STEPS)
        if not last:
            until_s = max(0.0, self.path.frontier / STEP_HZ - BACK_S)
            return _columns(rows, seconds, until_s, windows.judged_us)
        rows += self._answer(self.path.push(np.empty((len(STATES), 0)), last=True))
        seconds += self._seconds(last=True)
        if windows.until_s < START_S and self.beats < FEWEST_S1:
            rows = [replace(row, reason=row.reason or SHORT) for row in rows]
        return _columns(rows, seconds, windows.until_s, windows.judged_us)

    def _answer(self, sounds: list[Sound]) -> list[Row]:
        """Make answers of the sounds released together."""
        beats = iter(self._place([sound for sound in sounds if sound.state == S1]))
        return [
            self._beat(sound, next(beats)) if sound.state == S1 else self._sound(sound)
            for sound in sounds
        ]

    def _place(self, sounds: list[Sound]) -> list[Beat]:
        """Time first sounds by their waveform."""
        edges = [self.heard.edge_s(sound.start, S1) for sound in sounds]
        expected = [
            (edge + self.heard.middle_s(sound)) / 2
            for sound, edge in zip(sounds, edges, strict=True)
        ]
        pieces = [self.heard.piece(instant_s) for instant_s in expected]
        placed = self.template.place(pieces, expected)
        for edge, each in zip(edges, placed, strict=True):
            self._learn(each, edge)
        # A swing of the waveform is no onset: the mean distance to it keeps onsets unbiased.
        return [
            Beat(each.instant_s + self.lead_s if each.epoch == self.epoch else edge, each)
            for edge, each in zip(edges, placed, strict=True)
        ]

    def _learn(self, placed: Placed, edge_s: float) -> None:
        """Follow how far the onset lies from the template's instant."""
        if placed.epoch != self.epoch or not self.learnt:
            self.epoch, self.lead_s, self.learnt = placed.epoch, 0.0, 0
        self.learnt = min(self.learnt + 1, LEARNT)
        self.lead_s += (edge_s - placed.instant_s - self.lead_s) / self.learnt

    def _sound(self, sound: Sound, time_s: float | None = None) -> Row:
        """Answer a sound, S2 or S1, but for its interval."""
        start_s = self.heard.edge_s(sound.start, sound.state) if time_s is None else time_s
        start_s = max(start_s, self.stop_s)
        stop_s = max(self.heard.edge_s(sound.stop, sound.state + 1), start_s + 1 / STEP_HZ)
        mean = self.heard.cut(sound.start, sound.stop)[: len(STATES)].mean(axis=1)
        # The probability of a sound fades in and out over a step.
        mass = self.heard.cut(sound.start - 1, sound.stop + 1)[: len(STATES)].sum(axis=1)
        moment = self.heard.moment(sound.start - AROUND_STEPS, sound.stop + AROUND_STEPS)
        doubtful = mean[sound.state] < self.decision.unclear_below
        reason = verdict(moment, self.decision.unclear_quality) or (DOUBTFUL if doubtful else "")
        before_s = start_s - self.stop_s if sound.linked else np.nan
        self.stop_s, self.closed = stop_s, sound.linked
        both = mass[[sound.state, (sound.state + 2) % PHASES]]
        return Row(sound.state, start_s, stop_s, mean, both, reason, before_s)

    def _beat(self, sound: Sound, beat: Beat) -> Row:
        """Answer a first sound with the interval that it ends."""
        linked, before = sound.linked and self.closed, self.beat
        row = self._sound(sound, beat.time_s)
        placed = beat.placed
        if before and placed.instant_s <= before.placed.instant_s:
            placed = placed._replace(instant_s=before.placed.instant_s + 1 / RATE_HZ)
        self.beat, self.beats = Beat(row.time_s, placed), self.beats + 1
        if not (linked and before):
            return replace(row, instant_s=placed.instant_s)
        same = placed.epoch == before.placed.epoch
        sure = max(placed.spread_s, before.placed.spread_s) <= SURE_SPREAD_S
        interval_s = placed.instant_s - before.placed.instant_s
        spreads_s = (placed.spread_s, before.placed.spread_s)
        # Without a common template an onset is only as sure as the boundary between two steps.
        spread_s = float(np.hypot(*spreads_s)) if same else float(np.hypot(PRIOR_S, PRIOR_S))
        return replace(
            row,
            instant_s=placed.instant_s,
            interval_s=interval_s if same else row.time_s - before.time_s,
            spread_s=spread_s,
            whole=same and sure,
        )

    def _seconds(self, last: bool) -> list[tuple[float, ...]]:
        """Sum up the seconds that are now known: quality, verdict, probability of sounds."""
        stop = self.heard.first + self.heard.rows.shape[1]
        known: list[tuple[float, ...]] = []
        while self.second * SECOND + (1 if last else SECOND) <= stop:
            begin = self.second * SECOND
            end = min(begin + SECOND, stop)
            moment = self.heard.moment(begin, end)
            why = verdict(moment, self.decision.unclear_quality)
            sounds = float(self.heard.cut(begin, end)[list(SOUNDS)].sum())
            known.append((moment.quality, float(VERDICTS.index(why)), 0.0 if why else sounds))
            self.second += 1
        return known


def _columns(
    rows: list[Row], seconds: list[tuple[float, ...]], until_s: float, judged_us: int
) -> Answers:
    """Put answers in columns."""

    def column(name: str) -> F64:
        return np.array([getattr(row, name) for row in rows], np.float64)

    probabilities = np.array([row.mean for row in rows], np.float32).reshape(-1, len(STATES))
    states = np.array([row.state for row in rows], np.int64)
    value = np.stack([column("interval_s"), column("spread_s")], axis=1)
    return Answers(
        time_s=column("time_s"),
        duration_s=column("stop_s") - column("time_s"),
        label=tuple(STATES[row.state] for row in rows),
        probability=probabilities[np.arange(len(rows)), states],
        probabilities=probabilities,
        value=value.astype(np.float32),
        reason=tuple(row.reason for row in rows),
        until_s=until_s,
        judged_us=judged_us,
        aside={
            "instant_s": column("instant_s"),
            "interval_s": column("interval_s"),
            "whole": column("whole"),
            "before_s": column("before_s"),
            "mass": column("mass").reshape(-1, 2),
            "seconds": np.array(seconds, np.float64).reshape(-1, 3),
        },
    )
