"""What is judged, row by row: a window, or for a target of states each step of a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64, I64

Answer = TypeVar("Answer", "F32", "F64")


def rows_of(answers: Answer, truth: I64) -> tuple[Answer, I64]:
    """Return one row for each window, or for each step of each: (row, class), (row,).

    (window, class) and (window,) stay as they are; (window, class, step) and (window, step)
    become one long table.
    """
    table: Answer = np.moveaxis(answers, 1, -1).reshape(-1, answers.shape[1])
    return table, truth.reshape(-1)


def judged_steps(y: I64, steps: tuple[int, ...]) -> I64:
    """Return the labels that figures count: (window,) as it is, (window, step) only its `steps`.

    `steps` are the first one and the one behind the last; none: all.
    """
    return y[:, slice(*steps)] if y.ndim > 1 and steps else y
