"""Calibration: against scikit-learn, by hand, and its invariants."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from arsis.core.errors import ProtocolError
from arsis.scores.calibration import (
    EqualMass,
    EqualWidth,
    brier_score,
    class_reliability,
    reliability,
    top_label_reliability,
)

NAMES = ("N", "S", "V")


def answers(seed, count=600):
    rng = np.random.default_rng(seed)
    probability = rng.dirichlet([2, 1, 1], count)
    return rng.choice(3, count), probability


@pytest.mark.parametrize(
    ("bins", "strategy"), [(EqualWidth(10), "uniform"), (EqualMass(10), "quantile")]
)
def test_bins_agree_with_scikit_learn(bins, strategy):
    truth, probability = answers(0)
    for k, table in enumerate(class_reliability(truth, probability, NAMES, bins).values()):
        accuracy, confidence = calibration_curve(
            truth == k, probability[:, k], n_bins=10, strategy=strategy
        )
        filled = table.count > 0
        np.testing.assert_allclose(table.accuracy[filled], accuracy)
        np.testing.assert_allclose(table.confidence[filled], confidence)


def test_brier_score_agrees_with_scikit_learn():
    truth, probability = answers(1)
    theirs = brier_score_loss(truth, probability, labels=[0, 1, 2], scale_by_half=False)
    assert brier_score(truth, probability) == pytest.approx(theirs)
    two = np.stack([1 - probability[:, 0], probability[:, 0]], axis=1)
    half = brier_score_loss(truth == 0, probability[:, 0])
    assert brier_score((truth == 0).astype(np.int64), two) / 2 == pytest.approx(half)


@given(st.integers(0, 500), st.sampled_from([EqualWidth(), EqualWidth(4), EqualMass(7)]))
def test_the_error_is_the_definition(seed, bins):
    truth, probability = answers(seed, 60)
    table = top_label_reliability(truth, probability, bins)
    sure, right = probability.max(axis=1), probability.argmax(axis=1) == truth
    error = 0.0
    for low, high in zip(table.low, table.high, strict=True):
        inside = (sure > low) & (sure <= high)
        if inside.any():
            error += inside.mean() * abs(sure[inside].mean() - right[inside].mean())
    assert table.error == pytest.approx(error)
    assert table.count.sum() == 60
    assert 0 <= table.error <= 1


@given(st.integers(0, 500), st.permutations(range(3)))
def test_order_of_windows_and_names_changes_nothing(seed, order):
    truth, probability = answers(seed, 40)
    moved = np.random.default_rng(seed).permutation(40)
    place = np.argsort(order)
    for bins in (EqualWidth(), EqualMass(5)):
        one = top_label_reliability(truth, probability, bins)
        other = top_label_reliability(place[truth[moved]], probability[moved][:, order], bins)
        assert one.error == pytest.approx(other.error)
        np.testing.assert_array_equal(one.count, other.count)
    assert brier_score(truth, probability) == pytest.approx(
        brier_score(place[truth[moved]], probability[moved][:, order])
    )


def test_equal_mass_fills_its_bins_evenly():
    table = top_label_reliability(*answers(2), EqualMass(6))
    np.testing.assert_array_equal(table.count, np.full(6, 100))


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=20))
def test_equal_confidences_stay_together(values):
    confidence = np.array(values)
    for bins in (EqualMass(5), EqualWidth(5)):
        table = reliability(confidence, confidence > 0.3, bins)
        assert table.count.sum() == len(values)
        assert np.count_nonzero(table.count) <= len(set(values))


def test_honest_and_boastful_answers():
    rng = np.random.default_rng(9)
    confidence = rng.uniform(0.5, 1, 20_000)
    honest = rng.random(20_000) < confidence
    assert reliability(confidence, honest).error < 0.02
    boast = reliability(np.full(100, 0.9), np.arange(100) < 60)
    assert boast.error == pytest.approx(0.3)
    assert boast.count[13] == 100  # 0.9 lies in (13/15, 14/15]
    assert math.isnan(boast.accuracy[0])
    assert boast.as_dict()["accuracy"][0] is None


def test_unknown_truth_is_left_out():
    truth, probability = answers(3)
    hidden = np.where(np.arange(600) < 300, truth, -1)
    assert brier_score(hidden, probability) == brier_score(truth[:300], probability[:300])
    assert math.isnan(brier_score(hidden[300:], probability[300:]))
    with pytest.raises(ProtocolError, match="0 confidences"):
        top_label_reliability(hidden[300:], probability[300:])


def test_what_cannot_be_binned_is_refused():
    truth, probability = answers(4)
    with pytest.raises(ProtocolError, match="0 bins"):
        top_label_reliability(truth, probability, EqualWidth(0))
    with pytest.raises(ProtocolError, match="3 columns"):
        class_reliability(truth, probability, ("N", "S"))


def test_an_edge_belongs_to_the_bin_below():
    table = reliability(np.array([0.0, 0.25, 0.5, 0.51]), np.ones(4, bool), EqualWidth(4))
    np.testing.assert_array_equal(table.count, [2, 1, 1, 0])
