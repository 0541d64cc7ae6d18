"""Marks as a table of text, beside the table of samples."""

from __future__ import annotations

import csv
import io
import math
from functools import partial
from typing import TYPE_CHECKING

from arsis.core.errors import FormatError
from arsis.core.recording import Mark
from arsis.formats.place import placing
from arsis.formats.source import read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from arsis.formats.source import Source

COLUMNS = ("time [s]", "duration [s]", "label", "note", "source")
_LARGEST_BYTES = 2**28


def marks_path(path: Path) -> Path:
    """Return where the marks of a table lie.

    >>> from pathlib import Path
    >>> marks_path(Path("ecg.csv")).name
    'ecg.marks.csv'
    """
    return path.with_suffix(".marks.csv")


def write_marks(marks: Sequence[Mark], path: Path) -> None:
    """Write marks as a table; where there are none, an older table goes.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    if not marks:
        path.unlink(missing_ok=True)
        return
    with placing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(COLUMNS)
        for mark in marks:
            table.writerow(
                (
                    repr(float(mark.time_s)),
                    repr(float(mark.duration_s)),
                    mark.label,
                    mark.note,
                    mark.source,
                )
            )


def marks_beside(source: Source) -> Callable[[], tuple[Mark, ...]]:
    """Return what reads the marks that lie beside a table of samples, if they do."""
    path = marks_path(source.path) if source.path else None
    return partial(read_marks, path) if path and path.is_file() else tuple


def read_marks(path: Path) -> tuple[Mark, ...]:
    """Read a table of marks.

    Raises
    ------
    FormatError
        If a line is not one of time, duration, label, note and source.
    """
    data = read_file(path, _LARGEST_BYTES + 1)
    if len(data) > _LARGEST_BYTES:
        found = f"marks of more than {_LARGEST_BYTES} bytes"
        raise FormatError(path, found, "fewer", "Move the file away to read without it.")
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(path, f"no table ({error})", "marks as CSV", "Write it again.") from error
    return tuple(_mark(path, line, row) for line, row in enumerate(rows[1:], 2) if row)


def _mark(path: Path, line: int, row: list[str]) -> Mark:
    try:
        at, lasts, label, note, source = row
        time_s, duration_s = float(at), float(lasts or 0)
    except ValueError:
        time_s = duration_s = math.nan
    if not math.isfinite(time_s + duration_s):
        found, expected = f"{row} as row {line}", ", ".join(COLUMNS)
        raise FormatError(path, found, expected, "Mend that row or remove it.")
    return Mark(time_s, label, duration_s, note, source)
