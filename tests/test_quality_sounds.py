"""The shipped model of heart sounds on real recordings: what the records say, and enough of it.

Times between beats are scored again with the shipped weights; figures of the folds, whose nets are
not shipped, are those of the committed records.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from arsis.learn.contender import open_bundle
from arsis.learn.evaluate import look_at, record_of
from arsis.learn.ledger import read_ledger
from arsis.learn.scoring import PARTS
from arsis.learn.scoring.look import Scoring
from arsis.scores.bootstrap import Resampling

pytestmark = pytest.mark.slow
RESULTS = Path(__file__).parents[1] / "results"
FEW = Resampling(seed=0, replicates=20)


def committed(name: str) -> dict:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))["scores"]


def test_times_between_beats_beside_the_ecg(data: Path, tmp_path: Path) -> None:
    folder = data / "cinc2016" / "training-a"
    if not (folder / "RECORDS").is_file():
        pytest.skip(f"the recordings of the Challenge 2016 are not in {data}")
    ledger = tmp_path / "ledger.jsonl"
    shutil.copy(RESULTS / "ledger.jsonl", ledger)
    contender = open_bundle("sounds")
    task = contender.task
    scoring = Scoring(task, task.corpora["cinc2016"], folder, ledger, "pytest", FEW)
    look = look_at(scoring, contender)
    found = record_of(look, "intervals", PARTS["sounds"]["intervals"])["scores"]
    told = committed("sounds-intervals")
    for name, row in found["headline"].items():
        assert row["estimate"] == pytest.approx(told["headline"][name]["estimate"], rel=1e-3), name
    assert found["share_answered_with_truth"] >= 0.8
    assert found["headline"]["ibi_sd_ms"]["estimate"] <= 12.0
    assert len(read_ledger(ledger)) == len(read_ledger(RESULTS / "ledger.jsonl"))


def test_floors_of_first_and_second_sounds() -> None:
    seeds = committed("seeds-segments")["seeds"]
    assert seeds["pooled f1_both, 100 ms"]["mean"] >= 0.97
    assert seeds["f1 per subject, 100 ms"]["mean"] >= 0.95


def test_floor_of_the_heart_rate_in_five_seconds() -> None:
    for way, row in committed("seeds-heart-rate")["seeds"].items():
        assert row["mean"] <= 1.0, way
