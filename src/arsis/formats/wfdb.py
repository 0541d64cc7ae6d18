"""WFDB records: the form in which PhysioNet keeps its signals and experts' annotations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from arsis.core.errors import FormatError
from arsis.core.recording import Channel, Recording
from arsis.formats.format import Format
from arsis.formats.source import Source, Told
from arsis.formats.stated import agreed_rate, in_true_units
from arsis.formats.wfdb_header import looks_like_header, text_of
from arsis.formats.wfdb_marks import load_marks
from arsis.formats.wfdb_record import Record, open_record


def recognise(source: Source) -> bool:
    """Say whether this is a record's header, or a file that the header beside it names."""
    return looks_like_header(source.head) or _header_beside(source) is not None


def read(source: Source, told: Told) -> Recording:
    """Open a record; its samples and marks are read when they are asked for."""
    header = _header_beside(source) or source.path
    if header is None:
        raise FormatError(
            source.name,
            "the header of a WFDB record, without its signals",
            "all files of the record",
            "Give the path of the record, or all its files in one zip.",
        )
    return read_record(header, told)


def read_record(header: Path, told: Told, keep: object = None) -> Recording:
    """Open the record of a header file; `keep` lives as long as anything can still be read."""
    record = open_record(header, told.rate_hz)
    rate_hz = agreed_rate(record.header.rate_hz, told.rate_hz, str(header))
    start = record.header.start
    recording = Recording(
        name=header.stem,
        channels=_channels(record, rate_hz, keep),
        load_marks=lambda: load_marks(header, rate_hz, keep),
        start=start,
        notes=record.notes,
    )
    return in_true_units(recording, told, default="mV")
