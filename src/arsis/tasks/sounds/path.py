"""The likeliest path through the phases, given how long each of them can last.

A semi-Markov Viterbi decoder with explicit durations (Schmidt et al., Physiol. Meas. 31, 2010;
Springer et al., IEEE Trans. Biomed. Eng. 63, 2016) over phases and paces of the heart: the whole
past decides which sound is the first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from arsis.tasks.sounds.durations import (
    CIRCOR,
    LONGEST,
    PHASES,
    SHORTEST,
    Durations,
    Tables,
    tables,
)
from arsis.tasks.sounds.phases import DECODER_LAG_S, HOP_STEPS, START_S, STEP_HZ

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I64, Bool

NONE = 4
SOUNDS = (0, 2)
KEPT_STEPS = 130
"""So much of the settled past stays, so that a path finds the sound it joins on to."""
SAME_STEPS = 3
"""A sound whose onset moved by no more than this is the same sound."""
_GROUP = SHORTEST
_ROOM = 20 * _GROUP


def _windows(entered: F64) -> F64:
    """Look at (row, boundary) through windows of the longest duration: (row, place, step).

    `numpy.lib.stride_tricks` does the same at a hundred times the cost.
    """
    across, along = entered.strides
    shape = (len(entered), entered.shape[1] - LONGEST[-1] + 1, LONGEST[-1])
    return np.ndarray(shape, entered.dtype, entered, strides=(across, along, along))


@dataclass(frozen=True)
class Sound:
    """S1 or S2 on a path: `state`, its first step and the one after its last.

    `linked`: the path leads here from the sound before it without a break.
    """

    state: int
    start: int
    stop: int
    linked: bool = False


@dataclass
class Decoder:
    """A `Fold[F64, list[Sound]]` from evidence (5, step), log-likelihoods in STATES order.

    What the best path *now* says `lag_steps` behind the newest step is released and stands. A
    later best path may disagree with it: it goes on from there, and its first sound is not
    `linked`. (Forcing later paths through what was released would keep S1 and S2 swapped for
    good once a bad stretch had swapped them.) With an infinite lag this is plain Viterbi.

    Attributes
    ----------
    durations, lag_steps, start_steps
        What the path rests on, how far behind it is settled, and when for the first time.
    step, shifted, frontier, oldest
        Boundaries between steps: the newest; the one at which `entered` begins; the one up to
        which all is released; the oldest whose way back is known.
    pending
        (5, step) evidence that waits for its group of steps.
    total, entered
        (phase, 1) evidence so far; (row, boundary) best score with which a phase begins there,
        less the phase's evidence before.
    outside, left
        Score of "none", and of the best phase that ends here with its row.
    columns, paces, opened, nones
        The ways back, by groups of steps: how long the phase lasted that ends at a boundary (as
        a column of the tables); the pace before an S1; whether a phase was entered from "none";
        since when "none" has lasted, and after which row.
    settled
        The sound released last.
    """

    durations: Durations = CIRCOR
    lag_steps: float = DECODER_LAG_S * STEP_HZ
    start_steps: float = START_S * STEP_HZ
    step: int = 0
    shifted: int = 0
    frontier: int = 0
    oldest: int = 0
    pending: F64 = field(default_factory=lambda: np.empty((PHASES + 1, 0)))
    total: F64 = field(default_factory=lambda: np.zeros((PHASES, 1)))
    entered: F64 = field(default_factory=lambda: np.empty((0, 0)))
    outside: float = 0.0
    left: tuple[float, int] = (-np.inf, -1)
    columns: list[I64] = field(default_factory=list)
    paces: list[I64] = field(default_factory=list)
    opened: list[Bool] = field(default_factory=list)
    nones: list[tuple[tuple[int, int], ...]] = field(default_factory=list)
    settled: Sound | None = None

    def push(self, piece: F64, /, last: bool = False) -> list[Sound]:
        """Take the evidence of the next steps and return the sounds that are now settled."""
        self.pending = np.concatenate([self.pending, piece], axis=1)
        if not self.entered.size:
            # A recording begins anywhere in any phase: each may have been entered long before.
            rows = PHASES * len(self.durations.cycles_s)
            self.entered = np.zeros((rows, LONGEST[-1] + _ROOM))
        known = tables(self.durations)
        ready = self.pending.shape[1]
        ready -= 0 if last else ready % _GROUP
        sounds: list[Sound] = []
        view = _windows(self.entered)
        for first in range(0, ready, _GROUP):
            self._advance(self.pending[:, first : min(first + _GROUP, ready)], known, view)
            if self.step % HOP_STEPS == 0 and self.step >= self.start_steps:
                sounds += self._settle(self.step - self.lag_steps)
        self.pending = self.pending[:, ready:].copy()
        if last and self.step:
            sounds += self._settle(self.step)
        return sounds

    def best(self) -> tuple[float, list[tuple[int, int, int]]]:
        """Return the score of the best path now and its phases: state, first step, step after.

        The path goes back to the oldest boundary kept; its last phase may go on.
        """
        place, known = self.step - 1 - self.shifted, tables(self.durations)
        scores = self.entered[:, place : place + LONGEST[-1]] + known.goes_on
        scores += np.repeat(self.total, len(self.durations.cycles_s), axis=0)
        row, column = divmod(int(scores.argmax()), LONGEST[-1])
        if self.outside > scores[row, column]:
            return self.outside, self._back(-1, 0)
        return float(scores[row, column]), self._back(row, LONGEST[-1] - column)

    def _advance(self, evidence: F64, known: Tables, view: F64) -> None:
        """Go on by a group of steps: (5, group); `view` (row, place, step) onto `entered`."""
        width, reach = evidence.shape[1], LONGEST[-1]
        if self.step - self.shifted == _ROOM:
            self.entered[:, :reach] = self.entered[:, _ROOM:]
            self.shifted += _ROOM
        place = self.step - self.shifted
        scores = view[:, place : place + width] + known.lasts
        column = scores.argmax(2)
        best = scores.reshape(-1)[np.arange(0, scores.size, reach).reshape(-1, width) + column]
        total = self.total + evidence[:PHASES].cumsum(1)
        ends = best.reshape(PHASES, -1, width) + total[:, None]
        entering = self._stand_outside(ends.reshape(-1, width), evidence[PHASES].tolist())
        turned = ends[-1][:, None] + known.drift
        score = np.empty_like(ends)
        turned.max(0, out=score[0])
        score[1:] = ends[:-1]
        opened = score < entering
        entered = np.maximum(score, entering, out=score)
        entered -= total[:, None]
        self.entered[:, place + reach : place + reach + width] = entered.reshape(-1, width)
        self.total = total[:, -1:]
        self.columns.append(column)
        self.paces.append(turned.argmax(0))
        self.opened.append(opened.reshape(-1, width))
        self.step += width

    def _stand_outside(self, ends: F64, evidence: list[float]) -> F64:
        """Give the score of entering from "none" at the next boundaries; ends (row, group)."""
        rows = ends.argmax(0).tolist()
        since = self.nones[-1][-1] if self.nones else (0, -1)
        stay, leave = self.durations.stay, self.durations.leave
        scores, ways = [], []
        for number, seen in enumerate(evidence):
            stayed, left = self.outside + stay, self.left[0] + leave
            if left > stayed:
                since, stayed = (self.step + number, self.left[1]), left
            self.outside = stayed + seen
            self.left = (float(ends[rows[number], number]), rows[number])
            scores.append(self.outside + self.durations.enter)
            ways.append(since)
        self.nones.append(tuple(ways))
        return np.array(scores)

    def _back(self, row: int, length: int) -> list[tuple[int, int, int]]:
        """Follow the path back from a phase of this length so far; row -1 is "none"."""
        paces, stop, phases = len(self.durations.cycles_s), self.step, []
        while stop > self.oldest:
            group, column = divmod(stop - self.oldest - 1, _GROUP)
            if row < 0:
                start, row = self.nones[group][column]
                phases.append((NONE, start, stop))
            else:
                start = stop - (length or LONGEST[-1] - int(self.columns[group][row, column]))
                phases.append((row // paces, max(start, 0), stop))
                row = self._before(row, start) if start > self.oldest else row
            stop, length = start, 0
        return phases[::-1]

    def _before(self, row: int, boundary: int) -> int:
        """Give the row before one that was entered at a boundary; -1 for "none"."""
        paces = len(self.durations.cycles_s)
        group, column = divmod(boundary - self.oldest - 1, _GROUP)
        if self.opened[group][row, column]:
            return -1
        if row >= paces:
            return row - paces
        return (PHASES - 1) * paces + int(self.paces[group][row, column])

    def _settle(self, limit: float) -> list[Sound]:
        """Release the sounds of the best path now that begin before a boundary."""
        if limit <= self.frontier:
            return []
        sounds, before = [], None
        for state, start, stop in self.best()[1]:
            if state == NONE:
                before = None
            if state not in SOUNDS:
                continue
            free = self.settled is None or start >= self.settled.stop
            if free and self.frontier - SAME_STEPS <= start < limit:
                self.settled = Sound(state, start, stop, self._is_settled(before))
                sounds.append(self.settled)
            before = (state, start)
        self.frontier = int(limit)
        self._forget()
        return sounds

    def _is_settled(self, sound: tuple[int, int] | None) -> bool:
        """Say whether a sound of the best path is the one released last."""
        if sound is None or self.settled is None:
            return False
        return sound[0] == self.settled.state and abs(sound[1] - self.settled.start) <= SAME_STEPS

    def _forget(self) -> None:
        """Drop ways back that no path needs any more."""
        groups = max(0, self.frontier - KEPT_STEPS - self.oldest) // _GROUP
        for ways in (self.columns, self.paces, self.opened, self.nones):
            del ways[:groups]
        self.oldest += groups * _GROUP
