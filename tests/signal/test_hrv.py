"""Heart rate variability: against NeuroKit2, by hand, and bit for bit under any cut."""

from __future__ import annotations

import copy
import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsis.core.errors import ArsisError
from arsis.signal.hrv import HrvSums, hrv_time_domain

BEATS = st.lists(
    st.tuples(st.integers(200, 2500), st.booleans(), st.integers(0, 9)), max_size=40
).map(
    lambda beats: (
        np.cumsum([beat[0] for beat in beats]) / 1000.0,
        np.array([beat[1] for beat in beats], bool),
        np.array([beat[2] == 0 for beat in beats], bool),
    )
)


def same(one, other):
    np.testing.assert_equal(dataclasses.asdict(one), dataclasses.asdict(other))


def steady(count, seed=0):
    rng = np.random.default_rng(seed)
    rr_s = 0.85 + 0.06 * np.sin(np.arange(count) / 3) + rng.normal(0, 0.03, count)
    return np.cumsum(rr_s)


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_neurokit(seed):
    """Named exception: NeuroKit2 divides NN50 and NN20 by differences + 1, we by differences."""
    import neurokit2

    peak_s = steady(400, seed)
    # NeuroKit2 is given the very same series of intervals, without its detour over samples.
    theirs = neurokit2.hrv_time({"RRI": np.diff(peak_s) * 1000, "RRI_Time": peak_s[1:]}).iloc[0]
    ours = hrv_time_domain(peak_s, np.ones(400, bool))
    pairs = {
        "MeanNN": ours.mean_nn_ms,
        "SDNN": ours.sdnn_ms,
        "RMSSD": ours.rmssd_ms,
        "SDSD": ours.sdsd_ms,
        "MedianNN": ours.median_nn_ms,
        "MinNN": ours.min_nn_ms,
        "MaxNN": ours.max_nn_ms,
        "pNN50": ours.pnn50_percent * ours.difference_count / (ours.difference_count + 1),
        "pNN20": ours.pnn20_percent * ours.difference_count / (ours.difference_count + 1),
    }
    for name, value in pairs.items():
        assert value == pytest.approx(theirs[f"HRV_{name}"], rel=1e-4), name


def plain_reference(peak_s, normal, after_gap):
    """The definitions, beat by beat in floating point, in milliseconds."""
    nn = [
        (peak_s[i] - peak_s[i - 1]) * 1000
        if normal[i] and normal[i - 1] and not after_gap[i]
        else None
        for i in range(1, len(peak_s))
    ]
    steps = [b - a for a, b in pairwise(nn) if a is not None and b is not None]
    return [value for value in nn if value is not None], steps


@given(BEATS)
def test_agrees_with_the_definitions(beats):
    nn, steps = plain_reference(*beats)
    ours = hrv_time_domain(*beats)
    assert (ours.interval_count, ours.difference_count) == (len(nn), len(steps))
    assert ours.excluded_interval_count == max(len(beats[0]) - 1, 0) - len(nn)
    assert ours.excluded_beat_count == np.count_nonzero(~beats[1])
    if nn:
        assert ours.mean_nn_ms == pytest.approx(np.mean(nn))
        assert ours.median_nn_ms == pytest.approx(np.median(nn))
        assert (ours.min_nn_ms, ours.max_nn_ms) == pytest.approx((min(nn), max(nn)))
        assert ours.mean_hr_bpm == pytest.approx(60_000 / np.mean(nn))
    if steps:
        assert ours.rmssd_ms == pytest.approx(np.sqrt(np.mean(np.square(steps))))
        assert ours.pnn50_percent == pytest.approx(100 * np.mean(np.round(np.abs(steps)) > 50))
        assert ours.pnn20_percent == pytest.approx(100 * np.mean(np.round(np.abs(steps)) > 20))
    if len(nn) > 1:
        assert ours.sdnn_ms == pytest.approx(np.std(nn, ddof=1), abs=1e-6)
    if len(steps) > 1:
        assert ours.sdsd_ms == pytest.approx(np.std(steps, ddof=1), abs=1e-6)


@given(BEATS, st.lists(st.integers(0, 40), max_size=10))
def test_any_cut_gives_the_same_bits(beats, cuts):
    whole = HrvSums()
    whole.add(*beats)
    pieces = HrvSums()
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), 40], strict=True):
        pieces = copy.deepcopy(pieces)  # the fields are the whole state
        pieces.add(*(column[start:stop] for column in beats))
    same(whole, pieces)
    same(whole.measures(), pieces.measures())


