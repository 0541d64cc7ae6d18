"""How nets for this task are trained.

The choices (3 s rather than 5 s of sound, 90,000 rather than 130,000 parameters, states that change
their lengths, noise) were made on one fifth of CirCor's subjects, on which they differ by less
than chance does but for one: without `pace` an infant's S1 and S2 changed places.
"""

from __future__ import annotations

from typing import Any

from arsis.tasks.sounds.phases import ANSWERED
from arsis.tasks.sounds.prepare import BANDS

SETTINGS: dict[str, Any] = {
    "net": "phases",
    "dropout": 0.1,
    "epochs": 10,
    "windows_per_epoch": 6144,
    "patient_power": 0.5,
    "batch": 64,
    "rate": 4e-3,
    "weight_decay": 1e-2,
    "warm_up": 0.15,
    "clip": 2.0,
    "loss": "cross-entropy",
    "ema": 0.98,
    "prior": 0.0,
    "every": 3,
    "judged_steps": [ANSWERED.start, ANSWERED.stop],
    "made_share": 0.06,
    "held_share": 0.1,
    "patience": 10,
    "precision": "bf16",
    "still": [BANDS],
    "augmentations": [
        {"name": "stretch", "strength": 0.12},
        {"name": "pace", "strength": 0.3, "share": 0.6},
        {"name": "drown", "strength": 1.0, "share": 0.5},
        {"name": "noise", "strength": 0.2, "share": 0.5},
    ],
}
"""Settings of a run, by the names that learn gives them."""

SEEDS = ((0,), (1,), (2,))
"""Each group of nets is averaged into one model; the groups show how much chance decides."""

UNCLEAR_QUALITY = 0.05
"""An answer from sound of lower quality is unclear: the least 3.5 % of what could be annotated."""
