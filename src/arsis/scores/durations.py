"""How well stretches of time were found: seconds and episodes, as for monitors of rhythm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.scores.plain import Plain, plain_fields

if TYPE_CHECKING:
    from arsis.core.arrays import F64, Bool

ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """What of the true stretches of one recording was found.

    Attributes
    ----------
    both_s, missed_s, false_s, neither_s
        Seconds of the scored time that are in true and answered stretches, in true ones only,
        in answered ones only, in none.
    episodes, episodes_found
        True stretches, and those of which at least half was answered.
    answers, answers_right
        Answered stretches with any scored time, and those of whose scored time at least half
        is true.
    """

    both_s: float
    missed_s: float
    false_s: float
    neither_s: float
    episodes: int
    episodes_found: int
    answers: int
    answers_right: int

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


def found(truth_s: F64, answered_s: F64, unscored_s: F64, duration_s: float) -> Found:
    """Compare answered with true stretches, as ANSI/AAMI EC57 (2012) does for fibrillation.

    `truth_s`, `answered_s`, `unscored_s` (stretch, 2) seconds; time in `unscored_s` counts
    nowhere. Unlike the standard, for which any overlap finds an episode, half of it is needed.
    """
    marks = np.concatenate([truth_s, answered_s, unscored_s, [[0.0, duration_s]]])
    edges = np.unique(marks)
    length_s = np.diff(edges)
    middle = edges[:-1] + length_s / 2
    true, told, out = (_inside(middle, each) for each in (truth_s, answered_s, unscored_s))
    scored_s = np.where(out | (middle > duration_s), 0.0, length_s)

    def seconds(rows: F64, among: Bool) -> F64:
        return np.array([scored_s[_inside(middle, row[None]) & among].sum() for row in rows])

    every = np.ones(len(scored_s), bool)
    true_length_s, told_length_s = seconds(truth_s, every), seconds(answered_s, every)
    true_found_s, told_right_s = seconds(truth_s, told), seconds(answered_s, true)
    return Found(
        both_s=float(scored_s[true & told].sum()),
        missed_s=float(scored_s[true & ~told].sum()),
        false_s=float(scored_s[~true & told].sum()),
        neither_s=float(scored_s[~true & ~told].sum()),
        episodes=int((true_length_s > 0).sum()),
        episodes_found=int(((true_length_s > 0) & (true_found_s >= ENOUGH * true_length_s)).sum()),
        answers=int((told_length_s > 0).sum()),
        answers_right=int(((told_length_s > 0) & (told_right_s >= ENOUGH * told_length_s)).sum()),
    )


def _inside(middle: F64, rows: F64) -> Bool:
    inside = np.zeros(len(middle), bool)
    for start, stop in rows:
        inside |= (middle >= start) & (middle < stop)
    return inside
