"""How nets for rows are trained: set once, on the validation part alone, and not searched for."""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, Any] = {
    "net": "residual",
    "dropout": 0.3,
    "epochs": 12,
    "batch": 256,
    "rate": 3e-3,
    "weight_decay": 2e-2,
    "warm_up": 0.1,
    "clip": 2.0,
    "precision": "bf16",
    "ema": 0.998,
    "smoothing": 0.0,
    "watch": "macro-f1",
    "patience": 12,
}
"""Settings of a run, by the names that learn gives them."""

SEEDS = ((0,), (1,), (2,))
