"""What the beats of a recording amount to: rate, ectopic burden, runs, pauses, HRV."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from arsis.signal.hrv import HrvSums
from arsis.tasks.beats.classes import CLASSES
from arsis.tasks.beats.follow import FollowRhythm
from arsis.tasks.beats.intervals import SumIntervals
from arsis.tasks.beats.variability import RESTS_ON, Doubles, add_beats, measured

if TYPE_CHECKING:
    from arsis.core.task import Summary
    from arsis.core.windows import Answers
    from arsis.signal.nn import NnSeries

ECTOPIC = ("S", "V")
MEANING = {"S": "supraventricular", "V": "ventricular"}


@dataclass
class SummariseBeats:
    """A `Fold[Answers, Summary]`; all sums are whole numbers, so cuts change nothing.

    Attributes
    ----------
    names
        Of the classes, in order.
    counts
        Beats by class; `unclear` by reason.
    hrv
        Sums over normal-to-normal intervals.
    doubles
        In which of them a beat may be missing.
    nn
        These intervals, piece by piece: 1.6 MB a day.
    interval_us, intervals
        Sum and number of all RR intervals without a gap: the mean heart rate.
    rhythm
        Episodes: what lasts.
    measured
        QRS width and QT.
    """

    names: tuple[str, ...] = CLASSES
    counts: dict[str, int] = field(default_factory=dict)
    unclear: dict[str, int] = field(default_factory=dict)
    hrv: HrvSums = field(default_factory=HrvSums)
    doubles: Doubles = field(default_factory=Doubles)
    nn: list[NnSeries] = field(default_factory=list)
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
            self.counts[label] = self.counts.get(label, 0) + 1
            if reason:
                self.unclear[reason] = self.unclear.get(reason, 0) + 1
        whole = ~np.isnan(rr_s)
        self.interval_us += int(np.rint(rr_s[whole] * 1e6).sum())
        self.intervals += int(whole.sum())
        self.nn.append(add_beats(self.hrv, self.doubles, piece))
        self.rhythm.push(piece, last)
        self.measured.push(piece)
        return self._summary(last)

    def _summary(self, last: bool) -> Summary:
        beats = sum(self.counts.values())
        hours = self.judged_us / 3.6e9
        return {
            "beats": beats,
            "judged_s": self.judged_us / 1e6,
            "classes": {name: self.counts.get(name, 0) for name in self.names},
            "unclear": {"beats": sum(self.unclear.values()), "reasons": dict(self.unclear)},
            "heart_rate_bpm": 60e6 * self.intervals / self.interval_us if self.intervals else None,
            "ectopic_burden": {
                label: {
                    "meaning": MEANING[label],
                    "beats": self.counts.get(label, 0),
                    "percent_of_beats": 100 * self.counts.get(label, 0) / beats if beats else None,
                    "per_hour": self.counts.get(label, 0) / hours if hours else None,
                }
                for label in ECTOPIC
                if label in self.names
            },
            "runs": [each.plain() for each in self.rhythm.runs.found],
            "pauses": [each.plain() for each in self.rhythm.pauses.found],
            **self.rhythm.plain(),
            "intervals": self.measured.plain(self.rhythm.fibrillation.likely.found),
            "hrv": {
                **asdict(self.hrv.measures()),
                "rests_on": RESTS_ON,
                **measured(self.hrv, self.nn, last),
            },
        }
