"""Filters, envelopes and spectra of sound: equal to SciPy's, and the same however one cuts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from arsis.core.errors import SettingError
from arsis.signal.envelopes import (
    hilbert_envelope,
    hilbert_reach,
    homomorphic_envelope,
    homomorphic_reach,
    wavelet_envelope,
    wavelet_reach,
)
from arsis.signal.fir import CHUNK, band_pass, filter_even, filter_odd, hilbert, low_pass
from arsis.signal.melspectrum import FLOOR, Frames, log_mel, mel_weights, power_spectrum
from arsis.signal.segment_spectrum import segment_spectrum
from arsis.signal.sound_quality import BLOCK, sound_quality
from arsis.signal.spikes import FRAME_S, remove_spikes, spike_reach

RATE_HZ = 1000.0
FRAMES = Frames()
BEFORE, BEHIND = spike_reach(RATE_HZ)
FRAME = round(FRAME_S * RATE_HZ)


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """Return noise with a gap and knocks: (2, time)."""
    x = np.random.default_rng(seed).normal(0, 0.1, (2, round(seconds * RATE_HZ)))
    x[0, 9000:9040] = np.nan
    x[:, 11000::2500] += 4.0
    return x.astype(np.float32)


def tone(pitch_hz: float, seconds: float = 2.0, size: float = 1.0) -> np.ndarray:
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (size * np.sin(2 * np.pi * pitch_hz * at_s + 0.3)).astype(np.float32)[None]


def whole(taps: np.ndarray, sign: int) -> np.ndarray:
    return np.concatenate([taps[:0:-1], sign * taps]).astype(np.float64)


# filters


@pytest.mark.parametrize(("low_hz", "high_hz"), [(25.0, 400.0), (20.0, 200.0), (0.0, 150.0)])
def test_filters_are_those_of_firwin(low_hz, high_hz):
    taps = band_pass(low_hz, high_hz, RATE_HZ)
    edges = [low_hz, high_hz] if low_hz else high_hz
    told = signal.firwin(2 * taps.size - 1, edges, pass_zero=not low_hz, fs=RATE_HZ)
    np.testing.assert_allclose(whole(taps, 1), told, atol=1e-7)


def test_filtering_is_convolution_beyond_the_inner_chunk():
    x = np.nan_to_num(noise(40.0))
    assert x.shape[1] > 2 * CHUNK
    for taps, odd in ((band_pass(25.0, 400.0, RATE_HZ), False), (hilbert(RATE_HZ, 0.04), True)):
        kernel = whole(taps, 1)
        if odd:
            kernel[: taps.size - 1] *= -1  # np.convolve turns the kernel round
        y = (filter_odd if odd else filter_even)(x, taps)
        assert y.dtype == np.float32
        for row, found in zip(x, y, strict=True):
            told = np.convolve(row.astype(np.float64), kernel, "valid")
            np.testing.assert_allclose(found, told, atol=2e-6)


def test_band_pass_keeps_what_it_should():
    taps = band_pass(25.0, 400.0, RATE_HZ)
    gain = {
        hz: np.abs(filter_even(tone(hz), taps)).max() for hz in (3.0, 45.0, 200.0, 380.0, 440.0)
    }
    assert gain[3.0] < 0.02
    assert gain[440.0] < 0.02
    for hz in (45.0, 200.0, 380.0):
        assert gain[hz] == pytest.approx(1.0, abs=0.05)


def test_a_filter_does_not_shift_a_sound():
    x = np.zeros((1, 400), np.float32)
    x[0, 200] = 1.0
    y = filter_even(x, band_pass(25.0, 400.0, RATE_HZ))
    assert int(np.argmax(y)) == 200 - 50


@pytest.mark.parametrize(("low_hz", "high_hz"), [(400.0, 25.0), (25.0, 500.0), (-1.0, 100.0)])
def test_a_band_that_cannot_be_is_refused(low_hz, high_hz):
    with pytest.raises(SettingError, match="below half of the sampling rate"):
        band_pass(low_hz, high_hz, RATE_HZ)


def test_low_pass_is_one_at_rest():
    assert whole(low_pass(8.0, RATE_HZ, 0.08), 1).sum() == pytest.approx(1.0, abs=1e-6)


# envelopes


def test_hilbert_envelope_is_that_of_scipy():
    x = filter_even(np.nan_to_num(noise(8.0)), band_pass(40.0, 350.0, RATE_HZ, 0.1))
    reach = hilbert_reach(RATE_HZ)
    told = np.abs(signal.hilbert(x.astype(np.float64), axis=1))[:, 500:-500]
    found = hilbert_envelope(x, RATE_HZ)[:, 500 - reach : -(500 - reach)]
    assert found.shape == told.shape
    assert np.abs(found - told).max() < 0.03 * told.max()


@pytest.mark.parametrize("pitch_hz", [30.0, 60.0, 150.0, 350.0])
def test_envelopes_of_a_tone_are_its_size(pitch_hz):
    x = tone(pitch_hz, size=0.3)
    for envelope, reach in (
        (hilbert_envelope(x, RATE_HZ), hilbert_reach(RATE_HZ)),
        (homomorphic_envelope(x, RATE_HZ), homomorphic_reach(RATE_HZ)),
        (wavelet_envelope(x, RATE_HZ, pitch_hz), wavelet_reach(RATE_HZ, pitch_hz)),
    ):
        assert envelope.shape[1] == x.shape[1] - 2 * reach
        np.testing.assert_allclose(envelope, 0.3, rtol=0.03)


def test_wavelet_envelope_tells_pitches_apart():
    for other_hz in (30.0, 120.0):
        assert wavelet_envelope(tone(other_hz), RATE_HZ, 60.0).max() < 0.05


def test_homomorphic_envelope_peaks_where_the_sounds_are():
    at_s = np.arange(4000) / RATE_HZ
    bursts_s = np.array([0.7, 1.9, 3.1])
    bell = np.exp(-0.5 * ((at_s[:, None] - bursts_s) / 0.03) ** 2).sum(axis=1)
    x = (bell * np.sin(2 * np.pi * 50 * at_s)).astype(np.float32)[None]
    x += np.float32(1e-3) * np.random.default_rng(0).normal(size=x.shape).astype(np.float32)
    envelope = homomorphic_envelope(x, RATE_HZ)[0]
    peaks = signal.find_peaks(envelope, height=0.2, distance=300)[0] + homomorphic_reach(RATE_HZ)
    np.testing.assert_allclose(peaks / RATE_HZ, bursts_s, atol=0.01)


def test_homomorphic_envelope_of_silence_is_finite():
    assert np.isfinite(homomorphic_envelope(np.zeros((1, 600), np.float32), RATE_HZ)).all()


# spectra


def test_a_tone_has_its_power_at_its_pitch():
    power = power_spectrum(tone(100.0, size=0.2), FRAMES)[0]
    assert power.shape == (FRAMES.pitches_hz().size, FRAMES.count(2000))
    assert set(FRAMES.pitches_hz()[power.argmax(axis=0)]) == {100.0}
    np.testing.assert_allclose(power.max(axis=0), 0.2**2 / 2, rtol=0.02)


def test_power_spectrum_is_a_windowed_fourier_transform():
    x = np.nan_to_num(noise(2.0))
    window = signal.windows.hann(2 * FRAMES.reach + 3)[1:-1]
    power = power_spectrum(x, FRAMES)
    for frame in (0, 7, power.shape[-1] - 1):
        start = frame * FRAMES.hop
        cut = x[:, start : start + 2 * FRAMES.reach + 1].astype(np.float64) * window / window.sum()
        turn = np.exp(
            -2j * np.pi / RATE_HZ * FRAMES.pitches_hz()[:, None] * np.arange(cut.shape[1])
        )
        np.testing.assert_allclose(power[..., frame], 2 * np.abs(cut @ turn.T) ** 2, rtol=1e-3)


def test_log_mel_weighs_the_power():
    x = np.nan_to_num(noise(2.0))
    told = np.einsum("bf,cft->cbt", mel_weights(FRAMES), power_spectrum(x, FRAMES))
    np.testing.assert_allclose(log_mel(x, FRAMES), np.log(told + FLOOR), rtol=1e-5)
    np.testing.assert_allclose(mel_weights(FRAMES).sum(axis=1), 1.0, rtol=1e-6)


def test_mel_bands_rise_and_cover_every_pitch():
    weights = mel_weights(FRAMES)
    centre = weights @ FRAMES.pitches_hz()
    assert (np.diff(centre) > 0).all()
    inner = slice(1, -1)  # the outermost pitches are where the outermost triangles begin
    assert (weights.sum(axis=0)[inner] > 0).all()


def test_a_frame_too_few_gives_none():
    assert log_mel(np.zeros((1, 2 * FRAMES.reach), np.float32), FRAMES).shape == (1, 24, 0)
    assert log_mel(np.zeros((1, 2 * FRAMES.reach + 1), np.float32), FRAMES).shape == (1, 24, 1)


def test_the_first_networks_spectrogram_is_scipys():
    x = np.nan_to_num(noise(5.0)) + np.float32(0.2)
    told = signal.spectrogram(x, RATE_HZ, nperseg=256, noverlap=128)[2]
    found = segment_spectrum(x, RATE_HZ)
    assert found.shape == (2, 129, 38)
    np.testing.assert_allclose(found, told, rtol=1e-3, atol=1e-4 * told.max())


# any cut gives the same bits

SOUND = noise(20.0)
LOCAL = {
    "band-pass": (lambda x: filter_even(x, band_pass(25.0, 400.0, RATE_HZ)), 50),
    "hilbert": (lambda x: hilbert_envelope(x, RATE_HZ), hilbert_reach(RATE_HZ)),
    "homomorphic": (lambda x: homomorphic_envelope(x, RATE_HZ), homomorphic_reach(RATE_HZ)),
    "wavelet": (lambda x: wavelet_envelope(x, RATE_HZ, 45.0), wavelet_reach(RATE_HZ, 45.0)),
}
WHOLE = {name: function(SOUND) for name, (function, _) in LOCAL.items()}
MEL, SILENCED = log_mel(SOUND, FRAMES), remove_spikes(SOUND, RATE_HZ)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(LOCAL)), st.integers(0, 19_000), st.integers(0, 3000))
def test_any_stretch_gives_the_same_samples(name, start, length):
    function, reach = LOCAL[name]
    cut = function(SOUND[:, start : start + length])
    assert cut.shape[1] == max(0, min(length, SOUND.shape[1] - start) - 2 * reach)
    np.testing.assert_array_equal(cut, WHOLE[name][:, start : start + cut.shape[1]])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1900), st.integers(0, 3000))
def test_any_stretch_gives_the_same_frames(frame, length):
    start = frame * FRAMES.hop
    cut = log_mel(SOUND[:, start : start + length], FRAMES)
    assert cut.shape[-1] == FRAMES.count(min(length, SOUND.shape[1] - start))
    np.testing.assert_array_equal(cut, MEL[..., frame : frame + cut.shape[-1]])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40), st.integers(0, 6000))
def test_any_stretch_loses_the_same_knocks(frame, length):
    start = frame * FRAME
    cut = remove_spikes(SOUND[:, start : start + BEFORE + BEHIND + length], RATE_HZ)
    np.testing.assert_array_equal(cut, SILENCED[:, start : start + cut.shape[1]])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60))
def test_a_window_is_judged_by_itself(start, count):
    windows = np.random.default_rng(1).normal(0, 0.1, (2 * BLOCK + 7, 3000)).astype(np.float32)
    told, found = (
        sound_quality(windows, RATE_HZ),
        sound_quality(windows[start : start + count], RATE_HZ),
    )
    for name in ("index", "clipped", "periodicity", "in_band", "flatness"):
        rows = getattr(told, name)[start : start + count]
        np.testing.assert_array_equal(getattr(found, name), rows)


def test_a_gap_spreads_no_further_than_the_reach():
    for name, (_, reach) in LOCAL.items():
        missing = np.flatnonzero(np.isnan(WHOLE[name][0])) + reach
        # A filter's outermost tap may be zero.
        assert 9000 - reach <= missing[0] <= 9001 - reach
        assert 9038 + reach <= missing[-1] <= 9039 + reach
        assert missing.size == missing[-1] - missing[0] + 1
        assert not np.isnan(WHOLE[name][1]).any()


# knocks


def heart_like(seconds: float = 20.0) -> np.ndarray:
    """Return bursts of 40 Hz every 0.8 s: (1, time)."""
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    bell = np.exp(-0.5 * (((at_s % 0.8) - 0.4) / 0.03) ** 2)
    return (0.2 * bell * np.sin(2 * np.pi * 40 * at_s)).astype(np.float32)[None]


def test_knocks_go_and_heart_sounds_stay():
    clean = heart_like()
    knocked = clean.copy()
    after_s = np.arange(30) / RATE_HZ
    knocked[0, 15_000:15_030] += (3 * np.exp(-after_s / 0.01) * np.cos(400 * after_s)).astype("f4")
    quiet = remove_spikes(knocked, RATE_HZ)[0]
    told = clean[0, BEFORE:-BEHIND]
    changed = np.flatnonzero(quiet != knocked[0, BEFORE:-BEHIND]) + BEFORE
    assert 14_975 <= changed[0] <= 15_000
    assert changed[-1] <= 15_060
    assert np.abs(quiet).max() <= 3 * np.abs(told).max()
    np.testing.assert_array_equal(remove_spikes(clean, RATE_HZ)[0], told)


def test_nothing_is_taken_out_before_anything_was_heard():
    x = np.concatenate([np.full((1, BEFORE), np.nan, np.float32), heart_like(3.0)], axis=1)
    x[0, BEFORE + 100] = 50.0
    assert remove_spikes(x, RATE_HZ)[0, 100] == 50.0


# quality


def test_quality_falls_with_noise():
    clean = heart_like(3.0)
    rng = np.random.default_rng(2)
    index = [
        float(
            sound_quality((clean + rng.normal(0, sd, clean.shape)).astype("f4"), RATE_HZ).index[0]
        )
        for sd in (0.005, 0.05, 0.15, 1.0)
    ]
    assert index == sorted(index, reverse=True)
    assert index[0] > 0.9
    assert index[-1] < 0.2


def test_quality_names_what_is_wrong():
    loud = np.clip(30 * heart_like(3.0), -1, 1)
    hiss = np.random.default_rng(3).normal(0, 0.1, (1, 3000)).astype(np.float32)
    gap = heart_like(3.0)
    gap[0, :1500] = np.nan
    good = sound_quality(heart_like(3.0), RATE_HZ)
    assert good.periodicity[0] > 0.9
    assert good.in_band[0] > 0.95
    assert sound_quality(loud, RATE_HZ).clipped[0] > 0.05
    assert sound_quality(loud, RATE_HZ).index[0] == 0.0
    assert sound_quality(hiss, RATE_HZ).flatness[0] > 0.9
    assert sound_quality(hiss, RATE_HZ).index[0] == 0.0
    assert sound_quality(gap, RATE_HZ).index[0] <= 0.5
    assert sound_quality(np.zeros((1, 3000), np.float32), RATE_HZ).index[0] == 0.0
    assert sound_quality(np.empty((0, 3000), np.float32), RATE_HZ).index.shape == (0,)
