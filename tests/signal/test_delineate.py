from __future__ import annotations

import math

import numpy as np
import pytest

from arsis.signal.delineate import LOW_T, NO_LEAD, NO_T_END, NOISY, REASONS, delineate
from arsis.signal.qt_correction import CORRECTIONS
from arsis.signal.rr_pairs import LIKE, repetition

RATE_HZ, BEFORE_S = 250.0, 0.56
WAVES = ((-0.028, 0.009, -0.10, 0.05), (0.0, 0.011, 1.15, 0.35), (0.03, 0.011, -0.22, -0.7))
ONSET_S, OFFSET_S = -0.046, 0.052


def beat(t_mv: tuple[float, float] = (0.28, 0.18), centre_s: float = 0.27, stretch: float = 1.0):
    """A beat of Gaussians; T ends where its steepest tangent meets 0, two deviations off."""
    time_s = np.arange(int(1.05 * RATE_HZ)) / RATE_HZ - BEFORE_S
    waves = [(stretch * c, stretch * w, *mv) for c, w, *mv in WAVES] + [(centre_s, 0.04, *t_mv)]
    x = np.zeros((2, len(time_s)))
    for centre, width, *heights in waves:
        x += np.array(heights)[:, None] * np.exp(-0.5 * ((time_s - centre) / width) ** 2)
    return x


def said(x, noise_mv: float = 0.001, rr_s: float = 1.0):
    return delineate(x, np.full(len(x), noise_mv), BEFORE_S, RATE_HZ, rr_s)


@pytest.mark.parametrize("stretch", [1.0, 1.3, 1.6])
@pytest.mark.parametrize("t_mv", [(0.28, 0.18), (-0.28, 0.18), (0.3, 0.0)])
def test_the_ends_of_waves_are_found(stretch: float, t_mv: tuple[float, float]) -> None:
    found = said(beat(t_mv, stretch=stretch))
    assert (found.qrs_reason, found.t_reason) == ("", "")
    # Slopes fade a little further out than where the tangents meet the level.
    assert found.onset_s == pytest.approx(stretch * ONSET_S, abs=0.012)
    assert found.offset_s == pytest.approx(stretch * OFFSET_S, abs=0.017)
    assert found.t_end_s == pytest.approx(0.35, abs=0.012)


def test_size_and_level_do_not_matter() -> None:
    one, two = said(beat()), said(3 * beat() + 0.7, noise_mv=0.003)
    assert one.t_end_s == pytest.approx(two.t_end_s)
    assert one.onset_s == pytest.approx(two.onset_s)


def test_a_wave_that_is_not_there_is_not_measured() -> None:
    assert said(beat((0.02, 0.02))).t_reason == LOW_T
    assert said(beat(), rr_s=0.45).t_reason == NO_T_END
    assert said(beat(centre_s=0.45)).t_reason == NO_T_END
    assert said(beat(), noise_mv=0.1).qrs_reason == NOISY
    assert said(np.zeros((0, 260))).qrs_reason == NO_LEAD
    for flat in (said(np.zeros((2, 262))), said(np.ones((1, 262)))):
        assert flat.qrs_reason
        assert math.isnan(flat.onset_s)
        assert math.isnan(flat.t_end_s)
    found = said(beat(t_mv=(0.28, 0.18)) + np.array([[0.0], [0.0]]))
    assert {found.qrs_reason, found.t_reason} <= set(REASONS)


@pytest.mark.parametrize("seed", range(20))
def test_noise_gives_reasons_or_times_but_no_failure(seed: int) -> None:
    found = said(np.random.default_rng(seed).normal(size=(2, 262)), 0.5)
    assert found.qrs_reason
    assert math.isnan(found.t_end_s)


def test_corrections_follow_their_formulas() -> None:
    for correct in CORRECTIONS.values():
        assert correct(0.4, 1.0) == pytest.approx(0.4)
        assert correct(0.4, 0.6) > 0.4 > correct(0.4, 1.4)
    # At 75 bpm, RR 0.8 s: worked by hand.
    expected = {"bazett": 0.4025, "fridericia": 0.3878, "framingham": 0.3908, "hodges": 0.3863}
    for name, correct in CORRECTIONS.items():
        assert correct(0.36, 0.8) == pytest.approx(expected[name], abs=1e-4)


def counted(log_rr: np.ndarray) -> tuple[float, float]:
    """The same two figures, pair by pair."""
    alike = possible = first = both = 0
    for i in range(len(log_rr)):
        for j in range(len(log_rr)):
            if i == j or np.isnan(log_rr[i] + log_rr[j]):
                continue
            near = abs(log_rr[i] - log_rr[j]) < LIKE
            possible, alike = possible + 1, alike + near
            if max(i, j) + 1 < len(log_rr) and not np.isnan(log_rr[i + 1] + log_rr[j + 1]):
                first += near
                both += near and abs(log_rr[i + 1] - log_rr[j + 1]) < LIKE
    return -math.log((alike + 1) / (possible + 1)), math.log((first + 1) / (both + 1))


def test_repetition_counts_pairs() -> None:
    log_rr = np.log(np.random.default_rng(0).uniform(0.5, 1.0, 31))
    log_rr[[4, 5, 17]] = np.nan
    rarity, surprise = repetition(log_rr, 20, 3)
    assert len(rarity) == 4
    for window in range(4):
        expected = counted(log_rr[3 * window : 3 * window + 20])
        assert (rarity[window], surprise[window]) == pytest.approx(expected)
    assert len(repetition(log_rr[:19], 20, 3)[0]) == 0
