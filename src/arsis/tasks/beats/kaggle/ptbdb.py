"""The same rows for another question: the files of the PTB database, of healthy hearts and others.

The beats of one person lie in both parts and nobody has found out whose they are, so the name of
the protocol says rows. No model of it is shipped.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from arsis.core.task import ABSENT, Classes, Corpus, Split
from arsis.formats.csv.heartbeats import ROW
from arsis.tasks.beats.kaggle.corpus import FIT, HELD, KACHUEE, TEST, open_shares
from arsis.tasks.beats.kaggle.decode import DecodeRows
from arsis.tasks.beats.kaggle.label import NO_ROW, numbers
from arsis.tasks.beats.kaggle.task import BEATS_187
from arsis.tasks.beats.simulate import example as simulated
from arsis.tasks.beats.summarise import SummariseBeats

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.recording import Mark, Recording
    from arsis.core.windows import Output, Windows

CLASSES = ("normal", "abnormal")
FILES = tuple(f"ptbdb_{name}.csv" for name in CLASSES)
PARTS = (FIT, HELD, TEST)


def label(recording: Recording, windows: Windows) -> Output:
    """Return {"heart": (window,)} class numbers.

    ABSENT for what is no row of this part, -1 for a beat of a recording: nobody said whose it is.
    """
    return {"heart": numbers(recording, windows, _number)}


def _number(mark: Mark) -> int:
    if mark.source not in (ROW, NO_ROW):
        return -1
    return int(mark.label) if mark.source == ROW and mark.label in {"0", "1"} else ABSENT


def _open(folder: Path, subject: str) -> tuple[Recording, ...]:
    name, _, part = subject.partition("-")
    return open_shares(folder, f"ptbdb_{name}.csv", PARTS.index(part), subject)


def _of(*parts: str) -> tuple[str, ...]:
    return tuple(f"{name}-{part}" for name in CLASSES for part in parts)


def example(seed: int) -> Recording:
    """Return a simulated ECG whose ectopic beats are called abnormal."""
    recording = simulated(seed)
    marks = tuple(
        replace(mark, label=str(int(mark.label != "N")), source=ROW) for mark in recording.marks
    )
    return replace(recording, load_marks=lambda: marks)


PTB_187 = replace(
    BEATS_187,
    name="ptb-187",
    targets={"heart": Classes(CLASSES)},
    title="One heartbeat as a row of 187 samples (the PTB files): of a healthy heart or not",
    limits=(
        "Not a medical device; a cardiologist's reading goes before it.",
        "Learnt and scored on beats of the same persons: how it does on new ones is unknown.",
    ),
    decode=partial(DecodeRows, target="heart", names=CLASSES),
    summarise=partial(SummariseBeats, names=CLASSES),
    label=label,
    example=example,
    corpora={
        "ptbdb-files": Corpus(
            name="ptbdb_normal.csv and ptbdb_abnormal.csv (PTB Diagnostic ECG Database)",
            licence="ODC-By 1.0",
            cite=f"Bousseljot, Kreiseler and Schnabel, Biomed. Tech. 40 (1995) S317; {KACHUEE}",
            split=Split(
                name="ptbdb-random-rows",
                source="rows dealt at random by arsis: who is whose is not published",
                train=_of(FIT, HELD),
                test=_of(TEST),
                held=_of(HELD),
            ),
            open=_open,
        )
    },
)
