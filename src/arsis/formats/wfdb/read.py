"""WFDB records: the form in which PhysioNet keeps its signals and experts' annotations."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from arsis.core.errors import FormatError
from arsis.core.recording import Channel, Recording
from arsis.formats.format import Format
from arsis.formats.stated import agreed_rate, in_true_units
from arsis.formats.wfdb.header import looks_like_header
from arsis.formats.wfdb.marks import load_marks
from arsis.formats.wfdb.record import Lead, open_record, read_header

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.arrays import F32
    from arsis.formats.source import Source, Told


def recognise(source: Source) -> bool:
    """Say whether this is a record's header, or a signal file named by the header beside it."""
    return looks_like_header(source.head) or _header_beside(source) is not None


def read(source: Source, told: Told) -> Recording:
    """Open a record; its samples and marks are read when they are asked for."""
    header = source.path if looks_like_header(source.head) else _header_beside(source)
    if header is None:
        raise FormatError(
            source.name,
            "the header of a WFDB record without its signals",
            "all files of the record",
            "Give the path of the record, or all of its files in one zip.",
        )
    return read_record(header, told)


def read_record(header: Path, told: Told, keep: object = None) -> Recording:
    """Open the record of a header file; `keep` lives as long as anything of it can be read."""
    record = open_record(header, told.rate_hz)
    rate_hz = agreed_rate(record.header.rate_hz, told.rate_hz, str(header), record.frames)
    recording = Recording(
        name=header.stem,
        channels=tuple(_channel(lead, rate_hz, keep) for lead in record.leads),
        load_marks=partial(load_marks, header, rate_hz, keep),
        start=record.header.start,
        notes=record.notes,
    )
    # The standard reads a missing unit as millivolt.
    return in_true_units(recording, told, default="mV")


def _channel(lead: Lead, rate_hz: float, keep: object) -> Channel:
    source = partial(_samples, lead, keep)
    return Channel(lead.name, lead.unit, rate_hz * lead.per_frame, lead.length, source)


def _samples(lead: Lead, _keep: object, start: int, stop: int) -> F32:
    return lead.read(start, stop)


def _header_beside(source: Source) -> Path | None:
    if source.path is None:
        return None
    header = source.path.with_suffix(".hea")
    if header == source.path or not header.is_file():
        return None
    try:
        names = {signal.file for signal in read_header(header).signals}
    except FormatError:
        return None
    return header if source.path.name in names else None


def _example(folder: Path) -> Path:
    from arsis.formats.example import simulated
    from arsis.formats.wfdb.write import write_record

    return write_record(folder, "example", simulated())


WFDB = Format(
    says="a WFDB record (its .hea, with its signal files beside it)",
    recognise=recognise,
    read=read,
    example=_example,
    one_file=False,
)
