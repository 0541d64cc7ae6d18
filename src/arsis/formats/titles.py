"""Columns of a table: their titles tell channels, units and times, whatever the file."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError, SettingError, UnitError
from arsis.core.recording import Channel
from arsis.formats.names import unique

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import F32, I64
    from arsis.core.recording import ReadSamples, Recording

_BRACKETS = re.compile(r"(?P<name>.*?)\s*[\[(]\s*(?P<unit>[^\])]*?)\s*[\])]")
_ENDING = re.compile(r"(?P<name>.+?)_(?P<unit>mv|uv|µv|μv|nv|v|s|ms|us|min)", re.IGNORECASE)
_SPELT = {"mv": "mV", "uv": "uV", "µv": "uV", "μv": "uV", "nv": "nV", "v": "V"}
TIME = "time [s]"
TIMES = frozenset({"time", "t", "timestamp", "elapsed", "elapsed time"})
_SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "min": 60.0}
_NUMBERS = frozenset({"sample", "samples", "sample #", "sample_index", "index"})


def time_column(titles: Sequence[str], where: str) -> int | None:
    """Return which column holds times or numbers of samples; None = there is none."""
    return next((at for at, title in enumerate(titles) if seconds_per(title, where)), None)


def seconds_per(title: str, where: str) -> float:
    """Return seconds per unit of a column of times, -1 for one of sample numbers, else 0.

    Raises
    ------
    UnitError
        If a column is called a time, without a unit of time.
    """
    if title.strip().lower() in _NUMBERS:
        return -1.0
    name, unit = name_and_unit(title, 0)
    if name.strip().lower() not in TIMES:
        return 0.0
    if unit.lower() not in _SECONDS:
        found = f"a column {title!r} in the unit {unit!r}" if unit else f"a column {title!r}"
        advice = "Call it `time [s]` or `time [ms]`."
        raise UnitError(where, f"{found} without a unit of time", "s, ms, us or min", advice)
    return _SECONDS[unit.lower()]


def name_and_unit(title: str, column: int) -> tuple[str, str]:
    """Return what a column measures and in what unit; "" = not stated.

    >>> name_and_unit("II [mV]", 0), name_and_unit("ecg_uv", 1), name_and_unit("", 2)
    (('II', 'mV'), ('ecg', 'uV'), ('signal 3', ''))
    """
    match = _BRACKETS.fullmatch(title) or _ENDING.fullmatch(title)
    name, unit = (match["name"], match["unit"]) if match else (title, "")
    # Only what is written in small letters throughout is spelt anew: MV may be megavolts.
    unit = _SPELT.get(unit.lower() if _ENDING.fullmatch(title) else unit, unit)
    return name or f"signal {column + 1}", unit


def titles_of(recording: Recording) -> list[str]:
    """Return the titles of a recording's table: times in s, and channels with their units."""
    return [TIME, *(f"{channel.name} [{channel.unit}]" for channel in recording.channels)]


def rows_of(recording: Recording) -> tuple[float, int]:
    """Return rate and number of the rows that a recording fills.

    Raises
    ------
    SettingError
        If its channels differ in rate or length, or there are none.
    """
    shapes = {(channel.rate_hz, channel.length) for channel in recording.channels}
    if len(shapes) != 1:
        found = f"channels of {len(shapes)} different rates or lengths"
        raise SettingError(recording.name, found, "one", "Write the channels one by one.")
    return shapes.pop()


def channels_of(
    titled: Sequence[tuple[str, int]],
    rate_hz: float,
    places: I64,
    rows: Sequence[ReadSamples],
    where: str,
) -> tuple[tuple[Channel, ...], tuple[str, ...]]:
    """Return a channel for each column, and notes on equal names.

    Parameters
    ----------
    titled
        Title and number of each column.
    rate_hz, places
        Samples per second, and (row,) the sample number of each row.
    rows
        For each column a function that gives rows [first, last): (row,).

    Raises
    ------
    FormatError
        If there is no column.
    """
    if not titled:
        raise FormatError(where, "no column but time", "a column per channel", "Add one.")
    named = [name_and_unit(title, column) for title, column in titled]
    names, renamed = unique([name for name, _ in named])
    channels = tuple(
        Channel(name, unit, rate_hz, int(places[-1]) + 1, _in_place(places, read))
        for name, (_, unit), read in zip(names, named, rows, strict=True)
    )
    return channels, renamed


def _in_place(places: I64, rows: ReadSamples) -> ReadSamples:
    def source(start: int, stop: int) -> F32:
        first, last = (int(row) for row in np.searchsorted(places, (start, stop)))
        out = np.full(stop - start, np.nan, np.float32)
        if first < last:
            out[places[first:last] - start] = rows(first, last)
        return out

    return source


def start_stated(text: str | None) -> tuple[datetime | None, tuple[str, ...]]:
    """Return the start that a comment or a file's properties state, and notes."""
    if not text:
        return None, ()
    try:
        return datetime.fromisoformat(text), ()
    except ValueError:
        return None, (f"The start {text[:40]!r} is no date and time; left out.",)
