from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from arsis.core.errors import BundleError, OutputError, ProtocolError, SettingError
from arsis.core.examples import Examples
from arsis.core.examples_write import Writer
from arsis.learn import figures, train
from arsis.learn.lesson import Lesson, TrainingError
from arsis.learn.run_folder import open_run, read_weights, write_weights
from arsis.learn.settings import Augmentation, Precision, Schedule, Settings, Watch, parse

FIT, HELD = ("s0", "s1", "s2", "s3"), ("s4", "s5")
FILES = {"settings.json", "environment.json", "data.json", "history.csv", "scores.json",
         "curves.png", "weights.safetensors", "last.ckpt"}  # fmt: skip


@pytest.fixture(scope="module")
def run(examples, quick, tmp_path_factory):
    return train.train(examples, FIT, HELD, tmp_path_factory.mktemp("runs") / "run", quick)


def history(folder):
    with (folder / "history.csv").open() as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


def same_run(ours, theirs):
    for name in ("weights.safetensors", "history.csv", "scores.json", "data.json"):
        assert (ours / name).read_bytes() == (theirs / name).read_bytes(), name


def test_it_learns_and_says_so(run):
    assert run.scores["macro_f1"] > 0.9
    assert run.scores["part"] == "validation"
    assert set(run.scores["targets"]["beat"]["classes"]) == {"N", "S", "V"}


def test_the_folder_holds_what_is_needed_to_judge_and_repeat_the_run(run, examples, quick):
    assert {path.name for path in run.folder.iterdir()} == FILES
    data = json.loads((run.folder / "data.json").read_text())
    assert data["fingerprint"] == examples.fingerprint
    assert data["parts"] == {"fit": list(FIT), "validation": list(HELD)}
    environment = json.loads((run.folder / "environment.json").read_text())
    assert environment["packages"]["torch"] == torch.__version__
    again = open_run(run.folder)
    assert again.settings == quick
    assert again.shape == run.shape


def test_guard_c05_the_kept_weights_score_what_was_recorded(run, examples):
    best = min(history(run.folder), key=lambda row: row["loss"])
    assert run.scores["round"] == best["round"]
    assert run.scores["loss"] == pytest.approx(best["loss"], rel=1e-9)
    answers = figures.logits(run.net(), examples, examples.rows(HELD))["beat"]
    truth = examples.y["beat"][examples.rows(HELD)]
    hit = (answers.argmax(1) == truth)[truth >= 0].mean()
    assert hit == pytest.approx(run.scores["targets"]["beat"]["accuracy"])


@pytest.mark.parametrize(("watch", "best"), [(Watch.LOSS, min), (Watch.MACRO_F1, max)])
def test_guard_c05_the_best_round_is_the_best_in_the_right_direction(
    examples, quick, tmp_path, watch, best
):
    # At this rate later rounds are worse than earlier ones, so that the last is not the best.
    settings = replace(quick, rate=0.3, ema=0.0, epochs=6, warm_up=0.0, watch=watch)
    run = train.train(examples, FIT, HELD, tmp_path / "run", settings)
    column = {Watch.LOSS: "loss", Watch.MACRO_F1: "macro_f1"}[watch]
    rows = history(run.folder)
    assert run.scores[column] == pytest.approx(best(row[column] for row in rows), rel=1e-6)


def test_guard_c05_swapped_weights_are_found_out(examples, quick, tmp_path, monkeypatch):
    def spoil(path, net):
        for weight in net.parameters():
            weight.data.mul_(1.5)
        write_weights(path, net)

    monkeypatch.setattr("arsis.learn.lesson.write_weights", spoil)
    settings = replace(quick, epochs=1)
    monkeypatch.setattr(Lesson, "answering", property(lambda self: _copy(self.net)))
    with pytest.raises(TrainingError, match="which scored"):
        train.train(examples, FIT, HELD, tmp_path / "run", settings)
    assert not (tmp_path / "run" / "scores.json").exists()


def _copy(net):
    import copy

    return copy.deepcopy(net)


def test_guard_c22_the_same_seed_gives_the_same_weights_and_another_others(
    run, examples, quick, tmp_path
):
    again = train.train(examples, FIT, HELD, tmp_path / "again", quick)
    same_run(run.folder, again.folder)
    other = train.train(examples, FIT, HELD, tmp_path / "other", replace(quick, seed=4))
    assert other.scores["loss"] != run.scores["loss"]


