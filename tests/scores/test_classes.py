"""Confusion matrices and AUC: against scikit-learn, by hand, and their invariants."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from arsis.core.errors import OutputError, ProtocolError
from arsis.scores.auc import auc_scores, rank_auc
from arsis.scores.classes import (
    Confusion,
    class_scores,
    cohen_kappa,
    count_confusion,
    gross,
    j_kappa,
)
from arsis.scores.plain import plain

NAMES = ("N", "S", "V", "F")
LABELS = st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 3)), max_size=40).map(
    lambda pairs: np.array(pairs, np.int64).reshape(-1, 2).T
)


@pytest.fixture
def labels():
    rng = np.random.default_rng(7)
    truth = rng.choice(4, 500, p=[0.8, 0.1, 0.08, 0.02])
    return truth, np.where(rng.random(500) < 0.7, truth, rng.integers(0, 4, 500))


def test_agrees_with_scikit_learn(labels):
    truth, answer = labels
    confusion = count_confusion(truth, answer, NAMES)
    scores = class_scores(confusion)
    np.testing.assert_array_equal(confusion.counts, metrics.confusion_matrix(truth, answer))
    ppv, sensitivity, f1, support = metrics.precision_recall_fscore_support(truth, answer)
    each = [scores.classes[name] for name in NAMES]
    np.testing.assert_allclose([c.sensitivity for c in each], sensitivity)
    np.testing.assert_allclose([c.ppv for c in each], ppv)
    np.testing.assert_allclose([c.f1 for c in each], f1)
    np.testing.assert_array_equal([c.truth_count for c in each], support)
    rest = [metrics.recall_score(truth != k, answer != k) for k in range(4)]
    np.testing.assert_allclose([c.specificity for c in each], rest)
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(truth, answer))
    assert scores.macro_f1 == pytest.approx(metrics.f1_score(truth, answer, average="macro"))
    assert scores.kappa == pytest.approx(metrics.cohen_kappa_score(truth, answer))


def test_an_absent_class_is_undefined_as_in_scikit_learn():
    truth, answer = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 3])
    scores = class_scores(count_confusion(truth, answer, NAMES))
    theirs = metrics.precision_recall_fscore_support(
        truth, answer, labels=range(4), zero_division=np.nan
    )
    each = [scores.classes[name] for name in NAMES]
    np.testing.assert_allclose([c.ppv for c in each], theirs[0])
    np.testing.assert_allclose([c.sensitivity for c in each], theirs[1])
    np.testing.assert_allclose([c.f1 for c in each], theirs[2])
    assert math.isnan(scores.classes["V"].f1)  # neither true nor answered: not in the mean
    assert scores.classes["F"].f1 == 0  # answered, never rightly: in the mean
    assert scores.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)


@given(LABELS, st.permutations(range(4)))
def test_renaming_the_classes_changes_nothing(labels, order):
    truth, answer = labels
    one = class_scores(count_confusion(truth, answer, NAMES))
    place = np.argsort(order)
    there = np.where(truth < 0, -1, place[truth])
    other = class_scores(count_confusion(there, place[answer], [NAMES[k] for k in order]))
    assert one.as_dict() == other.as_dict()


@given(LABELS, st.integers(0, 40))
def test_recordings_add_up(labels, cut):
    truth, answer = labels
    parts = [
        count_confusion(truth[part], answer[part], NAMES) for part in (slice(cut), slice(cut, None))
    ]
    whole = count_confusion(truth, answer, NAMES)
    np.testing.assert_array_equal(gross(parts).counts, whole.counts)
    assert whole.counts.sum() == np.count_nonzero(truth >= 0)


@given(LABELS)
def test_figures_stay_in_their_range(labels):
    confusion = count_confusion(*labels, NAMES)
    scores = class_scores(confusion)
    figures = [scores.accuracy, scores.macro_f1]
    for each in scores.classes.values():
        figures += [each.sensitivity, each.ppv, each.specificity, each.f1]
    assert all(math.isnan(figure) or 0 <= figure <= 1 for figure in figures)
    assert -0.5 <= j_kappa(confusion) <= 1


def test_j_kappa_by_hand():
    counts = np.zeros((4, 4), np.int64)
    counts[0, 0], counts[1, 1], counts[1, 0], counts[2, 2], counts[0, 2] = 90, 3, 1, 5, 1
    confusion = Confusion(NAMES, counts)
    kappa = (100 * 98 - (91 * 91 + 4 * 3 + 5 * 6)) / (100**2 - (91 * 91 + 4 * 3 + 5 * 6))
    assert cohen_kappa(confusion) == pytest.approx(kappa)
    assert j_kappa(confusion) == pytest.approx(kappa / 2 + (3 / 4 + 1 + 1 + 5 / 6) / 8)


def test_j_kappa_goes_by_name():
    rng = np.random.default_rng(3)
    counts = rng.integers(1, 50, (4, 4))
    order = [2, 0, 3, 1]
    turned = Confusion(tuple(NAMES[k] for k in order), counts[np.ix_(order, order)])
    assert j_kappa(turned) == pytest.approx(j_kappa(Confusion(NAMES, counts)))
    assert j_kappa(turned, "F", "N") != pytest.approx(j_kappa(turned))
    with pytest.raises(ProtocolError, match="a class S"):
        j_kappa(Confusion(("N", "V"), counts[:2, :2]))


def test_j_kappa_counts_the_undefined_as_nothing():
    counts = np.zeros((4, 4), np.int64)
    counts[0, 0] = 10
    assert math.isnan(cohen_kappa(Confusion(NAMES, counts)))
    assert j_kappa(Confusion(NAMES, counts)) == 0
    counts[1, 0] = 5  # S beats, never answered
    assert j_kappa(Confusion(NAMES, counts)) == 0


def test_labels_that_fit_nothing_are_refused():
    zero = np.zeros(2, np.int64)
    for truth, answer in [(zero, zero[:1]), (zero + 4, zero), (zero - 2, zero), (zero, zero - 1)]:
        with pytest.raises(ProtocolError):
            count_confusion(truth, answer, NAMES)
    assert count_confusion(zero - 1, zero - 1, NAMES).counts.sum() == 0  # unknown: left out


def test_matrices_that_do_not_fit_are_refused():
    one = Confusion(("N", "S"), np.eye(2, dtype=np.int64))
    for others in ([], [one, Confusion(("S", "N"), one.counts)]):
        with pytest.raises(ProtocolError, match="different sets"):
            gross(others)
    for names in (("N",), ("N", "N")):
        with pytest.raises(ProtocolError, match="confusion matrix"):
            Confusion(names, one.counts)


def probabilities(seed, count=200):
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, count, p=[0.7, 0.1, 0.1, 0.1])
    raw = rng.random((count, 4)) + np.eye(4)[truth]
    rounded = np.round(raw / raw.sum(axis=1, keepdims=True), 2)  # many ties
    return truth, rounded / rounded.sum(axis=1, keepdims=True)


def test_auc_agrees_with_scikit_learn():
    truth, probability = probabilities(1)
    ours = auc_scores(truth, probability, NAMES)
    theirs = [metrics.roc_auc_score(truth == k, probability[:, k]) for k in range(4)]
    np.testing.assert_allclose(list(ours.classes.values()), theirs)
    assert ours.macro == pytest.approx(
        metrics.roc_auc_score(truth, probability, multi_class="ovr", average="macro")
    )


def test_auc_of_a_missing_class_is_undefined():
    truth, probability = probabilities(2)
    some = truth != 3
    ours = auc_scores(truth[some], probability[some], NAMES)
    assert math.isnan(ours.classes["F"])
    assert ours.macro == pytest.approx(np.mean([ours.classes[name] for name in "NSV"]))
    unknown = np.where(some, truth, -1)
    assert auc_scores(unknown, probability, NAMES).as_dict() == ours.as_dict()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=30))
def test_auc_is_the_share_of_pairs_in_order(pairs):
    positive = np.array([a for a, _ in pairs], bool)
    score = np.array([b for _, b in pairs], float)
    margin = score[positive][:, None] - score[~positive]
    if not margin.size:
        assert math.isnan(rank_auc(positive, score))
    else:
        assert rank_auc(positive, score) == pytest.approx(np.mean((np.sign(margin) + 1) / 2))
        assert rank_auc(~positive, -score) == rank_auc(positive, score)


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_what_is_no_probability_is_refused(value):
    with pytest.raises(ProtocolError, match="probabilities"):
        auc_scores(np.zeros(1, np.int64), np.full((1, 4), value), NAMES)


def test_shapes_that_do_not_fit_are_refused():
    truth, probability = probabilities(1)
    for wrong in (probability[:5], probability[:, 0], probability[:, :3]):
        with pytest.raises(ProtocolError):
            auc_scores(truth, wrong, NAMES)


def test_results_are_json(labels):
    scores = class_scores(count_confusion(*labels, (*NAMES, "Q")))
    back = json.loads(json.dumps(scores.as_dict(), allow_nan=False))
    assert back["accuracy"] == scores.accuracy
    assert back["classes"]["Q"]["f1"] is None
    assert plain({"a": np.float32(0.5), "b": (True, math.inf)}) == {"a": 0.5, "b": [True, None]}
    with pytest.raises(OutputError, match="object"):
        plain([object()])
