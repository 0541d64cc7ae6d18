"""When the records of an EDF file begin, and when the file does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I64

_LOOSE_S = 1e-3
"""Records' times are often rounded to milliseconds."""
_THREE = re.compile(r"\s*(\d{1,2})[.:/' -]\s*(\d{1,2})[.:/' -]\s*(\d\d|yy)")
_PLUS = re.compile(r"Startdate\s+(?:(\d{1,2})-([A-Z]{3})-(\d{4})|(X))(?:\s.*|)", re.IGNORECASE)
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_UNSET = ("01.01.85", "00.00.00")


@dataclass(frozen=True, slots=True)
class Stretches:
    """Runs of records without a gap: (stretch,) number of the first record, and its time in s."""

    first: I64
    begin_s: F64


def stretches(
    onset_s: F64, record_s: float, highest_hz: float, where: str
) -> tuple[Stretches, tuple[str, ...]]:
    """Divide records into runs without a gap, and say how many gaps there are.

    Parameters
    ----------
    onset_s
        (record,) when each begins.
    record_s, highest_hz
        How long one lasts, and the highest rate of a signal.

    Raises
    ------
    FormatError
        If a record begins well before the one before it ends.
    """
    loose_s = max(_LOOSE_S, 0.5 / highest_hz)
    firsts, begins = [0], [float(onset_s[0])]
    early_s = pause_s = 0.0
    for record in range(1, len(onset_s)):
        due_s = begins[-1] + (record - firsts[-1]) * record_s
        late_s = float(onset_s[record]) - due_s
        if late_s > loose_s:
            firsts.append(record)
            begins.append(float(onset_s[record]))
            pause_s += late_s
        elif -late_s > max(0.5 * record_s, loose_s):
            found = f"record {record + 1} at {onset_s[record]:g} s, where {due_s:g} s are recorded"
            raise FormatError(where, found, "records in order of time", "The file is damaged.")
        early_s = max(early_s, -late_s)
    notes: tuple[str, ...] = ()
    if len(firsts) > 1:
        notes += (f"The file has {len(firsts) - 1} gaps, {pause_s:g} s together.",)
    if early_s > loose_s:
        notes += (f"Records begin up to {early_s:g} s before the end of those before them.",)
    return Stretches(np.array(firsts), np.array(begins)), notes


def start_of(
    date_text: str, time_text: str, recording: str, begin_s: float
) -> tuple[datetime | None, tuple[str, ...]]:
    """Return when the first record begins, and notes; in EDF+ the year has four digits.

    `begin_s` is the time of the first record since the instant that the header states.
    """
    plus = _PLUS.fullmatch(recording)
    if (plus and plus[4]) or (not plus and (date_text, time_text) == _UNSET):
        return None, ()
    short = _THREE.fullmatch(date_text)
    try:
        began = _long_date(plus) if plus else _short_date(short)
        start = datetime.combine(began, _clock(time_text)) + timedelta(seconds=begin_s)
    except (ValueError, OverflowError):
        stated = f"{date_text} {time_text}"
        return None, (f"The start {stated!r} is no date and time; left out.",)
    if plus and short and (int(short[1]), int(short[2])) != (began.day, began.month):
        return start, (f"The header states two dates, {date_text} and {began}: this is believed.",)
    return start, ()


def _long_date(plus: re.Match[str]) -> date:
    return date(int(plus[3]), 1 + MONTHS.index(plus[2].upper()), int(plus[1]))


def _short_date(short: re.Match[str] | None) -> date:
    if short is None:
        raise ValueError
    year = int(short[3])  # "yy", of a plain file after 2084, is no number
    return date(year + (1900 if year >= 85 else 2000), int(short[2]), int(short[1]))


def _clock(text: str) -> time:
    found = _THREE.fullmatch(text)
    if found is None:
        raise ValueError
    return time(int(found[1]), int(found[2]), int(found[3]))


def subject_of(patient: str, plus: bool) -> str | None:
    """Return who was measured, if the header says so: in EDF+ the code, never a name."""
    words = patient.split()
    if words and (plus or (len(words) >= 4 and words[1] in ("M", "F", "X"))):
        return words[0] if words[0] != "X" else None
    text = " ".join(words)
    says = text.strip("Xx.-_?0 ").lower() not in ("", "unknown", "anonymous", "none", "n/a")
    return text if says else None
