"""Spectra of NN intervals: against scipy, against known sines, and with gaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsis.core.errors import SettingError
from arsis.signal.hrv_bands import band_power, frequency_family, peak_hz
from arsis.signal.hrv_frequency import lomb_spectrum, periodogram, receipt, welch_spectrum
from arsis.signal.hrv_settings import LINE, MEAN, PRESETS, SMOOTHNESS, HrvSettings
from arsis.signal.lomb_scargle import lomb_scargle, uneven_fourier
from arsis.signal.nn import US, NnSeries
from arsis.signal.smoothness import smooth_trend
from arsis.signal.spline import cubic_spline

DEFAULT = PRESETS["default"]
UNEVEN = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def wave(amplitude_ms, hz, duration_s, mean_ms=850.0, noise_ms=0.0, seed=0):
    """Return intervals that follow a sine, each by the time at which it begins."""
    rng, time_s, found = np.random.default_rng(seed), 0.0, []
    while time_s < duration_s:
        swing = amplitude_ms * np.sin(2 * np.pi * hz * time_s)
        found.append(mean_ms + swing + noise_ms * rng.normal())
        time_s += found[-1] / 1000
    return NnSeries.of_intervals(np.rint(1000 * np.array(found)).astype(np.int64))


def without(series, numbers):
    """Return the series without some of its intervals; the others stay where they are."""
    kept = np.ones(len(series), bool)
    kept[list(numbers)] = False
    return NnSeries.of(series.interval_us[kept], series.end_us[kept])


@given(UNEVEN, st.integers(4, 60))
def test_the_spline_is_scipys(rng, count):
    from scipy.interpolate import CubicSpline

    x, y = np.cumsum(rng.uniform(0.3, 1.5, count)), rng.normal(size=count)
    at = np.linspace(x[0], x[-1], 97)
    np.testing.assert_allclose(cubic_spline(x, y, at), CubicSpline(x, y)(at), atol=1e-9)


@given(UNEVEN, st.integers(3, 50), st.floats(0.1, 500))
def test_the_trend_solves_its_equation(rng, count, smoothness):
    y = rng.normal(size=count)
    rough = np.diff(np.eye(count), 2, axis=0)
    trend = np.linalg.solve(np.eye(count) + smoothness**2 * rough.T @ rough, y)
    np.testing.assert_allclose(smooth_trend(y, smoothness), trend, atol=1e-7)


@given(UNEVEN, st.integers(5, 80))
def test_the_periodogram_is_scipys(rng, count):
    from scipy.signal import lombscargle

    time_s = np.cumsum(rng.uniform(0.3, 1.5, count))
    value = rng.normal(size=count)
    value -= value.mean()
    hz = np.arange(1, 100) / 300
    theirs = lombscargle(time_s, value, 2 * np.pi * hz)
    ours = lomb_scargle(time_s, value, 1 / 300, 100)
    np.testing.assert_allclose(ours[1:], theirs, rtol=1e-6, atol=1e-9)
    assert ours[0] == 0


@given(UNEVEN)
def test_the_fast_sum_is_the_sum(rng):
    time_s, value = np.sort(rng.uniform(0, 700, 90)), rng.normal(size=90)
    hz = np.arange(300) / 900
    direct = np.sum(value * np.exp(-2j * np.pi * hz[:, None] * time_s), axis=1)
    np.testing.assert_allclose(uneven_fourier(time_s, value, 1 / 900, 300), direct, atol=1e-8)


@pytest.mark.parametrize("hz", [0.07, 0.1, 0.21, 0.3])
@pytest.mark.parametrize("spectrum", [welch_spectrum, lomb_spectrum])
def test_the_power_of_a_sine_is_half_its_squared_amplitude(spectrum, hz):
    series = wave(20.0, hz, 1500.0)
    found = frequency_family(spectrum(series, DEFAULT), DEFAULT).measures
    name, other = ("lf", "hf") if hz < 0.15 else ("hf", "lf")
    assert found[f"{name}_ms2"].value == pytest.approx(200.0, rel=0.06)
    assert found[f"{other}_ms2"].value < 12
    assert found[f"{name}_peak_hz"].value == pytest.approx(hz, abs=0.003)
    assert found[f"{name}_nu"].value > 94
    assert found["total_ms2"].value == pytest.approx(200.0, rel=0.06)


def test_lomb_scargle_keeps_the_variance():
    """Parseval: up to half the rate of beats the density adds up to the variance."""
    rng = np.random.default_rng(3)
    series = NnSeries.of_intervals(np.rint(rng.normal(850e3, 30e3, 4000)).astype(np.int64))
    value = series.interval_ms - series.interval_ms.mean()
    step_hz = 1 / series.span_s
    count = round(0.5 / 0.85 / step_hz)
    power = step_hz * periodogram(series, value, step_hz, count).sum()
    assert power == pytest.approx(np.var(value), rel=0.02)


def test_welch_keeps_the_variance_below_its_nyquist():
    series = wave(25.0, 0.2, 1200.0)
    found = welch_spectrum(series, replace(DEFAULT, detrend=MEAN))
    power = band_power(found.frequency_hz, found.density_ms2_hz, 0.0, 0.5)
    assert power == pytest.approx(np.var(series.interval_ms), rel=0.05)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_every_preset_is_what_scipy_makes_of_its_receipt(preset):
    """The tachogram, its trend and Welch's windows by others' code, from what the receipt says."""
    from scipy.interpolate import CubicSpline
    from scipy.signal import welch

    series = wave(25.0, 0.1, 640.0, noise_ms=15.0)
    told = receipt(preset)["welch"]
    grid_s = np.arange(series.end_s[0], series.end_s[-1], 1 / told["resample_hz"])
    value = CubicSpline(series.end_s, series.interval_ms)(grid_s)
    if told["detrend"] == SMOOTHNESS:
        rough = np.diff(np.eye(len(value)), 2, axis=0)
        priors = np.eye(len(value)) + told["smoothness"] ** 2 * rough.T @ rough
        value = value - np.linalg.solve(priors, value)
    size = round(told["window_s"] * told["resample_hz"])
    hz, density = welch(
        value - value.mean(), told["resample_hz"], "hann", size, round(size * told["overlap"]),
        told["fft_points"], "linear" if told["detrend"] == LINE else False,
    )  # fmt: skip
    found = welch_spectrum(series, preset)
    kept = slice(0, len(found.frequency_hz))
    np.testing.assert_allclose(found.frequency_hz, hz[kept], rtol=1e-12)
    np.testing.assert_allclose(found.density_ms2_hz, density[kept], rtol=1e-6, atol=1e-6)
    for name, (low_hz, high_hz) in preset.bands_hz.items():
        each = frequency_family(found, preset).measures[f"{name}_ms2"]
        if each.value is not None:
            fine_hz = np.linspace(low_hz, high_hz, 20_001)
            power = np.trapezoid(np.interp(fine_hz, hz, density), fine_hz)
            assert each.value == pytest.approx(power, rel=1e-3)


def test_bands_that_meet_add_up():
    series = wave(30.0, 0.15, 600.0, noise_ms=20.0)
    found = welch_spectrum(series, DEFAULT)
    arrays = found.frequency_hz, found.density_ms2_hz
    parts = band_power(*arrays, 0.04, 0.15) + band_power(*arrays, 0.15, 0.4)
    assert parts == pytest.approx(band_power(*arrays, 0.04, 0.4), rel=1e-12)


def test_a_density_that_only_falls_has_no_peak():
    hz = np.linspace(0, 0.5, 101)
    assert np.isnan(peak_hz(hz, np.exp(-20 * hz), 0.04, 0.15))
    assert peak_hz(hz, np.exp(-1000 * (hz - 0.1) ** 2), 0.04, 0.15) == pytest.approx(0.1)


def test_single_excluded_beats_are_bridged_and_said():
    whole = wave(20.0, 0.1, 900.0)
    holed = without(whole, [i + k for i in range(50, len(whole) - 50, 60) for k in (0, 1)])
    found = welch_spectrum(holed, DEFAULT)
    assert found.windows == welch_spectrum(whole, DEFAULT).windows
    missing_s = whole.covered_s - holed.covered_s
    assert found.bridged_s == pytest.approx(missing_s, abs=1e-6)
    power = frequency_family(found, DEFAULT).measures["lf_ms2"].value
    assert power == pytest.approx(200.0, rel=0.08)


def test_no_window_lies_across_a_long_gap():
    whole = wave(20.0, 0.1, 900.0, noise_ms=5.0)
    middle = len(whole) // 2
    first, second = whole.part(0, middle), whole.part(middle + 5, len(whole))
    joined = without(whole, range(middle, middle + 5))
    apart = [welch_spectrum(each, DEFAULT) for each in (first, second)]
    weight = [each.windows for each in apart]
    expected = np.average([each.density_ms2_hz for each in apart], axis=0, weights=weight)
    found = welch_spectrum(joined, DEFAULT)
    assert found.windows == sum(weight)
    np.testing.assert_allclose(found.density_ms2_hz, expected, rtol=1e-9)


def test_where_every_third_interval_alone_is_normal_there_is_no_spectrum():
    whole = wave(20.0, 0.1, 900.0)
    sparse = without(whole, [i for i in range(len(whole)) if i % 3])
    for spectrum in (welch_spectrum, lomb_spectrum):
        found = spectrum(sparse, DEFAULT)
        assert len(found.frequency_hz) == found.windows == 0
        measures = frequency_family(found, DEFAULT).measures
        assert all(each.value is None and "cover" in each.reason for each in measures.values())


def test_a_short_recording_has_no_slow_bands_and_says_why():
    found = frequency_family(welch_spectrum(wave(20, 0.1, 400), DEFAULT), DEFAULT).measures
    assert found["vlf_ms2"].value is None
    assert "3000 s" in found["vlf_ms2"].reason
    kubios = PRESETS["kubios-like"]
    assert frequency_family(welch_spectrum(wave(20, 0.1, 400), kubios), kubios).measures[
        "vlf_ms2"
    ].value < 20  # fmt: skip


def test_a_drift_does_not_become_power():
    series = wave(10.0, 0.25, 310.0)
    drifting = NnSeries.of_intervals(
        series.interval_us + (100 * np.arange(len(series))).astype(np.int64)
    )
    for settings in PRESETS.values():
        found = frequency_family(welch_spectrum(drifting, settings), settings).measures
        assert found["hf_ms2"].value == pytest.approx(50, rel=0.1)
        assert found["lf_ms2"].value < 5


def test_a_transform_shorter_than_a_window_is_refused():
    with pytest.raises(SettingError, match="fft_points"):
        HrvSettings("short", fft_points=256)


def test_a_window_takes_time_from_the_beginning_of_the_recording():
    series = wave(20.0, 0.1, 400.0)
    later = NnSeries.of(series.interval_us, series.end_us + 7200 * US)
    for spectrum in (welch_spectrum, lomb_spectrum):
        one, other = spectrum(series, DEFAULT), spectrum(later, DEFAULT)
        np.testing.assert_allclose(one.density_ms2_hz, other.density_ms2_hz, rtol=1e-6, atol=1e-6)
