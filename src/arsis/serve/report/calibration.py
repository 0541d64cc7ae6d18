"""What a probability of the model means, as far as its card has figures for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.serve.report.drawing import Axis, drawing, line
from arsis.serve.report.text import number, text

if TYPE_CHECKING:
    from arsis.infer.bundle import Card

SIDE_PX = 220
EXAMPLE = 0.9
RELIABILITY, ERROR = "reliability", "ece"
"""Keys of a card's scores."""
COLUMNS = ("low", "high", "confidence", "accuracy", "count")
"""Of a table of reliability, (bin,) each."""


def calibration(card: Card, thing: str) -> str:
    """Return what a probability of 0.9 means here, with how often such answers were right.

    Parameters
    ----------
    thing
        What is answered, in the singular ("beat").
    """
    table = _usable(found(card.scores, RELIABILITY))
    error = found(card.scores, ERROR)
    meant = (
        f"Of 100 {text(thing)}s given a probability of {EXAMPLE:g}, {100 * EXAMPLE:.0f} should be "
        "what they are called: the probabilities were fitted to answers about people left out of "
        "the training."
    )
    said = [meant]
    if isinstance(error, (int, float)):
        said.append(
            "Cross-validated over the people of the training part, probability and share of right "
            f"answers lie {100 * error:.1f} percentage points apart (expected calibration error, "
            "ECE)."
        )
    if table:
        said.append(_tested(table, card.protocol))
    if len(said) == 1:
        said.append("The card states no calibration error: whether they are is not known.")
    said.append(
        "That is a mean over many people and all classes. It promises nothing of one person, one "
        "rare class, or people, leads and devices unlike those of the data."
    )
    drawn = _diagram(table) if table else ""
    return (
        f'<h3>What a probability means</h3><div class="columns"><p>{" ".join(said)}</p>'
        f"{drawn}</div>"
    )


def found(scores: Mapping[str, Any], key: str) -> Any:
    """Return the first value of this name, however deep; None where there is none."""
    for name, value in scores.items():
        if name == key and value:
            return value
        if isinstance(value, Mapping):
            deeper = found(value, key)
            if deeper is not None:
                return deeper
    return None


def _usable(table: Any) -> Mapping[str, Any] | None:
    """Return a card's table if it is one: a card may come from anybody."""
    if not isinstance(table, Mapping) or not isinstance(table.get("error"), (int, float)):
        return None
    try:
        columns = [np.array(table[key], float) for key in COLUMNS]
    except (KeyError, TypeError, ValueError):
        return None
    filled = columns[-1] > 0
    fits = all(each.ndim == 1 and each.shape == columns[0].shape for each in columns)
    return table if fits and filled.any() and max(table["high"]) >= EXAMPLE else None


def _tested(table: Mapping[str, Any], protocol: str) -> str:
    at = next(i for i, high in enumerate(table["high"]) if high >= EXAMPLE)
    count, error = table["count"], 100 * table["error"]
    words = f"On the test part of {text(protocol)} the ECE is {error:.1f} percentage points"
    if not count[at]:
        return f"{words}."
    return (
        f"{words}; of {number(count[at])} answers given {table['low'][at]:.2f} to "
        f"{table['high'][at]:.2f} there, {100 * table['accuracy'][at]:.0f} % were right."
    )


def _diagram(table: Mapping[str, Any]) -> str:
    """Return how often answers of each probability were right, over the probability."""
    count = np.array(table["count"])
    filled = count > 0
    sure, right = (np.array(table[key], float)[filled] for key in ("confidence", "accuracy"))
    x, y = Axis("probability given", 0, 1, SIDE_PX), Axis("share right", 0, 1, SIDE_PX)
    at, up = x.place(sure), SIDE_PX - y.place(right)
    size = 2 + 5 * np.sqrt(count[filled] / count.max())
    dots = "".join(
        f'<circle class="point" cx="{cx:.1f}" cy="{cy:.1f}" r="{r:.1f}"/>'
        for cx, cy, r in zip(at.tolist(), up.tolist(), size.tolist(), strict=True)
    )
    inside = (
        f'<path class="identity" d="M0 {SIDE_PX}L{SIDE_PX} 0"/>'
        f'<path class="curve" d="{line(at, up)}"/>{dots}'
    )
    caption = (
        f"Reliability on the test part, {number(int(count.sum()))} answers: above the dashed line "
        "the model is right more often than it says; the larger the dot, the more answers."
    )
    return drawing(x, y, inside, f"Reliability: ECE {100 * table['error']:.1f} %", caption)
