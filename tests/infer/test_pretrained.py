"""The models that come with the package: they load, fit, and answer as they did."""

from __future__ import annotations

from pathlib import Path

import pytest

import arsis
from arsis.infer.bundle import load, shipped
from arsis.infer.golden import differences
from arsis.infer.predict import predict

PRETRAINED = Path(arsis.__file__).parent / "pretrained"
every_bundle = pytest.mark.parametrize("name", shipped())


def test_there_is_a_model_for_beats() -> None:
    assert "beats" in shipped()


@every_bundle
def test_it_answers_its_golden_recordings_as_it_did(name: str) -> None:
    assert differences(load(name), PRETRAINED / name) == []


@every_bundle
def test_golden_answers_would_notice_another_net(name: str, tmp_path: Path) -> None:
    import json

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
    assert card.scores["reference"]["j_kappa"]["low"] < card.scores["reference"]["j_kappa"]["high"]
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
