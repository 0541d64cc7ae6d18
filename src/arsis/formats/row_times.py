"""A column of times turned into a rate and the places of its rows."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError
from arsis.formats.stated import agreed_rate
from arsis.formats.titles import seconds_per

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I64

Rates = tuple[float | None, float | None]
"""Samples per second as a comment of the file states them, and as a person does."""

_SNAP = 1e-3
_OFTEN = 0.05
_LOOSE_SAMPLES = 0.5
"""A row may stand this far from its place: times are often rounded to milliseconds."""


def timed(
    column: F64, title: str, rates_hz: Rates, lines: I64, where: str
) -> tuple[float, I64, tuple[str, ...]]:
    """Return the rate, the sample number of each row, and notes, from a column of times.

    Parameters
    ----------
    column, lines
        (row,) times in the unit of the title, or numbers of samples; where each row stands.
    rates_hz
        The rates that the file and the person state besides the times.

    Raises
    ------
    FormatError
        If the times do not grow evenly, or numbers of samples come without a rate.
    """
    scale = seconds_per(title, where)
    if scale < 0:  # numbers of samples, not seconds
        scale = 1.0 / agreed_rate(*rates_hz, where)
    rate_hz, places = _best(column * scale, rates_hz, lines, where)
    agreed_rate(rate_hz, None, where, int(places[-1]))
    notes: tuple[str, ...] = ()
    if column[0]:
        begins = column[0] * scale
        notes += (f"Times count from the first row, which the file puts at {begins:g} s.",)
    missing = int(places[-1]) + 1 - len(places)
    if missing:
        notes += (f"{missing} rows are missing; they are gaps.",)
    return rate_hz, places, notes


def _best(time_s: F64, rates_hz: Rates, lines: I64, where: str) -> tuple[float, I64]:
    """Return the file's own rate where its times fit it, or else what the times say."""
    stated_hz, told_hz = rates_hz
    if stated_hz is not None and told_hz is None:
        with contextlib.suppress(FormatError):
            return regular(time_s, stated_hz, lines, where)
    return regular(time_s, told_hz, lines, where)


def regular(time_s: F64, told_hz: float | None, lines: I64, where: str) -> tuple[float, I64]:
    """Return the rate and the sample number of each row: (row,) -> (row,).

    Rows that are missing leave numbers out. The rate is the told one, or the mean rate between
    gaps, rounded to a whole number (or to hundredths) if that is within 0.1 % and fits the times.

    Raises
    ------
    FormatError
        If times are missing, do not grow, or are not spaced evenly.
    """
    steps = np.diff(time_s)
    bad = np.flatnonzero(~(steps > 0)) + 1
    if len(bad) or not np.isfinite(time_s).all():
        row = int(bad[0]) if len(bad) else 0
        found = f"the time {time_s[row]} in line {lines[row]}"
        raise FormatError(where, found, "times that grow from row to row", "Mend that line.")
    if len(time_s) < 2:
        if told_hz is None:
            found = "a single row"
            raise FormatError(where, found, "at least two", "State the rate with --rate.")
        return told_hz, np.zeros(1, np.int64)
    for rate_hz in _candidates(steps, told_hz):
        places = _places(time_s, rate_hz)
        if places is not None:
            return rate_hz, places
    told = f" at the {told_hz:g} Hz that you state" if told_hz else ""
    advice = "Resample the table to even steps, or mend its times."
    raise FormatError(where, "times that are not evenly spaced", f"even steps{told}", advice)


def _candidates(steps: F64, told_hz: float | None) -> tuple[float, ...]:
    if told_hz is not None:
        return (told_hz,)
    middle = float(np.median(steps))
    between_gaps = float(steps[(steps > 0.5 * middle) & (steps < 1.5 * middle)].mean())
    rates = _snapped(1.0 / between_gaps)
    long = steps > 1.5 * middle
    if long.mean() > _OFTEN and steps.max() < 2.5 * middle:
        # So many steps of double length are no gaps: 1 ms and 2 ms take turns at 720 Hz.
        rates = _snapped(1.0 / float(steps.mean())) + rates
    return rates


def _snapped(rate_hz: float) -> tuple[float, ...]:
    rounded = (float(round(rate_hz)), round(rate_hz, 2))
    near = (rate for rate in rounded if rate > 0 and abs(rate - rate_hz) <= _SNAP * rate_hz)
    return (*near, rate_hz)


def _places(time_s: F64, rate_hz: float) -> I64 | None:
    """Return the rows' sample numbers at a rate, or None if the rows do not fit it."""
    exact = (time_s - time_s[0]) * rate_hz
    if not exact[-1] < 2**53:
        return None
    starts = np.concatenate([[0], np.flatnonzero(np.diff(exact) > 1.5) + 1])
    # Within a stretch without gaps rows follow one another; only its start is rounded.
    stretch = np.zeros(len(exact), np.int64)
    stretch[starts[1:]] = 1
    begin = starts[np.cumsum(stretch)]
    rows = np.arange(len(exact), dtype=np.int64)
    places: I64 = np.round(exact[begin]).astype(np.int64) + rows - begin
    drift = (exact - exact[begin]) - (rows - begin)
    if np.abs(drift).max() > _LOOSE_SAMPLES or not (np.diff(places) > 0).all():
        return None
    return places
