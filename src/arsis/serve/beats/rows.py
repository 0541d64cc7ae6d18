"""Single heartbeats for people: rows have numbers and no times; a recording is shown as always."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import SettingError
from arsis.formats.csv.heartbeats import ROW
from arsis.formats.place import placing
from arsis.serve.beats.presenter import BEATS
from arsis.serve.presenter import Columns
from arsis.serve.sight import framed
from arsis.tasks.beats.classes import MEANING
from arsis.tasks.beats.kaggle.classes import NUMBERS
from arsis.tasks.beats.kaggle.label import places
from arsis.tasks.beats.kaggle.trace import rows_of
from arsis.tasks.beats.simulate import simulate as simulated_ecg

if TYPE_CHECKING:
    from pathlib import Path

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


def simulate(out: Path, seed: int, duration_s: float) -> tuple[Path, ...]:
    """Write the beats of a simulated ECG as a table, a row each with its class behind it."""
    recording = simulated_ecg(seed, duration_s)
    if not places(recording):
        raise SettingError(
            "--duration",
            f"{duration_s:g} s, with no whole beat",
            "some seconds",
            "Ask for more.",
        )
    x, kept = rows_of(recording)
    classes = [NUMBERS[recording.marks[place].label] for place in kept]
    with placing(out) as draft:
        np.savetxt(draft, np.column_stack([x, classes]), "%.7g", ",")
    return (out,)


ROWS = replace(
    BEATS,
    judges="a table of single heartbeats",
    columns=columns,
    sight=sight,
    simulate=simulate,
)
