"""The header of an EDF or BDF file (Kemp et al. 1992; EDF+: Kemp and Olivan 2003; BDF: BioSemi).

It is read here and not by the edfio package, with which tests compare the outcome: edfio takes a
BDF into memory whole, joins the pieces of a discontinuous file without a word, and says what is
wrong with a header in warnings and bare exceptions, some of them only when samples are read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from arsis.core.errors import FormatError
from arsis.formats.edf.size import FIXED_BYTES, Size, placed
from arsis.formats.names import MOST_CHANNELS, unique
from arsis.formats.text import text_of

ANNOTATIONS = ("EDF Annotations", "BDF Annotations")
EDF, BDF = b"0       ", b"\xffBIOSEMI"

_ROUND, _LEAST = 1e-6, 1e-30
_FIXED = {
    "version": 8, "patient": 80, "recording": 80, "date": 8, "time": 8,
    "header_bytes": 8, "reserved": 44, "records": 8, "record_s": 8, "signals": 4,
}  # fmt: skip
_EACH = {
    "label": 16, "transducer": 80, "unit": 8, "physical_min": 8, "physical_max": 8,
    "digital_min": 8, "digital_max": 8, "prefilter": 80, "samples": 8, "reserved": 32,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signal:
    """One ordinary signal: where its numbers stand in a record, and what they mean.

    Attributes
    ----------
    name, unit
        As stated; names are made unique within the file.
    count, first
        Samples per record, and the byte of a record at which they begin.
    gain, offset
        A number n means (n + offset) * gain in the unit.
    """

    name: str
    unit: str
    count: int
    first: int
    gain: float
    offset: float


@dataclass(frozen=True, slots=True)
class Header:
    """What a file states about itself, held against its size.

    Attributes
    ----------
    width
        Bytes per number: 2 (EDF) or 3 (BDF).
    size
        Where the records lie and how many there are.
    signals, left_out
        The ordinary signals, and why others cannot be read, by name.
    annotations
        The bytes [first, last) of a record that hold annotations.
    plus, gaps
        Whether it is EDF+ or BDF+, and whether that says that there are gaps.
    patient, recording, date, time
        The texts that say who, how and when.
    """

    width: int
    size: Size
    signals: tuple[Signal, ...]
    left_out: dict[str, str]
    annotations: tuple[tuple[int, int], ...]
    plus: bool
    gaps: bool
    patient: str
    recording: str
    date: str
    time: str
    notes: tuple[str, ...]

    def rate_hz(self, signal: Signal) -> float:
        """Return the samples per second of a signal."""
        return signal.count / self.size.record_s


def looks_like_header(head: bytes) -> bool:
    """Say whether the first bytes of a file are those of an EDF or BDF file."""
    if head.startswith(BDF):
        return True
    return head.startswith(EDF) and b"\n" not in head[:FIXED_BYTES]


def parse_header(data: bytes, file_bytes: int, where: str) -> Header:
    """Read a header: `data` begins the file, which has `file_bytes` in all.

    Raises
    ------
    FormatError
        If it does not follow the standard, or too little follows it.
    """
    fixed = _fixed(data, where)
    count = _whole_number(fixed["signals"], "number of signals", where)
    if not 1 <= count <= MOST_CHANNELS:
        advice = "Check that the file was written whole, with its signals."
        raise FormatError(where, f"{count} signals", f"1 to {MOST_CHANNELS}", advice)
    if len(data) < FIXED_BYTES * (count + 1):
        raise _cut(len(data), FIXED_BYTES * (count + 1), where)
    width = 3 if data.startswith(BDF) else 2
    signals, left_out, annotations, record_bytes = _signals(_columns(data, count), width, where)
    record_s = _duration(fixed["record_s"], bool(signals), where)
    size, notes = placed(fixed, count, Size(0, 0, record_bytes, record_s), file_bytes, where)
    names, renamed = unique([signal.name for signal in signals])
    reserved = fixed["reserved"].upper()
    return Header(
        width=width,
        size=size,
        signals=tuple(replace(s, name=n) for s, n in zip(signals, names, strict=True)),
        left_out=left_out,
        annotations=annotations,
        plus=reserved[:4] in ("EDF+", "BDF+"),
        gaps=reserved[:5] in ("EDF+D", "BDF+D"),
        patient=fixed["patient"],
        recording=fixed["recording"],
        date=fixed["date"],
        time=fixed["time"],
        notes=(*notes, *renamed, *(f"Channel {n} {why}." for n, why in left_out.items())),
    )


def _fixed(data: bytes, where: str) -> dict[str, str]:
    if len(data) < FIXED_BYTES:
        raise _cut(len(data), FIXED_BYTES, where)
    found, at = {}, 0
    for name, width in _FIXED.items():
        found[name] = _text(data[at : at + width])
        at += width
    return found


def _columns(data: bytes, count: int) -> list[dict[str, str]]:
    """Return the fields of each signal; a header holds the labels of all, then the units of all."""
    found: list[dict[str, str]] = [{} for _ in range(count)]
    at = FIXED_BYTES
    for name, width in _EACH.items():
        for each in found:
            each[name] = _text(data[at : at + width])
            at += width
    return found


def _signals(
    fields: list[dict[str, str]], width: int, where: str
) -> tuple[list[Signal], dict[str, str], tuple[tuple[int, int], ...], int]:
    """Return the signals, those left out and why, where annotations are, and a record's bytes."""
    signals: list[Signal] = []
    left_out: dict[str, str] = {}
    annotations: list[tuple[int, int]] = []
    at = 0
    for number, each in enumerate(fields, 1):
        name = each["label"] or f"signal {number}"
        count = _whole_number(each["samples"], f"samples per record of {name}", where)
        if count < 0:
            found = f"{count} samples per record of {name}"
            raise FormatError(where, found, "at least one", "The header is damaged.")
        first, at = at, at + count * width
        if each["label"] in ANNOTATIONS:
            annotations.append((first, at))
            continue
        scale = _scale(each)
        if count == 0:
            left_out[name] = "has no samples and was left out"
        elif isinstance(scale, str):
            left_out[name] = scale
        else:
            signals.append(Signal(name, each["unit"], count, first, *scale))
    if not signals:
        raise _nothing(left_out, bool(annotations), where)
    return signals, left_out, tuple(annotations), at


