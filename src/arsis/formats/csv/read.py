"""Tables of numbers as text: one row per sample, one column per channel, perhaps one of times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError
from arsis.core.recording import Recording
from arsis.formats.csv.heartbeats import NEAR as HEARTBEATS
from arsis.formats.csv.marks import marks_beside
from arsis.formats.csv.rows import Heading, Rows, cells_of, number_of, read_heading
from arsis.formats.format import Format
from arsis.formats.row_times import timed
from arsis.formats.source import LARGEST_BYTES, Source, Told, refuse_large
from arsis.formats.stated import agreed_rate, in_true_units
from arsis.formats.text import begins_as_text
from arsis.formats.titles import channels_of, start_stated, time_column

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.arrays import F64, I64
    from arsis.core.recording import ReadSamples

_TOO_LARGE = float(np.finfo(np.float32).max) * (1 + 2**-25)


@dataclass(frozen=True, slots=True)
class _Table:
    """The numbers of a table: values (row, column), and where its rows stand in the file."""

    values: F64
    lines: I64


def recognise(source: Source) -> bool:
    """Say whether this is text of which a line near the beginning is a row of numbers."""
    text = begins_as_text(source)
    if text is None or not text.strip():
        return False
    lines = text.splitlines()
    found = read_heading(lines)
    if found is None or text.lstrip()[0] in "<{[":
        return False
    heading, first = found
    if heading.columns in HEARTBEATS:
        return False
    if first is not None:
        return True
    rows = [line for line in lines if line.strip() and not line.lstrip().startswith("#")][1:2]
    return any(_has_number(line, heading) for line in rows)


def _has_number(line: str, heading: Heading) -> bool:
    cells = cells_of(line, heading.delimiter)
    values = [number_of(cell, heading.delimiter) for cell in cells]
    return len(cells) == heading.columns and any(v is not None and v == v for v in values)  # noqa: PLR0124


def read(source: Source, told: Told) -> Recording:
    """Read a table whole; its rate comes from its times or from the person."""
    where = source.where
    with source.open() as file:
        refuse_large(file, LARGEST_BYTES, "a table", where, "Write it as WFDB.")
        rows = Rows(file, where)
        table = _whole(rows, where)
    titles = rows.heading.names or ("",) * rows.heading.columns
    time = time_column(titles, where)
    rate_hz, places, notes = _timed(table, time, titles, rows.heading.comments, told, where)
    shown = [column for column in range(len(titles)) if column != time]
    channels, renamed = channels_of(
        [(titles[column], column) for column in shown],
        rate_hz,
        places,
        [_rows(table.values[:, column]) for column in shown],
        where,
    )
    start, more = start_stated(rows.heading.comments.get("start"))
    recording = Recording(
        name=source.stem,
        channels=channels,
        load_marks=marks_beside(source),
        subject=rows.heading.comments.get("subject") or None,
        start=start,
        notes=(*notes, *renamed, *more),
    )
    return in_true_units(recording, told)


def _whole(rows: Rows, where: str) -> _Table:
    blocks, lines = [], []
    for block, numbers in rows.blocks():
        # A number that float32 cannot hold is a slip of the pen and no measurement.
        wrong = np.argwhere(np.abs(block) >= _TOO_LARGE)
        if len(wrong):
            row, column = wrong[0]
            found = f"{block[row, column]} in line {numbers[row]}, column {rows.title(column)}"
            advice = "Mend that cell, or empty it if the value is missing."
            raise FormatError(where, found, "a number that a sensor can give", advice)
        blocks.append(block)
        lines.append(numbers)
    if not blocks:
        advice = "Check that the file was saved whole."
        raise FormatError(where, "a heading without rows", "rows of numbers", advice)
    return _Table(np.concatenate(blocks), np.concatenate(lines))


def _timed(
    table: _Table,
    time: int | None,
    titles: tuple[str, ...],
    comments: dict[str, str],
    told: Told,
    where: str,
) -> tuple[float, I64, tuple[str, ...]]:
    """Return the rate, the sample number of each row, and notes."""
    stated = number_of(comments.get("rate_hz", ""), "")
    sure = stated if stated is not None and 0 < stated < np.inf else None
    if time is None:
        rate_hz = agreed_rate(sure, told.rate_hz, where)
        return rate_hz, np.arange(len(table.values), dtype=np.int64), ()
    rates_hz = (sure, told.rate_hz)
    return timed(table.values[:, time], titles[time], rates_hz, table.lines, where)


def _rows(column: F64) -> ReadSamples:
    values = column.astype(np.float32)
    return lambda first, last: values[first:last]


def _example(folder: Path) -> Path:
    from arsis.formats.csv.write import write_csv
    from arsis.formats.example import simulated

    return write_csv(simulated(), folder / "example.csv")


CSV = Format(
    says="a table of numbers as text (CSV), a column per channel with its unit",
    recognise=recognise,
    read=read,
    example=_example,
    one_file=True,
)
