"""Screening for murmurs learns elsewhere only, and is counted as the challenge counted."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from arsis.core.task import Decision
from arsis.learn.contender import Contender
from arsis.learn.ledger import OpenedTest, Opening
from arsis.learn.scoring.look import Look, Scoring
from arsis.learn.scoring.sounds.heard import say
from arsis.learn.scoring.sounds.murmurs import AGE_AND_SEX, score_murmurs
from arsis.learn.scoring.sounds.screen import (
    ABSENT,
    PRESENT,
    UNKNOWN,
    Material,
    confusion,
    screen,
    weighted_accuracy,
)
from arsis.scores.bootstrap import Resampling
from arsis.tasks.sounds.patients import patients
from arsis.tasks.sounds.simulate import Person, simulate
from arsis.tasks.sounds.surroundings import Scene
from arsis.tasks.sounds.task import SOUNDS
from arsis.tasks.sounds.valves import Heart, Murmur


def test_the_worth_of_answers_is_that_of_the_challenge():
    truth = np.repeat([PRESENT, UNKNOWN, ABSENT], [4, 3, 10])
    # 3 of 4 present, 1 of 3 unknown, 8 of 10 absent: (15 + 3 + 8) / (20 + 9 + 10)
    said = np.repeat(
        [PRESENT, ABSENT, UNKNOWN, PRESENT, ABSENT, UNKNOWN], [3, 1, 1, 2, 8, 2]
    )  # fmt: skip
    counts = confusion(truth, said)
    assert counts.tolist() == [[3, 0, 1], [2, 1, 0], [0, 2, 8]]
    assert weighted_accuracy(counts) == pytest.approx(26 / 39)
    assert weighted_accuracy(confusion(truth, truth)) == 1.0
    assert np.isnan(weighted_accuracy(np.zeros((3, 3), np.int64)))


def material(seed=0, units=60, apart=2.0):
    """Three recordings of each unit, whose features tell the truth more or less."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, units, p=[0.3, 0.2, 0.5])
    owner = np.repeat(np.arange(units), 3)
    centre = apart * np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    features = centre[truth[owner]] + rng.normal(size=(len(owner), 2))
    return Material(features, truth[owner], owner, truth, np.arange(units) % 3)


def test_what_can_be_heard_is_found_and_what_cannot_is_not():
    given = material()
    found = screen(given)
    assert weighted_accuracy(confusion(given.truth, found.said)) > 0.9
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    chance = material(apart=0.0)
    assert weighted_accuracy(confusion(chance.truth, screen(chance).said)) < 0.7


def test_answers_do_not_rest_on_the_truth_of_ones_own_fold():
    given = material(apart=0.7)
    mine = given.fold == 2
    turned = np.where(mine, (given.truth + 1) % 3, given.truth)
    label = np.where(mine[given.owner], (given.label + 1) % 3, given.label)
    before, after = screen(given), screen(replace(given, truth=turned, label=label))
    np.testing.assert_array_equal(before.said[mine], after.said[mine])
    np.testing.assert_array_equal(before.probabilities[mine], after.probabilities[mine])
    assert (before.probabilities[~mine] != after.probabilities[~mine]).any()


def test_of_whom_nothing_was_heard_nothing_is_known():
    given = material()
    given.features[given.owner == 7] = np.nan
    found = screen(given)
    assert found.said[7] == UNKNOWN
    assert found.probabilities[7].tolist() == [0.0, 1.0, 0.0]
    one = material()
    one.features[3 * 7] = np.nan  # the other two recordings still speak
    assert screen(one).said[7] == one.truth[7]


LINES = """{name} 2 1000
AV {name}_AV.hea {name}_AV.wav {name}_AV.tsv
MV {name}_MV.hea {name}_MV.wav {name}_MV.tsv
#Age: Child
#Sex: {sex}
#Murmur: {murmur}
#Murmur locations: {places}
"""
LOUD = Murmur("systole", "plateau", 0.25, 90.0, 350.0)
MURMUR_OF = ("Absent", "Present", "Absent", "Present", "Unknown", "Absent")
FOLDS = tuple(tuple(str(100 + 6 * fold + i) for i in range(6)) for fold in range(3))


