"""What a contender says of a recording, as the arrays that scores take; baselines speak it too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.windows import Answers
from arsis.scores.rates import over_windows
from arsis.scores.segments import SOUNDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arsis.core.arrays import F64, Bool
    from arsis.core.task import Summary

CURVE = "heart_rate_by_second_bpm"
"""Where a baseline without beats tells the rate of the 5 s from each whole second on."""


@dataclass(frozen=True)
class Heard:
    """The sounds of one recording as a contender heard them.

    Attributes
    ----------
    s1_s, interval_s, spread_s
        (S1,) onsets in order of time; the interval that ends with each and how far off it may
        be, as stated, NaN where none is.
    middle_s
        By sound (S1, S2): the middle of each, in order of time.
    clear
        (S1,) whether neither it nor the S1 before it is unclear.
    sure
        (S1,) whether its interval is one of heart-rate variability.
    summary
        What the recording amounts to.
    """

    s1_s: F64
    interval_s: F64
    spread_s: F64
    middle_s: Mapping[str, F64]
    clear: Bool
    sure: Bool
    summary: Summary

    @property
    def answered(self) -> bool:
        """Whether a heart rate was given at all."""
        return self.summary.get("heart_rate_bpm") is not None

    @property
    def rate_bpm(self) -> float:
        """Heart rate of the whole recording; NaN where none was given."""
        return _number(self.summary.get("heart_rate_bpm"))

    def hrv(self, name: str) -> float:
        """Return a measure of heart-rate variability; NaN where none was given."""
        return _number((self.summary.get("hrv") or {}).get(name))

    def rates_bpm(self, start_s: F64) -> F64:
        """Return the heart rate of the 5 s from each start on: (window,), NaN = not known."""
        if CURVE in self.summary:
            curve = np.array(self.summary[CURVE], np.float64)
            return np.asarray(curve[np.rint(start_s).astype(np.int64)], np.float64)
        return over_windows(self.s1_s, self.interval_s, start_s)


def heard(said: tuple[Answers, Summary]) -> Heard:
    """Take apart what a contender said of a recording."""
    answers, summary = said
    label = np.array(answers.label, object)
    is_s1 = label == "S1"
    middle_s = answers.time_s + answers.duration_s / 2
    value = answers.value.astype(np.float64).reshape(-1, 2)
    clear = ~answers.unclear[is_s1]
    clear[1:] &= clear[:-1].copy()
    sure = answers.aside.get("whole", np.isfinite(value[:, 0]))[is_s1] > 0
    return Heard(
        s1_s=answers.time_s[is_s1],
        interval_s=value[is_s1, 0],
        spread_s=value[is_s1, 1],
        middle_s={name: np.sort(middle_s[label == name]) for name in SOUNDS},
        clear=clear,
        sure=clear & sure,
        summary=summary,
    )


def say(
    sounds_s: Mapping[str, F64], interval_s: F64, summary: Mapping[str, Any]
) -> tuple[Answers, Summary]:
    """Give instants of sounds the form of answers; `interval_s` (S1,) ends with each S1."""
    names = np.repeat(list(sounds_s), [len(each) for each in sounds_s.values()])
    time_s = np.concatenate([*sounds_s.values(), np.empty(0)])
    order = np.argsort(time_s, kind="stable")
    value = np.full((len(time_s), 2), np.nan, np.float32)
    value[names == "S1", 0] = interval_s
    count = len(time_s)
    answers = Answers(
        time_s=time_s[order], duration_s=np.zeros(count), label=tuple(names[order].tolist()),
        probability=np.ones(count, np.float32), probabilities=np.ones((count, 1), np.float32),
        value=value[order], reason=("",) * count, until_s=0.0, judged_us=0, aside={},
    )  # fmt: skip
    return answers, dict(summary)


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)