KILLED = """
import os, signal, sys
from pathlib import Path
from arsis.core.examples import Examples
from arsis.learn import train
from arsis.learn.lesson import Lesson
from arsis.learn.settings import Settings
import json

step = Lesson.training_step

def deadly(self, rows, index):
    if self.global_step == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, rows, index)

Lesson.training_step = deadly
settings = Settings.from_dict(json.loads(sys.argv[3]))
fit, held = ("s0", "s1", "s2", "s3"), ("s4", "s5")
train.train(Examples.open(Path(sys.argv[1])), fit, held, Path(sys.argv[2]), settings)
"""


def kill(examples, folder, settings, step):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, examples.folder, folder,
         json.dumps(settings.to_dict()), str(step)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("schedule", Schedule)
def test_a_killed_run_goes_on_bit_for_bit(examples, quick, tmp_path, schedule):
    settings = replace(
        quick, net="leads", epochs=5, schedule=schedule, windows_per_epoch=160, dropout=0.3,
        shares=(0.4, 0.3, 0.3), patient_power=0.5, smoothing=0.05, loss="focal",
        augmentations=(Augmentation("noise", 0.1), Augmentation("drop", 0.3, 0.5)),
    )  # fmt: skip
    whole = train.train(examples, FIT, HELD, tmp_path / "whole", settings)
    killed = tmp_path / "killed"
    kill(examples, killed, settings, 13)  # in the middle of the third round of five steps
    assert len(history(killed)) == 2
    assert not (killed / "scores.json").exists()
    with pytest.raises(OutputError, match="in use"):
        train.train(examples, FIT, HELD, killed, settings)
    resumed = train.train(examples, FIT, HELD, killed, settings, resume=True)
    same_run(whole.folder, resumed.folder)


def test_a_run_that_was_killed_at_once_begins_anew(examples, quick, tmp_path):
    settings = replace(quick, epochs=2)
    kill(examples, tmp_path / "killed", settings, 0)
    resumed = train.train(examples, FIT, HELD, tmp_path / "killed", settings, resume=True)
    assert resumed.scores["rounds"] == 2


def test_what_is_finished_is_not_trained_again(run, examples, quick, monkeypatch):
    monkeypatch.setattr(train, "teach", None)
    again = train.train(examples, FIT, HELD, run.folder, quick, resume=True)
    assert again.scores == run.scores


def test_only_the_same_run_is_resumed(run, examples, quick):
    with pytest.raises(SettingError, match="another run"):
        train.train(examples, FIT, HELD, run.folder, replace(quick, rate=1e-4), resume=True)
    with pytest.raises(SettingError, match="another run"):
        train.train(examples, FIT[1:], HELD, run.folder, quick, resume=True)


def test_training_ends_when_nothing_gets_better(examples, quick, tmp_path):
    settings = replace(quick, rate=1e-9, warm_up=0.0, ema=0.0, epochs=30, patience=2)
    settings = replace(settings, watch=Watch.MACRO_F1)
    run = train.train(examples, FIT, HELD, tmp_path / "run", settings)
    assert run.scores["rounds"] == run.scores["round"] + 2


def test_without_validation_the_last_weights_are_kept(examples, quick, tmp_path):
    run = train.train(examples, FIT, (), tmp_path / "run", quick)
    assert run.scores["part"] == "training"
    assert run.scores["round"] == quick.epochs
    assert json.loads((run.folder / "data.json").read_text())["parts"] == {"fit": list(FIT)}


def test_the_learning_rate_rises_and_falls(run):
    rates = [row["rate"] for row in history(run.folder)]
    assert all(a > b for a, b in pairwise(rates))


def test_a_loss_that_is_no_number_ends_training(toy, quick, tmp_path):
    with Writer(tmp_path / "broken", toy.origin) as writer:
        for subject in range(3):
            windows, labels = toy.windows(subject)
            windows.x[5] = np.nan
            writer.append(f"r{subject}", f"s{subject}", windows, labels)
    broken = Examples.open(tmp_path / "broken")
    with pytest.raises(TrainingError, match="a loss of nan"):
        train.train(broken, ("s0", "s1"), ("s2",), tmp_path / "run", quick)


