"""From probabilities to answers: the best class of each beat, and whether to rely on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.windows import Answers
from arsis.tasks.beats.classes import CLASSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import F32, F64
    from arsis.core.task import Decision
    from arsis.core.windows import Output, Windows

POOR_SIGNAL = "poor signal"
DOUBTFUL = "doubtful class"

SOME, MOST, DOUBT = 0.6, 0.8, 8.0
"""In fibrillation an early beat says nothing, and nets call many S. Where more than this share
of the last two minutes' intervals never came again, S is believed less: its odds fall by up to
e^-DOUBT. Chosen on out-of-fold answers of the training patients (scripts/choose_irregular.py)."""


@dataclass
class DecodeBeats:
    """A `Fold[tuple[Windows, Output], Answers]` without state: each beat speaks for itself."""

    decision: Decision

    def push(self, piece: tuple[Windows, Output], /, last: bool = False) -> Answers:  # noqa: ARG002
        """Take windows with their calibrated probabilities and return one answer a beat."""
        windows, output = piece
        return decided(windows, sober(output["beat"], windows.aside["irregular"]), self.decision)


def decided(
    windows: Windows, probabilities: F32, decision: Decision, names: Sequence[str] = CLASSES
) -> Answers:
    """Answer each window by its best class, or say why that is unclear: (window, class) in."""
    best = probabilities.argmax(1)
    probability: F32 = np.take_along_axis(probabilities, best[:, None], axis=1)[:, 0]
    doubtful = probability < decision.unclear_below
    poor = (windows.quality < decision.unclear_quality) | ~windows.mask.any(1)
    return Answers(
        time_s=windows.event_s,
        duration_s=np.zeros(len(windows)),
        label=tuple(names[index] for index in best),
        probability=probability,
        probabilities=probabilities,
        value=np.full((len(windows), 2), np.nan, np.float32),
        reason=tuple(
            POOR_SIGNAL if bad else DOUBTFUL if weak else ""
            for bad, weak in zip(poor, doubtful, strict=True)
        ),
        until_s=windows.until_s,
        judged_us=windows.judged_us,
        aside=windows.aside,
    )


def sober(probabilities: F32, irregular: F64) -> F32:
    """Believe S less where intervals are irregularly irregular: (beat, class), (beat,) -> same."""
    share = np.clip((irregular - SOME) / (MOST - SOME), 0, 1)
    weight = np.ones_like(probabilities)
    weight[:, CLASSES.index("S")] = np.exp(-DOUBT * share)
    weighed = probabilities * weight
    whole: F32 = weighed.sum(1, keepdims=True)
    sobered: F32 = weighed / whole
    return sobered
