"""The beats of an ECG for people: a table in the terminal, columns, annotations, a page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from arsis.core.recording import Mark
from arsis.serve.beats import rhythm
from arsis.serve.beats.report import report
from arsis.serve.measures import hrv_lines, number
from arsis.serve.presenter import Columns, Presenter
from arsis.serve.sight import framed
from arsis.tasks.beats.classes import MEANING

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Group

    from arsis.infer.predict import Prediction


def columns(prediction: Prediction) -> Columns:
    """Return one row a beat, with the probability of every class."""
    answers = prediction.answers
    names = next(iter(prediction.card.targets.values()))
    head = ("time_s", "label", "probability", "unclear", "reason", *(f"p_{n}" for n in names))
    each = zip(
        answers.time_s.tolist(),
        answers.label,
        answers.probability.tolist(),
        answers.reason,
        answers.probabilities.tolist(),
        strict=True,
    )
    rows = (
        (f"{time_s:.4f}", label, f"{best:.4f}", int(bool(reason)), reason,
         *(f"{p:.4f}" for p in probabilities))
        for time_s, label, best, reason, probabilities in each
    )  # fmt: skip
    return Columns(head, rows)


def marks(prediction: Prediction) -> list[Mark]:
    """Return beats and changes of rhythm as annotations; why a beat is unclear is its note."""
    answers = prediction.answers
    beats = [
        Mark(time_s, label, note=reason)
        for time_s, label, reason in zip(
            answers.time_s.tolist(), answers.label, answers.reason, strict=True
        )
    ]
    return beats + rhythm.marks(prediction.summary)


def sight(prediction: Prediction) -> Group:
    """Return the counts of the classes, the heart rate and its variability."""
    from rich.table import Table
    from rich.text import Text

    summary = prediction.summary
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
        meaning = f"{label}  {MEANING.get(label, '')}"
        beats.add_row(meaning, str(count), f"{share:.1f}", number(count / hours, 0))
    lines = [Text(line) for line in _sentences(summary)]
    return framed(prediction.recording, [beats, Text(), *lines])


def _sentences(summary: dict[str, Any]) -> list[str]:
    hrv, unclear, pauses = summary["hrv"], summary["unclear"], len(summary["pauses"])
    reasons = ", ".join(f"{count} {reason}" for reason, count in unclear["reasons"].items())
    return [
        f"heart rate {number(summary['heart_rate_bpm'], 1)} bpm over {summary['beats']} beats",
        f"unclear: {unclear['beats']} beats" + (f" ({reasons})" if reasons else ""),
        f"runs of ectopic beats: {len(summary['runs'])}, pauses of 2 s and more: {pauses}",
        *rhythm.lines(summary),
        *hrv_lines(hrv),
        f"HRV is taken between normal beats only; {hrv['excluded_beat_count']} beats were left out",
    ]


def simulate(out: Path, seed: int, duration_s: float) -> tuple[Path, ...]:
    """Write a simulated ECG with its true beats as a WFDB record."""
    from arsis.formats.wfdb.write import write_record
    from arsis.tasks.beats.simulate import simulate as made

    write_record(out.parent, out.name, made(seed, duration_s))
    return tuple(out.parent / f"{out.name}.{ending}" for ending in ("hea", "dat", "atr"))


BEATS = Presenter("an ECG", "beats.csv", columns, sight, marks, report, simulate, rhythm.columns)
