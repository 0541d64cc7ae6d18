"""The samples of a sound file, decoded by libsndfile in pieces, with no file left open."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from arsis.core.arrays import F32
    from arsis.formats.source import Source

BLOCK_SAMPLES = 2**20
MP3_BLOCK_SAMPLES = 2**23
"""An MP3 must be searched from its beginning for every block: fewer, larger ones."""
KEPT_SAMPLES = 2**24
"""So many decoded samples of all files together stay in memory, for other channels and pieces."""
PREROLL = {"MP3": 2**14, "OGG": 2**14}
"""Frames decoded before a block and dropped: what a lossy sample is depends on those before it."""

_numbers = count()


class _Kept:
    """The blocks decoded last, of all files."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[int, int], F32] = {}
        self._lock = Lock()

    def get(self, key: tuple[int, int]) -> F32 | None:
        with self._lock:
            values = self._blocks.pop(key, None)
            if values is not None:
                self._blocks[key] = values  # the last one asked for goes last
            return values

    def put(self, key: tuple[int, int], values: F32) -> None:
        with self._lock:
            self._blocks[key] = values
            held = sum(block.size for block in self._blocks.values())
            while held > KEPT_SAMPLES and len(self._blocks) > 1:
                held -= self._blocks.pop(next(iter(self._blocks))).size


_KEPT = _Kept()


@dataclass(frozen=True, slots=True)
class Shape:
    """What a sound file holds: its kind ("WAV"), its rate, channels, and frames."""

    kind: str
    rate_hz: float
    channels: int
    length: int


@dataclass(frozen=True, eq=False)
class Blocks:
    """The frames of a sound file.

    Blocks have fixed borders and each is decoded by itself. So a sample is the same to the last
    bit whatever piece it is read with, which a decoder that goes on from where it stands does
    not promise (MP3: the order of its sums depends on how many frames it has decoded).
    """

    source: Source = field(repr=False)
    shape: Shape
    _number: int = field(default_factory=lambda: next(_numbers), repr=False)

    @property
    def block(self) -> int:
        """Frames per block."""
        samples = MP3_BLOCK_SAMPLES if self.shape.kind == "MP3" else BLOCK_SAMPLES
        return max(1, samples // self.shape.channels)

    def read(self, start: int, stop: int) -> F32:
        """Return the frames [start, stop): (frame, channel), full scale = 1, NaN = not a number.

        Raises
        ------
        FormatError
            If the file cannot be decoded there, or has changed since it was opened.
        """
        out = np.empty((stop - start, self.shape.channels), np.float32)
        for number in range(start // self.block, -(-stop // self.block)):
            first = number * self.block
            begin, end = max(start, first), min(stop, first + self.block)
            out[begin - start : end - start] = self._block(number)[begin - first : end - first]
        return out

    def _block(self, number: int) -> F32:
        values = _KEPT.get((self._number, number))
        if values is None:
            values = self._decoded(number * self.block)
            _KEPT.put((self._number, number), values)
        return values

    def _decoded(self, start: int) -> F32:
        stop = min(start + self.block, self.shape.length)
        early = max(0, start - PREROLL.get(self.shape.kind, 0))
        with decoder(self.source) as sound:
            sound.seek(early)
            values: F32 = sound.read(stop - early, dtype="float32", always_2d=True)[start - early :]
        if values.shape != (stop - start, self.shape.channels):
            found = f"{len(values)} of {stop - start} samples from {start / self.shape.rate_hz:g} s"
            advice = "Check that the file is whole and not being written."
            raise FormatError(self.source.where, found, "all of them", advice)
        values[~np.isfinite(values)] = np.nan
        return values


@contextmanager
def decoder(source: Source) -> Iterator[Any]:
    """Open a sound for decoding and close it again; raises FormatError where that fails."""
    import soundfile

    with source.open() as file:
        try:
            with soundfile.SoundFile(_Nameless(file)) as sound:
                yield sound
        except soundfile.SoundFileError as error:
            reason = str(getattr(error, "error_string", error)).strip() or "it cannot be decoded"
            raise FormatError(
                source.where,
                f"a sound that is damaged ({reason.rstrip('.')})",
                "WAV, FLAC, Ogg or MP3 that libsndfile can decode",
                "Save or fetch the file again, or convert it to WAV.",
            ) from error


class _Nameless:
    """An open file without its name, which soundfile would believe more than the content."""

    def __init__(self, file: BinaryIO) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell
        # It is there on every binary file, though BinaryIO does not say so.
        self.readinto = file.readinto  # type: ignore[attr-defined]
