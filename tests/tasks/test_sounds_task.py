from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from arsis.core.recording import from_array
from arsis.core.task import choose
from arsis.infer.windows import windows
from arsis.learn.settings import Settings
from arsis.tasks import TASKS, find_corpus
from arsis.tasks.sounds.made import EACH, made
from arsis.tasks.sounds.negatives import KINDS
from arsis.tasks.sounds.phases import STATES

SOUNDS = TASKS["sounds"]


def test_its_settings_are_settings_and_name_what_there_is():
    settings = Settings.from_dict(dict(SOUNDS.settings))
    channels = SOUNDS.shape[0]
    assert settings.still == (channels - 1,)
    assert 0 <= settings.judged_steps[0] < settings.judged_steps[1] <= 150
    assert [group[0] for group in SOUNDS.seeds] == sorted({group[0] for group in SOUNDS.seeds})


def test_only_made_recordings_teach_that_no_heart_beats():
    corpus = find_corpus(SOUNDS)
    one, *others = islice(corpus.made(())[0], 0, None, EACH)
    assert len(others) + 1 == len(KINDS)
    assert {mark.label for each in (one, *others) for mark in each.marks} == {"none"}
    assert not {each.subject for each in (one, *others)} & set(corpus.split.train)
    again = next(made(())[0])
    np.testing.assert_array_equal(one.channels[0].read(), again.channels[0].read())
    parts = list(windows(SOUNDS, one))
    phases = np.concatenate([SOUNDS.label(one, part)["phase"] for part in parts])
    assert (phases == STATES.index("none")).all()


@pytest.mark.parametrize("rate_hz", [1000.0, 2000.0, 4000.0, 8000.0, 44_100.0, 48_000.0])
def test_the_rate_of_the_recording_hardly_matters(rate_hz):
    time_s = np.arange(round(6.0 * rate_hz)) / rate_hz
    beat = np.exp(-((time_s % 0.8 - 0.3) ** 2) / 2e-3)
    x = 0.3 * beat * np.sin(2 * np.pi * 60 * time_s) + 0.01 * np.sin(2 * np.pi * 210 * time_s)
    recording = from_array(x.astype(np.float32), rate_hz, names=("sound",), unit="FS")
    (part,) = windows(SOUNDS, recording)
    wanted = 0.3 * np.exp(-((np.arange(6000) / 1000 % 0.8 - 0.3) ** 2) / 2e-3)
    sound = part.aside["sound"].ravel()[:6000]
    loud = np.abs(sound).reshape(-1, 50).max(1)
    assert np.corrcoef(loud, wanted.reshape(-1, 50).max(1))[0, 1] > 0.99
    # The tone of 210 Hz passes the clock, and does so at every rate alike.
    assert 0.006 < loud[wanted.reshape(-1, 50).max(1) < 1e-4].mean() < 0.011


def test_a_stereo_recording_gives_one_channel():
    x = np.stack([np.zeros(8000), np.random.default_rng(0).normal(0, 0.1, 8000)])
    names = ("left", "right")
    recording = from_array(x.astype(np.float32), 2000.0, names=names, unit="FS")
    assert [channel.name for channel in choose(recording, SOUNDS.need).channels] == ["right"]
