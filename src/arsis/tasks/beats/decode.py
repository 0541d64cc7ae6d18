"""From probabilities to answers: the best class of each beat, and whether to rely on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.windows import Answers
from arsis.tasks.beats.classes import CLASSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import F32, F64, Bool
    from arsis.core.task import Decision
    from arsis.core.windows import Output, Windows

POOR_SIGNAL = "poor signal"
DOUBTFUL = "doubtful class"

S = CLASSES.index("S")
CALLED = 0.5
"""From this probability on a beat counts as called S."""
USUAL, STRENGTH, FIRM, MEMORY = 0.0185, 0.75, 100.0, 150.0
"""The share of S among the training patients' beats; the power to which another share is believed;
the beats of the usual share that stand beside those of the recording; and after how many beats
one counts 1/e. Chosen on out-of-fold answers of the training patients (scripts/choose_decoder.py);
half or twice as much of any hardly matters."""


@dataclass
class Lately:
    """How often beats were called S lately in this recording, beside how often they are in most.

    Some people have an S a day and some have thousands; nets answer as if everybody had them as
    often as the training patients. The odds of a class can be put right by the ratio of its share
    among those who are asked about to its share in training (Saerens, Latinne and Decaestecker,
    Neural Computation 14, 2002); here the share is followed from beat to beat, by the beats before.

    Attributes
    ----------
    called, beats
        Beats called S, and all beats, those of long ago counting less.
    """

    called: float = FIRM * USUAL
    beats: float = FIRM

    def follow(self, probability: F32, heard: Bool) -> F64:
        """Take beats in turn: (beat,) probability of S, and (beat,) which of them count.

        (beat,) factors of the odds of S, each from the beats before it. A beat of poor signal
        counts for nothing.
        """
        factors, keep = np.empty(len(probability)), 1 - 1 / MEMORY
        calls = (probability > CALLED).tolist()
        for i, (call, counts) in enumerate(zip(calls, heard.tolist(), strict=True)):
            factors[i] = self.called / self.beats / USUAL
            if counts:
                self.called = self.called * keep + call + FIRM * USUAL / MEMORY
                self.beats = self.beats * keep + 1 + FIRM / MEMORY
        strong: F64 = factors**STRENGTH
        return strong


@dataclass
class DecodeBeats:
    """A `Fold[tuple[Windows, Output], Answers]`: the best class, by how often S came lately.

    Attributes
    ----------
    decision
        When a beat is unclear.
    lately
        How often beats of this recording were called S.
    """

    decision: Decision
    lately: Lately = field(default_factory=Lately)

    def push(self, piece: tuple[Windows, Output], /, last: bool = False) -> Answers:  # noqa: ARG002
        """Take windows with their calibrated probabilities and return one answer a beat."""
        windows, output = piece
        probabilities = output["beat"]
        factors = self.lately.follow(probabilities[:, S], ~poor(windows, self.decision))
        return decided(windows, weighed(probabilities, factors), self.decision)


def decided(
    windows: Windows, probabilities: F32, decision: Decision, names: Sequence[str] = CLASSES
) -> Answers:
    """Answer each window by its best class, or say why that is unclear: (window, class) in."""
    best = probabilities.argmax(1)
    probability: F32 = np.take_along_axis(probabilities, best[:, None], axis=1)[:, 0]
    doubtful = probability < decision.unclear_below
    bad_signal = poor(windows, decision)
    return Answers(
        time_s=windows.event_s,
        duration_s=np.zeros(len(windows)),
        label=tuple(names[index] for index in best),
        probability=probability,
        probabilities=probabilities,
        value=np.full((len(windows), 2), np.nan, np.float32),
        reason=tuple(
            POOR_SIGNAL if bad else DOUBTFUL if weak else ""
            for bad, weak in zip(bad_signal, doubtful, strict=True)
        ),
        until_s=windows.until_s,
        judged_us=windows.judged_us,
        aside=windows.aside,
    )


def poor(windows: Windows, decision: Decision) -> Bool:
    """Say which beats do not stand out of what surrounds them, or were not measured: (beat,)."""
    found: Bool = (windows.quality < decision.unclear_quality) | ~windows.mask.any(1)
    return found


def weighed(probabilities: F32, factors: F64) -> F32:
    """Multiply the odds of S by factors: (beat, class), (beat,) -> (beat, class)."""
    weight = np.ones_like(probabilities)
    weight[:, S] = factors
    product = probabilities * weight
    whole: F32 = product.sum(1, keepdims=True)
    found: F32 = product / whole
    return found
