"""EDF, EDF+, BDF and BDF+: what sleep laboratories, Holters and EEG amplifiers write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError
from arsis.core.recording import Channel, Recording
from arsis.formats.edf.header import Header, Signal, looks_like_header, parse_header
from arsis.formats.edf.marks import END, GAP, Annotated, Own, parse
from arsis.formats.edf.records import Records
from arsis.formats.edf.size import FIXED_BYTES
from arsis.formats.edf.times import Stretches, start_of, stretches, subject_of
from arsis.formats.format import Format
from arsis.formats.names import MOST_CHANNELS
from arsis.formats.stated import agreed_rate, in_true_units
from arsis.formats.stretches import with_gaps

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.arrays import F32, I64
    from arsis.core.recording import Mark
    from arsis.formats.source import Source, Told


@dataclass(frozen=True, slots=True, eq=False)
class _Lead:
    """One signal along time.

    Attributes
    ----------
    place, first
        (stretch,) the number of a stretch's first sample in time, and among those of the file.
    length, held
        Samples from beginning to end, and in the file.
    holes
        (hole, 2) samples [from, to) that a file of ours declares missing.
    """

    records: Records
    signal: Signal
    place: I64
    first: I64
    length: int
    held: int
    holes: I64

    def read(self, start: int, stop: int) -> F32:
        """Return the samples [start, stop): (time,), NaN = gap."""
        ends = np.append(self.first[1:], self.held) - self.first + self.place
        low, high = np.searchsorted(ends, start, "right"), np.searchsorted(self.place, stop)
        placed = (
            (int(self.place[number]), int(ends[number]), partial(self._held, number))
            for number in range(int(low), int(high))
        )
        out = with_gaps(placed, start, stop)
        low, high = (
            np.searchsorted(self.holes[:, 1], start, "right"),
            np.searchsorted(self.holes[:, 0], stop),
        )
        for begin, end in self.holes[low:high]:
            out[max(begin - start, 0) : end - start] = np.nan
        return out

    def _held(self, number: int, start: int, stop: int) -> F32:
        """Return the samples [start, stop) of a stretch: (time,)."""
        first = int(self.first[number])
        return self.records.samples(self.signal, first + start, first + stop)


def recognise(source: Source) -> bool:
    """Say whether the first bytes are those of an EDF or BDF file."""
    return looks_like_header(source.head)


def read(source: Source, told: Told) -> Recording:
    """Open a file: its annotations are read at once, its samples when they are asked for."""
    where = source.where
    with source.open() as file:
        size = file.seek(0, 2)
        file.seek(0)
        header = parse_header(file.read(FIXED_BYTES * (MOST_CHANNELS + 1)), size, where)
    records = Records(source.without_head(), header)
    said = parse(records.strips()) if header.annotations else None
    begin_s = float(said.onset_s[0]) if said and np.isfinite(said.onset_s[0]) else 0.0
    runs, notes = _stretches(header, said, begin_s, where)
    marks, more = _marks(said, begin_s)
    own = [(text, at_s - begin_s, lasts_s) for text, at_s, lasts_s in said.own] if said else []
    start, dated = start_of(header.date, header.time, header.recording, begin_s)
    recording = Recording(
        name=source.stem,
        channels=_channels(records, runs, own, told, where),
        load_marks=lambda: marks,
        subject=subject_of(header.patient, header.plus),
        start=start,
        notes=header.notes + notes + more + dated,
    )
    return in_true_units(recording, told)


def _stretches(
    header: Header, said: Annotated | None, begin_s: float, where: str
) -> tuple[Stretches, tuple[str, ...]]:
    """Return the runs of records without a gap; times since the first record."""
    together = Stretches(np.zeros(1, np.int64), np.zeros(1))
    if said is None and header.gaps:
        advice = "Export the recording again, with its annotations."
        raise FormatError(where, "a file with gaps and no times of records", "EDF+D", advice)
    if said is None:
        return together, ()
    highest_hz = max(map(header.rate_hz, header.signals))
    unsaid = np.isnan(said.onset_s)
    if header.gaps and unsaid.any():
        found = f"record {int(np.argmax(unsaid)) + 1} without a time, in a file with gaps"
        raise FormatError(where, found, "a time in every record", "Export the recording again.")
    if unsaid.any():
        return together, ()
    runs, notes = stretches(said.onset_s - begin_s, header.size.record_s, highest_hz, where)
    if len(runs.first) > 1 and not header.gaps:
        notes += ("The header says that there are no gaps; the times of the records are believed.",)
    return runs, notes


def _marks(said: Annotated | None, begin_s: float) -> tuple[tuple[Mark, ...], tuple[str, ...]]:
    """Return the marks, with times since the first record, and notes."""
    if said is None:
        return (), ()
    marks = tuple(replace(mark, time_s=mark.time_s - begin_s) for mark in said.marks)
    kept = tuple(mark for mark in marks if mark.time_s >= 0)
    notes: tuple[str, ...] = ()
    if len(kept) < len(marks):
        notes += (f"{len(marks) - len(kept)} marks before the beginning were left out.",)
    if said.damaged:
        notes += (f"{said.damaged} annotations are damaged and were left out.",)
    return kept, notes


def _channels(
    records: Records, runs: Stretches, own: list[Own], told: Told, where: str
) -> tuple[Channel, ...]:
    header = records.header
    for name in told.channels or ():
        if name in header.left_out:
            found, advice = f"channel {name} {header.left_out[name]}", "Choose another channel."
            raise FormatError(where, found, "a calibrated signal with samples", advice)
    rates = {header.rate_hz(signal) for signal in header.signals}
    # Whoever states the rate of one signal does not contradict the others.
    agreed = any(told.rate_hz is None or abs(told.rate_hz - r) <= 1e-3 * r for r in rates)
    out = []
    for signal in header.signals:
        rate_hz = header.rate_hz(signal)
        lead = _lead(records, runs, own, signal, where)
        agreed_rate(rate_hz, None if agreed else told.rate_hz, where, lead.length)
        source = partial(_samples, lead)
        out.append(Channel(signal.name, signal.unit, rate_hz, lead.length, source))
    return tuple(out)


def _samples(lead: _Lead, start: int, stop: int) -> F32:
    return lead.read(start, stop)


def _lead(records: Records, runs: Stretches, own: list[Own], signal: Signal, where: str) -> _Lead:
    rate_hz = agreed_rate(records.header.rate_hz(signal), None, where)
    held = records.header.size.records * signal.count
    # Rounded so that a later time never stands before an earlier one.
    place = np.floor(runs.begin_s * rate_hz + 0.5).astype(np.int64)
    first = runs.first * signal.count
    length = int(place[-1]) + held - int(first[-1])
    holes = [
        (round(at_s * rate_hz), round((at_s + lasts_s) * rate_hz))
        for text, at_s, lasts_s in own
        if text == GAP + signal.name
    ]
    ends = [round(at_s * rate_hz) for text, at_s, _ in own if text == END + signal.name]
    length = min([length, *(end for end in ends if end > 0)])
    missing = np.array(sorted(holes), np.int64).reshape(-1, 2)
    return _Lead(records, signal, place, first, length, held, missing)


def _example(folder: Path) -> Path:
    from arsis.formats.edf.write import write_edf
    from arsis.formats.example import simulated

    return write_edf(simulated(), folder / "example.edf")


EDF = Format(
    says="EDF, EDF+, BDF or BDF+",
    recognise=recognise,
    read=read,
    example=_example,
    one_file=True,
)
