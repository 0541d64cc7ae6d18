"""WFDB records as channels: one segment, or many that follow one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError
from arsis.core.units import factor
from arsis.formats.source import read_file
from arsis.formats.stretches import with_gaps
from arsis.formats.text import text_of
from arsis.formats.wfdb.header import Header, parse_header
from arsis.formats.wfdb.parts import Part, open_parts

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.arrays import F32

HEADER_BYTES = 16 * 1024**2


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a channel's time that one segment covers, in samples of the channel."""

    first: int
    part: Part
    scale: float

    @property
    def stop(self) -> int:
        """The number after that of its last sample."""
        return self.first + self.part.length

    def read(self, start: int, stop: int) -> F32:
        """Return its own samples [start, stop), in the unit of the channel: (time,)."""
        values: F32 = self.part.read(start, stop) * np.float32(self.scale)
        return values


@dataclass(frozen=True, slots=True)
class Lead:
    """One channel of a record: what its segments hold, one after the other; gaps between."""

    name: str
    unit: str
    per_frame: int
    length: int
    spans: tuple[Span, ...]

    def read(self, start: int, stop: int) -> F32:
        """Return the samples [start, stop): (time,), NaN = gap."""
        return with_gaps(((one.first, one.stop, one.read) for one in self.spans), start, stop)


@dataclass(frozen=True, slots=True)
class Record:
    """A record whose headers are read and whose sample files are known to be complete."""

    header: Header
    rate_hz: float
    leads: tuple[Lead, ...]
    notes: tuple[str, ...]

    @property
    def frames(self) -> int:
        """How many frames (samples at `rate_hz`) it lasts."""
        frames = (lead.length // lead.per_frame for lead in self.leads)
        return max(frames, default=self.header.length)


def open_record(path: Path, rate_hz: float | None) -> Record:
    """Open the record of a header file; `rate_hz` serves where the header states no rate.

    Raises
    ------
    FormatError
        If a header does not follow the standard, or a sample file is missing or too short.
    UnitError
        If a signal is not calibrated, so that its numbers mean nothing.
    """
    header = read_header(path)
    rate = header.rate_hz or rate_hz
    if rate is None:
        advice = "State the samples per second with --rate."
        raise FormatError(path, "no rate in the header", "a number after that of signals", advice)
    if header.segments:
        leads, notes = _many(path, header)
    elif header.signals:
        parts, length, notes = open_parts(path, header)
        leads = tuple(_lead(part, length) for part in parts)
    else:
        leads, notes = (), ("The header names no signals: only annotations can be read.",)
    return Record(header, rate, leads, header.notes + notes)


def read_header(path: Path) -> Header:
    """Read a header file; raises FormatError if it cannot be read or understood."""
    data = read_file(path, HEADER_BYTES + 1)
    if not data.strip():
        raise FormatError(path, "an empty file", "a WFDB header", "Fetch the record again.")
    if b"\0" in data or len(data) > HEADER_BYTES:
        raise FormatError(path, "no text", "a WFDB header", "Check that this is a .hea file.")
    return parse_header(text_of(data), str(path))


def _lead(part: Part, length: int) -> Lead:
    per_frame = part.signal.per_frame
    spans = (Span(0, part, 1.0),)
    return Lead(part.signal.name, part.unit, per_frame, length * per_frame, spans)


def _many(path: Path, header: Header) -> tuple[tuple[Lead, ...], tuple[str, ...]]:
    """Return the leads of a record of many segments, and notes."""
    found: dict[str, list[Span]] = {name: [] for name in _layout(path, header)}
    first = 0
    notes: tuple[str, ...] = ()
    for name, length in header.segments:
        if name != "~" and length:
            inner, more = _segment(path, name, length, header)
            notes += more
            for part in inner:
                spans = found.setdefault(part.signal.name, [])
                spans.append(_span(part, first, spans, path))
        first += length
    if header.length and header.length != first:
        found_ = f"segments of {first} samples in all, where it states {header.length}"
        raise FormatError(path, found_, "the same number", "The header is damaged.")
    absent = tuple(
        f"{name} has no samples in any segment; it is left out."
        for name, spans in found.items()
        if not spans
    )
    leads = tuple(_joined(name, spans, first) for name, spans in found.items() if spans)
    return leads, notes + absent


def _layout(path: Path, header: Header) -> tuple[str, ...]:
    """Return the names of the leads in the order of the layout, a first segment of no length."""
    name, length = header.segments[0]
    inner = path.parent / f"{name}.hea"
    if length or name == "~" or not inner.is_file():
        return ()
    return tuple(signal.name for signal in read_header(inner).signals)


def _segment(
    path: Path, name: str, length: int, whole: Header
) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    inner_path = path.parent / f"{name}.hea"
    if not inner_path.is_file():
        advice = "A record is all of its segments: put their files beside it."
        raise FormatError(path, f"its segment {name} is missing", f"{inner_path.name}", advice)
    inner = read_header(inner_path)
    if inner.segments:
        advice = "Read the inner record by itself."
        raise FormatError(inner_path, "segments within a segment", "signals", advice)
    if inner.rate_hz != whole.rate_hz:
        found = f"a segment at {inner.rate_hz} Hz in a record at {whole.rate_hz} Hz"
        raise FormatError(inner_path, found, "one rate", "Read the segment by itself.")
    parts, held, notes = open_parts(inner_path, inner)
    if held != length:
        found = f"a segment of {held} samples, where {path.name} states {length}"
        raise FormatError(inner_path, found, "the same number", "Fetch the record again.")
    return parts, notes


def _span(part: Part, first_frame: int, before: list[Span], path: Path) -> Span:
    first = first_frame * part.signal.per_frame
    if not before:
        return Span(first, part, 1.0)
    known = before[0].part
    if known.signal.per_frame != part.signal.per_frame:
        found = f"segments with {part.signal.name} at different rates"
        raise FormatError(path, found, "one rate", "Read the segments one by one.")
    same = known.unit == part.unit
    where = f"{path}: {part.signal.name}"
    return Span(first, part, 1.0 if same else factor(part.unit, known.unit, where))


def _joined(name: str, spans: list[Span], frames: int) -> Lead:
    per_frame = spans[0].part.signal.per_frame
    return Lead(name, spans[0].part.unit, per_frame, frames * per_frame, tuple(spans))
