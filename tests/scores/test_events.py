"""Matching of events: against wfdb, against an exhaustive optimum, and its invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from arsis.core.errors import ProtocolError
from arsis.scores.events import event_scores, leave_out, match

TIMES = st.lists(st.integers(0, 60), max_size=12).map(lambda x: np.array(sorted(x), float) / 10)


def train(seed, count=400):
    """R peaks at 360 Hz: the true ones, and found ones with jitter, some missed, some made up."""
    rng = np.random.default_rng(seed)
    truth = np.cumsum(rng.integers(180, 400, count))
    found = truth + rng.integers(-20, 21, count)
    middle = (truth[1:] + truth[:-1]) // 2
    extra = rng.choice(middle[rng.random(count - 1) < 0.05], 5)
    return truth, np.unique(np.concatenate([found[rng.random(count) > 0.04], extra]))


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_wfdb(seed):
    from wfdb.processing import compare_annotations

    truth, found = train(seed)
    theirs = compare_annotations(truth, found, 54 + 1)  # wfdb excludes the limit itself
    ours = match(truth / 360, found / 360, 0.15)
    scores = event_scores([ours])
    assert (len(ours.truth), len(ours.missed), len(ours.false)) == (theirs.tp, theirs.fn, theirs.fp)
    assert scores.sensitivity == theirs.sensitivity
    assert scores.ppv == theirs.positive_predictivity
    assert 0 < len(ours.missed) < 100
    assert len(ours.false) > 0
    paired = np.full(len(truth), -1)
    paired[ours.truth] = ours.found
    np.testing.assert_array_equal(paired, theirs.matching_sample_nums)


@given(TIMES, TIMES, st.sampled_from([0.0, 0.1, 0.3, 1.0]))
def test_no_pairing_is_better(truth_s, found_s, tolerance_s):
    ours = match(truth_s, found_s, tolerance_s)
    distance = np.abs(truth_s[:, None] - found_s)
    near = distance <= tolerance_s + 1e-9
    # A pair within reach is worth more than all distances together, so the assignment has
    # the most pairs first and the least distance second.
    rows, columns = linear_sum_assignment(np.where(near, distance - 1000, 0))
    best = near[rows, columns]
    assert len(ours.truth) == best.sum()
    assert np.abs(ours.offset_s).sum() == pytest.approx(distance[rows, columns][best].sum())


@given(TIMES, TIMES, st.sampled_from([0.0, 0.15, 0.5]))
def test_every_event_is_counted_once(truth_s, found_s, tolerance_s):
    ours = match(truth_s, found_s, tolerance_s)
    assert sorted([*ours.truth, *ours.missed]) == list(range(len(truth_s)))
    assert sorted([*ours.found, *ours.false]) == list(range(len(found_s)))
    assert np.all(np.abs(ours.offset_s) <= tolerance_s + 1e-8)
    assert np.all(np.diff(ours.truth) > 0)
    assert np.all(np.diff(ours.found) > 0)


@given(TIMES, TIMES)
def test_exchanging_truth_and_found_mirrors_the_figures(truth_s, found_s):
    one = event_scores([match(truth_s, found_s, 0.25)])
    other = event_scores([match(found_s, truth_s, 0.25)])
    np.testing.assert_equal(
        (one.sensitivity, one.ppv, one.f1), (other.ppv, other.sensitivity, other.f1)
    )


@pytest.mark.parametrize("samples", [4, 54])
def test_the_limit_is_within(samples):
    truth = np.cumsum(np.random.default_rng(0).integers(200, 300, 2000))
    tolerance_s = samples / 360
    assert len(match(truth / 360, (truth + samples) / 360, tolerance_s).truth) == len(truth)
    assert len(match(truth / 360, (truth + samples + 1) / 360, tolerance_s).truth) == 0


def test_nearest_first_would_lose_a_pair():
    ours = match(np.array([0.0, 0.2]), np.array([-0.14, 0.06]), 0.15)
    np.testing.assert_array_equal(ours.found, [0, 1])


def test_figures_by_hand():
    truth_s = np.array([1.0, 2.0, 3.0, 4.0])
    scores = event_scores([match(truth_s, np.array([1.01, 2.03, 3.02, 3.5, 6.0]), 0.15)])
    assert (scores.truth_count, scores.found_count, scores.pair_count) == (4, 5, 3)
    assert scores.sensitivity == 3 / 4
    assert scores.ppv == 3 / 5
    assert scores.f1 == 6 / 9
    assert scores.bias_s == pytest.approx(0.02)
    assert scores.spread_s == pytest.approx(0.01)
    assert scores.robust_spread_s == pytest.approx(0.014826, abs=1e-6)


def test_nothing_to_find_is_undefined_and_false_alarms_are_not():
    scores = event_scores([match(np.empty(0), np.array([1.0]), 0.15)])
    assert np.isnan(scores.sensitivity)
    assert (scores.ppv, scores.f1) == (0, 0)
    assert event_scores([]).as_dict()["f1"] is None


@given(st.permutations(range(4)))
def test_the_order_of_recordings_changes_nothing(order):
    trains = [train(seed, 60) for seed in range(4)]
    matchings = [match(truth / 360, found / 360, 0.05) for truth, found in trains]
    assert event_scores([matchings[k] for k in order]) == event_scores(matchings)


def test_flutter_is_left_out():
    truth_s, found_s = np.array([1.0, 2.0, 6.0, 7.0]), np.array([1.0, 2.1, 3.0, 4.0, 9.0])
    span_s = np.array([[2.05, 6.5]])
    ours = leave_out(match(truth_s, found_s, 0.15), truth_s, found_s, span_s)
    np.testing.assert_array_equal(ours.truth, [0, 1])  # found inside, but the beat is outside
    np.testing.assert_array_equal(ours.missed, [3])
    np.testing.assert_array_equal(ours.false, [4])
    np.testing.assert_allclose(ours.offset_s, [0, 0.1])


@pytest.mark.parametrize("wrong", [[2.0, 1.0], [1.0, np.nan]])
def test_times_out_of_order_are_refused(wrong):
    with pytest.raises(ProtocolError, match="true events"):
        match(np.array(wrong), np.array([1.0]), 0.15)


@pytest.mark.parametrize("tolerance_s", [-0.1, np.nan])
def test_a_senseless_tolerance_is_refused(tolerance_s):
    with pytest.raises(ProtocolError, match="tolerance_s"):
        match(np.array([1.0]), np.array([1.0]), tolerance_s)
