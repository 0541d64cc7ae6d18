"""Every beat of a recording as a mark on the page, in a few bytes each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.serve.beats.order import ranks
from arsis.serve.report.pack import pack, planes
from arsis.tasks.beats.variability import surely_normal

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I64, Bool
    from arsis.core.windows import Answers
    from arsis.serve.report.arrays import U8

NO_INTERVAL, NN, EXCLUDED = 0, 1, 2
"""What ends with a beat: no known interval, one between normal beats, any other."""
PROBABILITY_STEPS = 200


@dataclass(frozen=True)
class Marks:
    """Beats in columns.

    Attributes
    ----------
    time_s
        (beat,)
    label, reason
        (beat,) numbers of the class and of the reason why it is unclear; reason 0 = clear.
    probabilities
        (beat, class) calibrated, in steps of 1 / PROBABILITY_STEPS.
    interval
        (beat,) what ends with the beat.
    reasons
        Their names; the first is "".
    """

    time_s: F64
    label: U8
    reason: U8
    probabilities: U8
    interval: U8
    reasons: tuple[str, ...]

    @property
    def notable(self) -> Bool:
        """(beat,) which ones an expert looks for: any but a clear normal beat."""
        return (self.label > 0) | (self.reason > 0)

    def ranks(self) -> I64:
        """Say how soon each beat has its turn where room is scarce: (beat,)."""
        return ranks(np.where(self.reason > 0, 255, self.label).astype(np.int64), self.notable)

    def take(self, kept: Bool) -> Marks:
        """Return only some of the beats; an interval whose first beat is gone is none."""
        alone = ~np.concatenate([[True], kept[:-1]])
        interval = np.where(alone, NO_INTERVAL, self.interval).astype(np.uint8)
        return Marks(
            self.time_s[kept], self.label[kept], self.reason[kept], self.probabilities[kept],
            interval[kept], self.reasons,
        )  # fmt: skip

    def packed(self) -> str:
        """Return the columns as text, times as differences in milliseconds."""
        time_ms = np.rint(self.time_s * 1000).astype(np.int64)
        columns = (self.label, self.reason, self.interval, *self.probabilities.T)
        raw = planes(np.diff(time_ms, prepend=0)) + b"".join(c.tobytes() for c in columns)
        return pack(raw)


def marks_of(answers: Answers, names: tuple[str, ...]) -> Marks:
    """Return answers about beats as marks; the first of `names` is the normal class."""
    reasons = ("", *sorted(set(answers.reason) - {""}))
    label, reason = _numbers(answers.label, names), _numbers(answers.reason, reasons)
    normal = surely_normal(answers)
    before = np.concatenate([[False], normal[:-1]])[: len(normal)]
    known = ~np.isnan(answers.aside["rr_s"])
    return Marks(
        answers.time_s,
        label,
        reason,
        np.rint(np.clip(answers.probabilities, 0, 1) * PROBABILITY_STEPS).astype(np.uint8),
        np.where(known, np.where(normal & before, NN, EXCLUDED), NO_INTERVAL).astype(np.uint8),
        reasons,
    )


def fitted(marks: Marks, room: int) -> tuple[Marks, str]:
    """Return the marks as text of at most `room` characters, and those that it holds.

    A day of beats takes a tenth of a page; only recordings of weeks need to lose marks, clear
    normal beats first.
    """
    rank = marks.ranks()
    kept, text = marks, marks.packed()
    while len(text) > room and len(kept.time_s):
        count = int(0.95 * len(kept.time_s) * max(0, room) / len(text))
        chosen = np.zeros(len(marks.time_s), bool)
        chosen[np.argsort(rank, kind="stable")[:count]] = True
        kept = marks.take(chosen)
        text = kept.packed()
    return kept, text


def _numbers(values: tuple[str, ...], names: tuple[str, ...]) -> U8:
    number = {name: index for index, name in enumerate(names)}
    return np.fromiter((number[value] for value in values), np.uint8, len(values))
