"""The bootstrap over subjects: its invariants, and its width where theory knows it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.core.errors import ProtocolError
from arsis.scores.bootstrap import Resampling, bootstrap_counts, bootstrap_subjects
from arsis.scores.classes import Confusion, j_kappa

QUICK = Resampling(seed=1, replicates=100)


def accuracy(counts):
    return float(np.trace(counts) / counts.sum())


def matrices(seed, subjects=12):
    return np.random.default_rng(seed).integers(1, 40, (subjects, 3, 3))


def test_the_same_seed_gives_the_same_interval():
    counts = matrices(0)
    one = bootstrap_counts(counts, accuracy, QUICK)
    assert one == bootstrap_counts(counts, accuracy, QUICK)
    assert one != bootstrap_counts(counts, accuracy, Resampling(seed=2, replicates=100))


@given(st.integers(0, 1000))
@settings(max_examples=20)
def test_bounds_are_ordered_and_within_the_subjects(seed):
    counts = matrices(seed)
    interval = bootstrap_counts(counts, accuracy, QUICK)
    each = [accuracy(one) for one in counts]
    assert min(each) <= interval.low <= interval.high <= max(each)
    assert interval.estimate == accuracy(counts.sum(axis=0))


def test_alike_subjects_leave_no_doubt():
    interval = bootstrap_counts(np.repeat(matrices(1, 1), 9, axis=0), accuracy, QUICK)
    assert interval.low == interval.high == interval.estimate
    lone = bootstrap_counts(matrices(1, 1), accuracy, QUICK)
    assert lone.low == lone.high == lone.estimate


def test_a_higher_level_is_wider():
    counts = matrices(2)
    wide = bootstrap_counts(counts, accuracy, Resampling(seed=1, replicates=400, level=0.99))
    narrow = bootstrap_counts(counts, accuracy, Resampling(seed=1, replicates=400, level=0.5))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_renaming_the_classes_changes_nothing():
    counts = matrices(3)
    order = [2, 0, 1]
    names = ("N", "S", "V")
    turned = tuple(names[k] for k in order)
    one = bootstrap_counts(counts, lambda c: j_kappa(Confusion(names, c)), QUICK)
    other = bootstrap_counts(
        counts[:, order][:, :, order], lambda c: j_kappa(Confusion(turned, c)), QUICK
    )
    np.testing.assert_allclose((one.low, one.high), (other.low, other.high))


def test_counts_and_lists_agree():
    counts = matrices(4)
    by_list = bootstrap_subjects(list(counts), lambda drawn: accuracy(np.sum(drawn, axis=0)), QUICK)
    assert by_list == bootstrap_counts(counts, accuracy, QUICK)


def test_the_mean_of_many_has_its_standard_error():
    values = np.random.default_rng(5).normal(size=200).tolist()
    interval = bootstrap_subjects(values, np.mean, Resampling(seed=3, replicates=1000))
    width = 2 * 1.96 * np.std(values) / math.sqrt(200)
    assert interval.high - interval.low == pytest.approx(width, rel=0.1)


def test_undefined_replicates_are_left_out_and_counted():
    hits = np.array([[0, 0], [0, 0], [1, 2]])
    interval = bootstrap_counts(hits, lambda c: c[0] / c[1] if c[1] else math.nan, QUICK)
    assert 10 < interval.undefined < 50  # (2/3)^3 = 30 % of the cohorts miss the third subject
    assert interval.low == interval.high == 0.5
    nothing = bootstrap_counts(hits[:2], lambda _: math.nan, QUICK)
    assert nothing.undefined == 100
    assert nothing.as_dict()["low"] is None


@pytest.mark.parametrize(
    "resampling", [Resampling(1, replicates=0), Resampling(1, level=1.0), Resampling(1, level=0)]
)
def test_what_cannot_be_drawn_is_refused(resampling):
    with pytest.raises(ProtocolError, match="bootstrap"):
        bootstrap_counts(matrices(1), accuracy, resampling)
    with pytest.raises(ProtocolError, match="0 subjects"):
        bootstrap_counts(matrices(1)[:0], accuracy, QUICK)
