"""The text header of a WFDB record (header(5) of the WFDB Applications Guide, G. Moody).

It is read here and not by the wfdb package, because that reader loses what decides whether
values can be trusted: it turns a gain of 0 ("uncalibrated") into 200 and the unit µV into V.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arsis.core.errors import FormatError
from arsis.formats.names import MOST_CHANNELS, unique
from arsis.formats.text import text_of
from arsis.formats.wfdb.start import read_start

if TYPE_CHECKING:
    from datetime import datetime

MOST_SEGMENTS = 1_000_000

# A name with an ending and a start in any order are not of the standard, but of many files.
_RECORD = re.compile(
    r"(?P<name>\w[-\w]*(?:\.\w+)?)(?:/(?P<segments>\d{1,9}))?\s+(?P<signals>\d{1,9})"
    r"(?:\s+(?P<rate>[\d.eE+-]+)(?:/\S*)?(?:\s+(?P<length>\d{1,18})"
    r"(?P<start>(?:\s+\d[-/:.\w]{0,40}){0,2}))?)?\s*",
    re.ASCII,
)
_SIGNAL = re.compile(
    r"(?P<file>\S+)\s+(?P<format>\d{1,4})(?:x(?P<per_frame>\d{1,9}))?(?::(?P<skew>\d{1,9}))?"
    r"(?:\+(?P<offset>\d{1,18}))?"
    r"(?:\s+(?P<gain>[-+\d.eE]+)(?:\((?P<baseline>-?\d{1,18})\))?(?:/(?P<unit>\S+))?"
    r"(?:\s+(?P<resolution>\d+)(?:\s+(?P<zero>-?\d{1,18})(?:\s+(?P<initial>-?\d{1,18})"
    r"(?:\s+-?\d+(?:\s+\d+(?:\s+(?P<label>.*))?)?)?)?)?)?)?\s*",
)
_SEGMENT = re.compile(r"(?P<name>[-\w]+|~)\s+(?P<length>\d{1,18})\s*", re.ASCII)
# One plain name: neither a folder, nor a way out of it, nor standard input ("-").
_FILE = re.compile(r"\w[-\w]*(\.\w+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal line: where the samples are and how numbers become physical values.

    Attributes
    ----------
    name
        Its description, made unique within the record.
    file, layout
        The signal file and the number of its storage format ("212").
    per_frame, skew, offset
        Samples per frame, frames that it lags behind, bytes before the first sample.
    gain
        Numbers per unit; None = the file says that it is not calibrated.
    baseline, initial
        The number that means 0 units; the first number of a file of differences.
    unit
        As stated; "" = not stated, which the standard reads as mV.
    """

    name: str
    file: str
    layout: str
    per_frame: int
    skew: int
    offset: int
    gain: float | None
    baseline: int
    initial: int
    unit: str


@dataclass(frozen=True, slots=True)
class Header:
    """A record as its header states it; what it leaves open is None (or 0 frames).

    Without signals and segments it is a record of annotations alone.
    """

    name: str
    rate_hz: float | None
    length: int
    start: datetime | None
    signals: tuple[Signal, ...]
    segments: tuple[tuple[str, int], ...]
    notes: tuple[str, ...] = ()


def looks_like_header(head: bytes) -> bool:
    """Say whether the first bytes of a file are those of a WFDB header."""
    if b"\0" in head:
        return False
    lines = _lines(text_of(head))
    record = _RECORD.fullmatch(lines[0][1]) if lines else None
    if record is None:
        return False
    if record["segments"] or len(lines) == 1:
        return not ("." in record["name"] and _is_number(record["name"]))
    signal = _SIGNAL.match(lines[1][1])
    # Rows of plain numbers have the same shape; a signal file's name is no number.
    return signal is not None and not _is_number(signal["file"])


