"""Rows learnt and scored by both protocols, on a simulated database with the real one's names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from arsis.core.errors import ProtocolError, SettingError
from arsis.core.examples import Examples
from arsis.formats.csv.heartbeats import laid
from arsis.formats.wfdb.write import write_record
from arsis.infer.bundle import load
from arsis.infer.predict import predict
from arsis.learn.course import Plan, train
from arsis.learn.evaluate import Books, Terms, evaluate
from arsis.learn.scoring.beats.baselines import BaselineSettings
from arsis.learn.split import hashes
from arsis.scores.bootstrap import Resampling
from arsis.tasks.beats.kaggle.corpus import CORPORA, RECORDS
from arsis.tasks.beats.simulate import Patient, simulate

if TYPE_CHECKING:
    from pathlib import Path

QUICK = {"net": "plain", "epochs": 1, "batch": 128, "patience": 1}
PATIENT = Patient(share_s=0.15, share_v=0.2)
FEW, FITTING = Resampling(seed=0, replicates=20), BaselineSettings(rounds=3, balance=0.0)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mitdb")
    for number, record in enumerate(RECORDS):
        made = simulate(number, duration_s=15.0, patient=PATIENT)
        write_record(folder, record, made)
    return folder


@pytest.fixture(scope="module")
def trained(database: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("runs")
    bundles = {}
    for part, seeds in (("random", ((0,), (1,), (2,))), ("patients", ((0,),))):
        bundles |= train(
            "beats-187",
            database,
            out / part,
            Plan(f"kaggle-{part}", QUICK, seeds, f"net-{part}"),
        )
    return bundles


def test_what_is_held_out_is_what_is_calibrated_on_and_nobody_learns_it(trained) -> None:
    folder = trained["net-random"].parent
    examples = Examples.open(folder / "examples")
    split = CORPORA["kaggle-random"].split
    for run in folder.glob("folds/seed-*/fold-0/data.json"):
        parts = json.loads(run.read_text())["parts"]
        assert parts["validation"] == list(split.held)
        assert not set(parts["fit"]) & {*split.held, *split.test}
    fit = [each for each in split.train if each not in split.held]
    assert not hashes(examples, examples.rows(fit)) & hashes(examples, examples.rows(split.held))
    # A row stands in one part only, though the beats of a person are in all three.
    persons = {part: {s.split("-")[0] for s in getattr(split, part)} for part in ("train", "test")}
    assert persons["train"] == persons["test"] == set(RECORDS)
    card = load(trained["net-random"]).card
    assert "validation" in card.scores
    assert card.protocol == "kaggle-random-beats"


def test_both_protocols_are_scored_beside_baselines_and_never_mixed(
    trained, database, tmp_path
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    rules = Books(tmp_path, ledger), Terms(fitting=FITTING, resampling=FEW)
    nets = [folder for name, folder in trained.items() if name.startswith("net-random")]
    written = evaluate(nets, database, None, *rules)
    assert {"always-n-random", "row-logistic-random", "net-random-seeds-random"} <= set(written)
    record = json.loads(written["net-random-random"].read_text())
    scored = np.array(record["scores"]["confusion"]["counts"]).sum()
    whole = sum(len(simulate(n, 15.0, patient=PATIENT).marks) - 1 for n in range(len(RECORDS)))
    assert abs(scored / whole - 0.2) < 0.01
    seeds = json.loads(written["net-random-seeds-random"].read_text())
    assert len(seeds["weights"]) == 3
    evaluate([trained["net-patients"]], database, None, *rules)
    with pytest.raises(SettingError, match="different protocols"):
        evaluate([trained["net-patients"]], database, ["random"], *rules)
    with pytest.raises(SettingError, match="different protocols"):
        evaluate([trained["net-patients"], nets[0]], database, None, *rules)


def test_rows_are_answered_as_given_and_recordings_offline(trained) -> None:
    model = load(trained["net-random"])
    x = np.random.default_rng(0).random((40, 187), np.float32)
    given = predict(model, laid(x, ["unknown"] * 40))
    assert len(given.answers) == 40
    assert given.card.name == model.card.name
    assert given.summary["heart_rate_bpm"] is None
    recording = simulate(3, 60.0)
    found = predict(model, recording)
    assert found.card.name == f"{model.card.name}-offline"
    assert abs(len(found.answers) - len(recording.marks)) <= 2
    assert 50 < found.summary["heart_rate_bpm"] < 90


def test_the_published_files_are_divided_as_published(tmp_path: Path, trained, database) -> None:
    x = np.random.default_rng(1).random((60, 187), np.float32)
    for name, count in (("mitbih_train.csv", 50), ("mitbih_test.csv", 10)):
        rows = np.concatenate([x[:count], np.arange(count)[:, None] % 5], axis=1)
        np.savetxt(tmp_path / name, rows, delimiter=",")
    corpus = CORPORA["kaggle-files"]
    kept = {
        part: sum(mark.source == "row" and mark.label.isdecimal() for mark in recording.marks)
        for part in ("fit", "validation", "test")
        for recording in corpus.open(tmp_path, part)
    }
    assert kept == {"fit": 45, "validation": 5, "test": 10}


def test_a_row_on_both_sides_is_refused(tmp_path: Path) -> None:
    x = np.random.default_rng(1).random((50, 187), np.float32)
    x[25:] = x[:25]
    rows = np.concatenate([x, np.arange(50)[:, None] % 5], axis=1)
    np.savetxt(tmp_path / "mitbih_train.csv", rows, delimiter=",")
    with pytest.raises(ProtocolError, match="bit for bit the same"):
        train("beats-187", tmp_path, tmp_path / "runs", Plan("kaggle-files", QUICK, ((0,),)))
