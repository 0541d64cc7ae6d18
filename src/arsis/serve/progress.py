"""A progress bar on a terminal, silence elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORTH_SHOWING_S = 3600.0
"""Shorter recordings are done before a bar could be read."""


@contextmanager
def progress(name: str, total_s: float) -> Iterator[Callable[[float], None] | None]:
    """Show how far a recording is done: yields a function that takes the seconds done so far."""
    if total_s < WORTH_SHOWING_S or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        job = bar.add_task(name, total=total_s)
        yield lambda done_s: bar.update(job, completed=done_s)


@contextmanager
def files_progress(name: str) -> Iterator[Callable[[str, int, int], None] | None]:
    """Show how many files have come: yields a function of a file, files done and files in all."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    columns = *Progress.get_default_columns(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        job = bar.add_task(name, total=None)

        def advance(file: str, done: int, total: int) -> None:
            bar.update(job, completed=done, total=total, description=file)

        yield advance
