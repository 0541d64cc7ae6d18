"""Tables of single heartbeats, one a row: 187 samples from 0 to 1, and perhaps a class behind them.

That is how the Kaggle heartbeat files are laid out (mitbih_train.csv, ptbdb_normal.csv and their
like; Kachuee, Fazeli and Sarrafzadeh, IEEE ICHI 2018). Such a row has lost its time. It becomes a
recording all the same, so that everything that reads recordings reads these too: the rows lie
behind one another, each with a mark at its beginning, whose label is the number of its class.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError
from arsis.core.recording import Channel, Mark, Recording
from arsis.formats.csv.rows import Rows, read_heading
from arsis.formats.format import Format
from arsis.formats.source import LARGEST_BYTES, refuse_large

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from arsis.core.arrays import F32, F64, I64
    from arsis.formats.source import Source, Told

ROW = "row"
"""The unit of the samples (shares of their own row's range), and the source of the marks."""
NO_CLASS, END = "unknown", "end"
"""Labels of the mark of a row whose class the file does not say, and of that behind the last."""
SAMPLES = 187
RATE_HZ, EVERY = 360.0, 3
"""Each sample stands for three at 360 Hz: the recipe takes every third."""
LAID = EVERY * (SAMPLES + 2)
"""Samples from row to row: behind each, a 0 and a 1 say what its range is."""
NEAR = range(SAMPLES - 12, SAMPLES + 13)
"""Nearly as many columns are a table of heartbeats that went wrong; nothing else has so many."""
MOST_CLASSES = 32


def recognise(source: Source) -> bool:
    """Say whether this is text whose first rows have about 187 numbers."""
    if b"\0" in source.head:
        return False
    found = read_heading(source.head.decode("utf-8-sig", "replace").splitlines()[:1])
    return found is not None and found[0].columns in NEAR


def read(source: Source, told: Told) -> Recording:
    """Read a table of heartbeats whole.

    Raises
    ------
    FormatError
        If it has not 187 or 188 columns, or a cell is empty or not a share from 0 to 1.
    """
    where = source.where
    with source.open() as file:
        refuse_large(file, LARGEST_BYTES, "a table", where, "Cut it in two.")
        table = Rows(file, where)
        names, found = _headed(table)
        _refuse_columns(names, table.heading.columns, where)
        blocks = [_checked(block, lines.tolist(), where) for block, lines in found]
    if not blocks:
        raise FormatError(where, "a heading without rows", "a row for each heartbeat", "Save anew.")
    x, classes = np.concatenate([x for x, _ in blocks]), [c for _, part in blocks for c in part]
    # A row has neither a unit nor a rate to be told of.
    recording = laid(x, classes, source.stem)
    return recording if told.channels is None else recording.select(told.channels)


def laid(x: F32, classes: Sequence[str], name: str = "example") -> Recording:
    """Return rows as a recording: (row, 187) from 0 to 1, with the class of each, or NO_CLASS."""
    length = LAID * len(x)
    ranges = np.tile(np.array([0, 1], np.float32), (len(x), 1))
    flat = np.concatenate([x, ranges], axis=1, dtype=np.float32).reshape(-1)

    def samples(start: int, stop: int) -> F32:
        first = start // EVERY
        values: F32 = np.repeat(flat[first : -(-stop // EVERY)], EVERY)
        return values[start - EVERY * first : stop - EVERY * first]

    marks = tuple(
        Mark(number * LAID / RATE_HZ, label, source=ROW)
        for number, label in enumerate((*classes, END))
    )
    note = (
        f"{len(x)} single heartbeats, one a row, laid end to end: the times mean nothing, and "
        "answer k is that of row k."
    )
    channel = Channel("heartbeat", ROW, RATE_HZ, length, samples)
    return Recording(name, (channel,), lambda: marks, notes=(note,))


def _headed(table: Rows) -> tuple[tuple[str, ...], Iterable[tuple[F64, I64]]]:
    """Return the names of the columns and the rows; 0, 1, 2, ... as the first row are names."""
    blocks = table.blocks()
    first = next(blocks, None)
    if first is None or table.heading.names:
        return table.heading.names, chain([first] if first else [], blocks)
    row = first[0][0]
    if (np.diff(row) >= 1).all():
        return tuple(f"{value:g}" for value in row), blocks
    return (), chain([first], blocks)


def rows_in(recording: Recording) -> F32:
    """Return the rows that `laid` made a recording of: (row, 187)."""
    x = recording.channels[0].read()[::EVERY].reshape(-1, SAMPLES + 2)
    return np.ascontiguousarray(x[:, :SAMPLES])


def _checked(block: F64, lines: list[int], where: str) -> tuple[F32, list[str]]:
    """Return the samples of rows, and their classes as text."""
    x = block[:, :SAMPLES]
    wrong = np.argwhere(~((x >= -1e-6) & (x <= 1 + 1e-6)))
    if len(wrong):
        row, column = wrong[0]
        found = "an empty cell" if np.isnan(x[row, column]) else f"{x[row, column]:g}"
        raise FormatError(
            where, f"{found} in line {lines[row]}, column {column + 1}",
            "samples from 0 to 1: every row stretched to its own range",
            "Stretch each row by its least and greatest value, and fill it up with zeros.",
        )  # fmt: skip
    if block.shape[1] == SAMPLES:
        return x.astype(np.float32), [NO_CLASS] * len(x)
    classes = block[:, SAMPLES]
    number = (classes == np.rint(classes)) & (classes >= 0) & (classes < MOST_CLASSES)
    odd = np.flatnonzero(~number)
    if len(odd):
        value = classes[odd[0]]
        found = "an empty cell" if np.isnan(value) else f"{value:g}"
        raise FormatError(
            where, f"{found} in line {lines[odd[0]]}, column {SAMPLES + 1}",
            "the number of a class: 0, 1, 2, ...", "Leave the column out if they are unknown.",
        )  # fmt: skip
    return x.astype(np.float32), [str(int(number)) for number in classes]


def _refuse_columns(names: tuple[str, ...], columns: int, where: str) -> None:
    """Refuse a table with a column too few or too many, and say which, as far as it is known."""
    numbers = {int(name) for name in names if name.isascii() and name.isdecimal()}
    first = min(numbers, default=0)
    missing = sorted(set(range(first, first + SAMPLES)) - numbers) if numbers else []
    if columns in (SAMPLES, SAMPLES + 1) and not missing:
        return
    found, short = f"{columns} columns", SAMPLES - columns
    strange = [name for name in names if not (name.isascii() and name.isdecimal())]
    if missing:
        found += f", none of them called {', '.join(map(str, missing[:9]))}"
    if numbers and strange:
        found += f", one of them called {strange[0]!r}"
    if not numbers:
        found += f", {abs(short)} {'fewer' if short > 0 else 'more'} than a heartbeat has samples"
    raise FormatError(
        where, found, f"{SAMPLES} samples of a heartbeat, and perhaps its class behind them",
        "Save the table without an index, and with every sample.",
    )  # fmt: skip


def _example(folder: Path) -> Path:
    recording = _simulated()
    x = rows_in(recording)
    path = folder / "example.csv"
    lines = [
        ",".join([*(repr(float(value)) for value in row), mark.label])
        for row, mark in zip(x, recording.marks, strict=False)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _simulated() -> Recording:
    """Return rows of three shapes that look a little like beats."""
    time = np.arange(SAMPLES) / SAMPLES
    rows = [
        np.exp(-(((time - place) / width) ** 2)) * (time < place + 0.6)
        for place, width in ((0.0, 0.05), (0.1, 0.12), (0.3, 0.02)) * 4
    ]
    x = np.round(np.array(rows), 6).astype(np.float32)
    return laid(x, ["0", "2", "1"] * 4)


HEARTBEATS = Format(
    says="a table of single heartbeats, a row each (Kaggle: 187 samples and perhaps a class)",
    recognise=recognise,
    read=read,
    example=_example,
    one_file=True,
    holds=_simulated,
)
