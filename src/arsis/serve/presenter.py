"""What the doors need to know of a task to show what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from rich.console import RenderableType

    from arsis.core.recording import Mark
    from arsis.infer.predict import Prediction


@dataclass(frozen=True)
class Columns:
    """A table of plain values: its head, and rows of the same length."""

    head: tuple[str, ...]
    rows: Iterable[tuple[object, ...]]


@dataclass(frozen=True)
class Presenter:
    """How the answers of one task are shown.

    Attributes
    ----------
    judges
        What kind of recording the task judges, in words that follow "it holds".
    table_name
        Of the file with one line for each answer.
    columns
        What stands in that file.
    sight
        What a person wants to see first, for the terminal.
    marks
        The answers as WFDB annotations.
    report
        `report(prediction, source)`: the page, as HTML.
    simulate
        `simulate(out, seed, duration_s)` writes a simulated recording with its true marks and
        returns the files.
    episodes
        What stands in `episodes.csv`, of a task whose answers make up episodes.
    """

    judges: str
    table_name: str
    columns: Callable[[Prediction], Columns]
    sight: Callable[[Prediction], RenderableType]
    marks: Callable[[Prediction], list[Mark]]
    report: Callable[[Prediction, str], str]
    simulate: Callable[[Path, int, float], tuple[Path, ...]]
    episodes: Callable[[Prediction], Columns] | None = None
