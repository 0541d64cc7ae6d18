"""The sample files of WFDB records (signal(5) of the WFDB Applications Guide, G. Moody).

Samples are decoded here and not by the wfdb package: that one opens a header and checks it
again for every stretch, reads format 8 wrongly from the middle, fails where signals have
different skews, and needs 0.4 s to import. The tests hold every format equal to it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from arsis.core.errors import FormatError
from arsis.formats.source import open_file, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Digital = npt.NDArray[np.signedinteger[Any]]
Bytes = npt.NDArray[np.uint8]

KEPT_SAMPLES = 2**22
"""A stretch of this many samples of one file stays in memory, for its other channels."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How one storage format packs samples: whole blocks of bytes into whole blocks of samples.

    Attributes
    ----------
    samples, size
        Samples and bytes per block.
    decode
        `(bytes,) uint8 -> (samples,)` integers; the bytes are whole blocks.
    invalid
        The number that means "no valid sample here"; None = the format has none.
    differences
        Each number is the step from the one before.
    """

    samples: int
    size: int
    decode: Callable[[Bytes], Digital]
    invalid: int | None
    differences: bool = False


def _as(kind: str) -> Callable[[Bytes], Digital]:
    return lambda raw: raw.view(kind)


def _offset_80(raw: Bytes) -> Digital:
    return raw.astype(np.int16) - 128


def _offset_160(raw: Bytes) -> Digital:
    return raw.view("<u2").astype(np.int32) - 32768


def _bytes_24(raw: Bytes) -> Digital:
    wide = np.zeros((len(raw) // 3, 4), np.uint8)
    wide[:, 1:] = raw.reshape(-1, 3)
    return wide.reshape(-1).view("<i4") >> 8


def _packed_212(raw: Bytes) -> Digital:
    triple = raw.reshape(-1, 3).astype(np.int16)
    out = np.empty((len(triple), 2), np.int16)
    out[:, 0] = triple[:, 0] | ((triple[:, 1] & 0x0F) << 8)
    out[:, 1] = triple[:, 2] | ((triple[:, 1] & 0xF0) << 4)
    # Shifting to the top and back carries the sign of the 12 bits.
    return (out.reshape(-1) << 4) >> 4


def _packed_310(raw: Bytes) -> Digital:
    word = raw.view(np.dtype("<u4"))
    third = ((word >> 11) & 0x1F) | (((word >> 27) & 0x1F) << 5)
    return _ten_bits(word >> 1, word >> 17, third)


def _packed_311(raw: Bytes) -> Digital:
    word = raw.view(np.dtype("<u4"))
    return _ten_bits(word, word >> 10, word >> 20)


def _ten_bits(*parts: npt.NDArray[np.integer[Any]]) -> Digital:
    out = (np.stack(parts, axis=1).reshape(-1) & 0x3FF).astype(np.int16)
    return (out << 6) >> 6


LAYOUTS: dict[str, Layout] = {
    "8": Layout(1, 1, _as("<i1"), None, differences=True),
    "16": Layout(1, 2, _as("<i2"), -(2**15)),
    "24": Layout(1, 3, _bytes_24, -(2**23)),
    "32": Layout(1, 4, _as("<i4"), -(2**31)),
    "61": Layout(1, 2, _as(">i2"), -(2**15)),
    "80": Layout(1, 1, _offset_80, -(2**7)),
    "160": Layout(1, 2, _offset_160, -(2**15)),
    "212": Layout(2, 3, _packed_212, -(2**11)),
    "310": Layout(3, 4, _packed_310, -(2**9)),
    "311": Layout(3, 4, _packed_311, -(2**9)),
}
NULL = "0"
"""The format of a signal of which there are no samples."""
FLAC_BITS = {"508": 8, "516": 16, "524": 24}
"""The compressed formats, with the width of their samples."""


@dataclass(eq=False)
class SampleFile:
    """One signal file of a record, read in stretches of whole frames.

    Attributes
    ----------
    path, layout
        Where it lies and its storage format.
    columns
        Samples per frame of each of its signals, in the file's order.
    offset, initial
        Bytes (compressed: samples) before the first one; the signals' first numbers (format 8).
    length
        Frames in it.
    """

    path: Path
    layout: str
    columns: tuple[int, ...]
    offset: int
    initial: tuple[int, ...]
    length: int
    _kept: tuple[int, Digital] | None = field(default=None, repr=False)
    _sum: tuple[int, npt.NDArray[np.int64]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._sum = (0, np.array(self.initial, np.int64))

    @property
    def width(self) -> int:
        """Samples per frame, of all its signals together."""
        return sum(self.columns)

    @property
    def most_frames(self) -> int:
        """How many frames to ask for at once."""
        return max(1, KEPT_SAMPLES // self.width)

    @property
    def invalid(self) -> int | None:
        """The number that means "no valid sample here"."""
        if self.layout in FLAC_BITS:
            return -(1 << (FLAC_BITS[self.layout] - 1))
        return LAYOUTS[self.layout].invalid

    def frames(self, start: int, stop: int) -> Digital:
        """Return the frames [start, stop) as numbers: (frame, width); 0 <= start < stop."""
        kept = self._kept  # taken once: another thread may replace it meanwhile
        if kept is None or start < kept[0] or stop > kept[0] + len(kept[1]):
            # Signals of other rates ask for edges that differ by a frame; serve those as well.
            first, last = max(0, start - 1), min(self.length, stop + 1)
            kept = (first, self._decoded(first, last))
            self._kept = kept
        return kept[1][start - kept[0] : stop - kept[0]]

    def _decoded(self, start: int, stop: int) -> Digital:
        if self.layout in FLAC_BITS:
            return _flac_frames(self, start, stop)
        layout = LAYOUTS[self.layout]
        if layout.differences:
            return self._summed(layout, start, stop)
        return self._unpacked(layout, start, stop)

    def _unpacked(self, layout: Layout, start: int, stop: int) -> Digital:
        first, last = start * self.width, stop * self.width
        block, end = first // layout.samples, -(-last // layout.samples)
        with open_file(self.path) as file:
            file.seek(self.offset + block * layout.size)
            raw = np.fromfile(file, np.uint8, (end - block) * layout.size)
        if len(raw) < packed_bytes(layout, last - block * layout.samples):
            raise shortened(self.path)
        missing = (end - block) * layout.size - len(raw)
        if missing:  # the last block may be cut after its last sample
            raw = np.concatenate([raw, np.zeros(missing, np.uint8)])
        skipped = first - block * layout.samples
        flat = layout.decode(raw)[skipped : skipped + last - first]
        return flat.reshape(stop - start, self.width)

    def _summed(self, layout: Layout, start: int, stop: int) -> Digital:
        """Sum the steps from the very first one: format 8 says nothing else about a sample."""
        at, total = self._sum
        if at > start:
            at, total = 0, np.array(self.initial, np.int64)
        edges = np.cumsum((0, *self.columns))
        while at < start:
            end = min(at + self.most_frames, start)
            steps = self._unpacked(layout, at, end).sum(axis=0, dtype=np.int64)
            total, at = total + np.add.reduceat(steps, edges[:-1]), end
        # The next stretch begins later: it goes on from here instead of from the beginning.
        self._sum = (start, total)
        out = self._unpacked(layout, start, stop).astype(np.int64)
        for first, left, right in zip(total, edges[:-1], edges[1:], strict=True):
            signal = out[:, left:right]
            signal[:] = (first + signal.reshape(-1).cumsum()).reshape(signal.shape)
        return out


def packed_bytes(layout: Layout, samples: int) -> int:
    """Return how many bytes `samples` samples need; a last block may be cut short."""
    return -(-samples * layout.size // layout.samples)


def frames_in(path: Path, layout: str, width: int, offset: int) -> int:
    """Return how many whole frames of `width` samples a signal file holds."""
    if layout in FLAC_BITS:
        return _flac_length(path, offset) // width
    packing = LAYOUTS[layout]
    try:
        size = max(0, path.stat().st_size - offset)
    except OSError as error:
        raise unreadable(path, error) from error
    if layout == "310" and size % 4 == 3:
        size -= 1  # its second sample ends in the fourth byte
    return size * packing.samples // packing.size // width


def shortened(path: Path) -> FormatError:
    """Return the error for a file that lost samples after it was opened."""
    found = "fewer samples than when it was opened"
    return FormatError(path, found, "an unchanging file", "Read it again when it is complete.")


def _flac_length(path: Path, offset: int) -> int:
    """Return the samples of all signals in a compressed file."""
    with _flac(path) as sound:
        return max(0, int(sound.frames) - offset) * int(sound.channels)


def _flac_frames(file: SampleFile, start: int, stop: int) -> Digital:
    """Return frames of a compressed file: (frame, width)."""
    per_frame = file.columns[0]
    if any(count != per_frame for count in file.columns):
        raise _bad_flac(file.path, "signals of different rates in one compressed file")
    with _flac(file.path) as sound:
        if sound.channels != len(file.columns):
            raise _bad_flac(file.path, f"{sound.channels} signals, not {len(file.columns)}")
        bits = {"PCM_S8": 8, "PCM_16": 16, "PCM_24": 24}.get(sound.subtype, 99)
        if bits > FLAC_BITS[file.layout]:
            raise _bad_flac(file.path, f"samples of type {sound.subtype}")
        sound.seek(file.offset + start * per_frame)
        values = sound.read((stop - start) * per_frame, dtype="int32", always_2d=True)
    if len(values) < (stop - start) * per_frame:
        raise shortened(file.path)
    # libsndfile moves samples to the top of the 32 bits.
    values >>= 32 - bits
    by_signal = values.reshape(stop - start, per_frame, -1).transpose(0, 2, 1)
    out: Digital = by_signal.reshape(stop - start, -1)
    return out


@contextmanager
def _flac(path: Path) -> Iterator[Any]:
    import soundfile

    with open_file(path) as file:
        if file.read(4) != b"fLaC":
            raise _bad_flac(path, "no FLAC data")
        file.seek(0)
        try:
            with soundfile.SoundFile(file) as sound:
                yield sound
        except soundfile.SoundFileError as error:
            raise _bad_flac(path, str(error)) from error


def _bad_flac(path: Path, found: str) -> FormatError:
    expected = "the FLAC data that the header announces"
    return FormatError(path, found, expected, "Fetch the record again.")
