"""Answers with what the summary needs to know of the shape of beats."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from arsis.tasks.beats.decode import DecodeBeats
from arsis.tasks.beats.fibrillation import p_likeness
from arsis.tasks.beats.intervals import MeasureIntervals

if TYPE_CHECKING:
    from arsis.core.task import Decision
    from arsis.core.windows import Answers, Output, Windows


@dataclass
class MeasuredBeats:
    """A `Fold[tuple[Windows, Output], Answers]`: DecodeBeats, with the shape measured beside it.

    Attributes
    ----------
    decision
        When a beat is unclear.
    beats
        What names each beat.
    intervals
        What measures QRS width and QT.
    """

    decision: Decision
    beats: DecodeBeats = field(init=False)
    intervals: MeasureIntervals = field(default_factory=MeasureIntervals)

    def __post_init__(self) -> None:
        self.beats = DecodeBeats(self.decision)

    def push(self, piece: tuple[Windows, Output], /, last: bool = False) -> Answers:
        """Take windows with their calibrated probabilities and return one answer a beat."""
        answers = self.beats.push(piece, last)
        windows = piece[0]
        measured = {
            "p_likeness": p_likeness(windows),
            "intervals": self.intervals.push(windows, answers),
        }
        return replace(answers, aside={**answers.aside, **measured})
