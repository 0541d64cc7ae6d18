"""What the beats of a recording amount to: rate, ectopic burden, runs, pauses, HRV."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from arsis.signal.hrv import HrvSums
from arsis.tasks.beats.classes import CLASSES
from arsis.tasks.beats.variability import RESTS_ON, add_beats, measured

if TYPE_CHECKING:
    from arsis.core.arrays import F64
    from arsis.core.task import Summary
    from arsis.core.windows import Answers
    from arsis.signal.nn import NnSeries

PAUSE_S = 2.0
SHORTEST_RUN = 3
ECTOPIC = ("S", "V")
MEANING = {"S": "supraventricular", "V": "ventricular"}


@dataclass
class Run:
    """Ectopic beats of one class that followed one another without a gap."""

    label: str
    start_s: float
    end_s: float
    beats: int


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
    nn
        These intervals, piece by piece: 1.6 MB a day.
    interval_us, intervals
        Sum and number of all RR intervals without a gap: the mean heart rate.
    run, runs, pauses
        The run that may go on, those that ended, and the pauses.
    """

    names: tuple[str, ...] = CLASSES
    counts: dict[str, int] = field(default_factory=dict)
    unclear: dict[str, int] = field(default_factory=dict)
    hrv: HrvSums = field(default_factory=HrvSums)
    nn: list[NnSeries] = field(default_factory=list)
    interval_us: int = 0
    intervals: int = 0
    judged_us: int = 0
    run: Run | None = None
    runs: list[Run] = field(default_factory=list)
    pauses: list[tuple[float, float]] = field(default_factory=list)

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
        self.nn.append(add_beats(self.hrv, piece))
        self._follow(piece, rr_s)
        if last:
            self._end_run()
        return self._summary(last)

    def _follow(self, piece: Answers, rr_s: F64) -> None:
        """Go through the beats for runs and pauses."""
        for time_s, label, rr in zip(
            piece.time_s.tolist(), piece.label, rr_s.tolist(), strict=True
        ):
            if rr >= PAUSE_S:
                self.pauses.append((time_s - rr, rr))
            if self.run and (label != self.run.label or np.isnan(rr)):
                self._end_run()
            if label in ECTOPIC:
                self.run = self.run or Run(label, time_s, time_s, 0)
                self.run.end_s, self.run.beats = time_s, self.run.beats + 1

    def _end_run(self) -> None:
        if self.run and self.run.beats >= SHORTEST_RUN:
            self.runs.append(self.run)
        self.run = None

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
            "runs": [_plain(run) for run in self.runs],
            "pauses": [{"start_s": start, "duration_s": length} for start, length in self.pauses],
            "hrv": {
                **asdict(self.hrv.measures()),
                "rests_on": RESTS_ON,
                **measured(self.hrv, self.nn, last),
            },
        }


def _plain(run: Run) -> dict[str, float | str]:
    return {
        "label": run.label,
        "start_s": run.start_s,
        "duration_s": run.end_s - run.start_s,
        "beats": run.beats,
        "rate_bpm": 60.0 * (run.beats - 1) / (run.end_s - run.start_s),
    }
