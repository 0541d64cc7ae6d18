"""From probabilities to answers: each row speaks for itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from arsis.tasks.beats.decode import decided
from arsis.tasks.beats.kaggle.classes import CLASSES
from arsis.tasks.beats.summarise import SummariseBeats

if TYPE_CHECKING:
    from arsis.core.task import Decision
    from arsis.core.windows import Answers, Output, Windows


@dataclass
class DecodeRows:
    """A `Fold[tuple[Windows, Output], Answers]` without state."""

    decision: Decision
    target: str = "beat"
    names: tuple[str, ...] = CLASSES

    def push(self, piece: tuple[Windows, Output], /, last: bool = False) -> Answers:  # noqa: ARG002
        """Take rows with their calibrated probabilities and return one answer a row."""
        windows, output = piece
        return decided(windows, output[self.target], self.decision, self.names)


summarise = partial(SummariseBeats, names=CLASSES)
"""What rows amount to; where their times mean nothing, intervals and rates are unknown."""
