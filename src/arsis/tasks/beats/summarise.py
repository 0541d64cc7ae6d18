"""What the beats of a recording amount to: rate, ectopic burden, runs, pauses, HRV."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from arsis.signal.hrv import HrvSums
from arsis.tasks.beats.classes import CLASSES
from arsis.tasks.beats.follow import FollowRhythm
from arsis.tasks.beats.intervals import SumIntervals

if TYPE_CHECKING:
    from arsis.core.arrays import Bool
    from arsis.core.task import Summary
    from arsis.core.windows import Answers

ECTOPIC = ("S", "V")
MEANING = {"S": "supraventricular", "V": "ventricular"}


def surely_normal(answers: Answers) -> Bool:
    """Say between which beats heart-rate variability may be taken: (beat,) of class N and clear.

    One ectopic beat taken for a normal one can double RMSSD; a normal one left out costs little.
    """
    clear = zip(answers.label, answers.reason, strict=True)
    return np.array([label == "N" and not reason for label, reason in clear], bool)


@dataclass
class SummariseBeats:
    """A `Fold[Answers, Summary]`; all sums are whole numbers, so cuts change nothing.

    Attributes
    ----------
    counts
        Beats by class; `unclear` by reason.
    hrv
        Sums over normal-to-normal intervals.
    interval_us, intervals
        Sum and number of all RR intervals without a gap: the mean heart rate.
    rhythm
        Episodes: what lasts.
    measured
        QRS width and QT.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0))
    unclear: dict[str, int] = field(default_factory=dict)
    hrv: HrvSums = field(default_factory=HrvSums)
    interval_us: int = 0
    intervals: int = 0
    judged_us: int = 0
    rhythm: FollowRhythm = field(default_factory=FollowRhythm)
    measured: SumIntervals = field(default_factory=SumIntervals)

    def push(self, piece: Answers, /, last: bool = False) -> Summary:
        """Take the next answers and return what all so far amount to."""
        self.judged_us += piece.judged_us
        rr_s = piece.aside["rr_s"]
        for label, reason in zip(piece.label, piece.reason, strict=True):
            self.counts[label] += 1
            if reason:
                self.unclear[reason] = self.unclear.get(reason, 0) + 1
        whole = ~np.isnan(rr_s)
        self.interval_us += int(np.rint(rr_s[whole] * 1e6).sum())
        self.intervals += int(whole.sum())
        self.hrv.add(piece.time_s, surely_normal(piece), ~whole)
        self.rhythm.push(piece, last)
        self.measured.push(piece)
        return self._summary()

    def _summary(self) -> Summary:
        beats = sum(self.counts.values())
        hours = self.judged_us / 3.6e9
        return {
            "beats": beats,
            "judged_s": self.judged_us / 1e6,
            "classes": dict(self.counts),
            "unclear": {"beats": sum(self.unclear.values()), "reasons": dict(self.unclear)},
            "heart_rate_bpm": 60e6 * self.intervals / self.interval_us if self.intervals else None,
            "ectopic_burden": {
                label: {
                    "meaning": MEANING[label],
                    "beats": self.counts[label],
                    "percent_of_beats": 100 * self.counts[label] / beats if beats else None,
                    "per_hour": self.counts[label] / hours if hours else None,
                }
                for label in ECTOPIC
            },
            "runs": [each.plain() for each in self.rhythm.runs.found],
            "pauses": [each.plain() for each in self.rhythm.pauses.found],
            **self.rhythm.plain(),
            "intervals": self.measured.plain(self.rhythm.fibrillation.likely.found),
            "hrv": {
                **asdict(self.hrv.measures()),
                "rests_on": "normal-to-normal intervals: adjacent clear beats of class N",
            },
        }
