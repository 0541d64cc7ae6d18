"""Signal files of WFDB records that are WAV files (heart sounds of PhysioNet's challenges).

Their headers call them format 16 with an offset of 44 bytes, the usual size of a WAV header, and
state a gain of 0 or 1 per unit: they tell nothing that the WAV itself does not tell better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arsis.core.errors import FormatError
from arsis.formats.sound.checks import open_sound
from arsis.formats.sound.read import is_wav
from arsis.formats.source import open_file, source_of

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.arrays import F32
    from arsis.formats.sound.blocks import Blocks
    from arsis.formats.wfdb.header import Signal

_SAME_RATE = 1e-3


@dataclass(frozen=True, slots=True)
class WavFile:
    """A WAV file as the signal file of a record.

    Attributes
    ----------
    blocks
        Its samples.
    per_frame
        Samples of each channel in a frame of the record.
    notes
        What its header says wrongly, in sentences.
    """

    blocks: Blocks
    per_frame: int
    notes: tuple[str, ...]

    @property
    def length(self) -> int:
        """Whole frames of the record in it."""
        return self.blocks.shape.length // self.per_frame

    @property
    def most_frames(self) -> int:
        """How many frames to ask for at once."""
        return max(1, self.blocks.block // self.per_frame)

    @property
    def invalid(self) -> None:
        """Return None: no value of a sound means that there is none."""

    def frames(self, start: int, stop: int) -> F32:
        """Return the frames [start, stop): (frame, width), each channel's samples together."""
        flat = self.blocks.read(start * self.per_frame, stop * self.per_frame)
        by_channel = flat.reshape(stop - start, self.per_frame, -1).transpose(0, 2, 1)
        out: F32 = by_channel.reshape(stop - start, -1)
        return out


def holds_wav(path: Path) -> bool:
    """Say whether a signal file is a WAV file, by its content."""
    with open_file(path) as file:
        return is_wav(file.read(12))


def open_wav(header: Path, signals: list[Signal], rate_hz: float | None) -> WavFile:
    """Open the WAV of these signals of a record at `rate_hz` frames per second.

    Raises
    ------
    FormatError
        If it is no sound, or the header states other channels or another rate than it has.
    """
    path = header.parent / signals[0].file
    blocks, notes = open_sound(source_of(path))
    shape, per_frame = blocks.shape, signals[0].per_frame
    if shape.channels != len(signals) or any(s.per_frame != per_frame for s in signals):
        found = f"{len(signals)} signals in {path.name}, which has {shape.channels} channels"
        raise FormatError(header, found, "one signal per channel", "Mend the header.")
    if rate_hz and abs(shape.rate_hz - rate_hz * per_frame) > _SAME_RATE * shape.rate_hz:
        found = f"{rate_hz * per_frame:g} Hz for {path.name}, which states {shape.rate_hz:g} Hz"
        raise FormatError(header, found, "one rate", "Mend the header, or read the WAV by itself.")
    return WavFile(blocks, per_frame, tuple(f"{path.name}: {note}" for note in notes))
