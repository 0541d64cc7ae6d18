"""The text of a table: its comments, its heading and its rows of numbers."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from arsis.core.errors import FormatError
from arsis.formats.names import MOST_CHANNELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from arsis.core.arrays import F64, I64

_BLOCK = 2**22
_LONGEST_LINE = 1_000_000
_EMPTY = frozenset({"", "nan", "na", "n/a", "null", "none", "-"})


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above the numbers.

    Attributes
    ----------
    delimiter
        What separates cells.
    names
        The titles of the columns; empty = there are none.
    columns
        How many columns there are.
    comments
        The words of comments such as `# subject: 17`.
    """

    delimiter: str
    names: tuple[str, ...]
    columns: int
    comments: dict[str, str]


def read_heading(lines: Iterable[str]) -> tuple[Heading, tuple[int, str] | None] | None:
    """Return the heading, and the first row if there is no line of titles; None if no line.

    The first line that is no comment holds titles if one of its cells is not a number.
    """
    comments: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text.startswith("#"):
            key, _, value = text.lstrip("# ").partition(":")
            comments.setdefault(key.strip().lower(), value.strip())
        elif text:
            delimiter = next((mark for mark in "\t;" if mark in text), ",")
            cells = cells_of(text, delimiter)
            if all(number_of(cell, delimiter) is not None for cell in cells):
                return Heading(delimiter, (), len(cells), comments), (number, line)
            return Heading(delimiter, tuple(cells), len(cells), comments), None
    return None


def cells_of(line: str, delimiter: str) -> list[str]:
    """Split a line into its cells, without quotes and blanks around them."""
    try:
        cells = next(csv.reader([line.strip("\r\n")], delimiter=delimiter))
    except (csv.Error, StopIteration):
        return [line.strip()]
    return [cell.strip() for cell in cells]


def number_of(cell: str, delimiter: str) -> float | None:
    """Return what a cell says: a number, NaN if it is empty, None if it is neither."""
    if cell.lower() in _EMPTY:
        return float("nan")
    if delimiter != ",":
        cell = cell.replace(",", ".")
    try:
        # float() also takes 1_000, which no table means as a number.
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


class Rows:
    """The rows below a heading, as blocks of numbers; knows the line of each of them."""

    def __init__(self, file: BinaryIO, where: str) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", newline=None)
        self._where = where
        self._line = 0
        found = read_heading(self._lines())
        if found is None:
            advice = "Check that this is the right file."
            raise FormatError(where, "no line with data", "rows of numbers", advice)
        self.heading, self._first = found
        if self.heading.columns > MOST_CHANNELS:
            found_ = f"{self.heading.columns} columns"
            advice = "Write one row per sample."
            raise FormatError(where, found_, f"at most {MOST_CHANNELS}", advice)

    def blocks(self) -> Iterator[tuple[F64, I64]]:
        """Yield (row, column) float64 with NaN for empty cells, and the rows' line numbers."""
        if self._first is not None:
            number, line = self._first
            yield self._parsed([line], [number]), np.array([number])
        while lines := self._more():
            numbers = range(self._line + 1, self._line + 1 + len(lines))
            self._line += len(lines)
            rows = [(n, row) for n, row in zip(numbers, lines, strict=True) if _is_row(row)]
            if rows:
                kept, texts = zip(*rows, strict=True)
                yield self._parsed(list(texts), list(kept)), np.array(kept)

    def _more(self) -> list[str]:
        try:
            return self._text.readlines(_BLOCK)
        except UnicodeDecodeError as error:
            raise self._no_text(error) from error

    def _lines(self) -> Iterator[str]:
        try:
            while line := self._text.readline(_LONGEST_LINE):
                self._line += 1
                yield line
        except UnicodeDecodeError as error:
            raise self._no_text(error) from error

    def _no_text(self, error: UnicodeDecodeError) -> FormatError:
        found = f"bytes that are no UTF-8 text ({error.reason}) after line {self._line}"
        return FormatError(self._where, found, "text", "Save the table as UTF-8.")

    def _parsed(self, lines: list[str], numbers: list[int]) -> F64:
        delimiter = self.heading.delimiter
        try:
            plain = _plain(lines, delimiter)
            block = np.loadtxt(plain, delimiter=delimiter, comments=None, ndmin=2)
        except ValueError:
            return self._cell_by_cell(lines, numbers)
        if block.shape != (len(lines), self.heading.columns):
            return self._cell_by_cell(lines, numbers)
        return block

    def _cell_by_cell(self, lines: list[str], numbers: list[int]) -> F64:
        """Parse slowly, to find the cell that is wrong or to take what loadtxt does not."""
        out = np.empty((len(lines), self.heading.columns))
        for index, (number, line) in enumerate(zip(numbers, lines, strict=True)):
            cells = cells_of(line, self.heading.delimiter)
            if len(cells) != self.heading.columns:
                found = f"line {number} with {len(cells)} cells"
                expected = f"{self.heading.columns} cells in every line"
                raise FormatError(self._where, found, expected, "Mend or remove that line.")
            for column, cell in enumerate(cells):
                value = number_of(cell, self.heading.delimiter)
                if value is None:
                    title = self.title(column)
                    found = f"{cell[:40]!r} in line {number}, column {title}"
                    advice = "Mend that cell, or empty it if the value is missing."
                    raise FormatError(self._where, found, "a number", advice)
                out[index, column] = value
        return out

    def title(self, column: int) -> str:
        """Return what a column is called in an error."""
        names = self.heading.names
        return f"{column + 1} ({names[column]})" if names else f"{column + 1}"


def _is_row(line: str) -> bool:
    return line[:1] != "#" and not line.isspace()


def _plain(lines: list[str], delimiter: str) -> list[str]:
    """Return lines that loadtxt understands: no quotes, no decimal commas, no empty cells."""
    text = "\n" + "".join(lines).rstrip("\n") + "\n"
    if '"' in text:
        text = text.replace('"', "")
    if delimiter != "," and "," in text:
        text = text.replace(",", ".")
    empty, filled = delimiter * 2, f"{delimiter}nan{delimiter}"
    # Twice, because of three in a row the middle one belongs to two pairs.
    text = text.replace(empty, filled).replace(empty, filled)
    text = text.replace(f"{delimiter}\n", f"{delimiter}nan\n")
    text = text.replace(f"\n{delimiter}", f"\nnan{delimiter}")
    # loadtxt warns of text without any cell; a lone NaN has the wrong shape and is looked at.
    return text[1:].splitlines() if text.strip() else ["nan"]
