"""The tables of rows, as Markdown: the same nets by both protocols, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arsis.learn.cells import NOTHING, caption, interval, markdown, of_part, percent
from arsis.tasks.beats.kaggle.classes import CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from arsis.learn.record import Record

FIGURES = ("accuracy", "macro_f1")

CLAIMED = {
    "cnn-baseline": "95.9 / 82.3: the best of ten trials by the test set itself; the weights saved "
    "were another trial's, stopped by a validation part of 9,947 synthetic beats of one class",
    "cnn-lstm": "91.1 / 68.6, on half of the test file: weights of the first round, as the worst "
    "was kept for the best; what it validated on was learnt from as well",
}
"""Accuracy / macro-F1 % that the systems which have these nets published, and what was wrong."""


def both_table(results: Path) -> str:
    """Return accuracy and macro-F1 of every net with beats at random and with patients apart."""
    parts = {part: _by_net(results, part) for part in ("random", "patients")}
    nets = list(dict.fromkeys(net for rows in parts.values() for net in rows))
    if not nets:
        return NOTHING
    head = (
        "", "random: accuracy %", "macro-F1 %", "apart: accuracy %", "macro-F1 %",
        "published elsewhere, accuracy / macro-F1 %",
    )  # fmt: skip
    rows = [
        [
            net,
            *(
                interval((parts[part].get(net) or {}).get(figure), percent)
                for part in parts
                for figure in FIGURES
            ),
            CLAIMED.get(net, ""),
        ]
        for net in nets
    ]
    return markdown(head, rows, " ".join(caption(of_part(results, part)) for part in parts))


def classes_table(results: Path, part: str) -> str:
    """Return F1 of every class for every contender in a part."""
    records = of_part(results, part)
    if not records:
        return NOTHING
    head = ("", "accuracy %", "macro-F1 %", *(f"F1 {name} %" for name in CLASSES))
    names = (*FIGURES, *(f"f1_{name}" for name in CLASSES))
    rows = [
        [_title(record), *(interval(_rows(record).get(name), percent) for name in names)]
        for record in records
    ]
    return markdown(head, rows, caption(records))


def _by_net(results: Path, part: str) -> dict[str, Mapping[str, Any]]:
    """Return the figures of each baseline, and of each net over its seeds."""
    records = [each for each in of_part(results, part) if each["kind"] in ("baseline", "seeds")]
    return {
        record["name"].removesuffix("-seeds").removesuffix(f"-{part}"): _rows(record)
        for record in records
    }


def _rows(record: Record) -> Mapping[str, Any]:
    scores: Mapping[str, Any] = record["scores"]
    rows: Mapping[str, Any] = scores["seeds"] if record["kind"] == "seeds" else scores["headline"]
    return rows


def _title(record: Record) -> str:
    if record["kind"] == "seeds":
        name = record["name"].removesuffix("-seeds")
        return f"{name}, mean ± sd of {len(record['weights'])} seeds"
    return str(record["name"])
