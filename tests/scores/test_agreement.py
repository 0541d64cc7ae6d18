"""Limits of agreement."""

from __future__ import annotations

import numpy as np
import pytest

from arsis.scores.agreement import limits_of_agreement


def test_limits_hold_95_of_100_normal_differences():
    rng = np.random.default_rng(3)
    truth = rng.uniform(60, 120, 5000)
    off = rng.normal(1.5, 2.0, 5000)
    found = limits_of_agreement(truth, truth + off)
    assert found.bias == pytest.approx(1.5, abs=0.1)
    assert found.spread == pytest.approx(2.0, abs=0.1)
    assert np.mean((off > found.low) & (off < found.high)) == pytest.approx(0.95, abs=0.01)


def test_what_one_way_does_not_know_is_left_out():
    found = limits_of_agreement(np.array([1.0, 2.0, np.nan]), np.array([2.0, np.nan, 3.0]))
    assert (found.count, found.bias) == (1, 1.0)
    assert np.isnan(found.spread)
    assert limits_of_agreement(np.empty(0), np.empty(0)).count == 0
