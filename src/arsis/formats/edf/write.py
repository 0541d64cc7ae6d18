"""Writing EDF+ and BDF+ files, with their annotations, that other programs open."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, count
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import SettingError
from arsis.formats.edf.header import ANNOTATIONS, BDF, EDF
from arsis.formats.edf.marks import END, GAP
from arsis.formats.edf.scale import Scale, records_of, scale_of
from arsis.formats.edf.times import MONTHS
from arsis.formats.place import placing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    import numpy.typing as npt

    from arsis.core.arrays import Bool
    from arsis.core.recording import Channel, Mark, Recording

_STEP = 2**20
_CONTROL = {0: " ", 0x14: " ", 0x15: " "}
_MICRO = {0xB5: "u", 0x3BC: "u"}


@dataclass(frozen=True, slots=True)
class _Track:
    """A channel, what it is called in the file, its scale, samples per record, and its gaps."""

    channel: Channel
    label: str
    scale: Scale
    count: int
    gaps: list[tuple[int, int]]


def write_edf(recording: Recording, path: Path) -> Path:
    """Write a recording with its marks as EDF+ (16 bits), or as BDF+ (24 bits) if so named.

    A value becomes the nearest step of its channel's range. The format has no place for gaps and
    for channels that end within a record: annotations say what is missing, which arsis reads.
    Labels and notes of marks are divided by a tab.

    Raises
    ------
    SettingError
        If there are no samples, values too large for a header, or rates that fit no record.
    OutputError
        If the file cannot be written.
    """
    bits = 24 if path.suffix.lower() == ".bdf" else 16
    channels = [channel for channel in recording.channels if channel.length]
    if not channels:
        advice = "Write a recording that holds samples."
        raise SettingError(recording.name, "no samples", "at least one", advice)
    record_s, counts = records_of([channel.rate_hz for channel in channels], recording.name)
    labels = _labels([channel.name for channel in channels])
    tracks = [
        _track(channel, label, count, bits)
        for channel, label, count in zip(channels, labels, counts, strict=True)
    ]
    records = max(-(-track.channel.length // track.count) for track in tracks)
    begin_us = recording.start.microsecond if recording.start else 0
    lists = [*_own(tracks, records, float(record_s), begin_us), *_marks(recording.marks, begin_us)]
    notes = _packed(lists, records, record_s, begin_us, bits // 8)
    with placing(path) as temporary, temporary.open("wb") as out:
        out.write(_header(recording, tracks, records, record_s, notes.shape[1], bits))
        for block in _blocks(tracks, notes):
            out.write(block.tobytes())
    return path


def _track(channel: Channel, label: str, count: int, bits: int) -> _Track:
    """Look through a channel for its range and its gaps."""
    low, high = np.inf, -np.inf
    gaps: list[tuple[int, int]] = []
    for start in range(0, channel.length, _STEP):
        values = channel.source(start, min(start + _STEP, channel.length))
        known = np.isfinite(values)
        if known.any():
            low, high = min(low, values[known].min()), max(high, values[known].max())
        for begin, end in _runs(~known):
            if gaps and gaps[-1][1] == start + begin:
                gaps[-1] = (gaps[-1][0], start + end)
            else:
                gaps.append((start + begin, start + end))
    ends = (float(low), float(high)) if high >= low else (0.0, 0.0)
    return _Track(channel, label, scale_of(*ends, bits, f"channel {channel.name}"), count, gaps)


def _runs(missing: Bool) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(missing.astype(np.int8), prepend=0, append=0)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def _own(tracks: list[_Track], records: int, record_s: float, begin_us: int) -> Iterator[bytes]:
    """Yield what the format itself cannot say: gaps, and ends before that of the last record."""
    for track in tracks:
        rate_hz = track.count / record_s
        for begin, end in track.gaps:
            lasts_s = (end - begin) / rate_hz
            yield _tal(begin / rate_hz + begin_us * 1e-6, lasts_s, GAP + track.label)
        if track.channel.length < records * track.count:
            end_s = track.channel.length / rate_hz + begin_us * 1e-6
            yield _tal(end_s, 0.0, END + track.label)


def _marks(marks: Sequence[Mark], begin_us: int) -> Iterator[bytes]:
    for mark in marks:
        label, note = (text.translate(_CONTROL) for text in (mark.label, mark.note))
        text = f"{label.replace(chr(9), ' ')}\t{note}" if note or not label else label
        text = f" {text}" if text.startswith((GAP, END)) else text
        time_s = mark.time_s + begin_us * 1e-6 if begin_us else mark.time_s
        yield _tal(time_s, mark.duration_s, text)


def _tal(time_s: float, duration_s: float, text: str) -> bytes:
    """Encode one annotation as a time-stamped list."""
    lasts = f"\x15{_seconds(duration_s)}" if duration_s > 0 else ""
    sign = "-" if time_s < 0 else "+"
    return f"{sign}{_seconds(abs(time_s))}{lasts}\x14{text}\x14\0".encode("utf-8", "replace")


def _seconds(value: float) -> str:
    return format(Decimal(repr(float(value))), "f")


def _packed(
    lists: list[bytes], records: int, record_s: str, begin_us: int, width: int
) -> npt.NDArray[np.uint8]:
    """Distribute annotations over the records: (record, byte); each begins with its own time."""
    begin, step = Decimal(begin_us).scaleb(-6), Decimal(record_s)
    longest = max(map(len, lists), default=0)
    # As every record but the last is filled to within the longest one, all find their place.
    room = -(-sum(map(len, lists)) // records) + longest
    rows, at = [], 0
    for record in range(records):
        row, held = [f"+{(begin + record * step).normalize():f}\x14\x14\0".encode()], 0
        while at < len(lists) and held + len(lists[at]) <= room:
            row.append(lists[at])
            held += len(lists[at])
            at += 1
        rows.append(b"".join(row))
    size = -(-max(map(len, rows)) // width) * width
    return np.frombuffer(b"".join(row.ljust(size, b"\0") for row in rows), np.uint8).reshape(
        records, size
    )


def _blocks(tracks: list[_Track], notes: npt.NDArray[np.uint8]) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield records as they stand in the file: (record, byte)."""
    width = tracks[0].scale.bits // 8
    record_bytes = sum(track.count for track in tracks) * width + notes.shape[1]
    rows = max(1, _STEP // record_bytes)
    for first in range(0, len(notes), rows):
        last = min(first + rows, len(notes))
        columns = [_numbers(track, first, last, width) for track in tracks]
        yield np.concatenate([*columns, notes[first:last]], axis=1)


def _numbers(track: _Track, first: int, last: int, width: int) -> npt.NDArray[np.uint8]:
    values = np.full((last - first) * track.count, np.nan, np.float32)
    begin, end = first * track.count, min(last * track.count, track.channel.length)
    if begin < end:
        values[: end - begin] = track.channel.source(begin, end)
    raw = track.scale.digital(values).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :width]
    return raw.reshape(last - first, track.count * width)


