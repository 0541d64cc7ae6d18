"""How nets for this task are trained, as chosen by cross-validation over the training patients.

The table of what was tried is results/beats-choice.json, made by scripts/choose_beats.py.
"""

from __future__ import annotations

from typing import Any

from arsis.tasks.beats.morphology import CHANNELS
from arsis.tasks.beats.prepare import LEADS

_TEMPLATES = [CHANNELS.index("template"), CHANNELS.index("long_template")]

SETTINGS: dict[str, Any] = {
    "net": "joint",
    "epochs": 16,
    "windows_per_epoch": 10_240,
    "shares": [0.55, 0.16, 0.21, 0.08],
    "patient_power": 0.25,
    "made_share": 0.4,
    "batch": 512,
    "rate": 4e-3,
    "weight_decay": 1e-2,
    "warm_up": 0.15,
    "clip": 2.0,
    "loss": "cross-entropy",
    "ema": 0.98,
    "trees": {"rounds": 80, "rate": 0.12, "share": 0.5},
    "still": [lead * len(CHANNELS) + place for lead in range(LEADS) for place in _TEMPLATES],
    "augmentations": [
        {"name": "warp", "strength": 0.1},
        {"name": "scale", "strength": 0.3},
        {"name": "flip", "strength": 0.3},
        {"name": "noise", "strength": 0.05},
        {"name": "wander", "strength": 0.15},
        {"name": "jitter", "strength": 0.1},
        {"name": "swap", "strength": 0.5},
        {"name": "drop", "strength": 0.25},
    ],
}
"""Settings of a run, by the names that learn gives them."""

SEEDS = ((0, 1), (2, 3), (4, 5))
"""Each group of nets is averaged into one model; the groups show how much chance decides."""

UNCLEAR_QUALITY = 0.5
"""A beat whose R peak stands out less is unclear: the least 0.5 % of the true beats of DS1."""
