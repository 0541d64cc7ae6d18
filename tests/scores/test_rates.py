"""Heart rate in windows of 5 s."""

from __future__ import annotations

import numpy as np
import pytest

from arsis.scores.rates import (
    intervals_inside,
    mean_over,
    over_windows,
    rate_windows,
    subject_means,
)

WHOLE = np.array([[0.0, 20.0]])


def test_a_steady_heart_has_its_rate_in_every_window():
    found = rate_windows(np.arange(0.3, 20, 0.8), WHOLE, 20.0)
    np.testing.assert_allclose(found.start_s, np.arange(16.0))
    np.testing.assert_allclose(found.bpm, 75.0)
    np.testing.assert_allclose(found.sdnn_ms, 0.0, atol=1e-9)


def test_the_mean_interval_counts_not_the_median():
    onset_s = np.array([0.1, 0.9, 1.7, 2.5, 4.5])
    found = rate_windows(onset_s, WHOLE, 5.0)
    np.testing.assert_allclose(found.bpm, 60 / 1.1)


@pytest.mark.parametrize(
    ("run_s", "count"),
    [([[0.0, 4.75]], 1), ([[0.0, 4.74]], 0), ([[0.0, 2.0], [2.25, 5.0]], 1), ([[0.3, 5.0]], 0)],
)
def test_a_window_needs_95_percent_annotated(run_s, count):
    found = rate_windows(np.arange(0.5, 4.7, 0.5), np.array(run_s), 5.0)
    assert len(found.start_s) == count


def test_a_window_needs_three_s1():
    assert len(rate_windows(np.array([0.5, 2.5]), WHOLE, 5.0).start_s) == 0
    assert len(rate_windows(np.array([0.5, 2.5, 4.9]), WHOLE, 5.0).start_s) == 1
    assert len(rate_windows(np.array([0.5, 2.5, 5.0]), WHOLE, 5.0).start_s) == 0


def test_a_recording_shorter_than_a_window_has_none():
    assert len(rate_windows(np.arange(0.5, 4.0, 0.5), WHOLE, 4.99).bpm) == 0
    assert len(rate_windows(np.empty(0), np.empty((0, 2)), 0.5).bpm) == 0


def test_no_interval_crosses_unknown_time():
    run_s = np.array([[0.0, 2.0], [2.2, 5.0]])
    found = intervals_inside(np.array([0.5, 1.2, 2.3, 3.1]), run_s)
    np.testing.assert_allclose(found, [0.7, 0.8])


def test_found_beats_tell_the_rate_and_a_doubtful_interval_is_left_out():
    onset_s = np.array([0.5, 1.3, 2.9, 3.7, 6.0])
    interval_s = np.array([np.nan, 0.8, np.nan, 0.8, 2.3])
    np.testing.assert_allclose(over_windows(onset_s, interval_s, np.zeros(1)), 75.0)


def test_an_interval_that_hides_a_beat_does_not_count_beside_likely_ones():
    onset_s = np.array([0.5, 1.3, 2.1, 3.7, 4.5, 10.0, 11.6])
    interval_s = np.diff(onset_s, prepend=np.nan)
    interval_s[5] = np.nan
    np.testing.assert_allclose(over_windows(onset_s, interval_s, np.zeros(1)), 75.0)
    alone = over_windows(onset_s, interval_s, np.array([9.0]))
    np.testing.assert_allclose(alone, 37.5, err_msg="nothing likelier is there")


def test_where_every_interval_is_doubtful_their_median_answers():
    onset_s = np.array([0.5, 1.3, 2.2, 3.0])
    found = over_windows(onset_s, np.full(4, np.nan), np.array([0.0, 2.9]))
    assert found[0] == pytest.approx(75.0)
    assert np.isnan(found[1])


def test_people_weigh_alike_however_many_windows_they_have():
    means = subject_means(np.array([1.0, 3.0, 10.0]), ["a", "a", "b"])
    assert means == {"a": 2.0, "b": 10.0}
    assert mean_over(means, ["a", "b"]) == 6.0
    assert mean_over(means, ["b", "b"]) == 10.0
    assert np.isnan(mean_over(means, []))
