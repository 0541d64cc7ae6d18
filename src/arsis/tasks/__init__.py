"""The only floor that knows medicine and sport: one folder a task, and this table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsis.core.errors import SettingError
from arsis.tasks.beats.kaggle.ptbdb import PTB_187
from arsis.tasks.beats.kaggle.task import BEATS_187
from arsis.tasks.beats.task import BEATS
from arsis.tasks.sounds.task import SOUNDS

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.task import Corpus, Task

TASKS: dict[str, Task] = {
    "beats": BEATS,
    "sounds": SOUNDS,
    "beats-187": BEATS_187,
    "ptb-187": PTB_187,
}


def find_task(name: str) -> Task:
    """Return a task by its name.

    Raises
    ------
    SettingError
        If there is none of this name.
    """
    if name not in TASKS:
        raise SettingError("task", repr(name), f"one of {', '.join(TASKS)}", "Choose one of them.")
    return TASKS[name]


def find_corpus(task: Task, name: str | None = None) -> Corpus:
    """Return a corpus of a task by its name; None: the first.

    Raises
    ------
    SettingError
        If the task has none of this name.
    """
    chosen = name or next(iter(task.corpora))
    if chosen not in task.corpora:
        known = f"one of {', '.join(task.corpora)}"
        raise SettingError("corpus", repr(chosen), known, "Choose one of them.")
    return task.corpora[chosen]


def folder_of(task: Task, folder: Path, annotations: str = "atr") -> Corpus:
    """Return somebody's own folder of annotated recordings as a corpus of a task.

    Raises
    ------
    SettingError
        If the task reads no such folders.
    CorpusError
        If nothing in it can be used.
    """
    if task.folder is None:
        able = ", ".join(name for name, each in TASKS.items() if each.folder is not None)
        raise SettingError(
            "--corpus", f"{folder} for {task.name}", f"a task that reads folders: {able}",
            "Add its data set to the task's corpora.",
        )  # fmt: skip
    return task.folder(folder, task.need, annotations)
