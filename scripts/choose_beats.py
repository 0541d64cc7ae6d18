"""Choose how the beats net is trained: patient-wise cross-validation on DS1, nothing else.

    python scripts/choose_beats.py --data MITDB --out runs/choice

Every candidate differs from the settings in `arsis.tasks.beats.training` by what its line says.
The table goes to results/beats-choice.json; DS2 is never read.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from arsis.learn.course import judge_settings
from arsis.learn.run_folder import write_json
from arsis.tasks.beats.training import SETTINGS

MILD = [
    {"name": "warp", "strength": 0.05},
    {"name": "scale", "strength": 0.15},
    {"name": "flip", "strength": 0.3},
    {"name": "noise", "strength": 0.02},
    {"name": "wander", "strength": 0.06},
    {"name": "jitter", "strength": 0.1},
    {"name": "swap", "strength": 0.5},
    {"name": "drop", "strength": 0.25},
]
CANDIDATES: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "focal loss": {"loss": "focal"},
    "patient power 1/4": {"patient_power": 0.25},
    "classes as they occur": {"shares": []},
    "milder augmentation": {"augmentations": MILD},
    "one encoder for each lead": {"net": "leads"},
    "residual encoder": {"net": "small"},
}
SEEDS = (0, 1, 2)


def main() -> None:
    """Cross-validate every candidate with every seed and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the mitdb records")
    parser.add_argument("--out", type=Path, default=Path("runs/choice"))
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    rows = {}
    for name, change in CANDIDATES.items():
        place = asked.out / name.replace(" ", "-").replace("/", "-")
        rows[name] = judge_settings(
            "beats", asked.data, asked.out, place, SETTINGS | change, SEEDS, asked.processes
        )
        rows[name]["change"] = change
        write_json(Path("results/beats-choice.json"), {"seeds": SEEDS, "candidates": rows})
        print(name, rows[name]["figures"])


if __name__ == "__main__":
    main()
