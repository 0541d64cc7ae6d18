"""Writing WFDB records and annotation files that the WFDB tools read back."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import SettingError
from arsis.formats.place import placing
from arsis.formats.wfdb.marks import AUX, SKIP, SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from arsis.core.arrays import F32
    from arsis.core.recording import Channel, Mark, Recording

_INVALID = -(2**15)
_LARGEST = 32_000
_LONGEST_NOTE, _LONGEST_STEP, _LONGEST_SKIP = 255, 1023, 2**31 - 1
_CODES = {symbol: code for code, symbol in SYMBOLS.items()}


def write_record(folder: Path, name: str, recording: Recording) -> Path:
    """Write a recording as a WFDB record of 16-bit samples; return the path of its header.

    Gaps become invalid samples, marks the annotation file `name`.atr. The resolution of a
    channel is its range divided by at least 12,800 steps, a round number per unit.

    Raises
    ------
    SettingError
        If the name is not one of letters, digits, - and _, or the rates of the channels are not
        multiples of the lowest one.
    OutputError
        If the files cannot be written.
    """
    _check_name(name, "record name")
    rate_hz, per_frame = _frames_per_s(recording)
    frames = max(
        -(-channel.length // count)
        for channel, count in zip(recording.channels, per_frame, strict=True)
    )
    lines, columns = [], []
    for channel, count in zip(recording.channels, per_frame, strict=True):
        values = np.full(frames * count, np.nan, np.float32)
        values[: channel.length] = channel.read()
        gain = _gain(values)
        digital = _digital(values, gain)
        columns.append(digital.reshape(frames, count))
        lines.append(_signal_line(name, channel, count, gain, digital))
    with placing(folder / f"{name}.dat") as path:
        np.concatenate(columns, axis=1).astype("<i2").tofile(path)
    if recording.marks:
        write_annotations(folder, name, "atr", recording.marks, rate_hz)
    # The header comes last: without it the other files are not yet a record.
    with placing(folder / f"{name}.hea") as path:
        path.write_text("\n".join([_record_line(name, recording, rate_hz, frames), *lines, ""]))
    return folder / f"{name}.hea"


def write_annotations(
    folder: Path, record_name: str, extension: str, marks: Sequence[Mark], rate_hz: float
) -> Path:
    """Write marks as the annotation file `record_name`.`extension`; return its path.

    A mark stands at the nearest sample at `rate_hz`, the rate of the record (of its frames). A
    label that is no WFDB symbol becomes a comment with the label as its text; durations are lost.

    Raises
    ------
    SettingError
        If a name is not one of letters, digits, - and _, or a mark stands before the beginning.
    OutputError
        If the file cannot be written.
    """
    _check_name(record_name, "record name")
    if not re.fullmatch(r"[A-Za-z]+", extension):
        found = repr(extension)
        raise SettingError("extension", found, "letters only", "Choose a name such as arsis.")
    path = folder / f"{record_name}.{extension}"
    with placing(path) as temporary:
        temporary.write_bytes(_annotation_bytes(marks, rate_hz))
    return path


def _annotation_bytes(marks: Sequence[Mark], rate_hz: float) -> bytes:
    """Encode marks in the MIT annotation format (annot(5) of the WFDB Applications Guide)."""
    ordered = sorted(marks, key=lambda mark: mark.time_s)
    if not ordered:
        return b"\0\0"  # the end mark alone
    if ordered[0].time_s < 0:
        found = f"one at {ordered[0].time_s} s"
        raise SettingError("marks", found, "none before 0 s", "Leave out the earlier ones.")
    known = set(SYMBOLS.values())
    symbols = [mark.label if mark.label in known else '"' for mark in ordered]
    notes = [_note(mark, mark.label in known) for mark in ordered]
    # A comment at sample 0 would be taken for a definition.
    at = [
        max(round(mark.time_s * rate_hz), int(symbol == '"'))
        for mark, symbol in zip(ordered, symbols, strict=True)
    ]
    # The file says its own rate in a comment at sample 0, which a step back and forth closes.
    rate = _text(f"## time resolution: {_number(rate_hz)}")
    parts = [_word(_CODES['"'], 0), rate, _skip(-1), _word(0, 1)]
    before = 0
    for sample, symbol, note in zip(at, symbols, notes, strict=True):
        step, before = sample - before, sample
        if step > _LONGEST_STEP:
            parts.append(_skip(step))
            step = 0
        parts.append(_word(_CODES[symbol], step))
        if note:
            parts.append(_text(note))
    return b"".join(parts) + _word(0, 0)


def _word(code: int, value: int) -> bytes:
    """Encode six bits of what and ten bits of how much."""
    return struct.pack("<H", code << 10 | value)


def _skip(step: int) -> bytes:
    """Encode a distance too long for ten bits; the longest ones (over 69 days) as several."""
    whole, rest = divmod(step, _LONGEST_SKIP) if step > 0 else (0, step)
    steps = [_LONGEST_SKIP] * whole + [rest]
    return b"".join(
        _word(SKIP, 0) + struct.pack("<HH", one >> 16 & 0xFFFF, one & 0xFFFF) for one in steps
    )


def _text(note: str) -> bytes:
    """Encode the text that belongs to the annotation before it."""
    raw = note.encode("ascii")
    return _word(AUX, len(raw)) + raw + bytes(len(raw) % 2)


def _note(mark: Mark, known: bool) -> str:
    text = mark.note if known else f"{mark.label} {mark.note}".strip()
    return text.encode("ascii", "replace").decode()[:_LONGEST_NOTE]


def _check_name(name: str, where: str) -> None:
    if not re.fullmatch(r"\w[-\w]*", name, re.ASCII):
        advice = "Choose a name such as night-1."
        raise SettingError(where, repr(name), "letters, digits, - and _", advice)


def _frames_per_s(recording: Recording) -> tuple[float, list[int]]:
    """Return the rate of the frames, and the samples per frame of each channel."""
    rates = [channel.rate_hz for channel in recording.channels]
    if not rates or not recording.duration_s:
        advice = "Write a recording that holds samples."
        raise SettingError(recording.name, "no samples", "at least one", advice)
    rate_hz = min(rates)
    counts = [round(rate / rate_hz) for rate in rates]
    if any(abs(n * rate_hz - rate) > 1e-6 * rate for n, rate in zip(counts, rates, strict=True)):
        found = f"rates of {', '.join(f'{rate:g}' for rate in rates)} Hz"
        expected = "multiples of the lowest one"
        raise SettingError(recording.name, found, expected, "Write the channels one by one.")
    return rate_hz, counts


def _gain(values: F32) -> float:
    """Return the largest 1, 2 or 5 times a power of ten at which all values fit into 16 bits."""
    finite = values[np.isfinite(values)]
    peak = float(np.abs(finite).max(initial=0.0))
    if peak < 1e-30:
        return 1000.0
    power = 10.0 ** np.floor(np.log10(_LARGEST / peak))
    return float(max(step * power for step in (1, 2, 5) if step * power * peak <= _LARGEST))


def _digital(values: F32, gain: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    scaled = np.round(values.astype(np.float64) * gain)
    digital: np.ndarray[tuple[int], np.dtype[np.int64]] = np.where(
        np.isnan(scaled), _INVALID, scaled
    ).astype(np.int64)
    return digital


def _record_line(name: str, recording: Recording, rate_hz: float, frames: int) -> str:
    start = recording.start
    when = f" {start:%H:%M:%S.%f} {start:%d/%m/%Y}" if start else ""
    return f"{name} {len(recording.channels)} {_number(rate_hz)} {frames}{when}"


def _number(value: float) -> str:
    return f"{value:.12f}".rstrip("0").rstrip(".")


def _signal_line(
    name: str,
    channel: Channel,
    count: int,
    gain: float,
    digital: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> str:
    # Readers that drop what is not ASCII would turn µV into V.
    unit = re.sub(r"\s+", "_", channel.unit.translate({0xB5: "u", 0x3BC: "u"})) or "mV"
    per_frame = f"x{count}" if count > 1 else ""
    checksum = (int(digital.sum()) + 2**15) % 2**16 - 2**15
    label = " ".join(channel.name.split())
    return (
        f"{name}.dat 16{per_frame} {_number(gain)}(0)/{unit} 16 0 {digital[0]} {checksum} 0 {label}"
    )
