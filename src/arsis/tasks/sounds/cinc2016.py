"""Training set a of the challenge of 2016: heart sounds with simultaneous ECG (Liu 2016)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from arsis import formats
from arsis.core.errors import CorpusError
from arsis.core.recording import Mark
from arsis.tasks.sounds.text_file import text_of

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.recording import Recording

_LABELS = {"1": "abnormal", "-1": "normal"}
REFERENCE = "REFERENCE.csv"


def cinc2016(folder: Path, subject: str) -> tuple[Recording, ...]:
    """Return the one recording of a record: channels "PCG" (sound) and, where there is one, "ECG".

    The label "normal" or "abnormal" is a mark as long as the recording. The publisher does not
    say which records are of one person, so each counts as a subject.

    Raises
    ------
    CorpusError
        If there is no such record, or the table of labels is missing or damaged.
    """
    place = _training_a(folder)
    if not (place / f"{subject}.hea").is_file():
        expected = "the challenge's training-a (records such as a0003, and REFERENCE.csv)"
        raise CorpusError(place, f"no record {subject}", expected, "Point --data at its folder.")
    recording = formats.read(place / f"{subject}.hea")
    label = cinc2016_labels(folder).get(subject)
    notes = () if label else (f"{REFERENCE} has no label of {subject}.",)
    mark = Mark(0.0, label or "", recording.duration_s, "", REFERENCE)
    return (
        replace(
            recording,
            subject=subject,
            load_marks=lambda: (mark,) if label else (),
            notes=recording.notes + notes,
        ),
    )


def cinc2016_labels(folder: Path) -> dict[str, str]:
    """Return "normal" or "abnormal" of every record of REFERENCE.csv (1 = abnormal, -1 = normal).

    Raises
    ------
    CorpusError
        If the table is missing or damaged.
    """
    path = _training_a(folder) / REFERENCE
    expected = "lines such as a0003,1 (1 = abnormal, -1 = normal)"
    labels = {}
    for line in text_of(path, expected).split():
        record, _, number = line.partition(",")
        if number not in _LABELS:
            raise CorpusError(path, repr(line[:40]), expected, "Fetch the set again.")
        labels[record] = _LABELS[number]
    return labels


def _training_a(folder: Path) -> Path:
    inner = folder / "training-a"
    return inner if inner.is_dir() else folder
