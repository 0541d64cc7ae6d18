"""The same checks for heart sounds, where those of the other tasks do not reach.

C7 (augmentation), C8 (loudness of noise as asked), C16 (made recordings) and C20 (labels of the
simulator) stand beside the code they watch.
"""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from arsis.core.errors import ProtocolError
from arsis.core.recording import Mark, Recording
from arsis.core.windows import Windows
from arsis.infer.bundle import Trained, load, shipped
from arsis.infer.predict import Prediction, predict
from arsis.infer.windows import windows
from arsis.learn import tables
from arsis.learn.cells import NOTHING
from arsis.learn.record import read_records
from arsis.scores.segments import count_sounds
from arsis.tasks import TASKS
from arsis.tasks.sounds.corpus import CORPORA
from arsis.tasks.sounds.made import made
from arsis.tasks.sounds.simulate import anyone, simulate

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCE = REPOSITORY / "src" / "arsis"
RESULTS = REPOSITORY / "results"
SOUNDS = TASKS["sounds"]
NAMES = [name for name in tables.TABLES if name.startswith("sounds-")]
needs_the_model = pytest.mark.skipif("sounds" not in shipped(), reason="no model of sounds yet")


@pytest.fixture(scope="module")
def trained() -> Trained:
    return load("sounds")


@pytest.fixture(scope="module")
def recording() -> Recording:
    return simulate(11, 12.0, 4000.0, anyone(2))


def remarked(recording: Recording, marks: tuple[Mark, ...]) -> Recording:
    return replace(recording, load_marks=lambda: marks)


def assert_same(one: Prediction, other: Prediction) -> None:
    np.testing.assert_array_equal(one.answers.time_s, other.answers.time_s)
    np.testing.assert_array_equal(one.answers.probabilities, other.answers.probabilities)
    assert one.answers.label == other.answers.label
    np.testing.assert_equal(one.summary, other.summary)


def of_sounds(part: str) -> list[dict]:
    return [each for each in read_records(RESULTS)
            if each["task"] == "sounds" and each["part"] == part]  # fmt: skip


# C1, C15: what is known of the truth, and serving as trained


@needs_the_model
def test_guard_c01_annotated_phases_do_not_reach_the_answers(trained, recording):
    known = predict(trained, recording)
    assert len(known.answers) > 10
    turned = tuple(replace(mark, label={"S1": "S2", "S2": "S1"}.get(mark.label, mark.label))
                   for mark in recording.marks)  # fmt: skip
    assert turned != recording.marks
    for marks in (turned, (), (Mark(0.0, "none", 12.0),)):
        assert_same(predict(trained, remarked(recording, marks)), known)


def test_guard_c01_what_makes_windows_and_answers_knows_no_annotation():
    for name in ("prepare", "decode", "path", "template", "heard", "summarise", "abstain"):
        tree = ast.parse((SOURCE / "tasks" / "sounds" / f"{name}.py").read_text(encoding="utf-8"))
        imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        folder = "arsis.tasks.sounds."
        assert not imported & {folder + each for each in ("label", "corpus", "circor", "simulate")}


@needs_the_model
def test_guard_c15_what_is_served_is_what_was_scored(trained, recording):
    prepared = Windows.join(list(windows(SOUNDS, recording)))
    assert prepared.x.shape[1:] == SOUNDS.shape
    decision = trained.card.decision["phase"]
    offline = SOUNDS.decode(decision).push((prepared, trained.judge(prepared)), last=True)
    served = predict(trained, recording).answers
    np.testing.assert_allclose(served.time_s, offline.time_s, atol=1e-6)
    assert served.label == offline.label
    assert served.reason == offline.reason


# C4, C16: persons, and recordings that nobody measured


def test_guard_c04_no_person_is_in_two_folds_and_no_made_sound_in_any():
    split = CORPORA["circor2022-1khz"].split
    dealt = [subject for fold in split.folds for subject in fold]
    assert len(split.folds) == 5
    assert sorted(dealt) == sorted(set(dealt)) == sorted(split.train)
    assert not set(dealt) & {each.subject for each in made(())[0]}
    assert not set(CORPORA["cinc2016"].split.train)


def test_guard_c16_made_sounds_were_used_and_nothing_was_scored_on_them():
    for part in ("heart-rate", "segments"):
        for record in of_sounds(part):
            if record["kind"] == "model":
                assert record["scores"]["subjects"] <= record["data"]["subjects"] == 217
    assert SOUNDS.settings["made_share"] > 0


# C9: what nobody annotated


