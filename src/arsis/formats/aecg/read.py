"""Annotated ECGs in XML (HL7 aECG, in which the FDA receives the ECGs of drug trials).

HL7 V3 aECG Implementation Guide, Brown and Badilini, 2005. What was derived from other signals in
the file (representative beats) is left out: it was never measured at the time it stands at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError, UnitError
from arsis.core.recording import Recording
from arsis.core.units import factor
from arsis.formats.aecg.document import parse
from arsis.formats.aecg.example import write_example
from arsis.formats.aecg.marks import marks_of
from arsis.formats.format import Format
from arsis.formats.leads import lead_name
from arsis.formats.stated import in_true_units
from arsis.formats.stretches import Stretch, joined
from arsis.formats.timestamp import SECONDS, seconds_between, time_of

if TYPE_CHECKING:
    from collections.abc import Sequence as Sequences

    from arsis.core.arrays import F32
    from arsis.formats.aecg.document import Document, Quantity, Sequence, Series
    from arsis.formats.source import Source, Told

_ROOT = re.compile(rb"<(?:[\w.-]+:)?AnnotatedECG[\s>/]")
_DERIVED = ("REPRESENTATIVE_BEAT", "DERIVED")
_UNDATED = datetime(1970, 1, 1)  # noqa: DTZ001 (only differences from it are used)


@dataclass(frozen=True, slots=True)
class _Set:
    """The signals of one set of sequences, which begin together."""

    signals: tuple[Sequence, ...]
    rate_hz: float
    begin: datetime | None
    after_s: float

    def since_s(self, when: datetime) -> float:
        """Return the seconds from an instant to its first samples."""
        return seconds_between(when, self.begin or when) + self.after_s


def recognise(source: Source) -> bool:
    """Say whether this is XML whose outermost element is an annotated ECG."""
    head = source.head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return head.startswith(b"<") and _ROOT.search(head) is not None


def read(source: Source, told: Told) -> Recording:
    """Read the signals of all series that were measured, on one clock."""
    where = source.where
    with source.open() as file:
        document = parse(file, where)
    kept = [s for s in document.series if not s.derived and not s.code.startswith(_DERIVED)]
    sets = [_set(s, one, document, where) for s in kept for one in s.sets if one]
    if not any(one.signals for one in sets):
        advice = "Check that the file was exported with its waveforms."
        raise FormatError(where, "an annotated ECG without signals", "a rhythm series", advice)
    dated = min((one.begin for one in sets if one.begin), key=_order, default=None)
    first_s = min(one.since_s(dated or _UNDATED) for one in sets)
    start = _later(dated or _UNDATED, first_s, where)
    stretches = [_stretch(signal, one, start, where) for one in sets for signal in one.signals]
    channels, renamed = joined(stretches, told.rate_hz, where)
    ends_s = max(channel.duration_s for channel in channels)
    marks, notes = marks_of(kept, document.begin, start, ends_s)
    left = len(document.series) - len(kept)
    if left:
        renamed += (f"{left} series derived from the others (such as mean beats) are left out.",)
    recording = Recording(
        name=source.stem,
        channels=channels,
        load_marks=lambda: marks,
        subject=document.subject or None,
        start=start if dated else None,
        notes=(*renamed, *notes),
    )
    return in_true_units(recording, told)


def _order(when: datetime) -> datetime:
    """Return an instant without its zone: a file that mixes both is read as of one zone."""
    return when.replace(tzinfo=None)


def _later(when: datetime, by_s: float, where: str) -> datetime:
    try:
        return when + timedelta(seconds=by_s)
    except OverflowError as error:
        found = f"signals {by_s:g} s after {when}"
        raise FormatError(where, found, "a time", "The file is damaged.") from error


def _set(series: Series, sequences: Sequences[Sequence], document: Document, where: str) -> _Set:
    times = [one for one in sequences if one.code.startswith("TIME_")]
    signals = tuple(one for one in sequences if one.blocks and one not in times)
    if len(times) != 1:
        found = f"a set of sequences with {len(times)} rows of times"
        raise FormatError(where, found, "one", "Export the file again.")
    step_s = seconds_of(times[0].quantities.get("increment"), where)
    if not 0 < step_s < 1e9:
        found = f"samples {step_s:g} s apart"
        raise FormatError(where, found, "more than 0 s", "Export the file again.")
    # Dust of floating point: 1 / 0.002 s is meant to be 500 Hz.
    rate_hz = round(1.0 / step_s, 9)
    head = times[0].quantities.get("head", ("", ""))
    began = time_of(series.begin) or time_of(document.begin)
    if times[0].code == "TIME_RELATIVE":
        return _Set(signals, rate_hz, began, seconds_of(head, where) if head[0] else 0.0)
    return _Set(signals, rate_hz, time_of(head[0]) or began, 0.0)


def seconds_of(told: Quantity | None, where: str) -> float:
    """Return a time in seconds; raises UnitError if it has no unit, FormatError if no number."""
    value, unit = told or ("", "")
    if unit.strip() not in SECONDS:
        found = f"a time of {value[:40]!r} in the unit {unit[:40]!r}"
        raise UnitError(where, found, "s, ms or us", "Mend the increment in the file.")
    return _number(value, "a time", where) * SECONDS[unit.strip()]


def _number(text: str, of: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not abs(value) < 1e15:
        found = f"{of} of {text[:40]!r}"
        raise FormatError(where, found, "a number", "The file is damaged: export it again.")
    return value


def _stretch(signal: Sequence, of: _Set, start: datetime, where: str) -> Stretch:
    unit, values = _physical(signal, where)
    name = lead_name(signal.code) or "signal"

    def source(first: int, stop: int) -> F32:
        return values[first:stop]

    begin_s = max(0.0, of.since_s(start))
    return Stretch(name, unit, of.rate_hz, begin_s, len(values), source)


def _physical(signal: Sequence, where: str) -> tuple[str, F32]:
    """Return the unit and the samples of a signal: digits times scale, above its origin."""
    if "scale" not in signal.quantities:
        found = f"{signal.code} without a scale"
        raise UnitError(where, found, "what one step means", "No scale is ever assumed.")
    step, unit = signal.quantities["scale"]
    scale = _number(step, "a scale", where)
    zero, of_zero = signal.quantities.get("origin", ("0", unit))
    origin = _number(zero, "an origin", where)
    if origin and of_zero != unit:
        origin *= factor(of_zero, unit, f"{where}: {signal.code}")
    digits = np.concatenate(signal.blocks)
    signal.blocks.clear()
    with np.errstate(over="ignore"):
        return unit, (digits * np.float64(scale) + origin).astype(np.float32)


AECG = Format(
    says="an annotated ECG in XML (HL7 aECG)",
    recognise=recognise,
    read=read,
    example=write_example,
    one_file=True,
)
