"""Made recordings: spliced in another order, or N reshaped; one person's, joined without a step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from arsis.core.errors import CorpusError
from arsis.core.recording import Mark, Recording, from_array
from arsis.infer.windows import windows
from arsis.tasks import TASKS
from arsis.tasks.beats.classes import AAMI
from arsis.tasks.beats.reshape import MANNERS, reshaped
from arsis.tasks.beats.simulate import Patient, simulate
from arsis.tasks.beats.splice import LASTS_S, ORDERS, UNSEEN, stress

BEATS = TASKS["beats"]


@pytest.fixture(scope="module")
def source() -> Recording:
    patient = Patient(share_s=0.15, share_v=0.05, noise_mv=0.0, wander_mv=0.05)
    return simulate(4, duration_s=240.0, patient=patient)


@pytest.fixture(scope="module")
def made(source: Recording) -> dict[str, Recording]:
    return {each.name.removeprefix(f"{source.name}-"): each for each in stress(source)}


@pytest.fixture(scope="module")
def sinus() -> Recording:
    patient = Patient(share_s=0.0, share_v=0.08, noise_mv=0.0, wander_mv=0.02)
    return simulate(4, duration_s=240.0, patient=patient)


@pytest.fixture(scope="module")
def shaped(sinus: Recording) -> dict[str, Recording]:
    return {each.name.removeprefix(f"{sinus.name}-"): each for each in reshaped(sinus)}


def classes(recording: Recording) -> list[str]:
    return [AAMI[mark.label] for mark in recording.marks]


def samples(recording: Recording) -> np.ndarray:
    return np.stack([channel.read() for channel in recording.channels])


def test_it_is_one_persons_and_lasts_as_long_as_it_should(source, made):
    assert set(made) == {*ORDERS, *UNSEEN}
    for each in made.values():
        assert each.subject == source.subject
        assert [c.name for c in each.channels] == [c.name for c in source.channels]
        assert [c.unit for c in each.channels] == ["mV", "mV"]
        assert each.duration_s == pytest.approx(LASTS_S, abs=3)


def test_the_same_recording_gives_the_same(source, made):
    again = next(each for each in stress(source) if each.name.endswith("mixed"))
    np.testing.assert_array_equal(samples(again), samples(made["mixed"]))
    assert again.marks == made["mixed"].marks


def test_s_dominates_where_it_is_meant_to(source, made):
    share = {name: classes(each).count("S") / len(classes(each)) for name, each in made.items()}
    assert classes(source).count("S") / len(classes(source)) < 0.25
    assert share["blocks"] > 0.6
    assert share["pauses"] > 0.8
    assert share["bigeminy"] == pytest.approx(0.5, abs=0.05)
    assert share["mixed"] > 0.45
    assert 0.25 < share["third"] < 0.4


def test_marks_stand_on_the_r_peaks(made, shaped):
    # The simulated R peak is the highest point of lead 1 within a tenth of a second.
    for each in (*made.values(), *shaped.values()):
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
    for each in made.values():
        assert np.abs(np.diff(samples(each))).max() < 1.25 * steepest
        assert np.ptp(samples(each)) < 1.5 * np.ptp(samples(source))


def test_pauses_are_long(made):
    times = [mark.time_s for mark in made["pauses"].marks]
    ends = [b for b in range(1, len(times)) if classes(made["pauses"])[b - 1 : b + 1] == ["S", "N"]]
    after_s = np.array([times[b] - times[b - 1] for b in ends])
    assert np.median(after_s) > 1.1


def test_windows_and_labels_are_made_of_it_as_of_any_recording(made):
    each = made["bigeminy"]
    parts = list(windows(BEATS, each, given=True))
    labels = np.concatenate([BEATS.label(each, part)["beat"] for part in parts])
    assert len(labels) == len(each.marks)
    assert [("N", "S", "V", "F")[int(y)] for y in labels] == classes(each)


def fibrillating(recording: Recording) -> Recording:
    """The same recording with a mark of atrial fibrillation."""
    marks = (*recording.marks, Mark(3.0, "+", note="(AFIB"))
    return Recording(recording.name, recording.channels, lambda: marks, recording.subject)


def test_too_few_s_or_fibrillation_give_nothing(source):
    rare = simulate(5, duration_s=120.0, patient=Patient(share_s=0.0))
    for each in (rare, fibrillating(source)):
        assert list(stress(each)) == []


def test_fusion_and_unclassifiable_beats_are_not_used(source):
    marks = tuple(
        replace(mark, label={0: "F", 1: "Q"}.get(i % 9, mark.label))
        for i, mark in enumerate(source.marks)
    )
    other = Recording(source.name, source.channels, lambda: marks, source.subject)
    for each in stress(other):
        assert not {"F", "Q"} & set(classes(each))


def test_a_recording_without_beats_gives_nothing_endless(source):
    silent = Recording(source.name, source.channels, tuple, source.subject)
    assert list(stress(silent)) == []


def torn(recording: Recording) -> Recording:
    """The same recording with a gap of half a minute."""
    x = samples(recording)
    x[:, 20_000:30_000] = np.nan
    broken = from_array(x, 360.0, names=("MLII", "V1"), unit="mV", name=recording.name)
    return replace(broken, load_marks=lambda: recording.marks, subject=recording.subject)


def test_gaps_are_left_out(source):
    for each in stress(torn(source)):
        assert np.isfinite(samples(each)).all()
        assert each.duration_s > 300


@pytest.mark.parametrize("make", [stress, reshaped])
def test_channels_of_two_rates_are_refused(source, make):
    first, second = source.channels
    odd = Recording(source.name, (first, replace(second, rate_hz=250.0)), lambda: source.marks)
    with pytest.raises(CorpusError, match="2 kinds of channels"):
        list(make(odd))


def intervals_s(recording: Recording, after: str, label: str) -> np.ndarray:
    """The RR intervals that end with a class after another."""
    told, times = classes(recording), np.array([mark.time_s for mark in recording.marks])
    found = [i for i in range(1, len(told)) if told[i - 1 : i + 1] == [after, label]]
    return times[found] - times[np.array(found) - 1]


def test_there_are_some_of_every_manner(sinus, shaped):
    assert set(shaped) == {f"{name}-{n}" for name, m in MANNERS.items() for n in range(m.draws)}
    for name, each in shaped.items():
        assert each.subject == sinus.subject
        assert [c.name for c in each.channels] == [c.name for c in sinus.channels]
        assert each.duration_s == pytest.approx(MANNERS[name[:-2]].lasts_s, abs=3)


def test_the_same_recording_gives_the_same_reshaped(sinus, shaped):
    again = next(each for each in reshaped(sinus) if each.name.endswith("sway-1"))
    np.testing.assert_array_equal(samples(again), samples(shaped["sway-1"]))
    assert again.marks == shaped["sway-1"].marks


def test_s_are_made_where_the_person_has_none(sinus, shaped):
    assert "S" not in classes(sinus)
    share = {name: classes(each).count("S") / len(classes(each)) for name, each in shaped.items()}
    for number in range(2):
        assert 0.02 < share[f"some-{number}"] < 0.3
        assert share[f"many-{number}"] > 0.2
        assert share[f"sway-{number}"] == share[f"fibrillation-{number}"] == 0
    assert share["block-0"] == 0


def test_s_are_early_and_n_in_time(shaped):
    for number in range(2):
        each = shaped[f"some-{number}"]
        early, usual = intervals_s(each, "N", "S"), intervals_s(each, "N", "N")
        assert np.quantile(early, 0.9) < np.quantile(usual, 0.1)


def test_fibrillation_is_irregular_and_swaying_smooth(shaped):
    def change(name: str) -> float:
        found = np.log(intervals_s(shaped[name], "N", "N"))
        return float(np.median(np.abs(np.diff(found))))

    for number in range(2):
        assert change(f"fibrillation-{number}") > 0.1
        assert change(f"sway-{number}") < 0.1


def test_where_av_conduction_is_blocked_pauses_are_two_atrial_cycles(shaped):
    found = intervals_s(shaped["block-0"], "N", "N")
    usual, pause = found[found < 1.4 * found.min()], found[found > 1.5 * found.min()]
    assert len(usual) + len(pause) > 0.95 * len(found)
    assert len(pause) >= len(found) / 12
    assert 1.5 < np.median(pause) / np.median(usual) < 2.05


def test_where_av_conduction_is_blocked_a_p_wave_stands_in_the_pause(shaped):
    # Of the recording whose PR interval hardly grows the blocked P wave lies where the next is due.
    each = shaped["block-0"]
    x, rate_hz = samples(each)[0], each.channels[0].rate_hz
    times = np.array([mark.time_s for mark in each.marks])
    gaps = np.diff(times)
    usual_s = np.median(gaps[gaps < 1.4 * gaps.min()])
    heights = [
        np.ptp(x[round((t - 0.26) * rate_hz) : round((t - 0.09) * rate_hz)])
        for t in times[:-1][gaps > 1.5 * gaps.min()] + usual_s
    ]
    own = np.ptp(before_qrs(shaped["sway-0"], "N"))
    assert np.median(heights) > 0.5 * own


def before_qrs(each: Recording, label: str) -> np.ndarray:
    """The mean time before the QRS of one class after N, less the line between its ends."""
    x, rate_hz = samples(each)[0], each.channels[0].rate_hz
    told = classes(each)
    beats = [i for i in range(1, len(told)) if told[i - 1 : i + 1] == ["N", label]]
    at = [round(each.marks[i].time_s * rate_hz) for i in beats]
    start, stop = round(0.26 * rate_hz), round(0.09 * rate_hz)
    cut = np.stack([x[a - start : a - stop] for a in at if a > start]).mean(0)
    return cut - np.linspace(cut[0], cut[-1], len(cut))


def test_s_have_another_p_wave_and_fibrillation_none(shaped):
    for number in range(2):
        own = before_qrs(shaped[f"sway-{number}"], "N")
        assert np.ptp(own) > 0.05
        assert np.ptp(before_qrs(shaped[f"fibrillation-{number}"], "N")) < 0.3 * np.ptp(own)
        for name in ("some", "many"):
            each = shaped[f"{name}-{number}"]
            sinus, other = before_qrs(each, "N"), before_qrs(each, "S")
            assert np.abs(other - sinus).max() > 0.25 * np.ptp(sinus)


def test_stretches_join_without_a_step_reshaped(sinus, shaped):
    steepest = np.abs(np.diff(samples(sinus))).max()
    for name, each in shaped.items():
        assert np.isfinite(samples(each)).all()
        # Where QRS falls on the T wave before it, the level changes within a few samples.
        most = 1.5 if name.startswith("fibrillation") else 1.25
        assert np.abs(np.diff(samples(each))).max() < most * steepest


def test_windows_and_labels_are_made_of_it_as_of_any_recording_reshaped(shaped):
    each = shaped["many-0"]
    parts = list(windows(BEATS, each, given=True))
    labels = np.concatenate([BEATS.label(each, part)["beat"] for part in parts])
    assert [("N", "S", "V", "F")[int(y)] for y in labels] == classes(each)


def test_who_fibrillates_or_has_few_n_gives_nothing(sinus):
    short = Recording(sinus.name, sinus.channels, lambda: sinus.marks[:50], sinus.subject)
    silent = Recording(sinus.name, sinus.channels, tuple, sinus.subject)
    for each in (fibrillating(sinus), short, silent):
        assert list(reshaped(each)) == []


def test_gaps_are_left_out_reshaped(sinus):
    for each in reshaped(torn(sinus)):
        assert np.isfinite(samples(each)).all()
