from __future__ import annotations

import copy
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.core.recording import Mark, from_array
from arsis.core.windows import Answers
from arsis.tasks.beats.decode import DOUBTFUL as DOUBTFUL_CLASS
from arsis.tasks.beats.decode import POOR_SIGNAL
from arsis.tasks.beats.episodes import (
    BIGEMINY,
    BRADYCARDIA,
    DOUBTFUL,
    FIBRILLATION,
    KINDS,
    PAUSE,
    TACHYCARDIA,
    TRIGEMINY,
)
from arsis.tasks.beats.fibrillation import BEATS, STEP, JudgeFibrillation, describe
from arsis.tasks.beats.follow import FollowRhythm
from arsis.tasks.beats.rhythm_marks import SHORT, stretches
from arsis.tasks.beats.shipped_fit import SHIPPED


def told(
    labels: str, rr_s: list[float], likeness: float | list[float] = 0.9, probability: float = 0.95
) -> Answers:
    """Beats with these classes and intervals; NaN = a gap of 20 s before the beat."""
    rr, n = np.array(rr_s, np.float64), len(rr_s)
    time_s = np.cumsum(np.where(np.isnan(rr), 20.0, rr))
    like = np.broadcast_to(np.asarray(likeness, np.float64), n).copy()
    return Answers(
        time_s, np.zeros(n), tuple(labels), np.full(n, probability, np.float32),
        np.zeros((n, 4), np.float32), np.full((n, 2), np.nan, np.float32), ("",) * n,
        float(time_s[-1]), 0, {"rr_s": rr, "p_likeness": like},
    )  # fmt: skip


def part(whole: Answers, cut: slice) -> Answers:
    names = ("time_s", "duration_s", "label", "probability", "probabilities", "value", "reason")
    columns = {name: getattr(whole, name)[cut] for name in names}
    aside = {name: column[cut] for name, column in whole.aside.items()}
    return replace(whole, **columns, aside=aside)


def said(answers: Answers) -> list[dict]:
    fold = FollowRhythm()
    fold.push(answers, last=True)
    return fold.plain()["episodes"]


def of(kind: str, episodes: list[dict]) -> list[dict]:
    return [each for each in episodes if each["kind"] == kind]


def fibrillating(seed: int, beats: int) -> list[float]:
    return np.random.default_rng(seed).gamma(12.0, 0.7 / 12.0, beats).clip(0.3, 1.8).tolist()


def sinus(seed: int, beats: int) -> list[float]:
    return (0.8 + np.random.default_rng(seed).normal(0, 0.015, beats)).tolist()


@pytest.mark.parametrize(("unit", "kind"), [("NV", BIGEMINY), ("NNV", TRIGEMINY)])
def test_every_second_or_third_ectopic_beat_has_a_name(unit: str, kind: str) -> None:
    labels = "NNNN" + 4 * unit + "NNNNNN"
    found = said(told(labels, [0.8] * len(labels)))
    assert [each["kind"] for each in found] == [kind]
    assert found[0]["beats"] == 4
    assert found[0]["label"] == "V"
    # From the normal beat before the first ectopic one to the last ectopic one.
    first, last = labels.index("V") - 1, labels.rindex("V")
    assert found[0]["start_s"] == pytest.approx(0.8 * (first + 1))
    assert found[0]["duration_s"] == pytest.approx(0.8 * (last - first))
    assert found[0]["probability"] == pytest.approx(0.95)


def test_two_ectopic_beats_are_no_pattern_and_other_beats_break_it() -> None:
    for labels in ("NNVNVNNN", "NVNVNFNVN", "NVNSNVN", "NVVNVVNVV"):
        assert not said(told(labels, [0.8] * len(labels))), labels


def test_a_run_is_as_probable_as_its_beats() -> None:
    weak = said(told("NNVVVVNN", [0.8] * 8, probability=0.4))
    assert (weak[0]["kind"], weak[0]["reason"]) == ("ventricular run", DOUBTFUL)
    assert weak[0]["rate_bpm"] == pytest.approx(75.0)


def test_an_episode_of_poor_signal_is_unclear() -> None:
    beats = told("NNNN", [np.nan, 0.8, 2.4, 0.8])
    poor = replace(beats, reason=("", "", POOR_SIGNAL, ""))
    assert said(beats)[0] | {"kind": PAUSE, "reason": ""} == said(beats)[0]
    assert said(poor)[0]["reason"] == POOR_SIGNAL
    assert said(replace(beats, reason=("", "", DOUBTFUL_CLASS, "")))[0]["reason"] == ""


def test_slow_and_fast_rates_last_half_a_minute() -> None:
    slow, fast, usual = [1.4] * 30, [0.5] * 90, [0.8] * 40
    rr_s = usual + slow + usual + fast + usual
    found = said(told("N" * len(rr_s), rr_s))
    assert [each["kind"] for each in found] == [BRADYCARDIA, TACHYCARDIA]
    assert found[0]["duration_s"] == pytest.approx(42.0, abs=6)
    assert found[0]["rate_bpm"] == pytest.approx(60 / 1.4, rel=0.05)
    assert found[1]["duration_s"] == pytest.approx(45.0, abs=4)
    assert not said(told("N" * 100, usual + [1.4] * 15 + usual + [0.8] * 5))


