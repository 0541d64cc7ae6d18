"""Put a trained bundle into the package, with its figures on its card and answers to replay.

    python scripts/ship.py runs/beats/beats

Run it after `arsis evaluate`: the headline figures come from results/NAME-PART.json and must be
those of these very weights; in parts about folds, of the nets of the folds beside them.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arsis.core.errors import ProtocolError
from arsis.infer.bundle import CARD, load
from arsis.infer.golden import GOLDEN, record_answers
from arsis.learn.contender import weights_of
from arsis.learn.folded import open_folded
from arsis.learn.run_folder import write_json
from arsis.learn.scoring import PARTS
from arsis.scores.plain import plain

if TYPE_CHECKING:
    from arsis.infer.bundle import Trained

PACKAGE = Path(__file__).parents[1] / "src" / "arsis" / "pretrained"
RESULTS = Path("results")
BEATS = ("accuracy", "macro_f1", "j_kappa", "f1_N", "f1_S", "f1_V", "f1_F")
SHOWN: dict[str, dict[str, tuple[str, ...]]] = {
    "beats": {"reference": BEATS, "end-to-end": BEATS},
    "sounds": {"heart-rate": (), "segments": (), "intervals": ()},
    "beats-187": {"random": ("accuracy", "macro_f1", "f1_N", "f1_S", "f1_V", "f1_F", "f1_Q")},
}
"""Task -> part -> the figures of its headline that stand on the card; none named: all."""


def figures(trained: Trained, folder: Path) -> dict[str, Any]:
    """Return the headline of every part that this bundle, or its folds' nets, was scored in.

    How often answers of each probability were right goes with it: the report states it.
    """
    name, task = trained.card.name, trained.task.name
    found = {}
    for part, shown in SHOWN[task].items():
        record = json.loads((RESULTS / f"{name}-{part}.json").read_text(encoding="utf-8"))
        own = weights_of(trained)
        if PARTS[task][part].folds:
            own = open_folded(folder.parent / "folded" / name).weights
        if record["weights"] != own:
            raise ProtocolError(
                RESULTS, f"{part} figures of other weights", f"those of {name}", "Score it again."
            )
        rows = record["scores"]["headline"]
        found[part] = {figure: rows[figure] for figure in shown or rows}
        if record["scores"].get("reliability"):
            found[part]["reliability"] = record["scores"]["reliability"]
    return found


def main() -> None:
    """Copy the bundle, complete its card, keep its answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--as", dest="name", help="name in the package; default: the bundle's own")
    arguments = parser.parse_args()
    folder = arguments.bundle
    trained = load(folder)
    card = trained.card
    scores = card.scores | figures(trained, folder)
    name = arguments.name or card.name
    place = PACKAGE / name
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder, place)
    write_json(place / CARD, plain(replace(card, name=name, scores=scores).as_dict()))
    write_json(place / GOLDEN, record_answers(load(name)))
    print(place)


if __name__ == "__main__":
    main()
