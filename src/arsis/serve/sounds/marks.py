"""Every heart sound of a recording as a mark on the page, in a few bytes each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.serve.report.pack import pack, planes

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64, Bool
    from arsis.core.windows import Answers
    from arsis.serve.report.arrays import U8

SOUNDS = ("S1", "S2")
STEP_S = 1e-4
"""Times, intervals and spreads are told to a tenth of a millisecond."""
PROBABILITY_STEPS = 200


@dataclass(frozen=True)
class Marks:
    """Heart sounds in columns.

    Attributes
    ----------
    time_s, duration_s
        (sound,) where each begins and how long it lasts.
    label, reason
        (sound,) numbers of the sound and of the reason why it is unclear; reason 0 = clear.
    probability
        (sound,) in steps of 1 / PROBABILITY_STEPS.
    interval_s, spread_s
        (sound,) from the S1 before to this one, 0 = none is known.
    counted
        (sound,) whether heart-rate variability rests on this interval.
    linked
        (sound,) whether the phase between the sound before and this one is known to be whole.
    reasons
        Their names; the first is "".
    """

    time_s: F64
    duration_s: F64
    label: U8
    reason: U8
    probability: U8
    interval_s: F32
    spread_s: F32
    counted: Bool
    linked: Bool
    reasons: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time_s)

    def take(self, kept: Bool) -> Marks:
        """Return only some of the sounds; what lies between two is unknown where one is gone."""
        alone = ~np.concatenate([[True], kept[:-1]])
        return Marks(
            self.time_s[kept], self.duration_s[kept], self.label[kept], self.reason[kept],
            self.probability[kept], self.interval_s[kept], self.spread_s[kept],
            self.counted[kept], (self.linked & ~alone)[kept], self.reasons,
        )  # fmt: skip

    def packed(self) -> str:
        """Return the columns as text; times as differences."""
        steps = np.rint(self.time_s / STEP_S).astype(np.int64)
        wide = np.diff(steps, prepend=0), _steps(self.duration_s), _steps(self.interval_s)
        flags = self.counted | (self.linked.astype(np.uint8) << 1)
        narrow = (
            np.minimum(_steps(self.spread_s), 255).astype(np.uint8),
            self.label, self.reason, self.probability, flags.astype(np.uint8),
        )  # fmt: skip
        raw = b"".join(map(planes, wide)) + b"".join(each.tobytes() for each in narrow)
        return pack(raw)


def _steps(value_s: F64 | F32) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.rint(value_s.astype(np.float64) / STEP_S).astype(np.int64)


def marks_of(answers: Answers) -> Marks:
    """Return answers about heart sounds as marks."""
    reasons = ("", *sorted(set(answers.reason) - {""}))
    label = np.array([SOUNDS.index(each) for each in answers.label], np.uint8)
    reason = np.array([reasons.index(each) for each in answers.reason], np.uint8)
    return Marks(
        answers.time_s,
        answers.duration_s,
        label,
        reason,
        np.rint(np.clip(answers.probability, 0, 1) * PROBABILITY_STEPS).astype(np.uint8),
        np.nan_to_num(answers.value[:, 0]),
        np.nan_to_num(answers.value[:, 1]),
        (answers.aside["whole"] > 0) & _between_clear(label, reason),
        ~np.isnan(answers.aside["before_s"]),
        reasons,
    )


def _between_clear(label: U8, reason: U8) -> Bool:
    """(sound,) whether it is a clear S1 and the S1 before it is clear too."""
    between = np.zeros(len(label), bool)
    first = np.flatnonzero(label == 0)
    clear = reason[first] == 0
    between[first[1:]] = clear[1:] & clear[:-1]
    return between


def fitted(marks: Marks, within: tuple[float, float], room: int) -> tuple[Marks, str]:
    """Return the marks as text of at most `room` characters, and those that it holds.

    Half a day of heart sounds fits a page. Of a longer recording every mark within the stretch
    that is drawn is kept, and of the others the S1 at even distances, for the tachogram.
    """
    drawn = (marks.time_s >= within[0]) & (marks.time_s < within[1])
    kept, text, every = marks, marks.packed(), 1
    first = np.flatnonzero((marks.label == 0) & ~drawn)
    while len(text) > room and every <= len(first):
        chosen = drawn.copy()
        chosen[first[::every]] = True
        kept = marks.take(chosen)
        text = kept.packed()
        every *= 2
    return kept, text
