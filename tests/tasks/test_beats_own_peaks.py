"""Recordings whose beats stand where arsis finds them, with the annotators' classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from arsis.core.recording import Mark, Recording, from_array
from arsis.infer.windows import windows
from arsis.tasks import TASKS
from arsis.tasks.beats.own_peaks import NEAR_S, UNKNOWN, with_own_peaks
from arsis.tasks.beats.simulate import Patient, simulate

BEATS = TASKS["beats"]


@pytest.fixture(scope="module")
def source() -> Recording:
    return simulate(4, duration_s=90.0, patient=Patient(share_s=0.1, share_v=0.1))


@pytest.fixture(scope="module")
def made(source: Recording) -> dict[str, Recording]:
    return {each.name.removeprefix(f"{source.name}-"): each for each in with_own_peaks(source)}


def samples(recording: Recording) -> np.ndarray:
    return np.stack([channel.read() for channel in recording.channels])


def test_beats_stand_where_answering_finds_them(made):
    for each in made.values():
        found = np.concatenate([part.event_s for part in windows(BEATS, each)])
        np.testing.assert_allclose([mark.time_s for mark in each.marks], found, atol=1e-9)


def test_each_takes_the_class_of_the_annotated_beat_beside_it(source, made):
    truth_s = np.array([mark.time_s for mark in source.marks])
    for name, each in made.items():
        known = 0
        for mark in each.marks:
            nearest = source.marks[int(np.abs(truth_s - mark.time_s).argmin())]
            if abs(nearest.time_s - mark.time_s) <= NEAR_S:
                assert mark.label == nearest.label
                known += 1
            else:
                assert mark.label == UNKNOWN
        assert known > 0.9 * len(source.marks), name


def test_a_found_beat_that_nobody_annotated_is_not_learnt_from(source):
    fewer = replace(source, load_marks=lambda: source.marks[:20])
    own = next(iter(with_own_peaks(fewer)))
    assert [mark.label for mark in own.marks].count(UNKNOWN) == len(own.marks) - 20
    labels = [BEATS.label(own, part)["beat"] for part in windows(BEATS, own, given=True)]
    assert (np.concatenate(labels) == -1).sum() == len(own.marks) - 20


def test_noise_comes_in_bursts_and_always_the_same(source, made):
    assert set(made) == {"own", "noisy"}
    np.testing.assert_array_equal(samples(made["own"]), samples(source))
    changed = (samples(made["noisy"]) != samples(source)).any(0).mean()
    assert 0.02 < changed < 0.6
    again = {each.name: each for each in with_own_peaks(source)}[made["noisy"].name]
    np.testing.assert_array_equal(samples(again), samples(made["noisy"]))
    assert {each.subject for each in made.values()} == {source.subject}


def test_only_the_leads_that_beats_are_judged_by_are_kept():
    x = np.tile(samples(simulate(1, 30.0))[:1], (3, 1))
    three = from_array(x, 360.0, names=("V5", "MLII", "aVR"), unit="mV", name="three")
    own = next(iter(with_own_peaks(replace(three, load_marks=lambda: (Mark(1.0, "N"),)))))
    assert {channel.name for channel in own.channels} == {"MLII", "V5"}


def test_channels_of_two_rates_come_without_noise(source):
    halved = from_array(samples(source)[1:, ::2], 180.0, names=("V1",), unit="mV", name="half")
    channels = (source.channels[0], *halved.channels)
    odd = Recording(source.name, channels, lambda: source.marks, source.subject)
    assert [each.name for each in with_own_peaks(odd)] == [f"{source.name}-own"]
