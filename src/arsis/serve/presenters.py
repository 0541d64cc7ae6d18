"""The table of how each task's answers are shown; a new task adds its folder and one entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsis.serve.beats.presenter import BEATS
from arsis.serve.beats.rows import ROWS
from arsis.serve.sounds.presenter import SOUNDS

if TYPE_CHECKING:
    from arsis.infer.predict import Prediction
    from arsis.serve.presenter import Presenter

PRESENTERS: dict[str, Presenter] = {
    "beats": BEATS,
    "sounds": SOUNDS,
    "beats-187": ROWS,
    "ptb-187": ROWS,
}


def presenter_of(prediction: Prediction) -> Presenter:
    """Return how the answers of a prediction are shown."""
    return PRESENTERS[prediction.card.task]
