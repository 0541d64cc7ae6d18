"""Fibrillation is scored on people who had no part in the fit, and what ships is that procedure."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from arsis.learn.scoring.beats.fibrillation import (
    GIVEN,
    NEVER,
    OWN,
    answer,
    leave_one_out,
    rhythm,
)
from arsis.learn.scoring.beats.fibrillation_fit import (
    METHODS,
    OURS,
    Known,
    cosen,
    fit,
    logistic,
    normalised_rmssd,
    rows_of,
)
from arsis.scores.bootstrap import Resampling
from arsis.tasks.beats.fibrillation import BEATS
from arsis.tasks.beats.rhythm_marks import FIBRILLATION, OTHER, Stretch
from arsis.tasks.beats.shipped_fit import SHIPPED

RESULTS = Path(__file__).parents[2] / "results"
FEW = Resampling(0, 20)


def person(seed: int, sick: bool) -> Known:
    """Two minutes of sinus rhythm, two of fibrillation in those who have it, two of sinus."""
    rng = np.random.default_rng(seed)
    usual = 0.8 + rng.normal(0, 0.02, 300)
    rr, likeness = usual, rng.normal(0.85, 0.05, 300)
    rhythms = [Stretch(OTHER, 0.0, 400.0)]
    if sick:
        rr[100:200] = rng.gamma(12, 0.8 / 12, 100).clip(0.35, 1.8)
        likeness[100:200] = rng.normal(0.2, 0.1, 100)
        ends = np.cumsum(rr)[[99, 199]].tolist()
        rhythms = [Stretch(OTHER, 0, ends[0]), Stretch(FIBRILLATION, *ends),
                   Stretch(OTHER, ends[1], 400.0)]  # fmt: skip
    time_s = np.cumsum(rr)
    rr = np.concatenate([[np.nan], rr[1:]])
    return Known(f"p{seed}", f"p{seed}", time_s, rr, likeness, tuple(rhythms), float(time_s[-1]))


@pytest.fixture(scope="module")
def people() -> list[Known]:
    return [person(seed, sick=seed < 3) for seed in range(6)]


def test_a_fit_is_to_the_others_alone(people: list[Known]) -> None:
    fits = leave_one_out(people, METHODS[OURS])
    told = replace(
        people[0], rhythm=(Stretch(FIBRILLATION, 0.0, 400.0),), likeness=-people[0].likeness
    )
    again = leave_one_out([told, *people[1:]], METHODS[OURS])
    assert again["p0"] == fits["p0"]
    assert again["p4"] != fits["p4"]


def test_two_records_of_one_person_are_left_out_together(people: list[Known]) -> None:
    one = [replace(each, person="p0") if each.subject in ("p0", "p1") else each for each in people]
    fits = leave_one_out(one, METHODS[OURS])
    assert fits["p0"] == fit([rows_of(each, METHODS[OURS]) for each in people[2:]])


def test_the_record_holds_baselines_intervals_and_everybody(people: list[Known]) -> None:
    scores = rhythm({OWN: people, GIVEN: people}, FEW)
    assert (scores["people"], scores["records"], scores["people_with_fibrillation"]) == (6, 6, 3)
    for rows in scores["settings"].values():
        assert list(rows) == [NEVER, *METHODS]
        assert rows[NEVER]["figures"]["duration_sensitivity"]["estimate"] == 0
        assert rows[NEVER]["figures"]["duration_ppv"]["estimate"] is None
        ours = rows[OURS]["figures"]
        assert ours["duration_f1"]["estimate"] > 0.85
        assert {"low", "high", "replicates"} <= set(ours["duration_f1"])
        assert set(rows[OURS]["records"]) == {each.subject for each in people}
    json.dumps(scores)
    assert scores == rhythm({OWN: people, GIVEN: people}, FEW)


def test_without_any_fibrillation_nothing_is_claimed() -> None:
    healthy = [person(seed, sick=False) for seed in range(3)]
    chosen = fit([rows_of(each, METHODS[OURS]) for each in healthy])
    assert not answer(healthy[0], chosen, METHODS[OURS]).possible.found


def test_the_regression_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3)) * [1, 5, 0.2] + [0, 3, 1]
    truth = rng.random(400) < 1 / (1 + np.exp(-(x @ [1.0, -0.3, 4.0] - 3)))
    seconds = rng.uniform(1, 4, 400)
    weights, bias = logistic(x, seconds * truth, seconds * ~truth)
    known = LogisticRegression(C=1e6, tol=1e-10, max_iter=5000).fit(x, truth, seconds)
    np.testing.assert_allclose(weights, known.coef_[0], rtol=1e-3)
    assert bias == pytest.approx(known.intercept_[0], rel=1e-3)


def test_rivals_are_what_their_papers_say() -> None:
    rr = np.random.default_rng(1).uniform(0.5, 1.1, BEATS)
    squares = np.sqrt((np.diff(rr) ** 2).mean()) / rr.mean()
    assert normalised_rmssd(rr, rr)[0, 0] == pytest.approx(squares)
    near = [(i, j) for i in range(BEATS - 1) for j in range(i + 1, BEATS - 1)
            if abs(rr[i] - rr[j]) <= 0.03]  # fmt: skip
    both = sum(abs(rr[i + 1] - rr[j + 1]) <= 0.03 for i, j in near)
    expected = -np.log(both / len(near)) + np.log(2 * 0.03) - np.log(rr.mean())
    assert cosen(rr, rr)[0, 0] == pytest.approx(expected)


def test_what_ships_is_the_procedure_applied_to_everybody() -> None:
    chosen = json.loads((RESULTS / "rhythm-choice.json").read_text(encoding="utf-8"))
    assert {**asdict(SHIPPED), "weights": list(SHIPPED.weights)} == chosen["fits"][OURS]
    scores = committed()
    assert (chosen["people"], chosen["records"]) == (scores["people"], scores["records"])


def committed() -> dict:
    path = RESULTS / "fibrillation-detector-rhythm.json"
    return json.loads(path.read_text(encoding="utf-8"))["scores"]


def test_guard_c10_and_c22_committed_figures_beat_the_trivial_ones_with_their_intervals() -> None:
    for rows in committed()["settings"].values():
        figures = {name: row["figures"] for name, row in rows.items()}
        ours = figures[OURS]["duration_f1"]
        assert ours["low"] < ours["estimate"] < ours["high"]
        assert ours["replicates"] == 2000
        for name in set(figures) - {OURS}:
            assert figures[name]["duration_f1"]["estimate"] < ours["estimate"]
        # Floors: what is committed may not become worse unnoticed.
        assert figures[OURS]["duration_sensitivity"]["estimate"] >= 0.93
        assert figures[OURS]["duration_ppv"]["estimate"] >= 0.88