def _header(
    recording: Recording, tracks: list[_Track], records: int, record_s: str, note: int, bits: int
) -> bytes:
    kind = "BDF" if bits == 24 else "EDF"
    signals = len(tracks) + 1
    fixed = [
        (_patient(recording.subject), 80), *_when(recording.start), (256 * (signals + 1), 8),
        (f"{kind}+C", 44), (records, 8), (record_s, 8), (signals, 4),
    ]  # fmt: skip
    whole = Scale(bits, str(-(2 ** (bits - 1))), str(2 ** (bits - 1) - 1))
    scales = [*(track.scale for track in tracks), whole]
    columns: list[tuple[list[object], int]] = [
        ([*(track.label for track in tracks), ANNOTATIONS[bits == 24]], 16),
        ([""] * signals, 80),
        ([*(_ascii(track.channel.unit.translate(_MICRO), 8) for track in tracks), ""], 8),
        ([scale.low for scale in scales], 8),
        ([scale.high for scale in scales], 8),
        ([whole.low] * signals, 8),
        ([whole.high] * signals, 8),
        ([""] * signals, 80),
        ([*(track.count for track in tracks), note // (bits // 8)], 8),
        ([""] * signals, 32),
    ]
    each = [(value, width) for values, width in columns for value in values]
    fields = b"".join(str(value).ljust(width).encode("ascii") for value, width in (*fixed, *each))
    return (BDF if bits == 24 else EDF) + fields


def _when(start: datetime | None) -> list[tuple[object, int]]:
    """Return the fields of the recording, its date and its time."""
    if start is None:
        return [("Startdate X X X arsis", 80), ("01.01.85", 8), ("00.00.00", 8)]
    began = f"{start.day:02d}-{MONTHS[start.month - 1]}-{start.year:04d}"
    year = f"{start.year % 100:02d}" if 1985 <= start.year <= 2084 else "yy"
    day = f"{start.day:02d}.{start.month:02d}.{year}"
    return [(f"Startdate {began} X X arsis", 80), (day, 8), (f"{start:%H.%M.%S}", 8)]


def _patient(subject: str | None) -> str:
    code = "_".join((subject or "").split()) or "X"
    return f"{_ascii(code, 70)} X X X"


def _labels(names: list[str]) -> list[str]:
    """Return names of at most 16 plain characters, each of them once."""
    out: list[str] = []
    for number, name in enumerate(names, 1):
        plain = _ascii(" ".join(name.split()), 16) or f"signal {number}"
        others = (f"{plain[:11]}#{each}" for each in count(2))
        taken = {*out, *ANNOTATIONS}
        out.append(next(label for label in chain([plain], others) if label not in taken))
    return out


def _ascii(text: str, width: int) -> str:
    plain = text.encode("ascii", "replace").decode()
    return "".join(letter if letter.isprintable() else "?" for letter in plain)[:width].strip()
