"""The power of a spectrum in its bands, their peaks and their balance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from arsis.signal.hrv_measure import Family, Measure, measure

if TYPE_CHECKING:
    from arsis.core.arrays import F64
    from arsis.signal.hrv_frequency import Spectrum
    from arsis.signal.hrv_settings import HrvSettings

PEAKS = ("lf", "hf")


def band_power(frequency_hz: F64, density: F64, low_hz: float, high_hz: float) -> float:
    """Return the power between two frequencies, in ms^2.

    `frequency_hz` (frequency,) rising, `density` (frequency,) ms^2/Hz. The density is a straight
    line from point to point, so the powers of bands that meet add up.
    """
    inside = (frequency_hz > low_hz) & (frequency_hz < high_hz)
    at = np.concatenate([[low_hz], frequency_hz[inside], [high_hz]])
    return float(np.trapezoid(np.interp(at, frequency_hz, density), at))


def peak_hz(frequency_hz: F64, density: F64, low_hz: float, high_hz: float) -> float:
    """Return the frequency of the highest density within a band; NaN where that is at its edge.

    `frequency_hz`, `density` (frequency,). A density that falls or rises all through a band has
    no peak there.
    """
    inside = np.flatnonzero((frequency_hz >= low_hz) & (frequency_hz < high_hz))
    if not len(inside):
        return math.nan
    top = int(inside[np.argmax(density[inside])])
    around = density[max(0, top - 1) : top + 2]
    is_peak = density[top] > 0 and density[top] == around.max() and len(around) == 3
    return float(frequency_hz[top]) if is_peak else math.nan


def frequency_family(spectrum: Spectrum, settings: HrvSettings) -> Family:
    """Return the measures of a spectrum of windows, and what they rest on."""
    powers = {name: _power(spectrum, settings, name) for name in settings.bands_hz}
    measures = {f"{name}_ms2": power for name, power in powers.items()}
    measures["total_ms2"] = _total(spectrum, settings)
    measures |= _balance(powers["lf"], powers["hf"])
    for name in PEAKS:
        measures[f"{name}_peak_hz"] = _peak(spectrum, settings, name)
    basis = {
        "windows": spectrum.windows,
        "shortest_window_s": spectrum.window_s,
        "bridged_s": spectrum.bridged_s,
    }
    return Family(measures, basis)


def _power(spectrum: Spectrum, settings: HrvSettings, name: str) -> Measure:
    needs_s, count = settings.needs_s[name], spectrum.interval_count
    reason = spectrum.reason
    if not reason and spectrum.window_s < needs_s:
        reason = f"windows of {spectrum.window_s:.0f} s; {name} needs {needs_s:g} s"
    if reason:
        return measure(math.nan, "ms^2", count, reason=reason)
    edges = settings.bands_hz[name]
    return measure(
        band_power(spectrum.frequency_hz, spectrum.density_ms2_hz, *edges), "ms^2", count
    )


def _total(spectrum: Spectrum, settings: HrvSettings) -> Measure:
    """Return the power from 0 to the upper edge of HF."""
    count, highest_hz = spectrum.interval_count, settings.bands_hz["hf"][1]
    if spectrum.reason:
        return measure(math.nan, "ms^2", count, reason=spectrum.reason)
    power = band_power(spectrum.frequency_hz, spectrum.density_ms2_hz, 0.0, highest_hz)
    return measure(power, "ms^2", count)


def _balance(lf: Measure, hf: Measure) -> dict[str, Measure]:
    """Return LF/HF and both in normalised units: of their sum (Task Force 1996)."""
    reason, count = lf.reason or hf.reason, min(lf.count, hf.count)
    low, high = lf.value or 0.0, hf.value or 0.0
    if not reason and not low + high:
        reason = "no power in LF and HF"
    ratio = low / high if high else math.nan
    share = 100 * low / (low + high) if low + high else math.nan
    none = reason or ("" if high else "no power in HF")
    return {
        "lf_hf_ratio": measure(ratio, "1", count, reason=none),
        "lf_nu": measure(share, "n.u.", count, reason=reason),
        "hf_nu": measure(100 - share, "n.u.", count, reason=reason),
    }


def _peak(spectrum: Spectrum, settings: HrvSettings, name: str) -> Measure:
    if spectrum.reason:
        return measure(math.nan, "Hz", spectrum.interval_count, reason=spectrum.reason)
    edges = settings.bands_hz[name]
    found = peak_hz(spectrum.frequency_hz, spectrum.density_ms2_hz, *edges)
    reason = f"no peak within {name}" if math.isnan(found) else ""
    return measure(found, "Hz", spectrum.interval_count, reason=reason)
