"""Heart sounds for people: a table in the terminal, columns, annotations, a page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from arsis.core.recording import Mark
from arsis.serve.measures import hrv_lines, number
from arsis.serve.presenter import Columns, Presenter
from arsis.serve.sight import framed
from arsis.serve.sounds.report import report
from arsis.serve.sounds.simulated import simulate
from arsis.serve.sounds.words import INTERVAL, abstention, heart_rate, quality, spread_ms

if TYPE_CHECKING:
    from rich.console import Group

    from arsis.infer.predict import Prediction

SYMBOL = {"S1": "*", "S2": "D"}
"""The WFDB standard's symbols for the onsets of systole and of diastole."""


def columns(prediction: Prediction) -> Columns:
    """Return one row a heart sound; the interval is the one that ends with it."""
    answers = prediction.answers
    head = (
        "time_s", "duration_s", "label", "probability",
        "interval_s", "interval_spread_s", "unclear", "reason",
    )  # fmt: skip
    each = zip(
        answers.time_s.tolist(),
        answers.duration_s.tolist(),
        answers.label,
        answers.probability.tolist(),
        answers.value.tolist(),
        answers.reason,
        strict=True,
    )
    rows = (
        (f"{time_s:.4f}", f"{duration_s:.4f}", label, f"{probability:.4f}",
         _cell(interval_s), _cell(spread_s), int(bool(reason)), reason)
        for time_s, duration_s, label, probability, (interval_s, spread_s), reason in each
    )  # fmt: skip
    return Columns(head, rows)


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.5f}"


def marks(prediction: Prediction) -> list[Mark]:
    """Return the onsets as annotations; the note names the sound, and why it is unclear."""
    answers = prediction.answers
    return [
        Mark(time_s, SYMBOL[label], note=f"{label} {reason}".strip())
        for time_s, label, reason in zip(
            answers.time_s.tolist(), answers.label, answers.reason, strict=True
        )
    ]


def sight(prediction: Prediction) -> Group:
    """Return the heart rate and its variability, or why there is none, and what they rest on."""
    from rich.text import Text

    lines = [Text(line) for line in _sentences(prediction)]
    if prediction.summary["abstained"]:
        lines.insert(0, Text(abstention(prediction.summary), "bold"))
    return framed(prediction.recording, lines)


def _sentences(prediction: Prediction) -> list[str]:
    summary, spread = prediction.summary, spread_ms(prediction.answers)
    unclear = summary["unclear"]
    reasons = ", ".join(f"{count} {reason}" for reason, count in unclear["reasons"].items())
    found = " and ".join(f"{count} {label}" for label, count in summary["sounds"].items())
    phases = ", ".join(
        f"{name} {number(1000 * each['mean_s'], 0)} ms"
        for name, each in summary["phases"].items()
        if each["count"]
    )
    figures = [
        heart_rate(summary),
        *hrv_lines(summary["hrv"], INTERVAL),
        f"uncertainty of an interval: ± {number(spread, 1)} ms (median)",
    ]
    return [
        *([] if summary["abstained"] else figures),
        f"sounds: {found}; unclear: {unclear['sounds']}" + (f" ({reasons})" if reasons else ""),
        f"mean lengths: {phases or 'unknown'}",
        quality(summary),
    ]


SOUNDS = Presenter("a heart sound", "sounds.csv", columns, sight, marks, report, simulate)
