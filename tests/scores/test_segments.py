"""Found heart sounds against annotated ones."""

from __future__ import annotations

import numpy as np
import pytest

from arsis.scores.segments import count_sounds, sound_figures

BEATS_S = np.arange(0.5, 9.5, 0.8)
TRUTH = {"S1": BEATS_S, "S2": BEATS_S + 0.3}
WHOLE = np.array([[0.0, 10.0]])


def counted(found, run_s=WHOLE, tolerance_s=0.1):
    return count_sounds(TRUTH, found, run_s, 10.0, tolerance_s)


def test_the_truth_itself_is_perfect():
    counts = counted(TRUTH)
    np.testing.assert_array_equal(counts[:, 1:], 0)
    figures = sound_figures(counts)
    assert figures["f1_S1"] == figures["f1_S2"] == figures["f1_both"] == 1.0


def test_the_tolerance_is_that_of_the_middles():
    late = {name: at + 0.07 for name, at in TRUTH.items()}
    assert sound_figures(counted(late))["f1_both"] == 1.0
    assert sound_figures(counted(late, tolerance_s=0.06))["f1_both"] == 0.0


def test_swapped_sounds_are_missed_and_false_and_counted_as_swapped():
    counts = counted({"S1": TRUTH["S2"], "S2": TRUTH["S1"]})
    count = len(BEATS_S)
    np.testing.assert_array_equal(counts, [[0, count, count, count]] * 2)
    assert sound_figures(counts)["swapped_both"] == 1.0


def test_two_found_for_one_is_one_false():
    twice = {"S1": np.sort(np.concatenate([BEATS_S, BEATS_S[:1] + 0.05])), "S2": TRUTH["S2"]}
    np.testing.assert_array_equal(counted(twice)[0], [len(BEATS_S), 0, 1, 0])


def test_nothing_within_a_tenth_of_unknown_time_counts():
    run_s = np.array([[0.0, 4.0], [6.0, 10.0]])
    found = {"S1": np.array([4.5, 5.0, 6.05]), "S2": np.array([3.95])}
    counts = count_sounds(
        {"S1": np.array([3.95, 6.09]), "S2": np.empty(0)}, found, run_s, 10.0, 0.1
    )
    np.testing.assert_array_equal(counts, 0)
    beside = count_sounds({"S1": np.array([3.85]), "S2": np.empty(0)}, found, run_s, 10.0, 0.06)
    np.testing.assert_array_equal(beside[0], [0, 1, 0, 0])


def test_the_edges_of_the_recording_are_no_excuse():
    counts = count_sounds(
        {"S1": np.array([0.05]), "S2": np.empty(0)}, {"S1": np.empty(0), "S2": np.empty(0)},
        WHOLE, 10.0, 0.1,
    )  # fmt: skip
    np.testing.assert_array_equal(counts[0], [0, 1, 0, 0])


def test_figures_add_up_over_recordings():
    one, other = counted(TRUTH), counted({"S1": np.empty(0), "S2": np.empty(0)})
    assert sound_figures(one + other)["se_both"] == pytest.approx(0.5)
    assert sound_figures(one + other)["ppv_both"] == 1.0
