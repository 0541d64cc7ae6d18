"""Heart rate variability from beats: between which of them, and everything that is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.signal.hrv import HrvSums
from arsis.signal.hrv_settings import PRESETS
from arsis.signal.hrv_whole import whole
from arsis.signal.nn import NnSeries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import Bool
    from arsis.core.windows import Answers

RESTS_ON = "normal-to-normal intervals: adjacent clear beats of class N"


def surely_normal(answers: Answers) -> Bool:
    """Say between which beats heart-rate variability may be taken: (beat,) of class N and clear.

    One ectopic beat taken for a normal one can double RMSSD; a normal one left out costs little.
    """
    clear = zip(answers.label, answers.reason, strict=True)
    return np.array([label == "N" and not reason for label, reason in clear], bool)


def add_beats(sums: HrvSums, piece: Answers) -> NnSeries:
    """Count the next beats in, and return the NN intervals that they end."""
    return sums.add(piece.time_s, surely_normal(piece), np.isnan(piece.aside["rr_s"]))


def nn_of(answers: Answers) -> NnSeries:
    """Return the NN intervals of a whole recording, from all of its answers."""
    return add_beats(HrvSums(), answers)


def definition(sums: HrvSums) -> dict[str, Any]:
    """Say which intervals the measures rest on, and what was left out, in plain values."""
    return {
        "definition": RESTS_ON,
        "excluded": "beats of another class, unclear beats, gaps of the signal; none is corrected",
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
