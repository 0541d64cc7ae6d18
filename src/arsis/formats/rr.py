"""Text files of RR intervals, as chest straps and other programs export them: one a line."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError, UnitError
from arsis.formats.text import whole_text

if TYPE_CHECKING:
    from arsis.core.arrays import I64
    from arsis.formats.source import Source

MOST_BYTES = 64 * 1024**2
"""A month of heartbeats."""
LONGEST_S = 60.0
UNITS = {"s": 1.0, "ms": 1e-3}
USUAL_S = (0.25, 2.5)
"""Between these lies the median of anybody's intervals: it tells seconds from milliseconds."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_OTHER_UNIT = re.compile(r"\b[muµ]V\b|\bmillivolt", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RrIntervals:
    """The intervals of a file.

    Attributes
    ----------
    name
        Of the file, without its ending.
    interval_us
        (interval,) in whole microseconds, in the order of the file.
    notes
        What was assumed or passed over.
    """

    name: str
    interval_us: I64
    notes: tuple[str, ...]


def holds_intervals(source: Source) -> bool:
    """Say whether a file looks like one number a line, below one line of titles at most."""
    lines = source.head.decode("utf-8-sig", "replace").splitlines()
    if len(lines) > 1 and len(source.head) >= 65_536:
        lines = lines[:-1]  # the last line may be cut
    told = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not told or any(_OTHER_UNIT.search(line) for line in told[:2]):
        return False
    rows = told if _NUMBER.fullmatch(told[0]) else told[1:]
    single = sum(bool(_NUMBER.fullmatch(row)) for row in rows)
    return bool(rows) and _NUMBER.fullmatch(rows[0]) is not None and 2 * single > len(rows)


def read_intervals(source: Source, unit: str | None = None) -> RrIntervals:
    """Read a text file with one RR interval on each line.

    Parameters
    ----------
    source
        The file: lines that begin with `#` and empty lines are passed over, and so is a first
        line that is no number.
    unit
        "ms" or "s"; None: by the median, where that leaves no doubt.

    Raises
    ------
    FormatError
        If a line is no number, or no time that can lie between two beats.
    UnitError
        If the unit is unknown, or neither stated nor certain.
    """
    where = source.where
    numbers, values, notes = _values(source, where)
    unit = _unit(values, unit, where)
    seconds = np.array(values) * UNITS[unit]
    wrong = np.flatnonzero(~((seconds > 0) & (seconds <= LONGEST_S)))
    if len(wrong):
        first = int(wrong[0])
        raise FormatError(
            f"{where}, line {numbers[first]}",
            f"the interval {values[first]:g} {unit}",
            f"more than 0 and at most {LONGEST_S:g} s",
            "Split the recording there, or name the true unit with --unit.",
        )
    interval_us = np.rint(seconds * 1e6).astype(np.int64)
    return RrIntervals(source.stem, np.maximum(interval_us, 1), notes)


def _values(source: Source, where: str) -> tuple[list[int], list[float], tuple[str, ...]]:
    """Return the numbers of the lines, their values, and what was passed over."""
    numbers: list[int] = []
    values: list[float] = []
    notes: list[str] = []
    whole = whole_text(source, MOST_BYTES, ("at most that many", "Split it by days."))
    for number, line in enumerate(whole.splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
            numbers.append(number)
            values.append(float(text))
        elif not values and not notes:
            notes.append(f"Line {number} was taken for a title: {text[:40]!r}.")
        else:
            raise FormatError(
                f"{where}, line {number}",
                repr(text[:40]),
                "one number: an RR interval in ms or s, with a point for the decimals",
                "Export the intervals alone, one on each line.",
            )
    if not values:
        raise FormatError(where, "no interval", "one number on each line", "Check the export.")
    return numbers, values, tuple(notes)


def _unit(values: list[float], told: str | None, where: str) -> str:
    if told is not None and told not in UNITS:
        raise UnitError(where, f"the unit {told}", " or ".join(UNITS), "Name one with --unit.")
    middle = float(np.median(values))
    fitting = [u for u, size_s in UNITS.items() if USUAL_S[0] <= middle * size_s <= USUAL_S[1]]
    if told is None and not fitting:
        raise UnitError(
            where,
            f"intervals with the median {middle:g} and no unit",
            f"{USUAL_S[0]:g} to {USUAL_S[1]:g} s, or the same in ms",
            "Name the unit with --unit ms or --unit s.",
        )
    return told or fitting[0]
