"""Made recordings of N alone: what is early and from elsewhere is S, everything else stays N."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from arsis.core.errors import CorpusError
from arsis.core.recording import Mark, Recording, from_array
from arsis.infer.windows import windows
from arsis.tasks import TASKS
from arsis.tasks.beats.classes import AAMI
from arsis.tasks.beats.reshape import DRAWS, MANNERS, reshaped
from arsis.tasks.beats.simulate import Patient, simulate

BEATS = TASKS["beats"]


@pytest.fixture(scope="module")
def source() -> Recording:
    patient = Patient(share_s=0.0, share_v=0.08, noise_mv=0.0, wander_mv=0.02)
    return simulate(4, duration_s=240.0, patient=patient)


@pytest.fixture(scope="module")
def made(source: Recording) -> dict[str, Recording]:
    return {each.name.removeprefix(f"{source.name}-"): each for each in reshaped(source)}


def classes(recording: Recording) -> list[str]:
    return [AAMI[mark.label] for mark in recording.marks]


def samples(recording: Recording) -> np.ndarray:
    return np.stack([channel.read() for channel in recording.channels])


def intervals_s(recording: Recording, after: str, label: str) -> np.ndarray:
    """The RR intervals that end with a class after another."""
    told, times = classes(recording), np.array([mark.time_s for mark in recording.marks])
    found = [i for i in range(1, len(told)) if told[i - 1 : i + 1] == [after, label]]
    return times[found] - times[np.array(found) - 1]


def test_there_are_some_of_every_manner(source, made):
    assert set(made) == {f"{name}-{number}" for name in MANNERS for number in range(DRAWS)}
    for name, each in made.items():
        assert each.subject == source.subject
        assert [c.name for c in each.channels] == [c.name for c in source.channels]
        assert each.duration_s == pytest.approx(MANNERS[name[:-2]].lasts_s, abs=3)


def test_the_same_recording_gives_the_same(source, made):
    again = next(each for each in reshaped(source) if each.name.endswith("sway-1"))
    np.testing.assert_array_equal(samples(again), samples(made["sway-1"]))
    assert again.marks == made["sway-1"].marks


def test_s_are_made_where_the_person_has_none(source, made):
    assert "S" not in classes(source)
    share = {name: classes(each).count("S") / len(classes(each)) for name, each in made.items()}
    for number in range(DRAWS):
        assert 0.02 < share[f"some-{number}"] < 0.3
        assert share[f"many-{number}"] > 0.2
        assert share[f"sway-{number}"] == share[f"fibrillation-{number}"] == 0


def test_s_are_early_and_n_in_time(made):
    for number in range(DRAWS):
        each = made[f"some-{number}"]
        early, usual = intervals_s(each, "N", "S"), intervals_s(each, "N", "N")
        assert np.quantile(early, 0.9) < np.quantile(usual, 0.1)


def test_fibrillation_is_irregular_and_swaying_smooth(made):
    def change(name: str) -> float:
        found = np.log(intervals_s(made[name], "N", "N"))
        return float(np.median(np.abs(np.diff(found))))

    for number in range(DRAWS):
        assert change(f"fibrillation-{number}") > 0.1
        assert change(f"sway-{number}") < 0.1


def before_qrs(each: Recording, label: str) -> np.ndarray:
    """The mean time before the QRS of one class after N, less the line between its ends."""
    x, rate_hz = samples(each)[0], each.channels[0].rate_hz
    told = classes(each)
    beats = [i for i in range(1, len(told)) if told[i - 1 : i + 1] == ["N", label]]
    at = [round(each.marks[i].time_s * rate_hz) for i in beats]
    start, stop = round(0.26 * rate_hz), round(0.09 * rate_hz)
    cut = np.stack([x[a - start : a - stop] for a in at if a > start]).mean(0)
    return cut - np.linspace(cut[0], cut[-1], len(cut))


def test_s_have_another_p_wave_and_fibrillation_none(made):
    for number in range(DRAWS):
        own = before_qrs(made[f"sway-{number}"], "N")
        assert np.ptp(own) > 0.05
        assert np.ptp(before_qrs(made[f"fibrillation-{number}"], "N")) < 0.3 * np.ptp(own)
        for name in ("some", "many"):
            each = made[f"{name}-{number}"]
            sinus, other = before_qrs(each, "N"), before_qrs(each, "S")
            assert np.abs(other - sinus).max() > 0.25 * np.ptp(sinus)


def test_marks_stand_on_the_r_peaks(made):
    for each in made.values():
        lead = samples(each)[0]
        reach = round(0.05 * each.channels[0].rate_hz)
        for mark in each.marks[3:-3]:
            if AAMI[mark.label] == "V":
                continue
            at = round(mark.time_s * each.channels[0].rate_hz)
            highest = lead[at - reach : at + reach + 1].argmax() - reach
            assert abs(int(highest)) <= 2


def test_stretches_join_without_a_step(source, made):
    steepest = np.abs(np.diff(samples(source))).max()
    for name, each in made.items():
        assert np.isfinite(samples(each)).all()
        # Where QRS falls on the T wave before it, the level changes within a few samples.
        most = 1.5 if name.startswith("fibrillation") else 1.25
        assert np.abs(np.diff(samples(each))).max() < most * steepest


def test_windows_and_labels_are_made_of_it_as_of_any_recording(made):
    each = made["many-0"]
    parts = list(windows(BEATS, each, given=True))
    labels = np.concatenate([BEATS.label(each, part)["beat"] for part in parts])
    assert [("N", "S", "V", "F")[int(y)] for y in labels] == classes(each)


def test_who_fibrillates_or_has_few_n_gives_nothing(source):
    flutter = Recording(
        source.name, source.channels,
        lambda: (*source.marks, Mark(3.0, "+", note="(AFIB")), source.subject,
    )  # fmt: skip
    short = Recording(source.name, source.channels, lambda: source.marks[:50], source.subject)
    silent = Recording(source.name, source.channels, tuple, source.subject)
    for each in (flutter, short, silent):
        assert list(reshaped(each)) == []


def test_gaps_are_left_out(source):
    x = samples(source)
    x[:, 20_000:30_000] = np.nan
    broken = from_array(x, 360.0, names=("MLII", "V1"), unit="mV", name=source.name)
    broken = replace(broken, load_marks=lambda: source.marks, subject=source.subject)
    for each in reshaped(broken):
        assert np.isfinite(samples(each)).all()


def test_channels_of_two_rates_are_refused(source):
    first, second = source.channels
    odd = Recording(source.name, (first, replace(second, rate_hz=250.0)), lambda: source.marks)
    with pytest.raises(CorpusError, match="2 kinds of channels"):
        list(reshaped(odd))
