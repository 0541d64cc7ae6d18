"""What has been heard of late: the probabilities of the phases, the waveform, its quality.

The constants here, of the path and of the template were chosen on a part of CirCor's persons, as
answered by nets that had not met them; these persons are among those that are scored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from arsis.tasks.sounds.abstain import Moment
from arsis.tasks.sounds.durations import PHASES
from arsis.tasks.sounds.phases import RATE_HZ, STATES, STEP, STEP_HZ
from arsis.tasks.sounds.template import BEFORE, PIECE, REACH

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64
    from arsis.tasks.sounds.path import Sound

EVIDENCE = 0.3
"""Neighbouring steps say nearly the same: each counts this much."""
FLOOR = 0.01
"""No step is surer than this that a phase is *not* there."""
EDGE_STEPS = 3
"""So far either way the probabilities tell where a boundary between steps really is."""
NOTHING = STATES.index("none")
MEASURED, POWER, CLIPPED, QUALITY = range(PHASES + 1, PHASES + 5)
ROWS = PHASES + 5


@dataclass
class Heard:
    """What is known of the newest steps: (row, step) from step `first` on, and their waveform.

    The rows are the probabilities in STATES order, the share measured, the mean square, the
    share clipped and the quality; `sound` (time,) is the band-passed waveform at RATE_HZ.
    """

    first: int = 0
    rows: F64 = field(default_factory=lambda: np.empty((ROWS, 0)))
    sound: F64 = field(default_factory=lambda: np.empty(0))

    def take(self, phase: F32, sound: F64, clipped: float, quality: float) -> F64:
        """Append steps (5, step) with their waveform and return their evidence (5, step)."""
        steps = phase.shape[1]
        sound = sound[: steps * STEP]
        known = ~np.isnan(sound).reshape(steps, STEP)
        square = np.where(known, sound.reshape(steps, STEP), 0.0) ** 2
        rows = np.empty((ROWS, steps))
        rows[: PHASES + 1] = phase
        rows[MEASURED] = known.mean(1)
        rows[POWER] = square.mean(1)
        rows[CLIPPED], rows[QUALITY] = clipped, quality
        # Where nothing was measured the net saw zeros: there is no sound.
        lost = rows[MEASURED] == 0
        rows[: PHASES + 1, lost] = np.eye(PHASES + 1)[NOTHING, :, None]
        self.rows = np.concatenate([self.rows, rows], axis=1)
        self.sound = np.concatenate([self.sound, sound])
        return EVIDENCE * np.log(np.maximum(rows[: PHASES + 1], FLOOR))

    def forget(self, step: int) -> None:
        """Drop what lies before a step."""
        count = max(0, step - self.first)
        self.rows = self.rows[:, count:]
        self.sound = self.sound[count * STEP :]
        self.first += count

    def cut(self, start: int, stop: int) -> F64:
        """Return the rows of some steps, as far as they are known."""
        return self.rows[:, max(0, start - self.first) : max(0, stop - self.first)]

    def edge_s(self, step: int, after: int) -> float:
        """Return when a phase begins, by the probabilities of the steps about a boundary."""
        begin = max(step - EDGE_STEPS, self.first)
        rows = self.cut(begin, step + EDGE_STEPS)
        now, before = rows[after], rows[(after - 1) % PHASES]
        share = now / np.maximum(now + before, 1e-3)
        edge_s: float = (begin + rows.shape[1] - float(share.sum())) / STEP_HZ
        return edge_s

    def middle_s(self, sound: Sound) -> float:
        """Return the centre of a sound's probability."""
        begin = max(sound.start - EDGE_STEPS, self.first)
        weight = self.cut(begin, sound.stop + EDGE_STEPS)[sound.state] + 1e-6
        steps = begin + 0.5 + np.arange(len(weight))
        return float(weight @ steps / weight.sum()) / STEP_HZ

    def piece(self, instant_s: float) -> F64:
        """Return the waveform about an instant for the template, NaN where it is unknown."""
        begin = round(instant_s * RATE_HZ) - BEFORE - REACH - self.first * STEP
        piece = np.full(PIECE, np.nan)
        known = self.sound[max(0, begin) : max(0, begin + PIECE)]
        piece[max(0, -begin) :][: len(known)] = known
        return piece

    def moment(self, start: int, stop: int) -> Moment:
        """Sum up what some steps are like."""
        rows = self.cut(start, stop).mean(axis=1)
        return Moment(
            float(rows[MEASURED]),
            float(np.sqrt(rows[POWER])),
            float(rows[CLIPPED]),
            float(rows[QUALITY]),
            float(rows[NOTHING]),
        )
