"""Annotated runs and the time between them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsis.scores.stretches import covered_s, runs, unknown


def test_segments_that_follow_one_another_are_one_run():
    start_s = np.array([1.0, 1.1, 1.2, 3.0])
    stop_s = np.array([1.1, 1.2025, 1.5, 3.2])  # 2.5 ms over the next one: as real labels are
    np.testing.assert_allclose(runs(start_s, stop_s), [[1.0, 1.5], [3.0, 3.2]])


def test_a_gap_longer_than_a_step_of_the_labels_ends_a_run():
    at = np.array([0.0, 0.5])
    assert len(runs(at, at + 0.485)) == 1
    assert len(runs(at, at + 0.475)) == 2


def test_nothing_annotated_is_all_unknown():
    nothing = runs(np.empty(0), np.empty(0))
    assert nothing.shape == (0, 2)
    np.testing.assert_array_equal(unknown(nothing, 4.0), [[0.0, 4.0]])


def test_time_outside_of_the_recording_is_not_unknown():
    run_s = np.array([[0.0, 2.0], [3.0, 5.99]])
    np.testing.assert_array_equal(unknown(run_s, 6.0), [[2.0, 3.0]])


@given(
    st.lists(st.floats(0.05, 2.0), min_size=1, max_size=12),
    st.floats(0.0, 5.0, allow_subnormal=False),
)
def test_annotated_and_unknown_time_make_up_the_recording(lengths, rest):
    edges = np.cumsum(lengths)
    start_s, stop_s = edges[0::2], edges[1::2]
    start_s = start_s[: len(stop_s)]
    duration_s = float(edges[-1] + rest)
    run_s = runs(start_s, stop_s)
    whole = [np.zeros(1), np.array([duration_s])]
    assert covered_s(run_s, *whole)[0] + covered_s(unknown(run_s, duration_s), *whole)[
        0
    ] == pytest.approx(duration_s, abs=0.021)
