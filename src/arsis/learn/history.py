"""The rounds of a training run as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS = ("round", "rate", "train_loss", "loss", "macro_f1", "best")


def history_text(history: Sequence[Mapping[str, float]]) -> str:
    """Return the rounds as CSV, exact to the last bit."""
    lines = [",".join(COLUMNS)]
    lines += [",".join(repr(row[name]) for name in COLUMNS) for row in history]
    return "\n".join(lines) + "\n"
