"""The tables in which CirCor has the phases of a sound: start s, stop s, state."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arsis.core.recording import Mark
from arsis.tasks.sounds.text_file import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STATES = {"0": "", "1": "S1", "2": "systole", "3": "S2", "4": "diastole"}
"""What the numbers of a table mean; 0 is unknown, not silence: the annotators skipped it."""
STEP_S = 0.02
"""The grid of the labels: what differs by less is no contradiction."""
MOST_NOTES = 20
"""So many stray rows are named one by one; of the others their number is told."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a table: its number and text, and what they say."""

    line: int
    text: str
    start_s: float
    stop_s: float
    state: str


def read_phases(path: Path, duration_s: float) -> tuple[tuple[Mark, ...], tuple[str, ...]]:
    """Read the phases of a table and notes on what it lacks.

    Rows that cannot be (no numbers, an end before the beginning, beyond the sound, on top of
    another row) give no mark: nobody knows what is heard there.

    Raises
    ------
    CorpusError
        If it cannot be read, or is no text, or too large to be one.
    """
    text = text_of(path, "a table of phases")
    rows = [_row(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    marks: list[Mark] = []
    stray: list[_Row] = []
    before_s = 0.0
    for row in sorted(rows, key=lambda row: row.start_s):
        if not _possible(row, duration_s) or row.start_s < before_s - STEP_S:
            stray.append(row)
            continue
        before_s = row.stop_s
        if label := STATES[row.state]:
            length_s = min(row.stop_s, duration_s) - row.start_s
            marks.append(Mark(row.start_s, label, length_s, "", "tsv"))
    notes = tuple(_stray_note(path, row) for row in stray[:MOST_NOTES])
    if len(stray) > MOST_NOTES:
        notes += (f"{len(stray) - MOST_NOTES} more lines of {path.name} are none either.",)
    annotated_s = sum(mark.duration_s for mark in marks)
    if annotated_s < duration_s - STEP_S:
        spans = f"{annotated_s:.1f} s of {duration_s:.1f} s"
        notes += (f"{spans} are annotated; what is heard in the rest is unknown.",)
    return tuple(marks), notes


def phase_rows(marks: Sequence[Mark]) -> str:
    """Return such a table of marks, a line for each phase; other marks are left out."""
    numbers = {label: number for number, label in STATES.items() if label}
    return "".join(
        f"{mark.time_s:.6f}\t{mark.time_s + mark.duration_s:.6f}\t{numbers[mark.label]}\n"
        for mark in marks
        if mark.label in numbers
    )


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
    inside = row.start_s >= 0 and row.stop_s <= duration_s + STEP_S
    return row.state in STATES and inside and row.start_s < min(row.stop_s, duration_s)


def _stray_note(path: Path, row: _Row) -> str:
    shown = " ".join(row.text.split())[:40]
    return f"Line {row.line} of {path.name} ({shown}) is no stretch of a phase; left out."
