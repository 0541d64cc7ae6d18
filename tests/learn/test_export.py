from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from arsis.core.errors import BundleError
from arsis.infer.bundle import BATCH, Trained
from arsis.learn.export import Ensemble, export, new_card, together
from arsis.learn.figures import batch
from arsis.learn.prepare import build
from arsis.learn.settings import Settings
from arsis.learn.train import train
from arsis.nets import ENCODERS, NETS
from arsis.tasks import TASKS

TASK = TASKS["beats"]


@pytest.fixture(scope="module")
def beats(tmp_path_factory):
    recordings = [TASK.example(seed) for seed in range(3)]
    return build(TASK, recordings, tmp_path_factory.mktemp("beats") / "examples")


@pytest.fixture(scope="module")
def teach(beats, tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")

    def teach(seed=0, net="plain"):
        settings = Settings(net=net, epochs=2, batch=32, seed=seed)
        return train(beats, beats.subjects, (), place / f"{net}-{seed}", settings, resume=True)

    return teach


def silent(capfd):
    said = capfd.readouterr()
    return said.out + said.err == ""


@pytest.mark.parametrize("net", [*ENCODERS, *NETS])
def test_guard_c15_the_bundle_answers_as_the_trained_net(beats, teach, tmp_path, capfd, net):
    run = teach(net=net)
    capfd.readouterr()
    card = export([run], TASK, beats, tmp_path / "bundle", new_card(TASK, "toy", "A toy."))
    assert silent(capfd)
    assert {p.name for p in (tmp_path / "bundle").iterdir()} == {
        "net.onnx", "card.json", "weights.safetensors",
    }  # fmt: skip
    trained = Trained(tmp_path / "bundle")
    assert trained.card == card
    rows = np.arange(BATCH + 7)
    x, context = batch(beats, rows)
    with torch.inference_mode():
        ours = run.net()(x, context)["beat"].numpy()
    theirs = trained.logits(x.numpy(), context.numpy())["beat"]
    np.testing.assert_allclose(theirs, ours, atol=1e-4)
    assert np.ptp(ours) > 0.1


def test_the_card_tells_where_the_net_comes_from(beats, teach, tmp_path):
    runs = [teach(0), teach(1)]
    export(runs, TASK, beats, tmp_path / "bundle", new_card(TASK, "toy", "A toy."))
    card = json.loads((tmp_path / "bundle" / "card.json").read_text())
    assert card["data_fingerprint"] == beats.fingerprint
    assert card["settings"]["seeds"] == [0, 1]
    assert card["settings"]["net"] == "plain"
    assert card["features"] == list(TASK.features)
    # The simulated recordings hold no fusion beats, and the card must not hide it.
    assert any("F of beat" in limit for limit in card["limits"])


def test_the_graph_does_not_tell_on_whose_machine_it_was_made(beats, teach, tmp_path):
    export([teach()], TASK, beats, tmp_path / "bundle", new_card(TASK, "toy", "A toy."))
    graph = (tmp_path / "bundle" / "net.onnx").read_bytes()
    assert b".py" not in graph
    assert b"site-packages" not in graph


def test_several_nets_answer_with_the_mean_of_their_probabilities(beats, teach, tmp_path):
    runs = [teach(seed) for seed in range(3)]
    export(runs, TASK, beats, tmp_path / "bundle", new_card(TASK, "toy", "A toy."))
    x, context = batch(beats, np.arange(40))
    with torch.inference_mode():
        each = torch.stack([run.net()(x, context)["beat"].softmax(1) for run in runs])
    logits = Trained(tmp_path / "bundle").logits(x.numpy(), context.numpy())["beat"]
    np.testing.assert_allclose(np.exp(logits), each.mean(0), atol=1e-4)
    np.testing.assert_allclose(np.exp(logits).sum(1), 1, atol=1e-4)


def test_a_net_that_onnx_answers_otherwise_is_not_exported(beats, teach, tmp_path, monkeypatch):
    monkeypatch.setattr(Trained, "logits", lambda _, x, __: {"beat": np.zeros((len(x), 4))})
    with pytest.raises(BundleError, match="off those of torch"):
        export([teach()], TASK, beats, tmp_path / "bundle", new_card(TASK, "toy", "A toy."))
    assert list(tmp_path.iterdir()) == []


def test_nets_of_other_data_or_tasks_are_refused(beats, teach, tmp_path):
    run = teach()
    other = replace(run, data={**run.data, "fingerprint": "0"})
    with pytest.raises(BundleError, match="runs on different data"):
        together([run, other])
    with pytest.raises(BundleError, match="no run"):
        together([])
    changed = replace(TASK, version=TASK.version + 1)
    with pytest.raises(BundleError, match="task_version"):
        export([run], changed, beats, tmp_path / "b", new_card(TASK, "toy", "A toy."))


def test_one_net_alone_is_left_as_it_is(teach):
    run = teach()
    x, context = (
        torch.randn(2, run.shape.channels, run.shape.time),
        torch.randn(2, len(run.shape.features)),
    )
    assert torch.equal(
        Ensemble([run.net()]).eval()(x, context)["beat"], run.net()(x, context)["beat"]
    )
