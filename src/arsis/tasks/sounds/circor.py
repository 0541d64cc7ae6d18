"""CirCor DigiScope: heart sounds of children with their phases (Oliveira et al. 2022)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from arsis import formats
from arsis.core.errors import CorpusError
from arsis.core.recording import Mark, Recording
from arsis.tasks.sounds.patients import EXPECTED, data_folder, patients, subjects

if TYPE_CHECKING:
    from pathlib import Path

_STATES = {"0": "", "1": "S1", "2": "systole", "3": "S2", "4": "diastole"}
"""What the numbers of a tsv mean; 0 is unknown, not silence: the annotators skipped it."""
_STEP_S = 0.02
"""The grid of the labels: what differs by less is no contradiction."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a tsv: its number and text, and what they say."""

    line: int
    text: str
    start_s: float
    stop_s: float
    state: str


def circor(folder: Path, subject: str) -> tuple[Recording, ...]:
    """Return every recording of a person, in the order of their names.

    Each has one channel "sound" and the phases as marks with durations; time without a mark is
    unknown. Both layouts are read: the published one (wav, hea, tsv, txt) and FLAC beside tsv.

    Parameters
    ----------
    subject
        The number of any patient that the person was.

    Raises
    ------
    CorpusError
        If the folder has no such patient, or lacks one of the files.
    """
    place, known = data_folder(folder), patients(folder)
    members = next((m for m in subjects(folder).values() if subject in m), None)
    if members is None:
        advice = "Point --data at its folder."
        raise CorpusError(place, f"no patient {subject}", EXPECTED, advice)
    stems = sorted(stem for number in members for _, stem in known[number].recordings)
    return tuple(_open(place, stem, subject) for stem in stems)


def _open(place: Path, stem: str, subject: str) -> Recording:
    sound, table = place / f"{stem}.flac", place / f"{stem}.tsv"
    if not sound.is_file():
        sound = place / f"{stem}.hea"
    for path in (sound, table):
        if not path.is_file():
            raise CorpusError(path, "no such file", EXPECTED, "Fetch the patient's files again.")
    recording = formats.read(sound)
    marks, notes = read_phases(table, recording.duration_s)
    channel = replace(recording.channels[0], name="sound")
    return Recording(
        stem, (channel,), lambda: marks, subject, recording.start, (*recording.notes, *notes)
    )


def read_phases(path: Path, duration_s: float) -> tuple[tuple[Mark, ...], tuple[str, ...]]:
    """Read the phases of a tsv (start s, stop s, state) and notes on what it lacks.

    Rows that cannot be (no numbers, an end before the beginning, beyond the sound, on top of
    another row) give no mark: nobody knows what is heard there.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(path, str(error), "a table of phases", "Fetch it again.") from error
    rows = [_row(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    marks: list[Mark] = []
    stray: list[_Row] = []
    before_s = 0.0
    for row in sorted(rows, key=lambda row: row.start_s):
        if not _possible(row, duration_s) or row.start_s < before_s - _STEP_S:
            stray.append(row)
            continue
        before_s = row.stop_s
        if label := _STATES[row.state]:
            length_s = min(row.stop_s, duration_s) - row.start_s
            marks.append(Mark(row.start_s, label, length_s, "", "tsv"))
    notes = tuple(_stray_note(path, row) for row in stray)
    annotated_s = sum(mark.duration_s for mark in marks)
    if annotated_s < duration_s - _STEP_S:
        spans = f"{annotated_s:.1f} s of {duration_s:.1f} s"
        notes += (f"{spans} are annotated; what is heard in the rest is unknown.",)
    return tuple(marks), notes


def _row(line: int, text: str) -> _Row:
    cells = text.split()
    try:
        start_s, stop_s, state = float(cells[0]), float(cells[1]), cells[2]
    except (ValueError, IndexError):
        return _Row(line, text, math.inf, math.inf, "")
    if len(cells) != 3 or math.isnan(start_s) or math.isnan(stop_s):
        return _Row(line, text, math.inf, math.inf, "")
    return _Row(line, text, start_s, stop_s, state)


def _possible(row: _Row, duration_s: float) -> bool:
    inside = row.start_s >= 0 and row.stop_s <= duration_s + _STEP_S
    return row.state in _STATES and inside and row.start_s < min(row.stop_s, duration_s)


def _stray_note(path: Path, row: _Row) -> str:
    shown = " ".join(row.text.split())[:40]
    return f"Line {row.line} of {path.name} ({shown}) is no stretch of a phase; left out."
