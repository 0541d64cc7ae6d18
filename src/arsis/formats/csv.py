"""Tables of numbers as text: one row per sample, one column per channel, perhaps one of times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError, UnitError
from arsis.core.recording import Channel, Recording
from arsis.formats.csv_rows import Heading, Rows, cells_of, number_of, read_heading
from arsis.formats.csv_time import regular
from arsis.formats.format import Format
from arsis.formats.heartbeats import NEAR as HEARTBEATS
from arsis.formats.source import LARGEST_BYTES, Source, Told
from arsis.formats.stated import agreed_rate, in_true_units
from arsis.formats.wfdb_header import unique

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.arrays import F32, F64, I64

_BRACKETS = re.compile(r"(?P<name>.*?)\s*[\[(]\s*(?P<unit>[^\])]*?)\s*[\])]")
_ENDING = re.compile(r"(?P<name>.+?)_(?P<unit>mv|uv|µv|μv|nv|v|s|ms|us|min)", re.IGNORECASE)
_SPELT = {"mv": "mV", "uv": "uV", "µv": "uV", "μv": "uV", "nv": "nV", "v": "V"}
_TIMES = frozenset({"time", "t", "timestamp", "elapsed", "elapsed time"})
_SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "min": 60.0}
_TOO_LARGE = float(np.finfo(np.float32).max) * (1 + 2**-25)
_NUMBERS = frozenset({"sample", "samples", "sample #", "sample_index", "index"})


@dataclass(frozen=True, slots=True)
class _Table:
    """The numbers of a table: values (row, column), and where its rows stand in the file."""

    values: F64
    lines: I64


def recognise(source: Source) -> bool:
    """Say whether this is text of which a line near the beginning is a row of numbers."""
    if b"\0" in source.head or not source.head.strip():
        return False
    try:
        text = source.head.decode("utf-8-sig", "ignore" if len(source.head) > 4096 else "strict")
    except UnicodeDecodeError:
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
    where = str(source.path or source.name)
    with source.open() as file:
        size = file.seek(0, 2)
        file.seek(0)
        if size > LARGEST_BYTES:
            found = f"a table of {size} bytes"
            raise FormatError(where, found, f"at most {LARGEST_BYTES}", "Write it as WFDB.")
        rows = Rows(file, where)
        table = _whole(rows, where)
    titles = rows.heading.names or ("",) * rows.heading.columns
    times = [column for column, title in enumerate(titles) if _seconds_per(title, where)]
    rate_hz, places, notes = _timed(table, times, titles, told, where)
    shown = [column for column in range(len(titles)) if column not in times[:1]]
    named = [_name_and_unit(titles[column], column) for column in shown]
    names, renamed = unique([name for name, _ in named])
    channels = tuple(
        _channel(name, unit, rate_hz, places, table.values[:, column])
        for name, (_, unit), column in zip(names, named, shown, strict=True)
    )
    if not channels:
        raise FormatError(where, "no column but time", "a column per channel", "Add one.")
    start, more = _start(rows.heading.comments)
    recording = Recording(
        name=source.stem,
        channels=channels,
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
    table: _Table, times: list[int], titles: tuple[str, ...], told: Told, where: str
) -> tuple[float, I64, tuple[str, ...]]:
    """Return the rate, the sample number of each row, and notes."""
    if not times:
        rate_hz = agreed_rate(None, told.rate_hz, where)
        return rate_hz, np.arange(len(table.values), dtype=np.int64), ()
    column = table.values[:, times[0]]
    scale = _seconds_per(titles[times[0]], where)
    if scale < 0:  # numbers of samples, not seconds
        scale = 1.0 / agreed_rate(None, told.rate_hz, where)
    rate_hz, places = regular(column * scale, told.rate_hz, table.lines, where)
    agreed_rate(rate_hz, None, where, int(places[-1]))
    notes: tuple[str, ...] = ()
    if column[0]:
        begins = column[0] * scale
        notes += (f"Times count from the first row, which the file puts at {begins:g} s.",)
    missing = int(places[-1]) + 1 - len(places)
    if missing:
        notes += (f"{missing} rows are missing; they are gaps.",)
    return rate_hz, places, notes


def _seconds_per(title: str, where: str) -> float:
    """Return seconds per unit of a column of times, -1 for one of sample numbers, else 0."""
    if title.strip().lower() in _NUMBERS:
        return -1.0
    name, unit = _name_and_unit(title, 0)
    if name.strip().lower() not in _TIMES:
        return 0.0
    if unit.lower() not in _SECONDS:
        found = f"a column {title!r} in the unit {unit!r}" if unit else f"a column {title!r}"
        advice = "Call it `time [s]` or `time [ms]`."
        raise UnitError(where, f"{found} without a unit of time", "s, ms, us or min", advice)
    return _SECONDS[unit.lower()]


def _name_and_unit(title: str, column: int) -> tuple[str, str]:
    match = _BRACKETS.fullmatch(title) or _ENDING.fullmatch(title)
    name, unit = (match["name"], match["unit"]) if match else (title, "")
    # Only what is written in small letters throughout is spelt anew: MV may be megavolts.
    unit = _SPELT.get(unit.lower() if _ENDING.fullmatch(title) else unit, unit)
    return name or f"signal {column + 1}", unit


def _channel(name: str, unit: str, rate_hz: float, places: I64, column: F64) -> Channel:
    values = column.astype(np.float32)

    def source(start: int, stop: int) -> F32:
        first, last = np.searchsorted(places, (start, stop))
        out = np.full(stop - start, np.nan, np.float32)
        out[places[first:last] - start] = values[first:last]
        return out

    return Channel(name, unit, rate_hz, int(places[-1]) + 1, source)


def _start(comments: dict[str, str]) -> tuple[datetime | None, tuple[str, ...]]:
    text = comments.get("start")
    if not text:
        return None, ()
    try:
        return datetime.fromisoformat(text), ()
    except ValueError:
        return None, (f"The start {text[:40]!r} is no date and time; left out.",)


def _example(folder: Path) -> Path:
    from arsis.formats.csv_write import write_csv
    from arsis.formats.example import simulated

    return write_csv(simulated(), folder / "example.csv")


CSV = Format(
    says="a table of numbers as text (CSV), a column per channel with its unit",
    recognise=recognise,
    read=read,
    example=_example,
    one_file=True,
)