def test_guard_c12_a_constant_net_is_not_published(examples, quick, tmp_path, monkeypatch):
    settings = replace(quick, ema=0.0, epochs=1)
    monkeypatch.setattr("arsis.nets.judge.Judge.forward", _constant)
    with pytest.raises(ProtocolError, match="same for every window"):
        train.train(examples, FIT, HELD, tmp_path / "run", settings)
    assert not (tmp_path / "run" / "scores.json").exists()


def _constant(self, x, context):
    head = self.heads["beat"]
    return {"beat": (0 * x.sum((1, 2)))[:, None] + head.bias}


def test_guard_c17_every_weight_learns(run):
    from arsis.nets import build

    torch.manual_seed(run.settings.seed)
    fresh = dict(build(run.settings.net, run.shape).named_parameters())
    same = [n for n, value in run.net().named_parameters() if torch.equal(value, fresh[n])]
    assert same == []


def test_guard_c14_the_scaler_is_fitted_on_training_windows_alone(run, examples):
    rows = examples.rows(FIT)
    net = run.net()
    np.testing.assert_allclose(net.centre[0], examples.context[rows, 0].mean(), rtol=1e-4)
    np.testing.assert_allclose(net.spread[1], examples.context[rows, 1].std(), rtol=1e-4)
    assert abs(float(net.centre[0]) - examples.context[:, 0].mean()) > 1e-4


def test_guard_c04_training_refuses_a_patient_on_both_sides(examples, quick, tmp_path):
    with pytest.raises(ProtocolError, match="s3 in both"):
        train.train(examples, FIT, ("s3", "s4"), tmp_path / "run", quick)
    assert not (tmp_path / "run").exists()


def test_drawing_rare_classes_more_often_is_put_right_in_the_answers(examples, quick, tmp_path):
    settings = replace(quick, windows_per_epoch=320, shares=(0.2, 0.4, 0.4), epochs=3)
    run = train.train(examples, FIT, HELD, tmp_path / "run", settings)
    y = examples.y["beat"][examples.rows(FIT)]
    natural = np.bincount(y[y >= 0]) / (y >= 0).sum()
    expected = np.log(natural / np.array(settings.shares))
    np.testing.assert_allclose(run.net().offset_beat, expected, atol=1e-5)


def test_bf16_trains_or_steps_back_to_fp32(examples, quick, tmp_path):
    run = train.train(
        examples, FIT, HELD, tmp_path / "run", replace(quick, precision=Precision.BF16)
    )
    assert run.scores["macro_f1"] > 0.8


def test_a_torn_run_is_named(run, tmp_path):
    with pytest.raises(BundleError, match="no finished training run"):
        open_run(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}")
    with pytest.raises(BundleError, match="no weights of this net"):
        read_weights(tmp_path / "weights.safetensors", run.net())


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": 0}, {"rate": -1.0}, {"ema": 1.0}, {"smoothing": 1.0}, {"threads": 0}],
    ids=lambda each: next(iter(each)),
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        Settings(**wrong)


def test_settings_survive_json():
    settings = Settings(augmentations=(Augmentation("flip", 0.3),), shares=(0.5, 0.5))
    assert Settings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


@pytest.mark.parametrize(
    "wrong",
    [{"rat": 1}, {"epochs": 2.5}, {"epochs": True}, {"net": 3}, {"schedule": "up"},
     {"shares": 0.5}, {"augmentations": [{"nam": "flip"}]}],
    ids=str,
)  # fmt: skip
def test_settings_of_another_kind_are_refused(wrong):
    with pytest.raises(SettingError, match=next(iter(wrong))):
        Settings.from_dict(wrong)


def test_settings_are_read_from_a_command_line():
    values = parse(["epochs=20", "net=plain", "rate=1", "shares=[0.5,0.5]"])
    assert Settings.from_dict(values) == Settings(
        epochs=20, net="plain", rate=1.0, shares=(0.5, 0.5)
    )
    for wrong in ("epochs", "epochs=many", "speed=3"):
        with pytest.raises(SettingError):
            parse([wrong])


@pytest.mark.parametrize(
    "unknown",
    [{"net": "huge"}, {"loss": "luck"}, {"balance": "x"},
     {"augmentations": (Augmentation("magic", 1.0),)}],
    ids=lambda each: next(iter(each)),
)  # fmt: skip
def test_unknown_names_are_refused_before_anything_is_written(examples, tmp_path, unknown):
    with pytest.raises(SettingError, match=next(iter(unknown))):
        train.train(examples, FIT, HELD, tmp_path / "run", Settings(**unknown))
    assert not (tmp_path / "run").exists()
