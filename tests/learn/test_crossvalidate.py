from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from arsis.core.errors import BundleError, ProtocolError
from arsis.learn import crossvalidate as cv
from arsis.learn.figures import logits
from arsis.learn.run_folder import open_run
from arsis.learn.split import folds

SEEDS = (0, 5)


@pytest.fixture(scope="module")
def settings(quick):
    return replace(quick, epochs=5)


@pytest.fixture(scope="module")
def groups(examples):
    return folds(examples, examples.subjects, 3)


@pytest.fixture(scope="module")
def done(examples, groups, settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cv") / "one"
    return folder, cv.crossvalidate(cv.Trial(examples, groups, settings, SEEDS), folder)


def test_every_window_is_judged_by_nets_that_never_met_its_patient(examples, groups, done):
    folder, result = done
    np.testing.assert_array_equal(result.row, np.arange(len(examples)))
    assert result.logits["beat"].shape == (2, len(examples), 3)
    assert np.isfinite(result.logits["beat"]).all()
    for number, group in enumerate(groups):
        rows = examples.rows(group)
        assert (result.fold[rows] == number).all()
        run = open_run(folder / "seed-5" / f"fold-{number}")
        assert not set(run.data["parts"]["fit"]) & set(group)
        assert len(run.data["parts"]["fit"]) == len(examples.subjects) - len(group)
        np.testing.assert_array_equal(
            logits(run.net(), examples, rows)["beat"], result.logits["beat"][1][rows]
        )


def test_the_summary_gives_every_seed_with_mean_and_spread(done):
    folder, _ = done
    table = json.loads((folder / "summary.json").read_text())["targets"]["beat"]
    assert {"accuracy", "macro_f1", "kappa", "f1_N", "f1_S", "f1_V"} == set(table)
    for figure in table.values():
        assert figure["mean"] == pytest.approx(np.mean(figure["seeds"]))
        assert figure["sd"] == pytest.approx(np.std(figure["seeds"]))
    assert table["macro_f1"]["mean"] > 0.8


def test_what_is_saved_is_loaded(done):
    folder, result = done
    again = cv.OutOfFold.load(folder / "oof.npz")
    np.testing.assert_array_equal(again.logits["beat"], result.logits["beat"])
    np.testing.assert_array_equal(again.fold, result.fold)
    assert (again.seeds, again.fingerprint) == (SEEDS, result.fingerprint)
    with pytest.raises(BundleError, match="no out-of-fold answers"):
        cv.OutOfFold.load(folder / "summary.json")


def test_two_processes_give_the_same_and_finished_nets_are_kept(
    examples, groups, settings, done, tmp_path
):
    folder, result = done
    both = cv.crossvalidate(cv.Trial(examples, groups, settings), tmp_path / "two", processes=2)
    np.testing.assert_array_equal(both.logits["beat"][0], result.logits["beat"][0])
    weights = folder / "seed-0" / "fold-1" / "weights.safetensors"
    before = weights.stat().st_mtime_ns
    again = cv.crossvalidate(cv.Trial(examples, groups, settings, SEEDS), folder)
    assert weights.stat().st_mtime_ns == before
    np.testing.assert_array_equal(again.logits["beat"], result.logits["beat"])


def test_the_patients_that_stop_training_are_neither_fitted_nor_scored(
    examples, groups, settings, tmp_path
):
    few = replace(settings, epochs=1, held_share=0.25)
    cv.crossvalidate(cv.Trial(examples, groups, few), tmp_path / "cv")
    for number, group in enumerate(groups):
        parts = open_run(tmp_path / "cv" / "seed-0" / f"fold-{number}").data["parts"]
        everyone = [*parts["fit"], *parts["validation"], *group]
        assert sorted(everyone) == sorted(examples.subjects)


def test_guard_c04_a_patient_in_two_folds_is_refused(examples, settings, tmp_path):
    trial = cv.Trial(examples, (("s0", "s1"), ("s1", "s2")), settings)
    with pytest.raises(ProtocolError, match="s1 in both"):
        cv.crossvalidate(trial, tmp_path / "cv")


def test_answers_to_other_examples_are_not_scored(examples, groups, settings, done):
    trial = cv.Trial(examples, groups, settings)
    with pytest.raises(ProtocolError, match="other examples"):
        cv.summary(replace(done[1], fingerprint="0"), trial)