def test_guard_c09_answers_where_nobody_annotated_count_neither_way():
    truth = {"S1": np.array([2.1, 2.9, 3.7]), "S2": np.array([2.4, 3.2])}
    run_s = np.array([[2.0, 4.0]])
    found = {"S1": np.array([2.1, 2.9, 3.5]), "S2": np.array([2.41, 3.2])}
    plain = count_sounds(truth, found, run_s, 10.0, 0.1)
    rubbish = np.arange(4.2, 9.9, 0.05)
    more = {name: np.sort([*each, *rubbish, 0.5]) for name, each in found.items()}
    np.testing.assert_array_equal(count_sounds(truth, more, run_s, 10.0, 0.1), plain)
    inside = {name: np.sort([*each, 3.0]) for name, each in found.items()}
    assert (count_sounds(truth, inside, run_s, 10.0, 0.1)[:, 2] == plain[:, 2] + 1).all()


def test_guard_c09_a_step_without_a_mark_is_unknown_and_never_a_negative(recording):
    half = tuple(mark for mark in recording.marks if 3.0 < mark.time_s < 6.0)
    for part in windows(SOUNDS, remarked(recording, half)):
        phase = SOUNDS.label(remarked(recording, half), part)["phase"]
        time_s = part.start_s[:, None] + (np.arange(phase.shape[1]) + 0.5) / 50.0
        outside = (time_s < 3.0) | (time_s > 7.0)
        assert outside.any()
        assert (phase[outside] == -1).all()
        assert (phase[(time_s > 4.0) & (time_s < 5.5)] >= 0).all()
        assert not (phase == SOUNDS.targets["phase"].names.index("none")).any()


# C10 to C13: baselines, constants, different test sets


@pytest.mark.parametrize("name", ["heart-rate", "segments", "intervals", "variability"])
def test_guard_c10_every_table_shows_a_baseline(name):
    text = tables.TABLES[f"sounds-{name}"](RESULTS)
    if text == NOTHING:
        pytest.skip("not measured yet")
    assert "peaks of loudness" in text
    if name in ("heart-rate", "variability"):
        assert "the training mean, for everybody" in text
        assert "autocorrelation of loudness" in text


def test_guard_c12_published_heart_rates_follow_the_truth():
    """An answer that is the same for everybody has no spread, and explains none of the truth."""
    judged = 0
    for record in of_sounds("heart-rate"):
        if record["kind"] != "model":
            continue
        for points in record["scores"]["points"].values():
            true, off, count = np.array(points, float).T
            usual = np.average(true, weights=count)
            spread = np.sqrt(np.average((true - usual) ** 2, weights=count))
            found = true + off
            about = found - np.average(found, weights=count)
            assert np.sqrt(np.average(about**2, weights=count)) > 0.8 * spread
            assert 1 - np.average(off**2, weights=count) / spread**2 > 0.5
            judged += 1
    constant = [each for each in of_sounds("heart-rate") if each["name"] == "training-mean"]
    assert bool(constant) == bool(judged)
    for record in constant:
        for row in record["scores"]["headline"].values():
            assert row["estimate"] > 10.0, "a constant is a poor heart rate"


@pytest.mark.parametrize("name", NAMES)
def test_guard_c13_figures_of_different_test_sets_never_share_a_table(name, tmp_path):
    if tables.TABLES[name](RESULTS) == NOTHING:
        pytest.skip("not measured yet")
    for path in RESULTS.glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record.get("task") == "sounds":
            if record["name"] == "peak-picking":
                record["data"]["fingerprint"] = "f" * 64
            (tmp_path / path.name).write_text(json.dumps(record), encoding="utf-8")
    compared = {"sounds-heart-rate", "sounds-segments", "sounds-intervals", "sounds-variability"}
    if name in compared:
        with pytest.raises(ProtocolError, match="2 different test sets"):
            tables.TABLES[name](tmp_path)


# C22: one run


def test_guard_c22_figures_of_sounds_rest_on_three_seeds():
    for part in ("heart-rate", "segments", "intervals"):
        records = of_sounds(part)
        seeds = {each["seed"] for each in records if each["kind"] == "model"
                 and each["name"] != "sounds"}  # fmt: skip
        spread = [each for each in records if each["kind"] == "seeds"]
        assert not records or len(seeds | {s for each in spread for s in each["seed"]}) >= 3, part


# C23: time, not steps


@needs_the_model
def test_guard_c23_phases_last_as_long_at_any_rate(trained):
    found = [predict(trained, simulate(3, 12.0, rate_hz)).summary
             for rate_hz in (1000.0, 4000.0, 44_100.0)]  # fmt: skip
    for one, other in pairwise(found):
        assert one["heart_rate_bpm"] == pytest.approx(other["heart_rate_bpm"], rel=0.01)
        for phase, row in one["phases"].items():
            assert row["mean_s"] == pytest.approx(other["phases"][phase]["mean_s"], abs=0.012)
