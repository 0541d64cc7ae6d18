"""The shipped model of rows on the real ones: it scores what the committed records say, and enough.

These tests score, they never train. The weights are those of the records, so nothing new is
entered in the ledger (a copy of it is used all the same).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from arsis.learn.contender import open_bundle
from arsis.learn.evaluate import look_at, record_of
from arsis.learn.ledger import read_ledger
from arsis.learn.scoring.look import Scoring
from arsis.learn.scoring.rows import PARTS
from arsis.scores.bootstrap import Resampling

RESULTS = Path(__file__).parents[1] / "results"
SHIPPED = "residual-random"
"""The name under which the shipped net was scored."""
NETS = ("residual", "cnn-baseline", "cnn-lstm")


def committed(name: str, part: str) -> dict:
    return json.loads((RESULTS / f"{name}-{part}.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_the_shipped_model_scores_what_the_record_says(mitdb: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    shutil.copy(RESULTS / "ledger.jsonl", ledger)
    contender = open_bundle("beats-187")
    corpus = contender.task.corpora["kaggle-random"]
    scoring = Scoring(contender.task, corpus, mitdb, ledger, "pytest", Resampling(0, 20))
    record = record_of(look_at(scoring, contender), "random", PARTS["random"])
    known = committed(SHIPPED, "random")
    assert record["weights"] == known["weights"]
    assert record["data"]["fingerprint"] == known["data"]["fingerprint"]
    assert record["scores"]["confusion"] == known["scores"]["confusion"]
    assert len(read_ledger(ledger)) == len(read_ledger(RESULTS / "ledger.jsonl"))


def test_floors_of_f_a1_are_reached() -> None:
    rows = committed(f"{SHIPPED}-seeds", "random")["scores"]["seeds"]
    assert rows["accuracy"]["mean"] >= 0.988
    assert rows["macro_f1"]["mean"] >= 0.93
    classes = committed(SHIPPED, "random")["scores"]["classes"]["classes"]
    counts = {name: each["truth_count"] for name, each in classes.items()}
    assert counts == {"N": 18_118, "S": 556, "V": 1_448, "F": 162, "Q": 1_608}


@pytest.mark.parametrize("net", NETS)
def test_every_net_is_scored_both_ways_from_three_seeds(net: str) -> None:
    apart, mixed = (committed(f"{net}-{part}-seeds", part) for part in ("patients", "random"))
    assert len(set(apart["weights"])) == len(set(mixed["weights"])) == 3
    figures = [each["scores"]["seeds"]["macro_f1"]["mean"] for each in (apart, mixed)]
    assert figures[0] < figures[1] - 0.2, "beats of known persons are far easier"
