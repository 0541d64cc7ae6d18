"""Answers kept beside a bundle, by which anyone can see that it still answers as it did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.infer.predict import predict

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.infer.bundle import Trained

GOLDEN = "golden.json"
SEEDS = (11, 12, 13)
"""Of the task's simulated recordings that are replayed."""
NEARLY_S, NEARLY = 1e-4, 2e-3
"""Times and probabilities may differ by this between machines; classes may not."""


def record_answers(trained: Trained) -> dict[str, Any]:
    """Return what a bundle answers to the task's simulated recordings, by seed."""
    return {str(seed): _answers(trained, seed) for seed in SEEDS}


def differences(trained: Trained, folder: Path) -> list[str]:
    """Return in sentences where a bundle answers otherwise than its folder says it did."""
    kept = json.loads((folder / GOLDEN).read_text(encoding="utf-8"))
    found = record_answers(trained)
    wrong = []
    for seed, then in kept.items():
        now = found[seed]
        if then["label"] != now["label"]:
            wrong.append(f"recording {seed}: other classes than before")
            continue
        for name, nearly in (("time_s", NEARLY_S), ("probability", NEARLY)):
            apart = np.abs(np.subtract(then[name], now[name])).max(initial=0.0)
            if apart > nearly:
                wrong.append(f"recording {seed}: {name} differs by {apart:.2g}")
    return wrong


def _answers(trained: Trained, seed: int) -> dict[str, Any]:
    answers = predict(trained, trained.task.example(seed)).answers
    return {
        "time_s": np.round(answers.time_s, 6).tolist(),
        "label": list(answers.label),
        "probability": np.round(answers.probability.astype(float), 5).tolist(),
    }
