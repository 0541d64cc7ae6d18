"""Fit what ships of the detector of atrial fibrillation: the scored procedure, on all people.

    python scripts/choose_rhythm.py --data MITDB

Part `rhythm` of `arsis evaluate` leaves each of the unpaced people out in turn and fits to the
others; here the same procedure is applied to all of them. The fit goes to
results/rhythm-choice.json, and from there, by hand, into `arsis.tasks.beats.shipped_fit.SHIPPED`,
which a test compares. The recordings of the test part are opened through the ledger.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from arsis.learn.evaluate import look_at
from arsis.learn.run_folder import write_json
from arsis.learn.scoring.beats.fibrillation import OWN, detector, know_all
from arsis.learn.scoring.beats.fibrillation_fit import METHODS, OURS, fit, rows_of
from arsis.learn.scoring.look import Scoring
from arsis.scores.plain import plain
from arsis.tasks.beats.corpus import CORPORA
from arsis.tasks.beats.fibrillation import BEATS as WINDOW
from arsis.tasks.beats.fibrillation import FEATURES, STEP
from arsis.tasks.beats.task import BEATS

TABLE = Path("results/rhythm-choice.json")


def main() -> None:
    """Fit every method to all people and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the mitdb records")
    parser.add_argument("--ledger", type=Path, default=Path("results/ledger.jsonl"))
    told = parser.parse_args()
    command = f"python scripts/choose_rhythm.py --data {told.data}"
    scoring = Scoring(BEATS, CORPORA["mitdb"], told.data, told.ledger, command)
    known = know_all(look_at(scoring, detector(scoring)[0]), (OWN,))[OWN]
    fits = {
        name: plain(fit([rows_of(each, method) for each in known]))
        for name, method in METHODS.items()
    }
    write_json(TABLE, {
        "people": len({each.person for each in known}), "records": len(known),
        "features": list(FEATURES), "window_beats": WINDOW, "step_beats": STEP, "fits": fits,
    })  # fmt: skip
    print(fits[OURS])


if __name__ == "__main__":
    main()
