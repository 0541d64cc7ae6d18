"""Rows of 187 samples as corpora: beats dealt at random, patients kept apart, or the files.

`kaggle-random` is how the well-known file was divided: the beats of one person lie in all parts,
and a figure by it says nothing about a new person. `kaggle-patients` is the same rows with every
person on one side, but for 201 and 202, who are one: a named exception.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from arsis import formats
from arsis.core.errors import CorpusError
from arsis.core.task import Corpus, Split
from arsis.tasks.beats.corpus import DE_CHAZAL, DS1, DS2, PACED, open_mitdb
from arsis.tasks.beats.kaggle.classes import CLASSES, NUMBERS
from arsis.tasks.beats.kaggle.label import only, places
from arsis.tasks.published import PUBLISHED

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.recording import Recording

FIT, HELD, TEST = "fit", "validation", "test"
SEED = 2018
HELD_SHARE = 0.1
"""Of the rows that are not for the test, so many are for choosing and calibrating."""
SHARES = (0.72, 0.08, 0.2)
"""Of a file without a published division: to learn from, to hold out, for the test."""
PUBLISHED_COUNTS = {
    "N": (90_589, 18_118), "S": (2_779, 556), "V": (7_236, 1_448), "F": (803, 162),
    "Q": (8_039, 1_608),
}  # fmt: skip
"""Rows of each class in both files together, and in mitbih_test.csv."""

RECORDS = tuple(sorted((*DS1, *DS2, *PACED)))
KACHUEE = "Kachuee, Fazeli and Sarrafzadeh, IEEE Int. Conf. Healthcare Informatics (2018) 443"


@lru_cache(maxsize=2)
def dealt(folder: Path) -> dict[str, dict[int, str]]:
    """Return the part of every row: record -> number of the mark -> part; always the same.

    Each class is dealt on its own, so that the test part has as many of it as the published file.
    """
    rows: dict[str, list[tuple[str, int]]] = {name: [] for name in CLASSES}
    for record in RECORDS:
        (recording,) = open_mitdb(folder, record)
        for place in places(recording):
            rows[CLASSES[NUMBERS[recording.marks[place].label]]].append((record, place))
    chance = np.random.default_rng(SEED)
    parts: dict[str, dict[int, str]] = {record: {} for record in RECORDS}
    for name, ours in rows.items():
        every, test = PUBLISHED_COUNTS[name]
        tests = round(len(ours) * test / every)
        held = tests + round(HELD_SHARE * (len(ours) - tests))
        for order, row in enumerate(chance.permutation(len(ours)).tolist()):
            record, place = ours[row]
            parts[record][place] = TEST if order < tests else HELD if order < held else FIT
    return parts


def _open_part(folder: Path, subject: str) -> tuple[Recording, ...]:
    """Open what one part has of a record: `100-test`."""
    record, _, part = subject.partition("-")
    keep = {place for place, where in dealt(folder)[record].items() if where == part}
    (recording,) = open_mitdb(folder, record)
    return (_named(only(recording, keep), subject),)


def _open_person(folder: Path, subject: str) -> tuple[Recording, ...]:
    (recording,) = open_mitdb(folder, subject)
    return (_named(only(recording, set(places(recording))), subject),)


def _named(recording: Recording, subject: str) -> Recording:
    return replace(recording, name=subject, subject=subject)


def open_shares(folder: Path, name: str, part: int, subject: str) -> tuple[Recording, ...]:
    """Open what one part has of a table of heartbeats: its rows dealt at random by SHARES.

    Raises
    ------
    CorpusError
        If the file is not there.
    """
    recording = _table(folder, name)
    count = len(recording.marks) - 1
    order = np.random.default_rng(SEED).permutation(count)
    edges = np.rint(np.cumsum((0.0, *SHARES)) * count).astype(int)
    return (_named(only(recording, set(order[edges[part] : edges[part + 1]].tolist())), subject),)


def _open_file(folder: Path, subject: str) -> tuple[Recording, ...]:
    """Open what one part has of the published files; what is held out is dealt from the first."""
    if subject == TEST:
        return (_named(_table(folder, "mitbih_test.csv"), subject),)
    recording = _table(folder, "mitbih_train.csv")
    count = len(recording.marks) - 1
    order = np.random.default_rng(SEED).permutation(count).tolist()
    held = round(HELD_SHARE * count)
    return (
        _named(only(recording, set(order[:held] if subject == HELD else order[held:])), subject),
    )


@lru_cache(maxsize=2)
def _table(folder: Path, name: str) -> Recording:
    path = folder / name
    if not path.is_file():
        raise CorpusError(
            folder, f"no {name}", "the unpacked files of the Kaggle heartbeat set",
            "Point --data at the folder that holds them.",
        )  # fmt: skip
    return formats.read(path)


def _of(part: str) -> tuple[str, ...]:
    return tuple(f"{record}-{part}" for record in RECORDS)


MITDB = PUBLISHED["mitdb"]
# Paced hearts, nearly all of class Q, must be on both sides: every other one.
PACED_LEARNT, PACED_ASKED = PACED[::2], PACED[1::2]
# Each class must be on both sides of the validation part, too: 208 alone has nine of ten F.
HELD_PERSONS = ("109", "114", "118", "205", "220", "223", PACED_LEARNT[1])

CORPORA = {
    "kaggle-random": Corpus(
        name=f"{MITDB.says}, rows as in the Kaggle heartbeat file",
        licence=MITDB.licence,
        cite=f"{MITDB.cite}; {KACHUEE}",
        split=Split(
            name="kaggle-random-beats",
            source=f"{KACHUEE}; class counts of mitbih_test.csv, beats dealt anew",
            train=(*_of(FIT), *_of(HELD)),
            test=_of(TEST),
            held=_of(HELD),
            learners=47,
        ),
        open=_open_part,
    ),
    "kaggle-patients": Corpus(
        name=f"{MITDB.says}, rows as in the Kaggle heartbeat file",
        licence=MITDB.licence,
        cite=f"{MITDB.cite}; {KACHUEE}",
        split=Split(
            name="kaggle-rows-patients-apart",
            source=f"{DE_CHAZAL.source}; of the paced records {PACED_LEARNT[0]} to learn from, "
            f"{PACED_LEARNT[1]} to choose",
            train=(*DS1, *PACED_LEARNT),
            test=(*DS2, *PACED_ASKED),
            apart=("232", "213", "202"),
            shared=DE_CHAZAL.shared,
            held=HELD_PERSONS,
            learners=len(DS1) + len(PACED_LEARNT) - len(HELD_PERSONS),
        ),
        open=_open_person,
    ),
    "kaggle-files": Corpus(
        name="mitbih_train.csv and mitbih_test.csv",
        licence=MITDB.licence,
        cite=f"{MITDB.cite}; {KACHUEE}",
        split=Split(
            name="kaggle-published-files",
            source=KACHUEE,
            train=(FIT, HELD),
            test=(TEST,),
            held=(HELD,),
            learners=47,
        ),
        open=_open_file,
    ),
}
