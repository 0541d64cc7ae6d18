"""Times between beats that were heard, against R peaks."""

from __future__ import annotations

import numpy as np
import pytest

from arsis.scores.intervals import (
    agree,
    grid_errors_s,
    heard_beats,
    interval_figures,
    robust_spread_s,
    spread_s,
)


@pytest.fixture
def r_s():
    rng = np.random.default_rng(5)
    return 0.7 + np.cumsum(rng.normal(0.8, 0.05, 40))


def test_detectors_that_find_the_same_agree(r_s):
    found = agree(r_s, r_s + 0.01)
    assert found.share == 1.0
    assert found.agreed
    np.testing.assert_array_equal(found.beat_s, r_s)
    np.testing.assert_allclose(found.rr_s, np.diff(r_s))


def test_one_beat_in_twenty_may_be_doubtful_and_no_interval_crosses_it(r_s):
    extra = float(r_s[10:12].mean())
    found = agree(np.sort(np.append(r_s, extra)), r_s)
    assert found.share == pytest.approx(40 / 41)
    assert found.agreed
    np.testing.assert_allclose(found.doubtful_s, [extra])
    assert len(found.rr_s) == 38
    assert not found.adjacent[10]


def test_detectors_that_find_others_do_not(r_s):
    assert not agree(r_s, r_s[::2]).agreed
    assert not agree(r_s, np.empty(0)).agreed
    assert not agree(np.empty(0), np.empty(0)).agreed


def test_a_constant_delay_costs_nothing(r_s):
    heard = heard_beats(agree(r_s, r_s), r_s + 0.063)
    assert heard.delay_s == pytest.approx(0.063)
    assert (heard.truth_count, heard.found_count, heard.pair_count) == (40, 40, 40)
    np.testing.assert_allclose(heard.error_s, 0.0, atol=1e-12)


def test_the_delay_to_the_second_sound_is_not_taken(r_s):
    heard = heard_beats(agree(r_s, r_s), r_s + 0.38)
    assert heard.pair_count < 20


def test_jitter_of_the_onsets_comes_out_as_the_error_of_intervals(r_s):
    jitter = np.random.default_rng(6).normal(0, 0.004, len(r_s))
    heard = heard_beats(agree(r_s, r_s), r_s + 0.05 + jitter)
    np.testing.assert_allclose(heard.error_s, np.diff(jitter), atol=1e-12)
    figures = interval_figures([heard])
    assert figures["ibi_sd_s"] == pytest.approx(np.std(np.diff(jitter), ddof=1))
    assert figures["ibi_robust_sd_s"] == pytest.approx(0.0057, abs=0.003)


def test_a_missed_beat_costs_sensitivity_and_two_intervals(r_s):
    heard = heard_beats(agree(r_s, r_s), np.delete(r_s, 7))
    assert (heard.truth_count, heard.pair_count, len(heard.error_s)) == (40, 39, 37)


def test_an_extra_beat_costs_predictivity_and_one_interval(r_s):
    heard = heard_beats(agree(r_s, r_s), np.sort(np.append(r_s, r_s[7] + 0.4)))
    assert (heard.found_count, heard.pair_count, len(heard.error_s)) == (41, 40, 38)


def test_what_is_not_stated_is_not_compared(r_s):
    stated = np.diff(r_s, prepend=np.nan) + 0.01
    stated[20] = np.nan
    heard = heard_beats(agree(r_s, r_s), r_s, stated)
    np.testing.assert_allclose(heard.error_s, np.full(38, 0.01))


def test_doubtful_beats_are_neither_found_nor_missed(r_s):
    truth = agree(np.delete(r_s, 5), r_s)
    heard = heard_beats(truth, r_s)
    assert (heard.truth_count, heard.found_count) == (39, 39)
    assert len(heard.error_s) == 37


def test_nothing_heard_has_no_figures(r_s):
    heard = heard_beats(agree(r_s, r_s), np.empty(0))
    assert (heard.truth_count, heard.pair_count) == (40, 0)
    figures = interval_figures([heard])
    assert figures["sensitivity"] == 0.0
    assert np.isnan([figures["ibi_sd_s"], figures["ppv"], figures["ibi_sd_median_record_s"]]).all()
    assert np.isnan([spread_s(np.empty(0)), robust_spread_s(np.empty(0))]).all()


def test_the_order_of_records_changes_no_bit(r_s):
    rng = np.random.default_rng(7)
    records = [heard_beats(agree(r_s, r_s), r_s + rng.normal(0, 0.01, 40)) for _ in range(5)]
    assert interval_figures(records) == interval_figures(records[::-1])


def test_a_grid_costs_its_step_over_the_root_of_six():
    beat_s = np.cumsum(np.random.default_rng(8).uniform(0.6, 1.0, 20_000))
    errors = grid_errors_s(beat_s, np.ones(len(beat_s) - 1, bool), 0.02)
    assert spread_s(errors) == pytest.approx(0.02 / np.sqrt(6), rel=0.02)
    assert np.abs(errors).max() <= 0.02 + 1e-12
