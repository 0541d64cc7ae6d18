"""Single heartbeats for people: rows have numbers and no times; a recording is shown as always."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from arsis.formats.heartbeats import ROW
from arsis.serve.beats.presenter import BEATS
from arsis.serve.presenter import Columns
from arsis.serve.sight import framed
from arsis.tasks.beats.classes import MEANING

if TYPE_CHECKING:
    from rich.console import RenderableType

    from arsis.infer.predict import Prediction


def _are_rows(prediction: Prediction) -> bool:
    return prediction.recording.channels[0].unit == ROW


def columns(prediction: Prediction) -> Columns:
    """Return one line a row of the table, by its number, with the probability of every class."""
    every = BEATS.columns(prediction)
    if not _are_rows(prediction):
        return every
    rows = ((number, *cells[1:]) for number, cells in enumerate(every.rows))
    return Columns(("row", *every.head[1:]), rows)


def sight(prediction: Prediction) -> RenderableType:
    """Return the counts of the classes, and how many rows are unclear."""
    from rich.table import Table
    from rich.text import Text

    if not _are_rows(prediction):
        return BEATS.sight(prediction)
    summary = prediction.summary
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("class")
    for name in ("rows", "%"):
        table.add_column(name, justify="right")
    for label, count in summary["classes"].items():
        share = 100 * count / summary["beats"] if summary["beats"] else 0.0
        table.add_row(f"{label}  {MEANING.get(label, '')}", str(count), f"{share:.1f}")
    unclear = Text(f"unclear: {summary['unclear']['beats']} of {summary['beats']} rows")
    return framed(prediction.recording, [table, Text(), unclear])


ROWS = replace(BEATS, judges="a table of single heartbeats", columns=columns, sight=sight)
