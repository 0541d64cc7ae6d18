"""Put a trained bundle into the package, with its figures on its card and answers to replay.

    python scripts/ship.py runs/beats/beats

Run it after `arsis evaluate`: the headline figures come from results/NAME-PART.json and must be
those of these very weights.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from arsis.core.errors import ProtocolError
from arsis.infer.bundle import CARD, load
from arsis.infer.golden import GOLDEN, record_answers
from arsis.learn.contender import weights_of
from arsis.learn.run_folder import write_json
from arsis.scores.plain import plain

PACKAGE = Path(__file__).parents[1] / "src" / "arsis" / "pretrained"
RESULTS = Path("results")
HEADLINE = ("accuracy", "macro_f1", "j_kappa", "f1_N", "f1_S", "f1_V", "f1_F")


def figures(name: str, weights: str) -> dict[str, Any]:
    """Return the headline of every part that these weights were scored in."""
    found = {}
    for part in ("reference", "end-to-end"):
        record = json.loads((RESULTS / f"{name}-{part}.json").read_text(encoding="utf-8"))
        if record["weights"] != weights:
            raise ProtocolError(
                RESULTS, f"{part} figures of other weights", f"those of {name}", "Score it again."
            )
        rows = record["scores"]["headline"]
        found[part] = {figure: rows[figure] for figure in HEADLINE}
    return found


def main() -> None:
    """Copy the bundle, complete its card, keep its answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    folder = parser.parse_args().bundle
    trained = load(folder)
    card = trained.card
    scores = card.scores | figures(card.name, weights_of(trained))
    place = PACKAGE / card.name
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder, place)
    write_json(place / CARD, plain(replace(card, scores=scores).as_dict()))
    write_json(place / GOLDEN, record_answers(load(card.name)))
    print(place)


if __name__ == "__main__":
    main()
