"""The PASCAL heart sounds challenge (Bentley et al. 2011): phone (set a) and stethoscope (set b).

Labels stand in the names of the files (`normal__201106111136.wav`; set b also has the patient:
`murmur_noisymurmur_135_1306332456645_A.wav`), for the tables set_a.csv and set_b.csv name files
that are not there. `set_a_timing.csv` has where S1 and S2 are heard in some normal recordings.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

from arsis import formats
from arsis.core.errors import CorpusError
from arsis.core.recording import Mark
from arsis.tasks.sounds.text_file import text_of

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.recording import Recording

LABELS = ("normal", "murmur", "extrahls", "artifact", "extrastole")
TIMING = "set_a_timing.csv"
_COLUMNS = ["fname", "cycle", "sound", "location"]
_EXPECTED = f"the PASCAL challenge (folders set_a and set_b, and {TIMING})"


def pascal_subjects(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Return the files of every subject: of a patient in set b ("b135"), each one in set a.

    Raises
    ------
    CorpusError
        If there is none.
    """
    files: dict[str, list[Path]] = {}
    for letter in "ab":
        for path in sorted((folder / f"set_{letter}").glob("*.wav")):
            parts = path.stem.split("_")
            # A name without the usual parts is a subject of its own.
            number = parts[2] if len(parts) > 2 else path.stem
            files.setdefault(letter + number, []).append(path)
    if not files:
        raise CorpusError(folder, "no recording", _EXPECTED, "Point --data at its folder.")
    return {subject: tuple(paths) for subject, paths in files.items()}


def pascal(folder: Path, subject: str) -> tuple[Recording, ...]:
    """Return every recording of a subject, with its label as a mark as long as it is.

    Where the positions of S1 and S2 are published they are marks without a duration: what is
    known is where a sound is, not how long it lasts.

    Raises
    ------
    CorpusError
        If there is no such subject, or the table of positions is damaged.
    """
    found = pascal_subjects(folder)
    if subject not in found:
        advice = "Point --data at its folder."
        raise CorpusError(folder, f"no subject {subject}", _EXPECTED, advice)
    positions = _positions(folder / TIMING)
    return tuple(_open(path, subject, positions.get(path.name, ())) for path in found[subject])


def _open(path: Path, subject: str, positions: tuple[tuple[str, int], ...]) -> Recording:
    recording = formats.read(path)
    rate_hz, length = recording.channels[0].rate_hz, recording.channels[0].length
    inside = [(sound, at) for sound, at in positions if at < length]
    marks = [Mark(at / rate_hz, sound, 0.0, "", TIMING) for sound, at in inside]
    label = path.stem.split("_")[0]
    if label in LABELS:
        marks.insert(0, Mark(0.0, label, recording.duration_s, "", "file name"))
    outside = len(positions) - len(inside)
    notes = (f"{outside} positions of {TIMING} are beyond the sound; left out.",)
    return replace(
        recording,
        subject=subject,
        load_marks=lambda: tuple(marks),
        notes=recording.notes + (notes if outside else ()),
    )


def _positions(path: Path) -> dict[str, tuple[tuple[str, int], ...]]:
    """Return (S1 or S2, sample) of every sound whose position is published, by file name."""
    if not path.is_file():
        return {}
    found: dict[str, list[tuple[str, int]]] = {}
    rows = csv.reader(text_of(path, ",".join(_COLUMNS)).splitlines())
    if next(rows, None) != _COLUMNS:
        advice = "Fetch the set again."
        raise CorpusError(path, "another heading", ",".join(_COLUMNS), advice)
    for number, row in enumerate(rows, 2):
        if not row:
            continue
        if len(row) != 4 or row[2] not in ("S1", "S2") or not row[3].isdecimal():
            shown = f"line {number}: {','.join(row)[:60]!r}"
            expected = "a file, a cycle, S1 or S2, and a sample"
            raise CorpusError(path, shown, expected, "Fetch the set again.")
        found.setdefault(row[0].rpartition("/")[2], []).append((row[2], int(row[3])))
    return {name: tuple(sounds) for name, sounds in found.items()}
