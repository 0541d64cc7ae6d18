"""Sentences about a heart sound: why no heart rate is given, how sure the times are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.serve.measures import number
from arsis.tasks.sounds import abstain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arsis.core.windows import Answers

INTERVAL = "S1-to-S1"
"""What heart-rate variability is taken from."""
ADVICE = {
    abstain.SHORT: "Record at least ten seconds.",
    abstain.NO_SIGNAL: "Check that the file holds the sound that was meant.",
    abstain.SILENCE: "Check that the microphone was on and touched the chest.",
    abstain.NOISY: "Record again in a quiet place, with the microphone held still.",
    abstain.APERIODIC: "If a heart was recorded at all, record again closer to it.",
    abstain.CLIPPED: "Record again with the level turned down.",
    abstain.AMBIGUOUS: "Count the pulse by hand, or record at another place of the chest.",
}
"""What to do about each reason for which no heart rate is given."""


def abstention(summary: Mapping[str, Any]) -> str:
    """Return why there is no heart rate and what to do about it, or nothing if there is one."""
    reason = summary["abstained"]
    return f"No heart rate is given: {reason}. {ADVICE[reason]}" if reason else ""


def heart_rate(summary: Mapping[str, Any]) -> str:
    """Return the heart rate in a line, with what it rests on."""
    rests_on = summary["rests_on"]
    return (
        f"heart rate {number(summary['heart_rate_bpm'], 1)} bpm "
        f"(from {rests_on['intervals']} intervals, {number(rests_on['seconds'], 0)} s)"
    )


def spread_ms(answers: Answers) -> float | None:
    """Return the median standard error of the intervals in ms, None if there are none."""
    known = answers.value[~np.isnan(answers.value[:, 1]), 1]
    return 1000 * float(np.median(known)) if len(known) else None


def quality(summary: Mapping[str, Any]) -> str:
    """Return in a line how good the sound is, and in how many seconds no heart can be heard."""
    seconds, by_reason = summary["quality"]["per_second"], summary["quality"]["seconds"]
    if not seconds:
        return "quality: nothing was measured"
    bad = ", ".join(f"{count} s {reason}" for reason, count in by_reason.items() if reason)
    mean = number(float(np.mean(seconds)), 2)
    return f"quality {mean} of 1 (mean over {len(seconds)} s); not usable: {bad or 'none'}"
