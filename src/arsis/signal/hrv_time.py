"""Measures in time with their unit and what they rest on, and those of long recordings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.signal.hrv import ROUNDING_US, HrvSums
from arsis.signal.hrv_bands import band_power
from arsis.signal.hrv_frequency import HIGHEST_HZ, periodogram
from arsis.signal.hrv_measure import DIFFERENCES, INTERVALS, SEGMENTS, Family, Measure, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import F64
    from arsis.signal.hrv_settings import HrvSettings
    from arsis.signal.nn import NnSeries

MAD_TO_SD = 1.4826
"""The median absolute deviation of a normal distribution times this is its standard deviation."""


def time_family(series: NnSeries, level: NnSeries, settings: HrvSettings) -> Family:
    """Return the measures in time.

    Parameters
    ----------
    series
        NN intervals as they are: mean, median, quantiles and rate are of these.
    level
        The same, less their trend where the settings ask for it: all deviations are of these.
    """
    kept, found = HrvSums.of(series).measures(), HrvSums.of(level).measures()
    intervals, differences = found.interval_count, found.difference_count
    known = series.interval_ms if intervals else np.full(1, math.nan)
    low, high = np.percentile(known, [20, 80])
    middle = np.median(known)
    of_intervals = {
        "mean_nn_ms": (kept.mean_nn_ms, "ms"),
        "median_nn_ms": (kept.median_nn_ms, "ms"),
        "min_nn_ms": (kept.min_nn_ms, "ms"),
        "max_nn_ms": (kept.max_nn_ms, "ms"),
        "p20_nn_ms": (low, "ms"),
        "p80_nn_ms": (high, "ms"),
        "iqr_nn_ms": (np.subtract(*np.percentile(known, [75, 25])), "ms"),
        "mad_nn_ms": (MAD_TO_SD * np.median(np.abs(known - middle)), "ms"),
        "mean_hr_bpm": (kept.mean_hr_bpm, "bpm"),
        "sdnn_ms": (found.sdnn_ms, "ms"),
        "cvnn_percent": (100 * found.sdnn_ms / kept.mean_nn_ms, "%"),
    }
    of_differences = {
        "rmssd_ms": (found.rmssd_ms, "ms"),
        "sdsd_ms": (found.sdsd_ms, "ms"),
        "cvsd_percent": (100 * found.rmssd_ms / kept.mean_nn_ms, "%"),
    }
    measures = {
        name: measure(float(value), unit, count, of)
        for values, count, of in (
            (of_intervals, intervals, INTERVALS),
            (of_differences, differences, DIFFERENCES),
        )
        for name, (value, unit) in values.items()
    }
    return Family(measures | _longer(level, settings))


def _longer(series: NnSeries, settings: HrvSettings) -> dict[str, Measure]:
    """Return how many differences are longer than each limit, and their share."""
    size_us = np.abs(np.diff(series.interval_us))[series.follows[1:]]
    found, count = {}, len(size_us)
    for limit_ms in settings.pnn_ms:
        longer = int(np.count_nonzero(size_us > 1000 * limit_ms + ROUNDING_US))
        share = 100 * longer / count if count else math.nan
        none = "" if count else "no two adjacent NN intervals"
        found[f"nn{limit_ms:g}_count"] = measure(longer, "1", count, DIFFERENCES, none)
        found[f"pnn{limit_ms:g}_percent"] = measure(share, "%", count, DIFFERENCES, none)
    return found


def long_family(series: NnSeries, parts: Sequence[NnSeries], settings: HrvSettings) -> Family:
    """Return what only long recordings have: SDANN, SDNN index, ULF and VLF, total power.

    `parts` are the segments of which NN intervals cover enough.
    """
    means = [float(part.interval_ms.mean()) for part in parts]
    deviations = [float(np.std(part.interval_ms, ddof=1)) for part in parts if len(part) > 1]
    sdann = float(np.std(means, ddof=1)) if len(means) > 1 else math.nan
    sdnni = float(np.mean(deviations)) if deviations else math.nan
    measures = {
        "sdann_ms": _of_segments(sdann, len(means), settings.sdann_segments),
        "sdnni_ms": _of_segments(sdnni, len(deviations), settings.sdnni_segments),
    }
    return Family(
        measures | _slow_power(series, settings),
        {"segments": len(parts), "span_s": series.span_s, "covered_s": series.covered_s},
    )


def _of_segments(value: float, count: int, needed: int) -> Measure:
    reason = f"fewer than {needed} segments" if count < needed else ""
    return measure(value, "ms", count, SEGMENTS, reason)


def _slow_power(series: NnSeries, settings: HrvSettings) -> dict[str, Measure]:
    """Return the power of the slow bands, and of all, from one periodogram of the whole series."""
    needs_s = {name: settings.needs_s[name] for name in ("ulf", "vlf") if name in settings.bands_hz}
    names = {f"{name}_ms2": need for name, need in needs_s.items()}
    names["total_ms2"] = min(needs_s.values())
    span_s, covered_s, count = series.span_s, series.covered_s, len(series)
    thin = "" if covered_s >= settings.least_share * span_s else (
        f"NN intervals cover less than {100 * settings.least_share:g} % of the recording"
    )  # fmt: skip
    why = {
        name: thin if covered_s >= need else f"{covered_s:.0f} s of NN intervals; needs {need:g} s"
        for name, need in names.items()
    }
    if all(why.values()):
        return {name: measure(math.nan, "ms^2", count, reason=why[name]) for name in names}
    step_hz = 1 / span_s
    frequencies = round(HIGHEST_HZ / step_hz) + 1
    value = series.interval_ms - series.interval_ms.mean()
    frequency_hz: F64 = step_hz * np.arange(frequencies, dtype=np.float64)
    density = periodogram(series, value, step_hz, frequencies)
    edges = {f"{name}_ms2": settings.bands_hz[name] for name in needs_s}
    edges["total_ms2"] = (0.0, settings.bands_hz["hf"][1])
    return {
        name: measure(
            band_power(frequency_hz, density, *edges[name]),
            "ms^2", count, reason=why[name],
        )
        for name in names
    }  # fmt: skip


def receipt(settings: HrvSettings) -> dict[str, dict[str, Any]]:
    """Say how it is done, in plain values."""
    return {
        "time": {
            "method": "Task Force of the ESC and NASPE (1996); differences of adjacent NN",
            "deviations": "n - 1",
            "pnn": "share of the differences, longer than the limit either way",
            "pnn_limits_ms": list(settings.pnn_ms),
            "quantiles": "linear between order statistics",
            "mad_factor": MAD_TO_SD,
            "detrended": "time" in settings.detrended,
        },
        "long_term": {
            "method": "SDANN, SDNN index of segments; one Lomb-Scargle periodogram of the whole",
            "segment_s": settings.segment_s,
            "least_covered_share": settings.least_share,
            "sdann_needs_segments": settings.sdann_segments,
            "sdnni_needs_segments": settings.sdnni_segments,
            "band_needs_s": {
                name: need for name, need in settings.needs_s.items() if name in ("ulf", "vlf")
            },
            "bands_hz": {name: list(edges) for name, edges in settings.bands_hz.items()},
            "detrend": "mean",
            "interpolation": "none",
        },
    }
