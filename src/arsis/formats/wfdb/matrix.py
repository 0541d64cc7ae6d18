"""Signal files of WFDB records that are MATLAB files (PhysioNet's challenges since 2011).

Such a file is a MATLAB 4 matrix with a row per signal: behind its header (20 bytes and a name) the
samples lie as in any signal file, and the record's header skips the first bytes (16+24). What
MATLAB saves by itself has other numbers, other bytes before them, or the signals one after the
other, and would be read as noise.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from arsis.core.errors import FormatError
from arsis.formats.source import open_file

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.formats.wfdb.header import Signal

_HEAD = struct.Struct("<5i")
_KINDS = {30: ("16", 2), 20: ("32", 4), 40: ("160", 2), 50: ("80", 1), 0: ("", 8), 10: ("", 4)}
"""MATLAB's type of number (little-endian, full): the format that it equals, and its bytes."""


def check_matrix(header: Path, signals: list[Signal]) -> None:
    """Raise FormatError if signals are said to be in a MATLAB file in a way in which they are not.

    Files that are none are left alone.
    """
    path = header.parent / signals[0].file
    if path.suffix.lower() != ".mat":
        return
    with open_file(path) as file:
        head, size = file.read(_HEAD.size), file.seek(0, 2)
    found = _version_4(head, size)
    expected = "a MATLAB 4 matrix of a row per signal, as PhysioNet keeps them"
    if head.startswith((b"MATLAB", b"\x89HDF")):
        advice = "Save the matrix with `save -v4`, as integers, or write the record as .dat."
        raise FormatError(path, "a newer MATLAB file", expected, advice)
    if found is None:
        return
    layout, rows, offset = found
    first, width = signals[0], sum(signal.per_frame for signal in signals)
    stated = f"{first.layout}+{first.offset}, {width} signals"
    if (layout, rows, offset) != (first.layout, width, first.offset):
        kind = layout or "floating point"
        told = (
            f"samples of format {kind}+{offset} in {rows} rows, where {header.name} says {stated}"
        )
        raise FormatError(path, told, expected, "Mend the header, or fetch the record again.")


def _version_4(head: bytes, size: int) -> tuple[str, int, int] | None:
    """Return format, rows and first byte of a MATLAB 4 matrix that fills its file, else None."""
    if len(head) < _HEAD.size:
        return None
    kind, rows, columns, imaginary, name = _HEAD.unpack(head)
    layout, each = _KINDS.get(kind, ("", 0))
    offset = _HEAD.size + name
    whole = each and min(rows, columns, name) > 0 and not imaginary
    if not whole or offset + rows * columns * each != size:
        return None
    return layout, rows, offset
