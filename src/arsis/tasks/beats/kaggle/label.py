"""Which class a row has, from the annotation at its beginning."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import CorpusError
from arsis.core.task import ABSENT
from arsis.formats.csv.heartbeats import ROW
from arsis.tasks.beats.kaggle.classes import CLASSES, NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from arsis.core.arrays import F32
    from arsis.core.recording import Mark, Recording
    from arsis.core.windows import Output, Windows

NO_ROW = "no row"
"""Source of a mark that makes no row, or one of another part: an event like any other."""


def events(recording: Recording) -> tuple[Mark, ...]:
    """Return all marks: a row ends at the next annotation, of whatever kind that is."""
    return recording.marks


def given(recording: Recording) -> bool:
    """Say whether a recording is a table of rows: then there is no beat to be looked for."""
    return any(mark.source == ROW for mark in recording.marks)


def label(recording: Recording, windows: Windows) -> Output:
    """Return {"beat": (window,)} class numbers; ABSENT for what is no row of this part.

    Raises
    ------
    CorpusError
        If the windows are not those of the recording's own marks, or a class is none of ours.
    """
    found = numbers(recording, windows, _number)
    if len(found) and found.max() >= len(CLASSES):
        raise CorpusError(
            recording.name, f"class {found.max():.0f}", f"0 to {len(CLASSES) - 1}: {CLASSES}",
            "Number the classes as the Kaggle file does.",
        )  # fmt: skip
    return {"beat": found}


def numbers(recording: Recording, windows: Windows, number: Callable[[Mark], int]) -> F32:
    """Return what `number` says of the mark of each window: (window,)."""
    marks = recording.marks
    places = windows.aside["number"].astype(np.int64).tolist()
    if len(windows) and (
        places[-1] >= len(marks) or abs(marks[places[-1]].time_s - windows.event_s[-1]) > 1 / 300
    ):
        raise CorpusError(
            recording.name, "windows that belong to no annotation",
            "windows prepared from the recording's own marks", "Prepare the recording again.",
        )  # fmt: skip
    return np.array([number(marks[place]) for place in places], np.float32)


def _number(mark: Mark) -> int:
    if mark.source == ROW:
        return int(mark.label) if mark.label.isdecimal() else ABSENT
    return ABSENT if mark.source == NO_ROW else NUMBERS.get(mark.label, ABSENT)


def only(recording: Recording, keep: set[int]) -> Recording:
    """Return a recording of whose marks only those numbered `keep` make rows."""
    marks = tuple(
        mark if place in keep else replace(mark, source=NO_ROW)
        for place, mark in enumerate(recording.marks)
    )
    return replace(recording, load_marks=lambda: marks)


def places(recording: Recording) -> list[int]:
    """Return the numbers of the marks that make rows: every beat but the recording's last."""
    return [place for place, mark in enumerate(recording.marks) if mark.label in NUMBERS][:-1]
