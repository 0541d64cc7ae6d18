"""When a WFDB record began: its header's words for the time of day and the day.

The standard (header(5)) has the time before the day, and the day as 31/01/2001. Published headers
have them the other way round as well, and months by name (05-Feb-2020 11:39:16).
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_CLOCK = re.compile(r"(?:(?:(\d{1,2}):)?(\d{1,2}):)?(\d{1,2}(?:\.\d*)?)", re.ASCII)
_DAY = re.compile(r"(\d{1,4})([-/.])(\d{1,2}|[a-z]{3,9})\2(\d{1,4})", re.ASCII | re.IGNORECASE)


def read_start(words: Sequence[str]) -> tuple[datetime | None, tuple[str, ...]]:
    """Return when a record began, if its header says both the day and the time, and notes.

    >>> read_start(["05-Feb-2020", "11:39:16"])
    (datetime.datetime(2020, 2, 5, 11, 39, 16), ())
    """
    try:
        days = [_day(word) for word in words if _DAY.fullmatch(word)]
        clocks = [_clock(word) for word in words if not _DAY.fullmatch(word)]
    except ValueError:
        return None, (f"The header's start {' '.join(words)} is no time of any day; left out.",)
    if len(days) == len(clocks) == 1:
        return datetime.combine(days[0], clocks[0]), ()
    return None, ()


def _day(word: str) -> date:
    match = _DAY.fullmatch(word)
    if match is None:
        raise ValueError(word)
    first, named, last = match[1], match[3].lower(), match[4]
    month = _MONTHS.index(named[:3]) + 1 if named[0].isalpha() else int(named)
    if len(first) == 4:
        return date(int(first), month, int(last))
    if len(last) < 4:
        raise ValueError(word)  # of which century?
    return date(int(last), month, int(first))


def _clock(word: str) -> time:
    match = _CLOCK.fullmatch(word)
    if match is None:
        raise ValueError(word)
    seconds = float(match[3])
    microsecond = round(seconds % 1 * 1e6) % 1_000_000
    return time(int(match[1] or 0), int(match[2] or 0), int(seconds), microsecond)
