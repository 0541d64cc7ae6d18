"""Which model answers: by what a file holds, unless one is asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from arsis.core.errors import BundleError, ChannelError
from arsis.core.recording import Channel, Recording
from arsis.serve import choice
from arsis.serve.presenters import PRESENTERS
from arsis.tasks import TASKS


def holding(*units: str, rate_hz: float = 1000.0) -> Recording:
    zeros = np.zeros(4000, np.float32)
    channels = (
        Channel(f"channel {i}", unit, rate_hz, 4000, lambda start, stop: zeros[start:stop])
        for i, unit in enumerate(units)
    )
    return Recording("r", tuple(channels))


@pytest.fixture(autouse=True)
def two_models(monkeypatch):
    monkeypatch.setattr(choice, "shipped", lambda: ["beats", "sounds"])


def test_every_task_can_be_shown():
    assert set(PRESENTERS) == set(TASKS)


@pytest.mark.parametrize(
    ("units", "model"), [(("mV",), "beats"), (("uV", "mmHg"), "beats"), (("FS",), "sounds")]
)
def test_the_units_of_the_channels_decide(units, model):
    name, recording = choice.fitting(holding(*units))
    assert name == model
    assert recording.notes == ()


def test_of_a_file_with_both_the_ecg_is_taken_and_the_answer_says_so():
    name, recording = choice.fitting(replace(holding("FS", "mV"), notes=("mended",)))
    assert name == "beats"
    assert recording.notes[0] == "mended"
    assert "--model sounds" in recording.notes[1]


def test_an_ecg_of_a_rate_that_no_model_takes_is_left_for_the_sound():
    assert choice.fitting(holding("FS", "mV", rate_hz=2000.0))[0] == "sounds"
    assert choice.fitting(holding("mV", rate_hz=2000.0))[0] == "beats"  # which says why not


def test_what_no_task_can_use_is_refused_with_what_was_found():
    for units in (("mmHg",), ("",), ()):
        with pytest.raises(ChannelError, match=r"an ECG \(in mV\) or a heart sound \(in FS\)"):
            choice.fitting(holding(*units))


def test_a_model_that_is_not_shipped_is_named(monkeypatch):
    monkeypatch.setattr(choice, "shipped", lambda: ["beats"])
    with pytest.raises(BundleError, match=r"ships no model.*arsis train sounds"):
        choice.fitting(holding("FS"))


def test_a_model_asked_for_must_fit_and_the_right_one_is_named():
    with pytest.raises(ChannelError, match=r"a heart sound .*--model sounds"):
        choice.check(holding("FS"), TASKS["beats"])
    choice.check(holding("FS", "mV"), TASKS["beats"])
    choice.check(holding("mmHg"), TASKS["beats"])  # what `choose` says of it is clear enough


def test_an_unknown_model_is_refused_before_any_file_is_read():
    with pytest.raises(BundleError, match="no-such"):
        choice.Judges("no-such")


def test_a_model_asked_for_is_loaded_once_and_wins():
    judges = choice.Judges("beats")
    first, recording = judges.of(holding("FS", "mV"))
    again, _ = judges.of(holding("mV"))
    assert first is again
    assert first.task.name == "beats"
    assert recording.notes == ()
