"""Stretches of a rhythm: what an episode is, and how beats in a row become one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from arsis.tasks.beats.decode import POOR_SIGNAL

FIBRILLATION = "atrial fibrillation"
BIGEMINY, TRIGEMINY = "bigeminy", "trigeminy"
RUN = {"S": "supraventricular run", "V": "ventricular run"}
PAUSE, BRADYCARDIA, TACHYCARDIA = "pause", "bradycardia", "tachycardia"
KINDS = (FIBRILLATION, BIGEMINY, TRIGEMINY, *RUN.values(), PAUSE, BRADYCARDIA, TACHYCARDIA)
"""Kinds of episode that are answered."""
NOT_ANSWERED = ("atrial flutter",)
"""With a constant block its intervals are regular, with a changing one as in fibrillation: beats
and intervals alone do not tell it, so it is never named."""

DOUBTFUL = "doubtful rhythm"


@dataclass
class Beat:
    """One beat as episodes see it.

    Attributes
    ----------
    time_us, rr_us
        R peak, and the interval that ends with it; None across a gap.
    label, thousandths, poor
        Its class, how probable that is, and whether the signal was poor.
    """

    time_us: int
    rr_us: int | None
    label: str
    thousandths: int
    poor: bool


@dataclass
class Episode:
    """Something that lasts; times in whole microseconds.

    Attributes
    ----------
    kind, label
        Of the episode, and of its ectopic beats ("" where it is about none).
    start_us, end_us
        From R peak to R peak; where intervals are in a rhythm, from the beginning of the first.
    beats
        In it; of ectopic rhythms, the ectopic ones.
    intervals_us, intervals
        Sum and number of the intervals in it: its rate.
    believed
        Sum of the probabilities of what makes it an episode, in thousandths.
    of
        Number of such probabilities; 0 where it follows from times alone.
    poor
        Beats in it from poor signal.
    doubtful
        Below this mean probability it is unclear, in thousandths.
    """

    kind: str
    start_us: int
    end_us: int
    label: str = ""
    beats: int = 0
    intervals_us: int = 0
    intervals: int = 0
    believed: int = 0
    of: int = 0
    poor: int = 0
    doubtful: int = 500

    @property
    def duration_us(self) -> int:
        """How long it lasts."""
        return self.end_us - self.start_us

    @property
    def reason(self) -> str:
        """Why it must not be relied upon; "" where it may be."""
        if 2 * self.poor >= max(self.beats, 1):
            return POOR_SIGNAL
        return DOUBTFUL if self.believed < self.doubtful * self.of else ""

    def take(self, beat: Beat, thousandths: int | None) -> None:
        """Go on to the next beat that belongs to it, and how probable that is."""
        self.end_us, self.beats = beat.time_us, self.beats + 1
        self.poor += int(beat.poor)
        if thousandths is not None:
            self.believed, self.of = self.believed + thousandths, self.of + 1

    def pace(self, rr_us: int) -> None:
        """Count an interval between two of its beats."""
        self.intervals_us, self.intervals = self.intervals_us + rr_us, self.intervals + 1

    def plain(self) -> dict[str, Any]:
        """Return it in plain values, ready for JSON."""
        return {
            "kind": self.kind,
            "start_s": self.start_us / 1e6,
            "duration_s": self.duration_us / 1e6,
            **({"label": self.label} if self.label else {}),
            "beats": self.beats,
            "rate_bpm": 60e6 * self.intervals / self.intervals_us if self.intervals else None,
            "probability": self.believed / (1000 * self.of) if self.of else None,
            "unclear": bool(self.reason),
            "reason": self.reason,
        }


@dataclass
class Stretches:
    """Joins beats that are in a rhythm to episodes of `least_us` and more.

    Attributes
    ----------
    kind
        Of the episodes.
    least_us, join_us
        Shorter ones are dropped; across less than `join_us` an episode goes on.
    doubtful
        Of the episodes.
    now, found, total_us
        The episode that may go on, those that ended, and how long these lasted together.
    """

    kind: str
    least_us: int
    join_us: int
    doubtful: int = 500
    now: Episode | None = None
    found: list[Episode] = field(default_factory=list)
    total_us: int = 0

    def take(self, beat: Beat, inside: bool, thousandths: int | None = None) -> None:
        """Take the next beat, and whether the interval that ends with it is in the rhythm."""
        if beat.rr_us is None:
            if self.now and beat.time_us - self.now.end_us >= self.join_us:
                self.end()
            return
        start_us = beat.time_us - beat.rr_us
        if self.now and start_us - self.now.end_us >= self.join_us:
            self.end()
        if inside:
            self.now = self.now or Episode(self.kind, start_us, start_us, doubtful=self.doubtful)
            self.now.take(beat, thousandths)
            self.now.pace(beat.rr_us)

    def end(self) -> None:
        """Close the episode that may go on."""
        if self.now and self.now.duration_us >= self.least_us:
            self.found.append(self.now)
            self.total_us += self.now.duration_us
        self.now = None
