"""Choose how the beats net is trained: patient-wise cross-validation on DS1, nothing else.

    python scripts/choose_beats.py --data MITDB --out runs/choice

Every candidate differs from the settings in `arsis.tasks.beats.training` by what its line says;
several seeds answer as one net, and each by itself. The table goes to results/beats-choice.json;
DS2 is never read.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from arsis.learn.course import judge_settings, judge_trivial
from arsis.learn.run_folder import write_json
from arsis.tasks.beats.training import SETTINGS

MILDER = {"warp": 0.05, "scale": 0.15, "noise": 0.02, "wander": 0.06}
MILD = [
    each | {"strength": MILDER.get(each["name"], each["strength"])}
    for each in SETTINGS["augmentations"]
]
START = {"patient_power": 0.5}
CANDIDATES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "start": (START, (0, 1, 2)),
    "focal loss": (START | {"loss": "focal"}, (0, 1, 2)),
    "classes as they occur": (START | {"shares": []}, (0, 1, 2)),
    "milder augmentation": (START | {"augmentations": MILD}, (0, 1, 2)),
    "one encoder for each lead": (START | {"net": "leads"}, (0,)),
    "residual encoder": (START | {"net": "small"}, (0,)),
    "as shipped: patient power 1/4": ({}, (0, 1, 2)),
}
"""What is changed of the shipped settings, and the seeds it was tried with."""


def main() -> None:
    """Cross-validate every candidate with every seed and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the mitdb records")
    parser.add_argument("--out", type=Path, default=Path("runs/choice"))
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    rows = {}
    for name, (change, seeds) in CANDIDATES.items():
        place = asked.out / "".join(c if c.isalnum() else "-" for c in name)
        rows[name] = judge_settings(
            "beats", asked.data, asked.out, place, SETTINGS | change, seeds, asked.processes
        )
        rows[name]["change"] = change
        write_json(Path("results/beats-choice.json"), {"candidates": rows})
        print(name, rows[name]["figures"])
    rows = {"always-n": judge_trivial("beats", asked.out), **rows}
    write_json(Path("results/beats-choice.json"), {"candidates": rows})


if __name__ == "__main__":
    main()
