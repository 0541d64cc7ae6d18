"""The frame of what a person sees first in the terminal, whatever the task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsis.serve.measures import clock_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Group, RenderableType

    from arsis.core.recording import Recording


def framed(recording: Recording, body: Sequence[RenderableType]) -> Group:
    """Put the recording's name, length and channels above an answer, and its notes below."""
    from rich.console import Group
    from rich.text import Text

    channels = ", ".join(f"{c.name} {c.rate_hz:g} Hz" for c in recording.channels)
    title = Text(f"{recording.name}: {clock_time(recording.duration_s)} of {channels}", "bold")
    notes = [Text(f"note: {note}", "yellow") for note in recording.notes]
    return Group(title, Text(), *body, *notes)
