"""What a format has to offer to be one of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arsis.formats.example import simulated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from arsis.core.recording import Recording
    from arsis.formats.source import Source, Told


@dataclass(frozen=True, slots=True)
class Format:
    """One way in which recordings are kept.

    Attributes
    ----------
    says
        What it is, in words for a person.
    recognise
        Says by content (never by the name's ending) whether a source is of this format.
    read
        Turns such a source into a recording, lazily where it can.
    example
        Writes a tiny simulated recording into a folder and returns the path to read.
    one_file
        Whether one file holds all of it, so that it can come as bytes.
    holds
        Makes the recording that the example holds.
    """

    says: str
    recognise: Callable[[Source], bool]
    read: Callable[[Source, Told], Recording]
    example: Callable[[Path], Path]
    one_file: bool
    holds: Callable[[], Recording] = simulated
