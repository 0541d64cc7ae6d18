"""Bursts of noise: where they are, how loud, and what they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from arsis.signal.disturb import BURST_SHARE, bursts, electrode_motion, muscle_noise

if TYPE_CHECKING:
    from arsis.core.arrays import F32

RATE_HZ = 250.0
LENGTH = 400_000


def spikes() -> F32:
    """Two leads with one wave of 1 and of 0.5 mV a second: (2, time)."""
    x = np.zeros((2, LENGTH), np.float32)
    x[0, 125::250], x[1, 125::250] = 1.0, -0.5
    return x


def test_the_same_seed_gives_the_same_bursts_and_another_others() -> None:
    one, again, other = (
        bursts(spikes(), RATE_HZ, 6.0, np.random.default_rng(s)) for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert (one != other).mean() > 0.1


def test_about_a_fifth_of_the_time_is_noisy_and_the_rest_as_it_was() -> None:
    shares = [
        (bursts(spikes(), RATE_HZ, 6.0, np.random.default_rng(s)) != spikes()).any(0).mean()
        for s in range(8)
    ]
    assert np.mean(shares) == pytest.approx(BURST_SHARE, abs=0.06)
    assert max(shares) < 0.5


def test_a_lower_ratio_is_the_same_noise_made_louder() -> None:
    soft, loud = (
        bursts(spikes(), RATE_HZ, snr_db, np.random.default_rng(3)) - spikes()
        for snr_db in (10.0, -10.0)
    )
    np.testing.assert_allclose(loud, 10 * soft, atol=1e-5)


def test_noise_is_as_high_as_asked_beside_the_waves_of_each_lead() -> None:
    noise = bursts(spikes(), RATE_HZ, 0.0, np.random.default_rng(4)) - spikes()
    power = np.sqrt((noise[:, (noise != 0).any(0)] ** 2).mean(1)) / [1.0, 0.5] * np.sqrt(8)
    assert power.max() == pytest.approx(1.0, rel=0.7)


def test_a_flat_lead_stays_flat_and_a_gap_a_gap() -> None:
    x = spikes()
    x[0], x[1, 1000:5000] = 0.0, np.nan
    noisy = bursts(x, RATE_HZ, 0.0, np.random.default_rng(5))
    np.testing.assert_array_equal(noisy[0], x[0])
    np.testing.assert_array_equal(np.isnan(noisy), np.isnan(x))
    assert (noisy[1] != x[1])[5000:].any()


def test_muscles_are_quick_and_electrodes_slow() -> None:
    hz = np.fft.rfftfreq(20_000, 1 / RATE_HZ)
    quick, slow = (
        np.abs(np.fft.rfft(make(2, 20_000, RATE_HZ, np.random.default_rng(6)))) ** 2
        for make in (muscle_noise, electrode_motion)
    )
    assert quick[:, hz < 10].sum() < 0.05 * quick.sum()
    assert slow[:, hz > 15].sum() < 0.1 * slow.sum()
    for leads in (muscle_noise, electrode_motion):
        one, other = leads(2, 20_000, RATE_HZ, np.random.default_rng(7))
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.9


def test_a_recording_shorter_than_any_burst_stays_as_it_is() -> None:
    x = spikes()[:, :1000]
    np.testing.assert_array_equal(bursts(x, RATE_HZ, 0.0, np.random.default_rng(8)), x)
