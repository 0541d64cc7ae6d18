"""The models that come with the package: they load, fit, and answer as they did."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import arsis
from arsis.core.errors import BundleError
from arsis.infer.bundle import load, shipped
from arsis.infer.golden import differences
from arsis.infer.predict import predict
from arsis.tasks import TASKS

PRETRAINED = Path(arsis.__file__).parent / "pretrained"
every_bundle = pytest.mark.parametrize("name", shipped())


def test_there_is_a_model_for_every_task() -> None:
    # Of the PTB rows nobody has said who is whose: there is no honest figure for a card.
    assert set(TASKS) - {"ptb-187"} == set(shipped())


@every_bundle
def test_it_answers_its_golden_recordings_as_it_did(name: str) -> None:
    assert differences(load(name), PRETRAINED / name) == []


@every_bundle
def test_golden_answers_would_notice_another_net(name: str, tmp_path: Path) -> None:
    golden = json.loads((PRETRAINED / name / "golden.json").read_text())
    golden["11"]["label"][3] = "F"
    golden["12"]["probability"][5] -= 0.01
    golden["13"]["time_s"][7] += 0.001
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    assert len(differences(load(name), tmp_path)) == 3


@every_bundle
def test_its_card_says_where_it_comes_from(name: str) -> None:
    card = load(name).card
    assert card.licence
    assert card.cite
    assert card.limits
    choosing = {"cross-validation", "validation"}
    parts = [rows for part, rows in card.scores.items() if part not in choosing]
    assert parts
    for rows in parts:
        assert any(row["low"] < row["estimate"] < row["high"] for row in rows.values())
    assert len(card.commit) >= 7


def test_it_knows_the_simulated_beats_it_never_saw() -> None:
    trained = load("beats")
    recording = trained.task.example(21)
    truth = {round(mark.time_s, 1): mark.label for mark in recording.marks}
    answers = predict(trained, recording).answers
    right = sum(
        truth.get(round(time_s, 1), "N").replace("A", "S") == label
        for time_s, label in zip(answers.time_s.tolist(), answers.label, strict=True)
    )
    assert right / len(answers) > 0.9


def test_it_hears_the_simulated_heart_it_never_saw() -> None:
    trained = load("sounds")
    recording = trained.task.example(21)
    prediction = predict(trained, recording)
    for label in ("S1", "S2"):
        truth = np.array([mark.time_s for mark in recording.marks if mark.label == label])
        found = prediction.answers.time_s[np.array(prediction.answers.label) == label]
        nearest = np.abs(found[:, None] - truth[None]).min(1)
        assert (nearest < 0.06).mean() > 0.95
        assert abs(len(found) - len(truth)) <= 2
    first = np.array([mark.time_s for mark in recording.marks if mark.label == "S1"])
    true_bpm = 60 / np.diff(first).mean()
    assert prediction.summary["heart_rate_bpm"] == pytest.approx(true_bpm, rel=0.01)


def test_the_net_of_another_task_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "beats"
    shutil.copytree(PRETRAINED / "beats", folder)
    shutil.copy(PRETRAINED / "sounds" / "net.onnx", folder / "net.onnx")
    card = json.loads((folder / "card.json").read_text())
    card["net_sha256"] = hashlib.sha256((folder / "net.onnx").read_bytes()).hexdigest()
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(BundleError, match=r"phase.*beat"):
        load(folder)
