from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsis.core.task import Decision
from arsis.core.windows import Answers, Windows
from arsis.signal.hrv import hrv_time_domain
from arsis.tasks.beats.classes import CLASSES
from arsis.tasks.beats.decode import (
    CALLED,
    DOUBTFUL,
    MEMORY,
    POOR_SIGNAL,
    STRENGTH,
    USUAL,
    DecodeBeats,
    Lately,
    weighed,
)
from arsis.tasks.beats.summarise import SummariseBeats
from arsis.tasks.beats.variability import Doubles, nn_of


def answers(labels: str, rr_s: list[float], reasons: list[str] | None = None) -> Answers:
    """Beats with the given classes and intervals; NaN = a gap of 5 s before the beat."""
    rr = np.array(rr_s)
    time_s = np.cumsum(np.where(np.isnan(rr), 5.0, rr))
    n = len(labels)
    return Answers(
        time_s, np.zeros(n), tuple(labels), np.ones(n, np.float32), np.ones((n, 4), np.float32),
        np.full((n, 2), np.nan, np.float32), tuple(reasons or [""] * n), float(time_s[-1]),
        round(time_s[-1] * 1e6), {"rr_s": rr},
    )  # fmt: skip


def part(whole: Answers, start: int, stop: int) -> Answers:
    cut = slice(start, stop)
    return Answers(
        whole.time_s[cut], whole.duration_s[cut], whole.label[cut], whole.probability[cut],
        whole.probabilities[cut], whole.value[cut], whole.reason[cut], whole.until_s,
        whole.judged_us if start == 0 else 0,
        {name: each[cut] for name, each in whole.aside.items()},
    )  # fmt: skip


def test_a_run_needs_three_beats_in_a_row() -> None:
    found = SummariseBeats().push(answers("NVVNVVVNSSSS", [np.nan] + [0.5] * 11), last=True)
    assert [(run["label"], run["beats"]) for run in found["runs"]] == [("V", 3), ("S", 4)]
    assert found["runs"][0]["rate_bpm"] == pytest.approx(120.0)
    assert found["runs"][0]["duration_s"] == pytest.approx(1.0)


def test_a_gap_ends_a_run() -> None:
    found = SummariseBeats().push(answers("VVVV", [np.nan, 0.5, np.nan, 0.5]), last=True)
    assert found["runs"] == []


def test_a_pause_is_an_interval_and_not_a_gap() -> None:
    found = SummariseBeats().push(answers("NNNN", [np.nan, 0.8, 2.4, np.nan]), last=True)
    assert [(p["start_s"], p["duration_s"]) for p in found["pauses"]] == [pytest.approx((5.8, 2.4))]


def test_hrv_leaves_out_ectopic_and_unclear_beats() -> None:
    labels = "NNNNVNNNNN"
    rr_s = [np.nan, 0.8, 0.82, 0.81, 0.5, 1.1, 0.8, 0.83, 0.8, 0.79]
    reasons = [""] * 8 + [POOR_SIGNAL, DOUBTFUL]
    whole = answers(labels, rr_s, reasons)
    hrv = SummariseBeats().push(whole, last=True)["hrv"]
    normal = np.array([c == "N" and not r for c, r in zip(labels, reasons, strict=True)])
    expected = hrv_time_domain(whole.time_s, normal, np.isnan(whole.aside["rr_s"]))
    assert hrv["rmssd_ms"] == expected.rmssd_ms
    assert hrv["interval_count"] == 5
    assert hrv["excluded_beat_count"] == 3


def test_all_measures_come_once_the_recording_has_ended() -> None:
    whole = answers("N" * 40 + "V" + "N" * 400, [np.nan] + [0.8, 0.82] * 220)
    fold = SummariseBeats()
    assert "record" not in fold.push(part(whole, 0, 300))["hrv"]
    hrv = fold.push(part(whole, 300, len(whole)), last=True)["hrv"]
    assert hrv["record"]["time"]["rmssd_ms"]["value"] == hrv["rmssd_ms"]
    assert hrv["record"]["time"]["rmssd_ms"]["count"] == hrv["difference_count"]
    assert hrv["settings"]["nn"]["excluded_beat_count"] == 1
    assert hrv["basis"]["dfa"]["joins"] == 1
    assert len(nn_of(whole)) == hrv["interval_count"]


def test_an_empty_recording_is_summed_up_without_a_number() -> None:
    empty = part(answers("N", [np.nan]), 0, 0)
    found = SummariseBeats().push(empty, last=True)
    assert found["beats"] == 0
    assert found["heart_rate_bpm"] is None
    assert found["ectopic_burden"]["V"]["percent_of_beats"] is None


@given(
    st.lists(st.tuples(st.sampled_from("NSVF"), st.floats(0.3, 2.5)), min_size=2, max_size=40),
    st.lists(st.integers(0, 40), max_size=5),
)
def test_cuts_change_nothing(beats: list[tuple[str, float]], cuts: list[int]) -> None:
    whole = answers("".join(c for c, _ in beats), [rr for _, rr in beats])
    expected = SummariseBeats().push(whole, last=True)
    fold = SummariseBeats()
    edges = [0, *sorted(min(c, len(whole)) for c in cuts), len(whole)]
    for number in range(len(edges) - 1):
        piece = part(whole, edges[number], edges[number + 1])
        judged = whole.judged_us if number == 0 else 0
        piece = Answers(**{**vars(piece), "judged_us": judged})
        found = fold.push(piece, last=number == len(edges) - 2)
    assert str(found) == str(expected)


