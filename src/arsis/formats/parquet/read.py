"""Parquet files: a column per channel, named as in a CSV; read a group of rows at a time."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.errors import FormatError
from arsis.core.recording import Mark, Recording
from arsis.formats.format import Format
from arsis.formats.names import MOST_CHANNELS
from arsis.formats.parquet.columns import Stamps, numbers_of
from arsis.formats.row_times import timed
from arsis.formats.source import LARGEST_BYTES
from arsis.formats.stated import agreed_rate, in_true_units
from arsis.formats.titles import TIMES, channels_of, start_stated, time_column

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.arrays import F32, F64, I64
    from arsis.core.recording import ReadSamples
    from arsis.formats.source import Source, Told

MAGIC = b"PAR1"
PROPERTIES = b"arsis"
"""Of the file: subject, start, rate and marks, as JSON."""
_LARGEST_ROWS = LARGEST_BYTES // 8
_KEPT_ROWS = 2**24


@dataclass(frozen=True, eq=False)
class _Table:
    """An open file: its columns of numbers, and the rows of each group."""

    file: Any
    where: str
    titles: tuple[str, ...]
    edges: I64
    left_out: tuple[str, ...]
    stamped: str | None
    properties: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        largest = int(np.diff(self.edges).max(initial=1))
        kept = max(1, min(len(self.titles), _KEPT_ROWS // largest))
        object.__setattr__(self, "_group", lru_cache(kept)(self._load))

    def rows(self, title: str) -> ReadSamples:
        """Return what reads rows [first, last) of a column: (row,) float32, NaN = empty."""

        def read(first: int, last: int) -> F32:
            low = int(np.searchsorted(self.edges, first, "right")) - 1
            high = int(np.searchsorted(self.edges, last))
            groups = []
            for number in range(low, high):
                begin, end = (int(edge) for edge in self.edges[number : number + 2])
                values = self._group(number, title)  # type: ignore[attr-defined]
                groups.append(values[max(first, begin) - begin : min(last, end) - begin])
            return np.concatenate(groups)

        return read

    def whole(self, title: str) -> F64:
        """Return a whole column of times: (row,)."""
        groups = [self.column(number, title) for number in range(len(self.edges) - 1)]
        return np.concatenate([numbers_of(group) for group in groups])

    def column(self, number: int, title: str) -> Any:
        """Return a column of one group, as pyarrow holds it."""
        import pyarrow as pa

        try:
            group = self.file.read_row_group(number, columns=[title], use_threads=False)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _damaged(self.where, error) from error
        if group.num_rows != self.edges[number + 1] - self.edges[number]:
            raise _damaged(self.where, ValueError(f"group {number} has {group.num_rows} rows"))
        return group.column(0)

    def _load(self, number: int, title: str) -> F32:
        with np.errstate(over="ignore"):
            values = numbers_of(self.column(number, title)).astype(np.float32)
        values[~np.isfinite(values)] = np.nan
        return values


def recognise(source: Source) -> bool:
    """Say whether the first bytes are those of a Parquet file."""
    return source.head.startswith(MAGIC)


def read(source: Source, told: Told) -> Recording:
    """Open a Parquet file; its channels are read group by group, when they are asked for.

    Raises
    ------
    FormatError
        If it is damaged, has no column of numbers, or the extra [tables] is not installed.
    """
    where = source.where
    table = _open(source, where)
    start, notes = start_stated(_text(table.properties.get("start")))
    if table.stamped is None:
        time = time_column(table.titles, where)
        rate_hz, places, more = _timed(table, time, told, where)
    else:
        stamps = Stamps([table.column(n, table.stamped) for n in range(len(table.edges) - 1)])
        time, start = None, start or stamps.start()
        rate_hz, places, more = stamps.timed(told, where)
    shown = [(title, number) for number, title in enumerate(table.titles) if number != time]
    channels, renamed = channels_of(
        shown, rate_hz, places, [table.rows(title) for title, _ in shown], where
    )
    marks = _marks(table.properties.get("marks"), where)
    recording = Recording(
        name=source.stem,
        channels=channels,
        load_marks=lambda: marks,
        subject=_text(table.properties.get("subject")),
        start=start,
        notes=(*table.left_out, *notes, *more, *renamed),
    )
    return in_true_units(recording, told)


def _open(source: Source, where: str) -> _Table:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        advice = "Install it: pip install 'arsis[tables]'."
        found = "a Parquet file, and no pyarrow to read it"
        raise FormatError(where, found, "the extra [tables]", advice) from error
    try:
        given = str(source.path) if source.path else pa.BufferReader(source.data)
        file = parquet.ParquetFile(given)
        counts = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
        schema, properties = file.schema_arrow, _properties(file.schema_arrow.metadata, where)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(where, error) from error
    rows = sum(counts)
    if not 0 < rows <= _LARGEST_ROWS or min(counts) < 0 or len(schema) > MOST_CHANNELS:
        found = f"{rows} rows in {len(schema)} columns"
        expected = f"1 to {_LARGEST_ROWS} rows, at most {MOST_CHANNELS} columns"
        raise FormatError(where, found, expected, "Write one row per sample.")
    edges = np.concatenate([[0], np.cumsum(counts)])
    return _columns(_Table(file, where, (), edges, (), None, properties), schema)


def _columns(table: _Table, schema: Any) -> _Table:
    """Return the table with its columns of numbers; of what else it holds a note is kept."""
    from pyarrow import types

    numeric = (types.is_floating, types.is_integer, types.is_decimal)
    titles, notes, stamped = [], [], None
    for each in schema:
        if schema.names.count(each.name) > 1:
            found = f"several columns called {each.name!r}"
            raise FormatError(table.where, found, "names that differ", "Rename one of them.")
        if any(check(each.type) for check in numeric):
            titles.append(each.name)
        elif types.is_timestamp(each.type) and each.name.lower() in TIMES and stamped is None:
            stamped = each.name
        else:
            notes.append(f"Column {each.name} holds no numbers ({each.type}) and was left out.")
    if not titles:
        held = ", ".join(f"{each.name} ({each.type})" for each in schema) or "none"
        raise FormatError(
            table.where, f"the columns {held}", "a column of numbers per channel", "Add one."
        )
    return _Table(
        table.file, table.where, tuple(titles), table.edges, tuple(notes), stamped, table.properties
    )


def _timed(
    table: _Table, time: int | None, told: Told, where: str
) -> tuple[float, I64, tuple[str, ...]]:
    """Return the rate, the sample number of each row, and notes."""
    stated = table.properties.get("rate_hz")
    sure = float(stated) if isinstance(stated, int | float) and 0 < stated < math.inf else None
    rates_hz = (sure, told.rate_hz)
    count = int(table.edges[-1])
    if time is None:
        rate_hz = agreed_rate(*rates_hz, where, count)
        return rate_hz, np.arange(count, dtype=np.int64), ()
    lines = np.arange(1, count + 1)
    return timed(table.whole(table.titles[time]), table.titles[time], rates_hz, lines, where)


def _properties(found: dict[bytes, bytes] | None, where: str) -> dict[str, Any]:
    try:
        held = json.loads((found or {}).get(PROPERTIES, b"{}"))
    except ValueError as error:
        advice = "Write the file again."
        raise FormatError(where, "properties that are no JSON", "JSON", advice) from error
    return held if isinstance(held, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _marks(held: Any, where: str) -> tuple[Mark, ...]:
    try:
        rows = [] if held is None else list(held)
        return tuple(
            Mark(float(at), str(label), float(lasts), str(note), str(source))
            for at, lasts, label, note, source in rows
        )
    except (TypeError, ValueError) as error:
        advice = "Write the file again."
        raise FormatError(where, "marks that are none", "rows of five", advice) from error


def _damaged(where: str, error: Exception) -> FormatError:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    found = f"a Parquet file that cannot be read ({reason})"
    return FormatError(where, found, "an undamaged one", "Fetch or write it again.")


def _example(folder: Path) -> Path:
    from arsis.formats.example import simulated
    from arsis.formats.parquet.write import write_parquet

    return write_parquet(simulated(), folder / "example.parquet")


PARQUET = Format(
    says="a Parquet table, a column per channel with its unit",
    recognise=recognise,
    read=read,
    example=_example,
    one_file=True,
)
