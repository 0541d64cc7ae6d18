"""How nets for this task are trained, as chosen by cross-validation over the training patients."""

from __future__ import annotations

from typing import Any

SETTINGS: dict[str, Any] = {"net": "small"}
"""Settings of a run, by the names that learn gives them."""

SEEDS = ((0, 1, 2), (3, 4, 5), (6, 7, 8))
"""Each group of nets is averaged into one model; the groups show how much chance decides."""

UNCLEAR_QUALITY = 0.2
"""Below this quality of its R peak a beat is called unclear."""
