"""Where the rows of a heartbeat file come from: the record, the person and the second of each.

As the recipe makes the same rows again (see `recipe`), each row of the file can be looked up. That
is what it takes to divide the file by persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from arsis.formats.csv.heartbeats import RATE_HZ
from arsis.tasks.beats.corpus import DE_CHAZAL, open_mitdb
from arsis.tasks.beats.kaggle.classes import CLASSES, NUMBERS
from arsis.tasks.beats.kaggle.corpus import RECORDS
from arsis.tasks.beats.kaggle.label import places
from arsis.tasks.beats.kaggle.recipe import LENGTH, ends, rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from arsis.core.arrays import F32, F64, I64
    from arsis.core.recording import Recording

TOLERANCE = 1e-5
"""Largest difference of any sample; the file's own numbers are rounded to less than 1e-7."""


@dataclass(frozen=True)
class Source:
    """Where a row begins.

    Attributes
    ----------
    record, person
        Of the database; of two records of one person, both name the first.
    time_s, symbol
        Of the annotation at the row's beginning.
    label
        Its class.
    """

    record: str
    person: str
    time_s: float
    symbol: str
    label: str


@dataclass(frozen=True)
class Index:
    """Every row that the database gives, ready to be looked up.

    Attributes
    ----------
    x
        (row, LENGTH)
    sources
        Of each row.
    """

    x: F32
    sources: tuple[Source, ...]

    @cached_property
    def _weight(self) -> F64:
        """A direction along which hardly two rows fall together: (LENGTH,)."""
        return np.random.default_rng(0).uniform(0.5, 1.5, LENGTH)

    @cached_property
    def _sorted(self) -> tuple[F64, I64]:
        """Where the rows fall on it, ascending, and their numbers."""
        place = self.x.astype(np.float64) @ self._weight
        order = np.argsort(place, kind="stable")
        return place[order], order

    def find(self, x: F32) -> list[Source | None]:
        """Return where each of these rows comes from, None if from nowhere here: (row, LENGTH)."""
        place, order = self._sorted
        wanted = x.astype(np.float64) @ self._weight
        reach = TOLERANCE * self._weight.sum()
        low, high = np.searchsorted(place, wanted - reach), np.searchsorted(place, wanted + reach)
        return [
            self._nearest(row, order[first:last])
            for row, first, last in zip(x, low.tolist(), high.tolist(), strict=True)
        ]

    def _nearest(self, row: F32, among: I64) -> Source | None:
        if not len(among):
            return None
        off = np.abs(self.x[among] - row).max(1)
        best = int(off.argmin())
        return self.sources[int(among[best])] if off[best] <= TOLERANCE else None


def index(folder: Path, records: Iterable[str] = RECORDS) -> Index:
    """Make every row of these records of the MIT-BIH Arrhythmia Database again.

    Raises
    ------
    CorpusError
        If a record is not in the folder.
    """
    made = [_of_record(open_mitdb(folder, record)[0]) for record in records]
    return Index(np.concatenate([x for x, _ in made]), tuple(s for _, part in made for s in part))


def rows_of(recording: Recording) -> tuple[F32, list[int]]:
    """Return the rows that an annotated ECG at 360 Hz gives, and the numbers of their marks.

    (row, LENGTH), (row,)
    """
    at = np.rint(np.array([mark.time_s for mark in recording.marks]) * RATE_HZ).astype(np.int64)
    kept = places(recording)
    x, _ = rows(recording.channels[0].read(), at[kept], ends(at)[kept])
    return x, kept


def _of_record(recording: Recording) -> tuple[F32, list[Source]]:
    """Return the rows of a record, (row, LENGTH), and where they begin."""
    marks = recording.marks
    x, kept = rows_of(recording)
    person = {second: first for first, second in DE_CHAZAL.shared}
    name = recording.name
    sources = [
        Source(
            name, person.get(name, name), marks[place].time_s, marks[place].label,
            CLASSES[NUMBERS[marks[place].label]],
        )
        for place in kept
    ]  # fmt: skip
    return x, sources