def parse_header(text: str, where: str) -> Header:
    """Read a header; raises FormatError naming the line that does not follow the standard."""
    lines = _lines(text)
    record = _RECORD.fullmatch(lines[0][1]) if lines else None
    if record is None:
        found = f"the first line {lines[0][1][:60]!r}" if lines else "no line at all"
        raise FormatError(
            where,
            found,
            "a WFDB header: name, number of signals, rate in Hz, number of samples",
            "Check that this is the .hea file of a record.",
        )
    number = int(record["segments"] or record["signals"])
    bounds = (1, MOST_SEGMENTS) if record["segments"] else (0, MOST_CHANNELS)
    _check_count(lines, number, bounds, where)
    segments = tuple(_segment(line, where) for line in lines[1:]) if record["segments"] else ()
    signals = () if record["segments"] else _signals(lines[1:], where)
    start, notes = read_start((record["start"] or "").split())
    names, renamed = unique([signal.name for signal in signals])
    return Header(
        name=record["name"],
        rate_hz=_positive(record["rate"], lines[0][0], where) if record["rate"] else None,
        length=int(record["length"] or 0),
        start=start,
        signals=tuple(_named(s, n) for s, n in zip(signals, names, strict=True)),
        segments=segments,
        notes=notes + renamed,
    )


def _lines(text: str) -> list[tuple[int, str]]:
    """Return (line number, line) of everything that is neither empty nor a comment."""
    stripped = ((index, line.strip()) for index, line in enumerate(text.splitlines(), 1))
    return [(index, line) for index, line in stripped if line and not line.startswith("#")]


def _check_count(
    lines: list[tuple[int, str]], number: int, bounds: tuple[int, int], where: str
) -> None:
    least, most = bounds
    if not least <= number <= most:
        advice = "Check that this is the header of a record."
        raise FormatError(where, f"a header of {number} parts", f"{least} to {most}", advice)
    if len(lines) - 1 != number:
        raise FormatError(
            where,
            f"{len(lines) - 1} lines after the first, which announces {number}",
            f"{number}",
            "The header is damaged: fetch it again.",
        )


def _segment(line: tuple[int, str], where: str) -> tuple[str, int]:
    match = _SEGMENT.fullmatch(line[1])
    if match is None:
        raise _bad_line(line, "a segment: name and number of samples", where)
    return match["name"], int(match["length"])


def _signals(lines: list[tuple[int, str]], where: str) -> list[Signal]:
    return [_signal(line, index, where) for index, line in enumerate(lines, 1)]


def _signal(line: tuple[int, str], index: int, where: str) -> Signal:
    match = _SIGNAL.fullmatch(line[1])
    if match is None:
        raise _bad_line(line, "a signal: file, format, gain(baseline)/unit, ...", where)
    if match["file"] != "~" and not _FILE.fullmatch(match["file"]):
        raise FormatError(
            where,
            f"the signal file {match['file']!r} in line {line[0]}",
            "the plain name of a file in the same folder",
            "A header may not reach elsewhere: put the files together and mend the name.",
        )
    zero = int(match["zero"] or 0)
    gain = _number(match["gain"], line, where) if match["gain"] else 0.0
    return Signal(
        name=(match["label"] or "").strip() or f"signal {index}",
        file=match["file"],
        layout=match["format"],
        per_frame=int(match["per_frame"] or 1) or 1,
        skew=int(match["skew"] or 0),
        offset=int(match["offset"] or 0),
        gain=gain or None,
        baseline=int(match["baseline"]) if match["baseline"] else zero,
        initial=int(match["initial"]) if match["initial"] else zero,
        unit=match["unit"] or "",
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _named(signal: Signal, name: str) -> Signal:
    from dataclasses import replace

    return signal if signal.name == name else replace(signal, name=name)


def _number(text: str, line: tuple[int, str], where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _bad_line(line, "a number where it says " + repr(text[:40]), where)
    return value


def _positive(text: str, number: int, where: str) -> float:
    value = _number(text, (number, text), where)
    if value <= 0:
        advice = "Mend the header: its third word is the rate."
        raise FormatError(where, f"a rate of {value:g} Hz", "more than 0 Hz", advice)
    return value


def _bad_line(line: tuple[int, str], expected: str, where: str) -> FormatError:
    found = f"line {line[0]}: {line[1][:60]!r}"
    return FormatError(where, found, expected, "The header is damaged: fetch it again.")
