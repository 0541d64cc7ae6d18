"""CirCor DigiScope: heart sounds of children with their phases (Oliveira et al. 2022)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from arsis import formats
from arsis.core.errors import CorpusError
from arsis.core.recording import Recording
from arsis.tasks.sounds.patients import EXPECTED, data_folder, patients, subjects
from arsis.tasks.sounds.phase_table import read_phases

if TYPE_CHECKING:
    from pathlib import Path


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
