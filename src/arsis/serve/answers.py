"""One prediction in the shapes that people and machines take it: JSON, CSV, a terminal table."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

import arsis
from arsis.scores.plain import plain

if TYPE_CHECKING:
    from rich.console import Group

    from arsis.infer.predict import Prediction

SCHEMA = "arsis-result-1"
"""Names the published JSON schema, serve/schema/result.schema.json."""

HRV_ROWS = (
    ("mean_nn_ms", "mean NN", "ms", "interval_count"),
    ("sdnn_ms", "SDNN", "ms", "interval_count"),
    ("rmssd_ms", "RMSSD", "ms", "difference_count"),
    ("pnn50_percent", "pNN50", "%", "difference_count"),
)
"""Key of the summary, name, unit, and which count the number rests on."""


def as_json(prediction: Prediction, source: str) -> dict[str, Any]:
    """Return a prediction as plain values that fit the published schema; NaN becomes null."""
    recording, card, answers = prediction.recording, prediction.card, prediction.answers
    columns = zip(
        answers.time_s.tolist(),
        answers.duration_s.tolist(),
        answers.label,
        answers.probability.tolist(),
        answers.reason,
        strict=True,
    )
    document = {
        "schema": SCHEMA,
        "arsis": arsis.__version__,
        "recording": {
            "name": recording.name,
            "source": source,
            "subject": recording.subject,
            "start": recording.start.isoformat() if recording.start else None,
            "duration_s": recording.duration_s,
            "channels": [
                {"name": c.name, "unit": c.unit, "rate_hz": c.rate_hz} for c in recording.channels
            ],
            "notes": list(recording.notes),
        },
        "model": {
            "name": card.name,
            "task": card.task,
            "task_version": card.task_version,
            "made": card.made,
            "net_sha256": card.net_sha256,
        },
        "answers": [
            {
                "time_s": round(time_s, 4),
                **({"duration_s": round(duration_s, 4)} if duration_s else {}),
                "label": label,
                "probability": round(probability, 4),
                "unclear": bool(reason),
                "reason": reason,
            }
            for time_s, duration_s, label, probability, reason in columns
        ],
        "summary": prediction.summary,
    }
    result: dict[str, Any] = plain(document)  # type: ignore[assignment]
    return result


def as_csv(prediction: Prediction) -> str:
    """Return the answers as CSV, one line each, with the probability of every class."""
    answers = prediction.answers
    names = next(iter(prediction.card.targets.values()))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["time_s", "label", "probability", "unclear", "reason", *(f"p_{name}" for name in names)]
    )
    for time_s, label, best, reason, each in zip(
        answers.time_s.tolist(),
        answers.label,
        answers.probability.tolist(),
        answers.reason,
        answers.probabilities.tolist(),
        strict=True,
    ):
        row = [f"{time_s:.4f}", label, f"{best:.4f}", int(bool(reason)), reason]
        writer.writerow([*row, *(f"{p:.4f}" for p in each)])
    return text.getvalue()


def as_table(prediction: Prediction) -> Group:
    """Return what a person wants to see first, for the terminal."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    recording, summary = prediction.recording, prediction.summary
    channels = ", ".join(f"{c.name} {c.rate_hz:g} Hz" for c in recording.channels)
    title = Text(f"{recording.name}: {clock_time(recording.duration_s)} of {channels}", "bold")
    beats = Table(box=None, pad_edge=False, header_style="dim")
    for name, side in (
        ("class", "left"),
        ("beats", "right"),
        ("%", "right"),
        ("per hour", "right"),
    ):
        beats.add_column(name, justify=side)  # type: ignore[arg-type]
    hours = summary["judged_s"] / 3600 or math.nan
    for label, count in summary["classes"].items():
        share = 100 * count / summary["beats"] if summary["beats"] else 0.0
        beats.add_row(_meaning(label), str(count), f"{share:.1f}", _number(count / hours, 0))
    lines = [Text(line) for line in _sentences(summary)]
    notes = [Text(f"note: {note}", "yellow") for note in recording.notes]
    return Group(title, Text(), beats, Text(), *lines, *notes)


def _sentences(summary: dict[str, Any]) -> list[str]:
    hrv, unclear, pauses = summary["hrv"], summary["unclear"], len(summary["pauses"])
    reasons = ", ".join(f"{count} {reason}" for reason, count in unclear["reasons"].items())
    lines = [
        f"heart rate {_number(summary['heart_rate_bpm'], 1)} bpm over {summary['beats']} beats",
        f"unclear: {unclear['beats']} beats" + (f" ({reasons})" if reasons else ""),
        f"runs of ectopic beats: {len(summary['runs'])}, pauses of 2 s and more: {pauses}",
    ]
    lines += [
        f"{name} {_number(hrv[key], 1)} {unit} (from {hrv[count]} "
        f"{'intervals' if count == 'interval_count' else 'pairs of intervals'})"
        for key, name, unit, count in HRV_ROWS
    ]
    excluded = hrv["excluded_beat_count"]
    return [*lines, f"HRV is taken between normal beats only; {excluded} beats were left out"]


def _meaning(label: str) -> str:
    from arsis.tasks.beats.classes import MEANING

    return f"{label}  {MEANING.get(label, '')}"


def _number(value: float | None, digits: int) -> str:
    return "unknown" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def clock_time(time_s: float) -> str:
    """Return a time as a person reads it: 1:02:03 or 2:03.

    Examples
    --------
    >>> clock_time(3723.4)
    '1:02:03'
    """
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
