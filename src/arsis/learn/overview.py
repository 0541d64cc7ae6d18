"""The table that shows at a glance what arsis is worth: a figure a job, and its best baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arsis.learn.cells import NOTHING, interval, markdown, number, of_part, percent
from arsis.learn.headline import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from arsis.learn.record import Record


@dataclass(frozen=True)
class Line:
    """One line: a job, the part of the evaluation that answers it, and the figure shown.

    Attributes
    ----------
    job
        In words, with the unit of the figure.
    part, figure
        Where the figure stands.
    form
        How it is written.
    net
        Name of the record over seeds.
    least
        Whether less is better.
    apart
        The subject that is left out, where one alone decides the figure.
    """

    job: str
    part: str
    figure: str
    form: Callable[[float | None], str]
    net: str = "seeds"
    least: bool = False
    apart: str = ""


def _decimal(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _tenth(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


LINES = (
    Line("class of every beat of new patients, j-kappa", "reference", "j_kappa", number),
    Line("of these, ventricular (V), F1 %", "reference", "f1_V", percent),
    Line("of these, supraventricular (S), F1 %", "reference", "f1_S", percent),
    Line(
        "the same without patient 232, who has three of four of them", "reference", "f1_S", percent,
        apart="232",
    ),
    Line("from the file on, R peaks found, j-kappa", "end-to-end", "j_kappa", number),
    Line(
        "one heartbeat alone, known patients (Kaggle), macro-F1 %", "random", "macro_f1", percent,
        "residual-random-seeds",
    ),
    Line(
        "one heartbeat alone, new patients, macro-F1 %", "patients", "macro_f1", percent,
        "residual-patients-seeds",
    ),
    Line(
        "heart rate from 5 s of heart sound, error in bpm", "heart-rate", "mae_bpm, 5 s alone",
        _decimal, least=True,
    ),
    Line(
        "first and second heart sounds within 60 ms, F1 %", "segments", "pooled f1_both, 60 ms",
        percent,
    ),
    Line(
        "time from beat to beat by sound, SD of the error in ms", "intervals", "ibi_sd_ms",
        _tenth, least=True,
    ),
)  # fmt: skip


def overview_table(results: Path) -> str:
    """Return the lines for which there are records."""
    rows = [row for row in (_row(line, of_part(results, line.part)) for line in LINES) if row]
    head = ("", "arsis, mean ± sd of the seeds", "best baseline", "protocol", "test subjects")
    below = "[95 % interval by bootstrap over subjects]; every table with its baselines, seeds and "
    return markdown(head, rows, f"{below}intervals: docs/results.md.") if rows else NOTHING


def _row(line: Line, records: list[Record]) -> list[str]:
    """Return the cells of a line; none where its net was not scored."""
    ours = [each for each in records if each["kind"] == "seeds" and each["name"] == line.net]
    if not ours:
        return []
    best, shown = _best(line, records), ours[0]["scores"]["seeds"].get(line.figure)
    if line.apart:
        models = [each for each in records if each["weights"] in ours[0]["weights"]]
        rows = [_figures(line, each).get(line.figure) for each in models]
        shown = spread([row["estimate"] for row in rows if row is not None])
    return [
        line.job,
        interval(shown, line.form),
        "-" if best is None else f"{interval(best[1], line.form)} {best[0]}",
        str(ours[0]["protocol"]),
        str(ours[0]["data"]["subjects"]),
    ]


def _best(line: Line, records: list[Record]) -> tuple[str, Mapping[str, Any]] | None:
    """Return name and figure of the best baseline that has one."""
    held = [
        (str(each["name"]), _figures(line, each)[line.figure])
        for each in records
        if each["kind"] == "baseline" and line.figure in _figures(line, each)
    ]
    known = [pair for pair in held if pair[1]["estimate"] is not None]
    sign = -1 if line.least else 1
    return max(known, key=lambda pair: sign * pair[1]["estimate"], default=None)


def _figures(line: Line, record: Record) -> Mapping[str, Any]:
    """Return the figures of a record by name, without the subject that is left out."""
    scores = record["scores"]
    rows: Mapping[str, Any] = (
        scores["apart"].get(line.apart, {}) if line.apart else scores["headline"]
    )
    return rows
