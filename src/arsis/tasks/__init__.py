"""The only floor that knows medicine and sport: one folder a task, and this table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsis.tasks.beats.task import BEATS

if TYPE_CHECKING:
    from arsis.core.task import Task

TASKS: dict[str, Task] = {"beats": BEATS}
