"""Choose how the beats net is trained: patient-wise cross-validation on DS1, nothing else.

    python scripts/choose_beats.py --data MITDB --out runs/choice

Every candidate differs from the settings in `arsis.tasks.beats.training` by what its line says;
several seeds answer as one net, and each by itself. Each is also put to a stress test: recordings
of people of DS1 spliced so that S dominates (`arsis.tasks.beats.splice`), judged by nets that
never met these people. The table goes to results/beats-choice.json; DS2 is never read.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from arsis.learn.calibrate import ensemble
from arsis.learn.course import judge_settings, judge_trivial
from arsis.learn.figures import logits
from arsis.learn.headline import figures
from arsis.learn.prepare import build
from arsis.learn.run_folder import open_run, write_json
from arsis.scores.classes import count_confusion
from arsis.scores.plain import plain
from arsis.tasks.beats.corpus import CORPORA
from arsis.tasks.beats.splice import stress
from arsis.tasks.beats.task import BEATS
from arsis.tasks.beats.training import SETTINGS

TABLE = Path("results/beats-choice.json")
NO_TREES = {"trees": {"rounds": 0}}
CANDIDATES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "fifth family: AV block among what is made": ({}, (0, 1, 2)),
    "fifth family: the nets alone": (NO_TREES, (0, 1, 2)),
    "fifth family: a tenth of each made": ({"made_share": 0.2}, (0, 1, 2)),
    "fifth family: one encoder for each lead": ({"net": "leads"}, (0,)),
}
"""What is changed of the shipped settings, and the seeds it was tried with. Rows of earlier
families stay in the table: they learnt from other recordings, which the history of this repository
still makes."""


class Stress:
    """Recordings of the training patients in which S dominates, prepared once."""

    def __init__(self, data: Path, folder: Path) -> None:
        self.split = CORPORA["mitdb"].split
        recordings = CORPORA["mitdb"].recordings(data, self.split.train)
        made = [each for recording in recordings for each in stress(recording)]
        self.examples = build(BEATS, made, folder / "stress", "made of DS1")

    def judge(self, folder: Path, seeds: tuple[int, ...]) -> dict[str, Any]:
        """Return the figures of cross-validated nets, each on the patients of its own fold."""
        classes = len(BEATS.targets["beat"].names)
        said = np.zeros((len(seeds), len(self.examples), classes), np.float32)
        for number, fold in enumerate(self.split.folds):
            rows = self.examples.rows(set(fold) & set(self.examples.subjects))
            for place, seed in enumerate(seeds if len(rows) else ()):
                net = open_run(folder / f"seed-{seed}" / f"fold-{number}").net()
                said[place, rows] = logits(net, self.examples, rows)["beat"]
        together, *single = (self._figures(each) for each in (ensemble(said), *said))
        return {"figures": together, "seeds": single}

    def _figures(self, said: Any) -> dict[str, Any]:
        truth, names = self.examples.y["beat"], BEATS.targets["beat"].names
        found = figures(count_confusion(truth, said.argmax(1), names))
        return {name: plain(value) for name, value in found.items()}


def main() -> None:
    """Cross-validate the candidates asked for with every seed and write their rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the mitdb records")
    parser.add_argument("--out", type=Path, default=Path("runs/choice"))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=list(CANDIDATES), help="candidates to judge")
    asked = parser.parse_args()
    rows = json.loads(TABLE.read_text(encoding="utf-8"))["candidates"] if TABLE.exists() else {}
    hard = Stress(asked.data, asked.out)
    for name in asked.only:
        change, seeds = CANDIDATES[name]
        place = asked.out / "".join(c if c.isalnum() else "-" for c in name)
        rows[name] = judge_settings(
            "beats", asked.data, asked.out, place, SETTINGS | change, seeds, asked.processes
        )
        rows[name] |= {
            "change": change, "task_version": BEATS.version, "stress": hard.judge(place, seeds),
        }  # fmt: skip
        write_json(TABLE, {"candidates": rows})
        print(name, rows[name]["figures"], rows[name]["stress"]["figures"])
    rows = {"always-n": judge_trivial("beats", asked.out), **rows}
    write_json(TABLE, {"candidates": rows})


if __name__ == "__main__":
    main()
