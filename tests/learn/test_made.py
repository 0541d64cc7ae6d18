"""What nobody measured is learnt from, and never scored, held out or counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from arsis.core.errors import SettingError
from arsis.core.examples import Examples
from arsis.core.examples_write import Writer
from arsis.learn.crossvalidate import Trial, crossvalidate
from arsis.learn.lesson import Lesson
from arsis.learn.prepare import build
from arsis.learn.sample import draws
from arsis.learn.settings import Settings
from arsis.learn.split import check, folds
from arsis.learn.train import train
from arsis.nets import build as build_net
from arsis.tasks import TASKS
from arsis.tasks.beats.reshape import reshaped
from arsis.tasks.beats.simulate import simulate


@pytest.fixture(scope="module")
def mixed(tmp_path_factory, toy) -> Examples:
    """Six people; of each a made recording too, in which everything comes early and is S."""
    folder = tmp_path_factory.mktemp("mixed") / "toy"
    with Writer(folder, toy.origin) as writer:
        for subject in range(6):
            writer.append(f"r{subject}", f"s{subject}", *toy.windows(subject))
        for subject in range(6):
            windows, labels = toy.windows(subject + 50)
            windows.context[:, 0] = -40.0
            labels["beat"][:] = 1
            writer.append(f"r{subject}-made", f"s{subject}", windows, labels, made=1)
    return Examples.open(folder)


def test_guard_c16_rows_are_measured_ones_unless_made_ones_are_asked_for(mixed):
    rows = mixed.rows(["s1", "s2"])
    assert len(rows) == 120
    assert not mixed.made[rows].any()
    every = mixed.rows(["s1", "s2"], made=True)
    assert len(every) == 240
    assert {mixed.subjects[s] for s in mixed.subject[every]} == {"s1", "s2"}
    mixed.verify()


def test_guard_c16_made_windows_are_in_no_count_and_no_fold(mixed, quick, tmp_path):
    report = check(mixed, {"fit": ("s0", "s1", "s2"), "test": ("s3", "s4", "s5")})
    counted = sum(sum(part["beat"].values()) for part in report.counts.values())
    assert counted == int((mixed.y["beat"][mixed.made == 0] >= 0).sum())
    groups = folds(mixed, mixed.subjects, 3)
    settings = replace(quick, epochs=2, windows_per_epoch=64, made_share=0.3)
    result = crossvalidate(Trial(mixed, groups, settings), tmp_path / "cv")
    assert not mixed.made[result.row].any()
    assert len(result.row) == 360


def test_made_windows_come_up_as_often_as_they_should():
    y = np.array([0, 0, 1, 1, 1, 1, -1])
    subject, made = np.array([0, 1, 0, 1, 0, 1, 0]), np.array([0, 0, 0, 0, 1, 1, 1], bool)
    settings = Settings(windows_per_epoch=10, made_share=0.4, shares=(0.5, 0.5))
    chance = draws(y, subject, made, settings)
    assert chance.sum() == pytest.approx(1)
    assert chance[made].sum() == pytest.approx(0.4)
    np.testing.assert_allclose(chance, [0.15, 0.15, 0.15, 0.15, 0.2, 0.2, 0.0])
    assert draws(y, subject, made, replace(settings, made_share=0.0))[made].sum() == 0


def test_offsets_and_moments_are_those_of_what_was_measured(mixed, toy, quick, tmp_path):
    settings = replace(quick, windows_per_epoch=64, made_share=0.5)
    subjects = ("s0", "s1", "s2", "s3")
    run = train(mixed, subjects, (), tmp_path / "run", settings)
    rows = mixed.rows(subjects)
    net = run.net()
    expected = np.asarray(mixed.context[rows])[:, 0]
    assert float(net.centre[0]) == pytest.approx(float(expected.mean()), rel=1e-4)
    fresh = build_net(quick.net, toy.shape, 0.0)
    every = mixed.rows(subjects, made=True)
    lesson = Lesson(fresh, mixed, (every, np.empty(0, np.int64)), settings, tmp_path)
    assert not mixed.made[lesson.watched_rows()].any()
    y = mixed.y["beat"][rows]
    counts = np.bincount(y[y >= 0], minlength=3)
    drawn = 0.5 * counts / counts.sum() + 0.5 * np.array([0.0, 1.0, 0.0])
    wanted = np.log(counts / counts.sum() / drawn)
    np.testing.assert_allclose(fresh.offset_beat, wanted, atol=1e-5)
    assert isinstance(fresh.offset_beat, torch.Tensor)


def test_made_recordings_change_what_examples_are_kept(tmp_path):
    task = TASKS["beats"]
    recording = simulate(3, 150.0)
    made = list(reshaped(recording))[:1]
    both = build(task, [recording], tmp_path / "beats", made=[made])
    assert both.recordings == (recording.name, f"{recording.name}-some-0")
    assert both.subjects == (recording.name,)
    assert build(task, [recording], tmp_path / "beats", made=[made]).fingerprint == both.fingerprint
    # The same recordings, none of them made, are other examples.
    other = build(task, [recording, *made], tmp_path / "beats")
    assert len(other) == len(both)
    assert not other.made.any()


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(SettingError, match="made_share"):
        Settings(made_share=share)
