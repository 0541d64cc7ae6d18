"""The records of an EDF or BDF file, read piece by piece."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    import numpy.typing as npt

    from arsis.core.arrays import F32
    from arsis.formats.edf.header import Header, Signal
    from arsis.formats.source import Source

    Raw = npt.NDArray[np.uint8]

_BLOCK_BYTES = 2**22
_KEPT_BLOCKS = 4
"""So many blocks stay in memory, because channels are asked for one after the other."""


class Records:
    """What lies behind the header of a file: numbers, and annotations."""

    def __init__(self, source: Source, header: Header) -> None:
        self._source, self.header = source, header
        self._per_block = _BLOCK_BYTES // header.size.record_bytes
        self._block = lru_cache(_KEPT_BLOCKS)(self._load)

    def samples(self, signal: Signal, start: int, stop: int) -> F32:
        """Return the samples [start, stop) of a signal, in its unit, without regard to gaps.

        Raises
        ------
        FormatError
            If the file has become shorter since it was opened.
        """
        width = self.header.width
        raw = np.empty((stop - start, width), np.uint8)
        if self._per_block:
            self._from_blocks(raw, signal, start, stop)
        else:
            self._from_file(raw, signal, start, stop)
        digital = _int24(raw) if width == 3 else raw.view("<i2")[:, 0]
        with np.errstate(over="ignore"):
            values: F32 = ((digital + signal.offset) * signal.gain).astype(np.float32)
        values[~np.isfinite(values)] = np.nan
        return values

    def strips(self) -> Iterator[tuple[bytes, ...]]:
        """Yield, record by record, the bytes of each of its annotation signals."""
        ends = self.header.annotations
        with self._source.open() as file:
            if not self._per_block:
                for record in range(self.header.size.records):
                    yield tuple(self._bytes(file, record, begin, end) for begin, end in ends)
                return
            for number in range(-(-self.header.size.records // self._per_block)):
                block = self._read_block(file, number)
                columns = [block[:, begin:end] for begin, end in ends]
                yield from (
                    tuple(column[row].tobytes() for column in columns) for row in range(len(block))
                )

    def _from_blocks(self, out: Raw, signal: Signal, start: int, stop: int) -> None:
        width, count, per_block = self.header.width, signal.count, self._per_block * signal.count
        last = signal.first + count * width
        for number in range(start // per_block, -(-stop // per_block)):
            first = number * per_block
            begin, end = max(start, first), min(stop, first + per_block)
            rows = slice((begin - first) // count, -(-(end - first) // count))
            values = self._block(number)[rows, signal.first : last].reshape(-1, width)
            skip = begin - first - rows.start * count
            out[begin - start : end - start] = values[skip : skip + end - begin]

    def _from_file(self, out: Raw, signal: Signal, start: int, stop: int) -> None:
        width, count = self.header.width, signal.count
        with self._source.open() as file:
            for record in range(start // count, -(-stop // count)):
                first = record * count
                begin, end = max(start, first), min(stop, first + count)
                ends = (signal.first + (at - first) * width for at in (begin, end))
                values = np.frombuffer(self._bytes(file, record, *ends), np.uint8)
                out[begin - start : end - start] = values.reshape(-1, width)

    def _load(self, number: int) -> Raw:
        with self._source.open() as file:
            return self._read_block(file, number)

    def _read_block(self, file: BinaryIO, number: int) -> Raw:
        size = self.header.size
        first = number * self._per_block
        rows = min(self._per_block, size.records - first)
        data = self._bytes(file, first, 0, rows * size.record_bytes)
        return np.frombuffer(data, np.uint8).reshape(rows, size.record_bytes)

    def _bytes(self, file: BinaryIO, record: int, begin: int, end: int) -> bytes:
        size = self.header.size
        file.seek(size.data_at + record * size.record_bytes + begin)
        data = file.read(end - begin)
        if len(data) != end - begin:
            where = str(self._source.path or self._source.name)
            found = f"a file that ends in record {record + 1} of {size.records}"
            advice = "It became shorter while it was read: close what writes it."
            raise FormatError(where, found, "all records", advice)
        return data


def _int24(raw: Raw) -> npt.NDArray[np.int32]:
    """Return numbers of three bytes, the small end first: (sample, 3) -> (sample,)."""
    wide = np.zeros((len(raw), 4), np.uint8)
    wide[:, 1:] = raw
    # In the upper three bytes the sign stands where it belongs.
    return wide.view("<i4")[:, 0] >> 8