def windows(quality: list[float]) -> Windows:
    n = len(quality)
    return Windows(
        np.zeros((n, 6, 137), np.float32), np.zeros(n), np.arange(n, dtype=float),
        np.array(quality, np.float32), np.ones((n, 2), bool), np.zeros((n, 5), np.float32),
        float(n), n * 1_000_000, {"rr_s": np.ones(n)},
    )  # fmt: skip


def test_the_best_class_is_the_most_probable_and_doubt_is_said() -> None:
    fold = DecodeBeats(Decision(unclear_below=0.5, unclear_quality=0.3))
    p = np.array([[0.3, 0.4, 0.3, 0], [0.9, 0.1, 0, 0], [0.1, 0.1, 0.7, 0.1]], np.float32)
    found = fold.push((windows([1.0, 1.0, 0.1]), {"beat": p}))
    assert found.label == ("S", "N", "V")
    np.testing.assert_allclose(found.probability, [0.4, 0.9, 0.7], rtol=0.002)
    assert found.reason == (DOUBTFUL, "", POOR_SIGNAL)
    assert set(found.label) <= set(CLASSES)


def test_who_had_no_s_lately_is_believed_less_and_who_had_many_more() -> None:
    heard = np.ones(2000, bool)
    seldom = Lately().follow(np.zeros(2000, np.float32), heard)
    often = Lately().follow(np.ones(2000, np.float32), heard)
    assert seldom[0] == often[0] == 1
    assert (np.diff(seldom) <= 0).all()
    assert (np.diff(often) >= 0).all()
    # After long, FIRM beats of the usual share stand beside MEMORY of the recording.
    share = (100 * USUAL + MEMORY) / (100 + MEMORY)
    assert often[-1] == pytest.approx((share / USUAL) ** STRENGTH, rel=0.01)
    few = (100 * USUAL) / (100 + MEMORY) / USUAL
    assert seldom[-1] == pytest.approx(few**STRENGTH, rel=0.01)


def test_a_share_as_usual_changes_nothing() -> None:
    every = round(1 / USUAL)
    p = np.where(np.arange(10 * every) % every == 0, 0.9, 0.1).astype(np.float32)
    factors = Lately().follow(p, np.ones(len(p), bool))
    assert np.median(factors) == pytest.approx(1, abs=0.05)


def test_s_are_forgotten_again() -> None:
    p = np.concatenate([np.ones(300), np.zeros(1500)]).astype(np.float32)
    factors = Lately().follow(p, np.ones(len(p), bool))
    assert factors[300] > 10
    assert factors[-1] < 1


def test_poor_signal_counts_for_nothing() -> None:
    p = np.full(50, CALLED + 0.1, np.float32)
    assert Lately().follow(p, np.zeros(50, bool)).tolist() == [1.0] * 50


@given(st.lists(st.integers(0, 100), max_size=60), st.integers(0, 60))
def test_any_cut_gives_the_same_factors(values: list[int], cut: int) -> None:
    p = np.array(values, np.float32) / 100
    heard = p < 0.8
    whole, apart = Lately().follow(p, heard), Lately()
    parts = [apart.follow(p[part], heard[part]) for part in (slice(cut), slice(cut, None))]
    assert np.concatenate(parts).tolist() == whole.tolist()


def test_factors_change_the_odds_of_s_alone() -> None:
    p = np.array([[0.3, 0.6, 0.08, 0.02]] * 3, np.float32)
    found = weighed(p, np.array([1.0, 0.1, 20.0]))
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-6)
    np.testing.assert_allclose(found[0], p[0], rtol=1e-6)
    np.testing.assert_allclose(found[:, 1] / found[:, 0], [2, 0.2, 40], rtol=1e-5)
    np.testing.assert_allclose(found[:, 2] / found[:, 0], p[0, 2] / p[0, 0], rtol=1e-5)
    certain = np.array([[0, 1, 0, 0]], np.float32)
    assert weighed(certain, np.array([1e-3])).tolist() == [[0, 1, 0, 0]]


def test_a_beat_may_be_missing_where_an_nn_interval_is_twice_the_usual() -> None:
    rr_s = np.array([np.nan, *[0.8] * 10, 1.6, 0.8, 1.4, 0.8, 1.6])
    normal = np.ones(len(rr_s), bool)
    normal[-1] = False
    found = Doubles().follow(rr_s, normal)
    assert np.flatnonzero(found).tolist() == [11]


@given(st.lists(st.floats(0.3, 2.5), max_size=60), st.integers(0, 60), st.integers(0, 9))
def test_where_a_beat_may_be_missing_does_not_depend_on_the_cut(
    values: list[float], cut: int, every: int
) -> None:
    rr_s = np.array(values)
    normal = np.arange(len(rr_s)) % 10 != every
    whole, apart = Doubles().follow(rr_s, normal), Doubles()
    parts = [apart.follow(rr_s[part], normal[part]) for part in (slice(cut), slice(cut, None))]
    assert np.concatenate(parts).tolist() == whole.tolist()
    assert not whole[:5].any()