@given(st.tuples(BEATS, BEATS, BEATS))
def test_merging_is_in_any_order(recordings):
    a, b, c = HrvSums(), HrvSums(), HrvSums()
    for sums, beats in zip((a, b, c), recordings, strict=True):
        sums.add(*beats)
    same(a.merge(b).merge(c), a.merge(b.merge(c)))
    same(a.merge(b), b.merge(a))
    merged, alone = a.merge(HrvSums()).measures(), a.measures()
    same(merged, alone)


@given(BEATS, BEATS)
def test_merging_is_a_gap_between_recordings(first, second):
    one, other = HrvSums(), HrvSums()
    one.add(*first)
    other.add(*second)
    apart = one.merge(other).measures()
    behind_s = second[0] + (first[0][-1] if len(first[0]) else 0)
    gap = second[2].copy()
    gap[:1] = True
    one.add(behind_s, second[1], gap)
    joined = one.measures()
    between = int(bool(len(first[0]) and len(second[0])))
    assert joined.excluded_interval_count == apart.excluded_interval_count + between
    same(joined, dataclasses.replace(apart, excluded_interval_count=joined.excluded_interval_count))


def test_no_difference_across_an_excluded_beat():
    # 800, 900, then a ventricular beat and its pause, then 850, 830 ms
    peak_s = np.cumsum([0.0, 0.8, 0.9, 0.5, 1.2, 0.85, 0.83])
    ours = hrv_time_domain(peak_s, np.array([1, 1, 1, 0, 1, 1, 1], bool))
    assert (ours.interval_count, ours.excluded_interval_count) == (4, 2)
    assert (ours.beat_count, ours.excluded_beat_count) == (7, 1)
    assert ours.difference_count == 2
    assert ours.rmssd_ms == pytest.approx(math.sqrt((100**2 + 20**2) / 2))
    assert ours.pnn50_percent == 50
    assert ours.mean_nn_ms == pytest.approx((800 + 900 + 850 + 830) / 4)


def test_no_difference_across_a_gap():
    peak_s = np.cumsum([0.0, 0.8, 0.9, 7.0, 0.85])
    gap = np.array([0, 0, 0, 1, 0], bool)
    ours = hrv_time_domain(peak_s, np.ones(5, bool), gap)
    assert (ours.interval_count, ours.difference_count) == (3, 1)
    assert ours.max_nn_ms == 900


def test_fifty_milliseconds_are_not_more_than_fifty():
    # 300 and 318 samples at 360 Hz by turns: every difference is 50 ms, whatever the rounding
    peak_s = np.cumsum(np.tile([300, 318], 200)) / 360
    ours = hrv_time_domain(peak_s, np.ones(400, bool))
    assert ours.pnn50_percent == 0
    assert ours.pnn20_percent == 100
    longer_s = np.cumsum(np.tile([300, 319], 200)) / 360
    assert hrv_time_domain(longer_s, np.ones(400, bool)).pnn50_percent == 100


@pytest.mark.parametrize("count", range(4))
def test_what_too_few_beats_leave_undefined_is_nan(count):
    ours = hrv_time_domain(np.arange(count) * 0.8, np.ones(count, bool))
    assert ours.beat_count == count
    assert math.isnan(ours.mean_nn_ms) == (count < 2)
    assert math.isnan(ours.sdnn_ms) == math.isnan(ours.rmssd_ms) == (count < 3)
    assert math.isnan(ours.sdsd_ms)


def test_a_day_does_not_overflow():
    rng = np.random.default_rng(1)
    peak_s = np.cumsum(rng.uniform(0.3, 1.5, 100_000))
    ours = hrv_time_domain(peak_s, np.ones(100_000, bool))
    steps_ms = np.diff(np.diff(peak_s)) * 1000
    assert ours.rmssd_ms == pytest.approx(np.sqrt(np.mean(steps_ms**2)), rel=1e-6)
    years_s = np.array([0.0, 1e8, 3e8, 4e8])  # squares far beyond 64 bits
    assert hrv_time_domain(years_s, np.ones(4, bool)).rmssd_ms == pytest.approx(1e11)


@pytest.mark.parametrize("peak_s", [[1.0, 1.0], [2.0, 1.0], [1.0, np.nan], [[1.0]]])
def test_times_that_do_not_rise_are_refused(peak_s):
    with pytest.raises(ArsisError, match="R peaks"):
        hrv_time_domain(np.array(peak_s), np.ones(np.shape(peak_s), bool))


def test_a_piece_before_the_last_one_is_refused():
    sums = HrvSums()
    sums.add(np.array([5.0]), np.ones(1, bool))
    with pytest.raises(ArsisError, match="pieces in order"):
        sums.add(np.array([4.0]), np.ones(1, bool))
    with pytest.raises(ArsisError, match="equal length"):
        sums.add(np.array([6.0]), np.ones(2, bool))
