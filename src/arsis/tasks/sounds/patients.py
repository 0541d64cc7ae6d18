"""Who was recorded for CirCor: the patients' files, and which of the patients are one person."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from arsis.core.errors import CorpusError
from arsis.tasks.sounds.text_file import text_of

if TYPE_CHECKING:
    from pathlib import Path

EXPECTED = "CirCor DigiScope (a .txt for each patient, with its sounds and .tsv beside it)"


@dataclass(frozen=True, slots=True)
class Patient:
    """One participant of one of CirCor's two campaigns, as its text file says.

    Attributes
    ----------
    id
        The participant's number.
    recordings
        Pairs (place, file's name without ending): ("AV", "23625_AV"); several of one place may be.
    age
        "Neonate", "Infant", "Child", "Adolescent", "Young Adult"; "" = not said.
    sex, murmur, outcome, campaign
        "Female"; "Present", "Absent" or "Unknown"; "Normal" or "Abnormal"; "CC2014".
    murmur_places, loudest_at
        Where a murmur was heard, and where it was loudest.
    pregnant
        Whether she was.
    height_cm, weight_kg
        NaN = not said.
    linked
        The number that the same person has in the other campaign; "" = none.
    """

    id: str
    recordings: tuple[tuple[str, str], ...]
    age: str
    sex: str
    murmur: str
    outcome: str
    campaign: str
    murmur_places: tuple[str, ...]
    loudest_at: str
    pregnant: bool
    height_cm: float
    weight_kg: float
    linked: str


def patients(folder: Path) -> dict[str, Patient]:
    """Return every patient of a folder of CirCor by number, in the order of the numbers.

    Raises
    ------
    CorpusError
        If there is none, or a text file is not one of CirCor's.
    """
    place = data_folder(folder)
    try:
        # The files are hundreds, and one is asked for a subject at a time.
        return _patients(place, place.stat().st_mtime_ns)
    except OSError as error:
        raise CorpusError(place, str(error.strerror), EXPECTED, "Check the folder.") from error


def data_folder(folder: Path) -> Path:
    """Return where the files are: in the folder, or in `training_data` of what is published."""
    inner = folder / "training_data"
    return inner if inner.is_dir() else folder


def subjects(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the persons of a folder of CirCor, each with the patients that he or she was.

    A person is a connected component of the links that `Additional ID` makes, and is called by
    the smallest of his or her numbers in the folder.
    """
    found = patients(folder)
    component = {number: number for number in found}

    def root(number: str) -> str:
        while component.setdefault(number, number) != number:
            number = component[number]
        return number

    for patient in found.values():
        if patient.linked:
            component[root(patient.linked)] = root(patient.id)
    groups: dict[str, list[str]] = {}
    for number in found:
        groups.setdefault(root(number), []).append(number)
    return {members[0]: tuple(members) for members in groups.values()}


@lru_cache(maxsize=4)
def _patients(folder: Path, _changed: int) -> dict[str, Patient]:
    paths = [path for path in folder.glob("*.txt") if path.stem.isdigit()]
    if not paths:
        advice = "Point --data at its folder."
        raise CorpusError(folder, "no patient", EXPECTED, advice)
    return {path.stem: _patient(path) for path in sorted(paths, key=lambda path: int(path.stem))}


def _patient(path: Path) -> Patient:
    lines = text_of(path, "a text file of CirCor").splitlines()
    facts = dict(_fact(line) for line in lines if line.startswith("#"))
    heading = lines[0].split() if lines else []
    count = int(heading[1]) if len(heading) == 3 and heading[1].isdigit() else -1
    rows = [line.split() for line in lines[1 : count + 1]]
    if heading[:1] != [path.stem] or not all(map(_names_a_sound, rows)) or len(rows) != count:
        found = f"a first line {lines[0][:40]!r}" if lines else "an empty file"
        expected = f"{path.stem}, the number of recordings, the rate, then a line for each"
        raise CorpusError(path, found, expected, "Fetch the file again.")
    places = facts.get("Murmur locations", "")
    return Patient(
        id=path.stem,
        recordings=tuple((row[0], row[1].removesuffix(".hea")) for row in rows),
        age=facts.get("Age", ""),
        sex=facts.get("Sex", ""),
        murmur=facts.get("Murmur", ""),
        outcome=facts.get("Outcome", ""),
        campaign=facts.get("Campaign", ""),
        murmur_places=tuple(places.split("+")) if places else (),
        loudest_at=facts.get("Most audible location", ""),
        pregnant=facts.get("Pregnancy status", "") == "True",
        height_cm=_number(facts.get("Height", "")),
        weight_kg=_number(facts.get("Weight", "")),
        # A table program may have made the number a float.
        linked=facts.get("Additional ID", "").removesuffix(".0"),
    )


def _names_a_sound(row: list[str]) -> bool:
    """Say whether a row has its four cells and names a file beside it, not one elsewhere."""
    return len(row) == 4 and not {"/", "\\"} & set(row[1])


def _fact(line: str) -> tuple[str, str]:
    """Return what a line such as "#Age: Child" says; "nan" says nothing."""
    key, _, value = line[1:].partition(":")
    value = value.strip()
    return key.strip(), "" if value == "nan" else value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