def _scale(each: dict[str, str]) -> tuple[float, float] | str:
    """Return gain and offset of a signal, or why it has none."""
    ends = ("physical_min", "physical_max", "digital_min", "digital_max")
    low, high, first, last = (_number(each[name]) for name in ends)
    stated = ", ".join(f"{name.replace('_', ' ')} {each[name] or 'empty'}" for name in ends)
    gain = (high - low) / (last - first) if last != first else math.nan
    if not (_LEAST < abs(gain) < 1 / _LEAST and abs(low) < 1 / _LEAST):
        return f"has no calibration ({stated}) and was left out"
    offset = low / gain - first
    # Where 0 is one of the numbers, it is to be 0 and not the rest of a division.
    return gain, float(round(offset)) if abs(offset - round(offset)) < _ROUND else offset


def _duration(text: str, signals: bool, where: str) -> float:
    record_s = _number(text)
    if not (0 < record_s < math.inf or (record_s == 0 and not signals)):
        found = f"records that last {text!r} s"
        raise FormatError(where, found, "a number above 0", "The header is damaged.")
    return record_s


def _whole_number(text: str, what: str, where: str) -> int:
    number = _number(text)
    if not math.isfinite(number) or number != int(number):
        raise FormatError(where, f"{text!r} as {what}", "a whole number", "The header is damaged.")
    return int(number)


def _number(text: str) -> float:
    """Return the number of a field, NaN where there is none; some write a decimal comma."""
    try:
        return math.nan if "_" in text else float(text.replace(",", "."))
    except ValueError:
        return math.nan


def _text(field: bytes) -> str:
    return text_of(field).replace("\0", " ").strip()


def _nothing(left_out: dict[str, str], annotated: bool, where: str) -> FormatError:
    if left_out:
        name, why = next(iter(left_out.items()))
        found = f"no signal that can be read: {name} {why}"
        return FormatError(where, found, "a calibrated signal", "Export the recording again.")
    found = "annotations and no signal" if annotated else "no signal"
    advice = "The signals may be in a file of their own: name that."
    return FormatError(where, found, "at least one signal", advice)


def _cut(held: int, due: int, where: str) -> FormatError:
    found = f"a header that is cut off after {held} of {due} bytes"
    return FormatError(where, found, "a whole EDF or BDF file", "Fetch or export it again.")
