"""Timestamps written without separators, as HL7 (TS) and DICOM (DT) have them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
"""Seconds per unit of time, as HL7 names the units."""
_STAMP = re.compile(
    r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:[.,](\d{1,9}))?(?:([+-])(\d\d)(\d\d)|(Z))?",
    re.ASCII,
)


def time_of(text: str) -> datetime | None:
    """Return the instant that a timestamp names, None if it names none; parts may be missing.

    >>> time_of("20021122091000.5").isoformat()
    '2002-11-22T09:10:00.500000'
    """
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (
        int(part or least)
        for part, least in zip(match.groups()[:6], (0, 1, 1, 0, 0, 0), strict=True)
    )
    fraction = round(float(f"0.{match[7] or 0}") * 1e6)
    try:
        zone = UTC if match[11] else _zone(match)
        at = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        return at + timedelta(microseconds=fraction)
    except (ValueError, OverflowError):
        return None


def seconds_between(earlier: datetime, later: datetime) -> float:
    """Return the seconds from one instant to another; a zone that only one has is left out."""
    if (earlier.tzinfo is None) != (later.tzinfo is None):
        earlier, later = earlier.replace(tzinfo=None), later.replace(tzinfo=None)
    return (later - earlier).total_seconds()


def _zone(match: re.Match[str]) -> timezone | None:
    if match[8] is None:
        return None
    offset = timedelta(hours=int(match[9]), minutes=int(match[10]))
    return timezone(-offset if match[8] == "-" else offset)
