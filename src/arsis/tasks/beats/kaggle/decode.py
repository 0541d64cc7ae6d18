"""From probabilities to answers: each row speaks for itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from arsis.tasks.beats.decode import decided
from arsis.tasks.beats.kaggle.classes import CLASSES
from arsis.tasks.beats.summarise import SummariseBeats
from arsis.tasks.beats.variability import Doubles, surely_normal

if TYPE_CHECKING:
    from arsis.core.task import Decision
    from arsis.core.windows import Answers, Output, Windows


@dataclass
class DecodeRows:
    """A `Fold[tuple[Windows, Output], Answers]`: nothing of a row depends on those before it.

    Attributes
    ----------
    decision
        When a row is unclear.
    target, names
        What is answered, and its classes.
    doubles
        What tells where a beat may be missing between rows of a recording.
    """

    decision: Decision
    target: str = "beat"
    names: tuple[str, ...] = CLASSES
    doubles: Doubles = field(default_factory=Doubles)

    def push(self, piece: tuple[Windows, Output], /, last: bool = False) -> Answers:  # noqa: ARG002
        """Take rows with their calibrated probabilities and return one answer a row."""
        windows, output = piece
        answers = decided(windows, output[self.target], self.decision, self.names)
        missing = self.doubles.follow(windows.aside["rr_s"], surely_normal(answers))
        return replace(answers, aside={**answers.aside, "beat_missing": missing})


summarise = partial(SummariseBeats, names=CLASSES)
"""What rows amount to; where their times mean nothing, intervals and rates are unknown."""
