"""Heart rate variability from beats: between which of them, and everything that is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.signal.hrv import HrvSums
from arsis.signal.hrv_settings import PRESETS
from arsis.signal.hrv_whole import whole
from arsis.signal.nn import NnSeries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import F64, Bool
    from arsis.core.windows import Answers

LONG, LATELY, FEWEST = 1.9, 20, 5
"""From so many times the median of the last LATELY NN intervals on, once there are FEWEST, a beat
may be missing in an interval: one beat not found doubles RMSSD. On the training patients, with
our R peaks and true classes, this bounds the 90th percentile of RMSSD's error (41 % with the
detector before this one, 12 % with the rule; 11 and 13 % with the present one)."""

RESTS_ON = "normal-to-normal intervals: adjacent clear beats of class N"


def surely_normal(answers: Answers) -> Bool:
    """Say between which beats heart-rate variability may be taken: (beat,) of class N and clear.

    One ectopic beat taken for a normal one can double RMSSD; a normal one left out costs little.
    """
    clear = zip(answers.label, answers.reason, strict=True)
    return np.array([label == "N" and not reason for label, reason in clear], bool)


@dataclass
class Doubles:
    """Which NN intervals are so long that a beat may be missing; carried from beat to beat.

    Attributes
    ----------
    lately_s
        The last NN intervals.
    normal
        Whether the last beat was a clear normal one.
    """

    lately_s: list[float] = field(default_factory=list)
    normal: bool = False

    def follow(self, rr_s: F64, normal: Bool) -> Bool:
        """Take beats in turn: (beat,) interval that ends with each, (beat,) which are normal.

        (beat,) whether a beat may be missing before each.
        """
        doubled = np.zeros(len(rr_s), np.bool_)
        for i, (interval_s, is_normal) in enumerate(
            zip(rr_s.tolist(), normal.tolist(), strict=True)
        ):
            if is_normal and self.normal and not math.isnan(interval_s):
                enough = len(self.lately_s) >= FEWEST
                doubled[i] = enough and interval_s > LONG * float(np.median(self.lately_s))
                self.lately_s = [*self.lately_s, interval_s][-LATELY:]
            self.normal = is_normal
        return doubled


def add_beats(sums: HrvSums, doubles: Doubles, piece: Answers) -> NnSeries:
    """Count the next beats in, and return the NN intervals that they end."""
    rr_s, normal = piece.aside["rr_s"], surely_normal(piece)
    return sums.add(piece.time_s, normal, np.isnan(rr_s) | doubles.follow(rr_s, normal))


def nn_of(answers: Answers) -> NnSeries:
    """Return the NN intervals of a whole recording, from all of its answers."""
    return add_beats(HrvSums(), Doubles(), answers)


def definition(sums: HrvSums) -> dict[str, Any]:
    """Say which intervals the measures rest on, and what was left out, in plain values."""
    return {
        "definition": RESTS_ON,
        "excluded": "beats of another class, unclear beats, gaps of the signal, intervals of "
        f"{LONG} times the median of the last {LATELY} and more; none is corrected",
        "beat_count": sums.beat_count,
        "excluded_beat_count": sums.excluded_beat_count,
        "excluded_interval_count": sums.excluded_interval_count,
    }


def measured(sums: HrvSums, pieces: Sequence[NnSeries], last: bool) -> dict[str, Any]:
    """Return all measures with their receipts once a recording has ended; before that, nothing.

    Spectra and entropies are of the whole series, however it came.
    """
    if not last:
        return {}
    return whole(NnSeries.join(pieces), PRESETS["default"], definition(sums))
