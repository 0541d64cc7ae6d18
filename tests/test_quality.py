"""The shipped model on the real recordings: it scores what the committed records say, and enough.

These tests score, they never train. The weights are those of the records, so nothing new is
entered in the ledger (a copy of it is used all the same).
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from arsis.learn.contender import open_bundle
from arsis.learn.evaluate import look_at, record_of
from arsis.learn.ledger import read_ledger
from arsis.learn.scoring.beats import PARTS
from arsis.learn.scoring.beats.fibrillation import answer, know
from arsis.learn.scoring.beats.peaks import detector
from arsis.learn.scoring.look import Look, Scoring
from arsis.scores.bootstrap import Resampling
from arsis.tasks import TASKS
from arsis.tasks.beats.fibrillation import describe
from arsis.tasks.beats.shipped_fit import SHIPPED

pytestmark = pytest.mark.slow
RESULTS = Path(__file__).parents[1] / "results"
FEW = Resampling(seed=0, replicates=20)


@dataclass(frozen=True)
class Scored:
    look: Look
    ledger: Path

    def part(self, part: str) -> dict:
        return record_of(self.look, part, PARTS[part])


@pytest.fixture(scope="module")
def scored(mitdb: Path, tmp_path_factory: pytest.TempPathFactory) -> Scored:
    ledger = tmp_path_factory.mktemp("ledger") / "ledger.jsonl"
    shutil.copy(RESULTS / "ledger.jsonl", ledger)
    contender = open_bundle("beats")
    corpus = contender.task.corpora["mitdb"]
    scoring = Scoring(contender.task, corpus, mitdb, ledger, "pytest", FEW)
    return Scored(look_at(scoring, contender), ledger)


def committed(part: str, name: str = "beats") -> dict:
    return json.loads((RESULTS / f"{name}-{part}.json").read_text(encoding="utf-8"))


def estimates(rows: dict) -> dict[str, float]:
    return {name: row["estimate"] for name, row in rows.items()}


def test_the_shipped_weights_are_those_of_the_records(scored: Scored) -> None:
    known = {line.weights for line in read_ledger(RESULTS / "ledger.jsonl")}
    assert scored.look.contender.weights in known
    assert len(read_ledger(scored.ledger)) == len(read_ledger(RESULTS / "ledger.jsonl"))


def test_new_patients_at_annotated_beats(scored: Scored) -> None:
    found = scored.part("reference")["scores"]
    told = committed("reference")["scores"]
    assert estimates(found["headline"]) == pytest.approx(estimates(told["headline"]), abs=1e-4)
    assert estimates(found["headline"])["f1_V"] >= 0.95


def test_floors_for_supraventricular_beats(scored: Scored) -> None:
    gross = estimates(committed("reference")["scores"]["headline"])
    assert gross["j_kappa"] >= 0.75
    assert gross["f1_S"] >= 0.55


@pytest.mark.xfail(reason="S of new patients other than 232 is found too seldom: see README")
def test_floor_for_supraventricular_beats_without_232(scored: Scored) -> None:
    without = estimates(committed("reference")["scores"]["apart"]["232"])
    assert without["f1_S"] >= 0.40


def test_from_the_file_to_the_class(scored: Scored) -> None:
    found = estimates(scored.part("end-to-end")["scores"]["headline"])
    told = committed("end-to-end")["scores"]["headline"]
    assert found == pytest.approx(estimates(told), abs=1e-4)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("j_kappa", marks=pytest.mark.xfail(reason="0.0128: see docs/choices.md")),
        pytest.param("f1_V", marks=pytest.mark.xfail(reason="0.0101: see docs/choices.md")),
        "f1_N", "f1_S",
    ],
)  # fmt: skip
def test_the_way_from_the_file_costs_the_shipped_model_at_most_a_point(name: str) -> None:
    given, found = (
        estimates(committed(part)["scores"]["headline"]) for part in ("reference", "end-to-end")
    )
    assert found[name] >= given[name] - 0.01


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("j_kappa", marks=pytest.mark.xfail(reason="0.0107: see docs/choices.md")),
        "f1_N", "f1_S", "f1_V",
    ],
)  # fmt: skip
def test_the_way_from_the_file_costs_at_most_a_point_in_the_mean_of_the_seeds(name: str) -> None:
    given, found = (
        committed(part, "seeds")["scores"]["seeds"][name]["mean"]
        for part in ("reference", "end-to-end")
    )
    assert found >= given - 0.01


def test_heart_rate_variability_beside_that_of_annotated_beats(scored: Scored) -> None:
    found = scored.part("hrv")["scores"]["relative_error"]["ours"]
    told = committed("hrv")["scores"]["relative_error"]["ours"]
    for figure in ("median", "p90"):
        assert found[figure]["estimate"] == pytest.approx(told[figure]["estimate"], abs=1e-4)


@pytest.mark.parametrize(
    ("figure", "floor"),
    [
        pytest.param("median", 0.04, marks=pytest.mark.xfail(reason="0.0413: see docs/choices.md")),
        ("p90", 0.40),
    ],
)
def test_floors_of_heart_rate_variability(figure: str, floor: float) -> None:
    ours = committed("hrv")["scores"]["relative_error"]["ours"]
    assert ours[figure]["estimate"] <= floor


def test_r_peaks_of_all_records(mitdb: Path, scored: Scored) -> None:
    (ours,) = detector(scored.look.scoring)
    record = record_of(look_at(scored.look.scoring, ours), "rpeaks", PARTS["rpeaks"])
    gross = record["scores"]["detectors"]["arsis"]
    for tolerance, floor in (("150 ms", 0.995), ("50 ms", 0.990)):
        assert gross[tolerance]["all"]["sensitivity"] >= floor
        assert gross[tolerance]["all"]["ppv"] >= floor


# Rhythm: what ships, on recordings of the training part, so that nothing is opened. It was fitted
# to these people too: what it is worth on others is in the committed record alone.


@pytest.mark.parametrize(
    ("subject", "least", "most"),
    [("201", 25, 40), ("203", 90, 100), ("101", 0, 1), ("119", 0, 1), ("208", 0, 3)],
)
def test_burden_of_fibrillation(mitdb: Path, subject: str, least: float, most: float) -> None:
    task = TASKS["beats"]
    recording = task.corpora["mitdb"].open(mitdb, subject)[0]
    known = know(task, task.corpora["mitdb"].split, {subject: recording}, given=False)[0]
    said = answer(known, SHIPPED, describe).plain()
    assert least <= said["burden_percent"] <= most
    assert said["least_percent"] <= said["burden_percent"] <= said["greatest_percent"]


def test_committed_intervals_are_near_the_truth_and_tell_bundle_branch_block() -> None:
    path = RESULTS / "intervals-verified.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    every = found["simulated"]["all"]
    assert every["arsis qrs_ms"]["p95_ms"] <= 25
    assert every["arsis qt_ms"]["p95_ms"] <= 25
    assert found["mitdb"]["auc"] >= 0.85
    assert found["mitdb"]["median_seconds"] < 0.1
