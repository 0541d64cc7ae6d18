"""What the sounds of a recording amount to: heart rate, its variability, quality, or nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from arsis.signal.hrv import HrvMeasures, HrvSums
from arsis.tasks.sounds.abstain import DOUBTFUL, MILLION, VERDICTS, Tally
from arsis.tasks.sounds.durations import CIRCLE

if TYPE_CHECKING:
    from arsis.core.arrays import F64, Bool
    from arsis.core.task import Summary
    from arsis.core.windows import Answers

BEFORE = {"S1": "diastole", "S2": "systole"}
"""Which phase each sound ends."""


@dataclass
class SummariseSounds:
    """A `Fold[Answers, Summary]`; all sums are whole numbers, so cuts change nothing.

    Attributes
    ----------
    counts, unclear
        Sounds by label; those unclear by reason.
    tally
        What the decision rests on whether to give a heart rate.
    hrv
        Sums over the intervals between clear S1 timed surely.
    length_us, lengths
        Sum and number by phase: of S1 and S2 their own, of systole and diastole between them.
    quality, why
        (second,) quality and the reason why a heart cannot be heard.
    last_us, last_clear
        The clear interval that ended with the last S1; whether that S1 was clear.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BEFORE, 0))
    unclear: dict[str, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    hrv: HrvSums = field(default_factory=HrvSums)
    length_us: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    quality: list[float] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    last_us: int | None = None
    last_clear: bool = False

    def push(self, piece: Answers, /, last: bool = False) -> Summary:  # noqa: ARG002
        """Take the next answers and return what all so far amount to."""
        self.tally.judged_us += piece.judged_us
        clear = ~piece.unclear
        for label, reason in zip(piece.label, piece.reason, strict=True):
            self.counts[label] += 1
            if reason:
                self.unclear[reason] = self.unclear.get(reason, 0) + 1
        self._count_seconds(piece.aside["seconds"])
        self._count_sounds(piece)
        first = np.array([label == "S1" for label in piece.label], bool)
        self._count_intervals(piece.aside["interval_s"][first], clear[first])
        self.hrv.add(
            piece.aside["instant_s"][first], clear[first], piece.aside["whole"][first] == 0
        )
        for label, after in BEFORE.items():
            mine = clear & (first if label == "S1" else ~first)
            self._count_lengths(label, piece.duration_s[mine])
            self._count_lengths(after, piece.aside["before_s"][mine])
        return self._summary()

    def _count_seconds(self, seconds: F64) -> None:
        """Count the seconds (second, 3): quality, number of the verdict, probability of sounds."""
        for quality, number, sounds in seconds.tolist():
            why = VERDICTS[int(number)]
            self.quality.append(round(quality, 3))
            self.why.append(why)
            self.tally.seconds[why] += 1
            self.tally.sound_ppm += round(sounds * MILLION)

    def _count_sounds(self, piece: Answers) -> None:
        """Add up the probabilities of sounds where a heart can be heard."""
        heard = np.array([reason in {"", DOUBTFUL} for reason in piece.reason], bool)
        mass = np.rint(piece.aside["mass"][heard] * MILLION).astype(np.int64).sum(axis=0)
        self.tally.mine_ppm += int(mass[0])
        self.tally.other_ppm += int(mass[1])
        sure = np.rint(piece.probability[heard].astype(np.float64) * MILLION)
        self.tally.sounds += len(sure)
        self.tally.sure_ppm += int(sure.sum())
        first = np.array([label == "S1" for label in piece.label], bool) & heard
        self.tally.beats += int(first.sum())
        self.tally.whole += int((piece.aside["whole"][first] > 0).sum())

    def _count_intervals(self, interval_s: F64, clear: Bool) -> None:
        """Add up the intervals (beat,) from clear S1 to clear S1, and how they change."""
        for interval, is_clear in zip(interval_s.tolist(), clear.tolist(), strict=True):
            known = is_clear and self.last_clear and not np.isnan(interval)
            now_us = round(interval * MILLION) if known else None
            self.last_clear = is_clear
            if now_us is not None:
                self.tally.cycle_us += now_us
                self.tally.cycles += 1
                if self.last_us is not None:
                    self.tally.change_us += abs(now_us - self.last_us)
                    self.tally.changes += 1
            self.last_us = now_us

    def _count_lengths(self, phase: str, length_s: F64) -> None:
        known = np.rint(length_s[~np.isnan(length_s)] * MILLION).astype(np.int64)
        self.length_us[phase] = self.length_us.get(phase, 0) + int(known.sum())
        self.lengths[phase] = self.lengths.get(phase, 0) + len(known)

    def _summary(self) -> Summary:
        tally, why = self.tally, self.tally.reason()
        hrv = HrvSums().measures() if why else self.hrv.measures()
        return {
            "abstained": why or None,
            "heart_rate_bpm": None if why else 60.0 * MILLION * tally.cycles / tally.cycle_us,
            "rests_on": {"intervals": tally.cycles, "seconds": tally.cycle_us / MILLION},
            "judged_s": tally.judged_us / MILLION,
            "sounds": dict(self.counts),
            "unclear": {"sounds": sum(self.unclear.values()), "reasons": dict(self.unclear)},
            "phases": {phase: self._phase(phase) for phase in CIRCLE},
            "hrv": {
                **_plain(hrv),
                "rests_on": "intervals between clear S1 in a row, each timed surely",
            },
            "quality": {
                "per_second": list(self.quality),
                "reason_per_second": list(self.why),
                "seconds": {name: count for name, count in tally.seconds.items() if count},
            },
        }

    def _phase(self, phase: str) -> dict[str, float | int | None]:
        count = self.lengths[phase]
        mean_s = self.length_us[phase] / count / MILLION if count else None
        return {"mean_s": mean_s, "count": count}


def _plain(measures: HrvMeasures) -> dict[str, float | int]:
    return asdict(measures)
