"""Boosted trees beside the net: grown with it, scored with it, shipped with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from arsis.core.errors import BundleError, SettingError
from arsis.infer.bundle import Trained
from arsis.learn import figures
from arsis.learn import train as training
from arsis.learn.export import export, new_card
from arsis.learn.prepare import build
from arsis.learn.run_folder import SCORES, TREES, WEIGHTS
from arsis.learn.settings import Settings, Trees
from arsis.learn.train import train
from arsis.tasks import TASKS

TASK = TASKS["beats"]
FEW = Trees(rounds=4, draws=1, leaves=5, depth=3, share=0.5)


@pytest.fixture(scope="module")
def beats(tmp_path_factory):
    recordings = [TASK.example(seed) for seed in range(3)]
    return build(TASK, recordings, tmp_path_factory.mktemp("beats") / "examples")


@pytest.fixture(scope="module")
def options():
    return Settings(net="plain", epochs=2, batch=32, trees=FEW)


@pytest.fixture(scope="module")
def run(beats, options, tmp_path_factory):
    return train(beats, beats.subjects, (), tmp_path_factory.mktemp("runs") / "one", options)


def test_they_change_what_the_net_says_and_are_scored_with_it(run, beats):
    rows = np.arange(len(beats))
    both, alone = (figures.logits(net, beats, rows)["beat"] for net in (run.net(), run.net_alone()))
    assert np.abs(both - alone).max() > 0.1
    lost = run.scores["loss"]
    quiet = replace(run, settings=replace(run.settings, trees=Trees()))
    assert np.array_equal(figures.logits(quiet.net(), beats, rows)["beat"], alone)
    expected = np.log([1 / 4] * 4)
    assert lost != figures.judge(run.net_alone(), beats, rows[::8], {"beat": expected}).loss


def test_the_net_is_the_one_that_learns_without_trees(run, beats, options, tmp_path):
    without = train(beats, beats.subjects, (), tmp_path / "b", replace(options, trees=Trees()))
    assert (run.folder / WEIGHTS).read_bytes() == (without.folder / WEIGHTS).read_bytes()
    assert not (without.folder / TREES).exists()


def test_guard_c22_the_same_seed_grows_the_same_trees_and_another_others(
    run, beats, options, tmp_path
):
    again = train(beats, beats.subjects, (), tmp_path / "again", options)
    other = train(beats, beats.subjects, (), tmp_path / "other", replace(options, seed=1))
    ours, same, others = ((each.folder / TREES).read_bytes() for each in (run, again, other))
    assert ours == same != others


def test_a_run_killed_while_they_grow_goes_on(run, beats, options, tmp_path, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(training, "grow", die)
        with pytest.raises(KeyboardInterrupt):
            train(beats, beats.subjects, (), tmp_path / "killed", options)
    assert not (tmp_path / "killed" / SCORES).exists()
    done = train(beats, beats.subjects, (), tmp_path / "killed", options, resume=True)
    assert (done.folder / TREES).read_bytes() == (run.folder / TREES).read_bytes()


def test_guard_c15_the_bundle_answers_with_them(run, beats, tmp_path):
    export([run, run], TASK, beats, tmp_path / "bundle", new_card(TASK, "toy", "A toy."))
    x, context = figures.batch(beats, np.arange(40))
    with torch.inference_mode():
        ours = run.net()(x, context)["beat"].log_softmax(1).numpy()
    theirs = Trained(tmp_path / "bundle").logits(x.numpy(), context.numpy())["beat"]
    np.testing.assert_allclose(theirs, ours, atol=1e-4)


def test_trees_that_are_missing_are_named(run, tmp_path):
    torn = replace(run, folder=tmp_path)
    (tmp_path / WEIGHTS).write_bytes((run.folder / WEIGHTS).read_bytes())
    with pytest.raises(BundleError, match=TREES):
        torn.net()


def test_leads_can_change_places_for_them_too(beats, options, tmp_path):
    turning = {"augmentations": [{"name": "swap", "strength": 0.5}]}
    varied = Settings.from_dict(options.to_dict() | turning)
    grown = train(beats, beats.subjects, (), tmp_path / "varied", varied)
    used = {int(f) for f in grown.net().trees["beat"].feature.unique()}
    first, second = (set(lead.own) for lead in grown.shape.leads)
    assert used & first
    assert used & second


@pytest.mark.parametrize(
    "wrong",
    [
        {"rounds": -1},
        {"rounds": "ten"},
        {"share": 2.0},
        {"leaves": 1},
        {"rate": 0.0},
        {"many": 3},
        7,
    ],
)
def test_settings_of_trees_are_checked(wrong):
    with pytest.raises(SettingError, match="trees") as told:
        Settings.from_dict({"trees": wrong})
    assert "Trees" not in str(told.value)


def test_settings_of_trees_survive_json(options):
    assert Settings.from_dict(options.to_dict()) == options
