"""From a recording to windows: the one loop that training and answering share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsis.core.clock import Clock
from arsis.core.task import choose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arsis.core.recording import Recording
    from arsis.core.task import Task
    from arsis.core.windows import Windows

PIECE_S = 120.0
"""Long enough to be quick, short enough for a small memory."""


def clock_of(task: Task, recording: Recording) -> Clock:
    """Return the clock that brings a recording's channels to the task's grid."""
    names = tuple(channel.name for channel in recording.channels)
    return Clock(names, task.rate_hz, task.band)


def windows(
    task: Task, recording: Recording, given: bool = False, piece_s: float = PIECE_S
) -> Iterator[Windows]:
    """Yield the windows of a recording, piece by piece; `given`: at its annotated events.

    Raises
    ------
    ChannelError, UnitError
        If the recording lacks the channels that the task needs.
    """
    chosen = choose(recording, task.need)
    clock, prepare = clock_of(task, chosen), task.prepare(given)
    marks = task.events(recording) if given else ()
    for piece in chosen.pieces(piece_s, marks):
        last = piece.stop_s >= chosen.duration_s
        yield prepare.push(clock.push(piece, last), last)