def heart(subject, place, murmur):
    """A murmur is at AV alone; where nobody could tell, noise drowns the heart."""
    seed = 10 * int(subject) + (place == "MV")
    heard = (LOUD,) if murmur == "Present" and place == "AV" else ()
    scene = Scene(snr_db=-5.0 if murmur == "Unknown" else 30.0)
    made = simulate(seed, 6.0, 1000.0, Person(heart=Heart(murmurs=heard), scene=scene))
    return replace(made, name=f"{subject}_{place}", subject=subject)


def truthful(recording):
    rows = [mark for mark in recording.marks if mark.label in ("S1", "S2")]
    times = {name: np.array([m.time_s for m in rows if m.label == name]) for name in ("S1", "S2")}
    answers, summary = say(times, np.full(len(times["S1"]), np.nan), {})
    return replace(answers, duration_s=np.array([mark.duration_s for mark in rows])), summary


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    place = tmp_path_factory.mktemp("circor")
    recordings = []
    for fold in FOLDS:
        for subject, murmur in zip(fold, MURMUR_OF, strict=True):
            places = "AV" if murmur == "Present" else "nan"
            sex = "Male" if int(subject) % 2 else "Female"
            text = LINES.format(name=subject, sex=sex, murmur=murmur, places=places)
            (place / f"{subject}.txt").write_text(text)
            recordings += [heart(subject, where, murmur) for where in ("AV", "MV")]
    corpus = SimpleNamespace(name="toy", split=SimpleNamespace(folds=FOLDS))
    scoring = Scoring(SOUNDS, corpus, place, place / "ledger.jsonl", "pytest",
                      Resampling(seed=0, replicates=50))  # fmt: skip
    contender = Contender("toy", "model", SOUNDS, Decision(0, 0), "0" * 64, 0, says=truthful)
    opening = Opening("toy folds", "f" * 64, "toy", "0" * 64, "pytest")
    subjects = tuple(each.subject for each in recordings)
    return score_murmurs(Look(scoring, contender, OpenedTest(subjects, tuple(recordings),
                                                             opening, 1)))  # fmt: skip


def test_murmurs_of_made_up_hearts_are_found_where_they_are(scores):
    for level in ("patients", "recordings"):
        assert scores["headline"][f"auc_present, {level}"]["estimate"] > 0.9
        row = scores["headline"][f"weighted_accuracy, {level}"]
        assert row["low"] <= row["estimate"] <= row["high"]
        for rule, figures in scores["rules"].items():
            beside = figures[f"weighted_accuracy, {level}"]["estimate"]
            assert row["estimate"] > beside, rule


def test_rules_that_hear_nothing_are_counted_by_hand(scores):
    # Six present, three unknown, nine absent patients; six present and 24 absent recordings.
    rules = scores["rules"]
    worth = {
        ("always Present", "patients"): 30 / 48,
        ("always Unknown", "patients"): 9 / 48,
        ("always Absent", "patients"): 9 / 48,
        ("likeliest in the other folds", "patients"): 9 / 48,
        ("always Present", "recordings"): 30 / 72,
        ("always Absent", "recordings"): 24 / 72,
    }
    for (rule, level), expected in worth.items():
        found = rules[rule][f"weighted_accuracy, {level}"]["estimate"]
        assert found == pytest.approx(expected), (rule, level)
    assert rules["always Present"]["auc_present, patients"]["estimate"] == 0.5
    assert AGE_AND_SEX in rules
    assert (scores["levels"]["patients"]["units"], scores["subjects"]) == (18, 18)
    assert sum(sum(row.values()) for row in
               scores["levels"]["recordings"]["confusion"].values()) == 36  # fmt: skip


@pytest.mark.slow
def test_always_present_is_worth_what_the_labels_of_circor_say(data):
    folder = data / "circor2022-1khz"
    if not folder.exists():
        pytest.skip("CirCor at 1 kHz is not there")
    murmurs = [each.murmur for each in patients(folder).values()]
    counts = {name: murmurs.count(name) for name in ("Present", "Unknown", "Absent")}
    assert counts == {"Present": 42, "Unknown": 21, "Absent": 157}
