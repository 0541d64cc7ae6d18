"""Published ECG recordings with annotated beats, and the protocols they are scored by."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from arsis import formats
from arsis.core.errors import CorpusError
from arsis.core.task import Corpus, Split
from arsis.tasks.beats.classes import AAMI, CLASSES
from arsis.tasks.beats.mitdb_prints import MITDB_PRINTS
from arsis.tasks.beats.own_peaks import with_own_peaks
from arsis.tasks.beats.reshape import reshaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from arsis.core.recording import Mark, Recording
    from arsis.core.windows import Output, Windows


def events(recording: Recording) -> tuple[Mark, ...]:
    """Return the annotated beats of a recording: every mark whose symbol is a beat's."""
    return tuple(mark for mark in recording.marks if mark.label in AAMI)


def label(recording: Recording, windows: Windows) -> Output:
    """Return {"beat": (window,)} class numbers of windows prepared from annotated beats; Q is -1.

    Raises
    ------
    CorpusError
        If a window is not that of an annotated beat.
    """
    marks = events(recording)
    times = np.array([mark.time_s for mark in marks])
    nearest = np.abs(windows.event_s[:, None] - times[None, :]).argmin(1) if len(marks) else []
    if len(windows) and (not len(marks) or np.abs(times[nearest] - windows.event_s).max() > 1e-3):
        raise CorpusError(
            recording.name,
            "a window that belongs to no annotated beat",
            "windows prepared from the recording's own annotations",
            "Prepare the recording again.",
        )
    number = {name: index for index, name in enumerate(CLASSES)}
    classes = [number.get(AAMI[marks[index].label], -1) for index in nearest]
    return {"beat": np.array(classes, np.float32)}


def open_mitdb(folder: Path, subject: str) -> tuple[Recording, ...]:
    """Open a record of the MIT-BIH Arrhythmia Database; raises CorpusError if it is not there."""
    path = folder / subject
    if not path.with_suffix(".atr").exists():
        raise CorpusError(
            folder,
            f"no record {subject} with its annotations",
            "the MIT-BIH Arrhythmia Database (48 records: .dat, .hea, .atr)",
            "Point --data at its folder.",
        )
    return (replace(formats.read(path), subject=subject),)


def made(recordings: Sequence[Recording]) -> Sequence[Iterable[Recording]]:
    """Return what is made of recordings to learn from: N reshaped, and R peaks found anew."""
    return [chain.from_iterable(map(make, recordings)) for make in (reshaped, with_own_peaks)]


DS1 = (
    "101", "106", "108", "109", "112", "114", "115", "116", "118", "119", "122",
    "124", "201", "203", "205", "207", "208", "209", "215", "220", "223", "230",
)  # fmt: skip
DS2 = (
    "100", "103", "105", "111", "113", "117", "121", "123", "200", "202", "210",
    "212", "213", "214", "219", "221", "222", "228", "231", "232", "233", "234",
)  # fmt: skip
PACED = ("102", "104", "107", "217")

DE_CHAZAL = Split(
    name="mitdb-ds1-ds2",
    source="de Chazal, O'Dwyer and Reilly, IEEE Trans. Biomed. Eng. 51 (2004) 1196",
    train=DS1,
    test=DS2,
    left_out=PACED,
    apart=("232", "213", "202"),
    shared=(("201", "202"),),
    # Balanced for S and V; of F, 372 of the 414 beats are those of 208 alone.
    folds=(
        ("209", "106", "112", "108"),
        ("201", "119", "116"),
        ("207", "208", "230"),
        ("118", "203", "109", "205"),
        ("220", "215", "114", "115"),
        ("223", "124", "101", "122"),
    ),
)  # fmt: skip

CORPORA = {
    "mitdb": Corpus(
        name="MIT-BIH Arrhythmia Database",
        licence="ODC-By 1.0",
        cite="Moody and Mark, IEEE Eng. Med. Biol. 20 (2001) 45; "
        "Goldberger et al., Circulation 101 (2000) e215",
        split=DE_CHAZAL,
        open=open_mitdb,
        made=made,
        limits=(
            "Trained on half-hour recordings of 22 people of one hospital (1975 to 1979).",
            "Fusion beats (F) were learnt nearly all from one person, and seldom found in others.",
        ),
        prints=MITDB_PRINTS,
    ),
}