def test_fibrillation_is_irregular_and_has_no_p_wave() -> None:
    rr_s = [*sinus(0, 200), *fibrillating(1, 300), *sinus(2, 200)]
    likeness = [0.9] * 200 + [0.1] * 300 + [0.9] * 200
    fold = FollowRhythm()
    fold.push(told("N" * 700, rr_s, likeness), last=True)
    found = of(FIBRILLATION, fold.plain()["episodes"])
    true_s = sum(rr_s[200:500])
    assert len(found) == 1
    assert found[0]["duration_s"] == pytest.approx(true_s, rel=0.15)
    assert found[0]["start_s"] == pytest.approx(sum(rr_s[:200]), abs=20)
    burden = fold.plain()["atrial_fibrillation"]
    assert burden["burden_percent"] == pytest.approx(100 * true_s / sum(rr_s), abs=5)
    low, high = burden["least_percent"], burden["greatest_percent"]
    assert low <= burden["burden_percent"] <= high


def test_regular_rhythms_are_no_fibrillation_whatever_ectopic_beats_they_have() -> None:
    bigeminy = [0.5, 1.1] * 150
    assert not of(FIBRILLATION, said(told("NV" * 150, bigeminy, 0.5)))
    assert not of(FIBRILLATION, said(told("N" * 300, sinus(3, 300), 0.1)))


def test_without_p_waves_to_look_at_nothing_is_said_of_fibrillation() -> None:
    answers = told("N" * 300, fibrillating(4, 300), 0.1)
    fold = FollowRhythm()
    fold.push(replace(answers, aside={"rr_s": answers.aside["rr_s"]}), last=True)
    burden = fold.plain()["atrial_fibrillation"]
    assert burden["burden_percent"] is None
    assert burden["reason"]


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 400),
    st.lists(st.integers(0, 400), max_size=6),
)
@settings(max_examples=40, deadline=None)
def test_cuts_change_nothing(seed: int, count: int, cuts: list[int]) -> None:
    rng = np.random.default_rng(seed)
    rr = rng.choice([0.4, 0.55, 0.7, 0.9, 1.5, 2.2, np.nan], max(count, 1),
                    p=[0.2, 0.2, 0.2, 0.2, 0.15, 0.03, 0.02])  # fmt: skip
    likeness = rng.uniform(-0.2, 0.6, len(rr))
    whole = told("".join(rng.choice(list("NNSVF"), len(rr))), rr.tolist(), likeness.tolist())
    expected = FollowRhythm()
    expected.push(whole, last=True)
    fold = FollowRhythm()
    edges = [0, *sorted(min(c, len(whole)) for c in cuts), len(whole)]
    for number, (start, stop) in enumerate(pairwise(edges)):
        fold.push(part(whole, slice(start, stop)), last=number == len(edges) - 2)
    assert fold.plain() == expected.plain()
    for each in expected.plain()["episodes"]:
        assert each["kind"] in KINDS
        assert each["duration_s"] > 0
        assert each["start_s"] + each["duration_s"] <= whole.time_s[-1] + 1e-6


def test_every_beat_is_judged_once_and_in_order() -> None:
    rr = np.array(fibrillating(5, 250))
    likeness = np.linspace(0.9, 0.0, 250)
    whole = JudgeFibrillation(SHIPPED).push(rr, likeness, last=True)
    assert len(whole) == 250
    windows = SHIPPED.probability(describe(rr, likeness))
    at = STEP * np.arange(len(windows)) + BEATS // 2
    np.testing.assert_array_equal(whole[at], windows)
    fold = JudgeFibrillation(SHIPPED)
    single = [fold.push(rr[i : i + 1], likeness[i : i + 1], i == 249) for i in range(250)]
    np.testing.assert_array_equal(np.concatenate(single), whole)
    assert len(copy.deepcopy(fold).push(rr[:0], likeness[:0], last=True)) == 0


def test_annotated_rhythms_become_stretches() -> None:
    notes = [(0, "(N"), (10, "(AFIB"), (50, "(VT"), (52, "(AFIB"), (60, "(AFL"), (80, "(AFIB"),
             (90, "(T"), (100, "(N")]  # fmt: skip
    recording = from_array(np.zeros((1, 12000), np.float32), 100.0, names=("II",), unit="mV")
    marks = tuple(Mark(float(at), "+", note=note) for at, note in notes)
    found = stretches(replace(recording, load_marks=lambda: marks))
    assert [(s.kind, s.start_s, s.stop_s) for s in found] == [
        ("other", 0, 10), ("AF", 10, 60), ("AFL", 60, 80), (SHORT, 80, 90),
        ("ventricular", 90, 100), ("other", 100, 120),
    ]  # fmt: skip
