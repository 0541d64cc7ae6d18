"""The tables of what was tried on the training part alone, as Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from arsis.learn.cells import NOTHING, markdown, number, percent

if TYPE_CHECKING:
    from pathlib import Path

CHOICE, DECODER = "beats-choice.json", "beats-decoder.json"


def choice_table(results: Path) -> str:
    """Return what was tried by cross-validation of the training part before a test was opened."""
    if not (results / CHOICE).exists():
        return NOTHING
    tried = json.loads((results / CHOICE).read_text(encoding="utf-8"))["candidates"]
    rows = []
    for name, row in tried.items():
        found, seeds = row["figures"]["beat"], [seed["beat"]["j_kappa"] for seed in row["seeds"]]
        single = ", ".join(number(seed) for seed in seeds)
        figures = [percent(found[f"f1_{label}"]) for label in "SVF"]
        hard = row.get("stress", {}).get("figures")
        stress = [number(hard["j_kappa"]), percent(hard["f1_S"])] if hard else ["", ""]
        common = [number(found["j_kappa"]), single, percent(found["accuracy"])]
        rows.append([name, *common, *figures, *stress])
    head = (
        "", "j-kappa", "of each seed", "accuracy %", "F1 S %", "F1 V %", "F1 F %",
        "stress: j-kappa", "stress: F1 S %",
    )  # fmt: skip
    below = (
        "Out-of-fold answers of DS1, six folds of patients; the seeds of a row answer as one net. "
        "Stress: recordings of the same patients spliced so that S dominates, also out of fold."
    )
    return markdown(head, rows, below)


def decoder_table(results: Path) -> str:
    """Return what ways of decoding do to out-of-fold answers of each family."""
    if not (results / DECODER).exists():
        return NOTHING
    found = json.loads((results / DECODER).read_text(encoding="utf-8"))["rows"]
    shares = (
        "f1_S", "f1_S_without_209", "f1_V", "false_S_fibrillation", "false_S_irregular",
        "false_S_block", "stress_f1_S",
    )  # fmt: skip
    rows = [
        [name, number(row["j_kappa"]), *(percent(row[s]) if s in row else "" for s in shares)]
        for name, row in found.items()
    ]
    head = (
        "", "j-kappa", "F1 S %", "F1 S % without 209", "F1 V %", "false S % in fibrillation",
        "false S % in made irregular N", "false S % in made AV block", "stress: F1 S %",
    )  # fmt: skip
    below = (
        "Out-of-fold answers of DS1: the median of the three groups. False S: the share of N that "
        "are called S. Made N: of the patients without fibrillation; empty: judged before them."
    )
    return markdown(head, rows, below)
