"""From a recording to an answer: a loop over pieces, the same for files and for streams."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from arsis.core.task import choose
from arsis.core.windows import Answers
from arsis.infer.windows import PIECE_S, clock_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from arsis.core.clock import Clock
    from arsis.core.fold import Block, Fold
    from arsis.core.recording import Piece, Recording
    from arsis.core.task import Summary
    from arsis.core.windows import Output, Windows
    from arsis.infer.bundle import Card, Trained


@dataclass
class Stream:
    """Answers while a recording arrives; pushed whole or in any pieces, the answers are the same.

    Attributes
    ----------
    trained
        The model that judges.
    clock, prepare, decode, summarise
        The folds between a piece and its answers, with all their state.
    summary
        What all answers so far amount to.
    """

    trained: Trained
    clock: Clock
    prepare: Fold[Block, Windows]
    decode: Fold[tuple[Windows, Output], Answers]
    summarise: Fold[Answers, Summary]
    summary: Summary

    def push(self, piece: Piece, last: bool = False) -> Answers:
        """Take the next piece and return the answers that are now known."""
        windows = self.prepare.push(self.clock.push(piece, last), last)
        answers = self.decode.push((windows, self.trained.judge(windows)), last)
        self.summary = self.summarise.push(answers, last)
        return answers


@dataclass(frozen=True)
class Prediction:
    """Everything that is said of one recording.

    Attributes
    ----------
    recording
        The channels that were used, in the task's unit.
    answers, summary
        One answer for each event, and what they amount to.
    card
        Of the model that judged.
    """

    recording: Recording
    answers: Answers
    summary: Summary
    card: Card


def stream(trained: Trained, recording: Recording, given: bool = False) -> Stream:
    """Return a stream for recordings with the channels of this one (already chosen).

    `given`: what is judged stands in the marks of its pieces.
    """
    task = trained.task
    decision = next(iter(trained.card.decision.values()))
    return Stream(
        trained,
        clock_of(task, recording),
        task.prepare(given),
        task.decode(decision),
        task.summarise(),
        {},
    )


def predict(
    trained: Trained,
    recording: Recording,
    piece_s: float = PIECE_S,
    progress: Callable[[float], None] | None = None,
) -> Prediction:
    """Judge a whole recording.

    Parameters
    ----------
    progress
        Called with the seconds done so far.

    Raises
    ------
    ChannelError, UnitError
        If the recording lacks the channels that the task needs.
    """
    task, card = trained.task, trained.card
    chosen, given = choose(recording, task.need), task.given(recording)
    flow = stream(trained, chosen, given)
    marks = task.events(recording) if given else ()
    parts = []
    for piece in chosen.pieces(piece_s, marks):
        parts.append(flow.push(piece, last=piece.stop_s >= chosen.duration_s))
        if progress:
            progress(piece.stop_s)
    if task.offline and not given:
        card = replace(card, name=f"{card.name}-offline")
    return Prediction(chosen, Answers.join(parts), flow.summary, card)
