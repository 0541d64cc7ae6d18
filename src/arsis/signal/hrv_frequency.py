"""Spectra of the times between normal beats: Welch on an even grid, Lomb-Scargle without one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.signal import smoothness, spline
from arsis.signal.hrv_settings import LINE, SMOOTHNESS
from arsis.signal.lomb_scargle import lomb_scargle
from arsis.signal.nn import US

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import F64, I64
    from arsis.signal.hrv_settings import HrvSettings
    from arsis.signal.nn import NnSeries

HIGHEST_HZ = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """How the variance of NN intervals spreads over frequencies.

    Attributes
    ----------
    frequency_hz, density_ms2_hz
        (frequency,) one-sided; both empty where there is none.
    window_s
        How long the shortest window lasts that it was taken from.
    windows, interval_count
        What it is the mean of.
    bridged_s
        Seconds without an NN interval that a spline was drawn across.
    reason
        Why there is none; "" where there is one.
    """

    frequency_hz: F64
    density_ms2_hz: F64
    window_s: float
    windows: int
    interval_count: int
    bridged_s: float = 0.0
    reason: str = ""


def no_spectrum(reason: str) -> Spectrum:
    """Return what stands for a spectrum that cannot be taken."""
    return Spectrum(np.empty(0), np.empty(0), 0.0, 0, 0, 0.0, reason)


def welch_spectrum(series: NnSeries, settings: HrvSettings) -> Spectrum:
    """Average the spectra of overlapping windows of the evenly resampled NN intervals.

    A cubic spline through (end of interval, interval) is read at `resample_hz`. It crosses at most
    `bridged_s` without an NN interval (one ectopic beat and its pause); at longer gaps the series
    is cut, and windows lie between the cuts. A window of which NN intervals cover less than
    `least_share` is left out. A stretch shorter than a window is one shorter window, down to
    `least_share` of it, and weighs as much less (Welch 1967; Hann window, periodic).
    """
    found, bridged_s = [], 0.0
    for stretch in series.stretches(round(settings.bridged_s * US)):
        windows = _windows(stretch, settings)
        found += windows
        bridged_s += (stretch.span_s - stretch.covered_s) if windows else 0.0
    if not found:
        return no_spectrum(
            f"no {settings.least_share * settings.window_s:g} s without a gap of more than "
            f"{settings.bridged_s:g} s of which NN intervals cover "
            f"{100 * settings.least_share:g} %"
        )
    frequency_hz: F64 = np.arange(settings.fft_points // 2 + 1, dtype=np.float64)
    frequency_hz *= settings.resample_hz / settings.fft_points
    kept = frequency_hz <= HIGHEST_HZ
    weight = np.array([len(window) for window, _ in found], np.float64)
    density = _densities([window for window, _ in found], settings)[:, kept]
    covered = np.concatenate([ends for _, ends in found])
    return Spectrum(
        frequency_hz[kept],
        weight @ density / weight.sum(),
        float(weight.min()) / settings.resample_hz,
        len(found),
        len(np.unique(covered)),
        bridged_s,
    )


def lomb_spectrum(series: NnSeries, settings: HrvSettings) -> Spectrum:
    """Average the Lomb-Scargle periodograms of the segments of a series, interpolating nothing.

    Segments of which NN intervals cover less than `least_share` are left out.
    """
    least_s = settings.least_share * settings.segment_s
    parts = [
        part
        for part in series.segments(round(settings.segment_s * US))
        if part.covered_s >= least_s
    ]
    if not parts:
        return no_spectrum(
            f"no segment of {settings.segment_s:g} s of which NN intervals cover "
            f"{100 * settings.least_share:g} %"
        )
    step_hz = 1 / (settings.oversampling * settings.segment_s)
    count = round(HIGHEST_HZ / step_hz) + 1
    density = [periodogram(part, level_ms(part, settings), step_hz, count) for part in parts]
    frequency_hz: F64 = step_hz * np.arange(count, dtype=np.float64)
    return Spectrum(
        frequency_hz,
        np.mean(density, axis=0),
        min(part.span_s for part in parts),
        len(parts),
        sum(len(part) for part in parts),
    )


def periodogram(series: NnSeries, value_ms: F64, step_hz: float, count: int) -> F64:
    """Return the Lomb-Scargle periodogram of values at the ends of intervals, as a density.

    `value_ms` (interval,) -> (frequency,) ms^2/Hz, one-sided. The periodogram times twice the mean
    interval: the integral up to half the rate of beats is the variance (Parseval).
    """
    mean_s = series.covered_s / len(series)
    return 2 * mean_s * lomb_scargle(series.end_s, value_ms, step_hz, count)


def level_ms(series: NnSeries, settings: HrvSettings) -> F64:
    """Return NN intervals less their trend, in place: (interval,) ms."""
    value, time_s = series.interval_ms, series.end_s
    if settings.detrend == LINE:
        return _off_line(value, time_s)
    if settings.detrend == SMOOTHNESS:
        value = value - trend_ms(series, settings)
    return np.asarray(value - value.mean())


def trend_ms(series: NnSeries, settings: HrvSettings) -> F64:
    """Return the smooth trend at the end of each interval: (interval,) ms.

    Drawn through each stretch without a long gap by itself, on the grid of Welch; a stretch too
    short for that has its mean for a trend.
    """
    trends = [np.empty(0)]
    for stretch in series.stretches(round(settings.bridged_s * US)):
        grid_s, value = resampled(stretch, settings.resample_hz)
        if len(value) < smoothness.FEWEST:
            trends.append(np.full(len(stretch), stretch.interval_ms.mean()))
        else:
            trend = smoothness.smooth_trend(value, settings.smoothness)
            trends.append(np.interp(stretch.end_s, grid_s, trend))
    return np.concatenate(trends)


def resampled(series: NnSeries, rate_hz: float) -> tuple[F64, F64]:
    """Return the times of an even grid (time,) s and the NN intervals there (time,) ms."""
    time_s = series.end_s
    if len(series) < spline.FEWEST:
        return np.empty(0), np.empty(0)
    count = int((series.end_us[-1] - series.end_us[0]) * rate_hz / US) + 1
    grid_s = time_s[0] + np.arange(count) / rate_hz
    grid_s = np.minimum(grid_s, time_s[-1])
    return grid_s, spline.cubic_spline(time_s, series.interval_ms, grid_s)


def _windows(stretch: NnSeries, settings: HrvSettings) -> list[tuple[F64, I64]]:
    """Return windows of the resampled stretch (time,) ms, each with the ends of its intervals."""
    grid_s, value = resampled(stretch, settings.resample_hz)
    full = round(settings.window_s * settings.resample_hz)
    size = min(full, len(value))
    if size < settings.least_share * full or size < spline.FEWEST:
        return []
    if settings.detrend == SMOOTHNESS:
        value = value - smoothness.smooth_trend(value, settings.smoothness)
    value = value - value.mean()
    hop = max(1, round(size * (1 - settings.overlap)))
    found = []
    for start in range(0, len(value) - size + 1, hop):
        first_us, last_us = np.rint(grid_s[[start, start + size - 1]] * US).astype(np.int64)
        inside = stretch.between(int(first_us), int(last_us))
        if inside.covered_s >= settings.least_share * (last_us - first_us) / US:
            found.append((value[start : start + size], inside.end_us))
    return found


def _densities(windows: Sequence[F64], settings: HrvSettings) -> F64:
    """Return the periodogram of each window: (window, frequency) ms^2/Hz, one-sided."""
    found = np.empty((len(windows), settings.fft_points // 2 + 1))
    for row, given in zip(found, windows, strict=True):
        window, size = given, len(given)
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
        if settings.detrend == LINE:
            window = _off_line(window, np.arange(float(size)))
        wave = np.fft.rfft(window * hann, settings.fft_points)
        row[:] = np.abs(wave) ** 2 / (settings.resample_hz * np.sum(hann**2))
        row[1:-1] *= 2
    return found


def _off_line(value: F64, time_s: F64) -> F64:
    """Take a straight line off values: both (time,)."""
    time_s = time_s - time_s.mean()
    value = value - value.mean()
    spread = float(time_s @ time_s)
    return value - time_s * (float(time_s @ value) / spread) if spread else value


def receipt(settings: HrvSettings) -> dict[str, dict[str, Any]]:
    """Say how both spectra are made, in plain values."""
    smooth = {"smoothness": settings.smoothness} if settings.detrend == SMOOTHNESS else {}
    shared = {
        "detrend": settings.detrend, **smooth,
        "least_covered_share": settings.least_share,
        "bands_hz": {name: list(edges) for name, edges in settings.bands_hz.items()},
        "band_needs_s": dict(settings.needs_s),
        "band_edges": "interpolated between frequencies, trapezoidal rule",
        "unit": "ms^2/Hz, one-sided",
        "normalised_units": "100 * band / (lf + hf)",
    }  # fmt: skip
    return {
        "welch": {
            "method": "Welch periodogram of the resampled tachogram (Welch 1967)",
            "resample_hz": settings.resample_hz,
            "interpolation": "cubic spline, not-a-knot, at the ends of intervals",
            "longest_gap_bridged_s": settings.bridged_s,
            "window": "hann, periodic",
            "window_s": settings.window_s,
            "overlap": settings.overlap,
            "fft_points": settings.fft_points,
            **shared,
        },
        "lomb_scargle": {
            "method": "mean Lomb-Scargle periodogram of segments (Scargle 1982)",
            "interpolation": "none",
            "segment_s": settings.segment_s,
            "window": "none",
            "frequency_step_hz": 1 / (settings.oversampling * settings.segment_s),
            **shared,
        },
    }
