"""Measures from the histogram of NN intervals: triangular index and TINN."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.signal.hrv_measure import Family, measure

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I64
    from arsis.signal.hrv_settings import HrvSettings
    from arsis.signal.nn import NnSeries


def histogram(interval_us: I64, bin_us2: int) -> I64:
    """Count intervals (interval,) in bins of `bin_us2` / 2 microseconds from 0 on: (bin,)."""
    return np.bincount(2 * interval_us // bin_us2).astype(np.int64)


def triangular_index(counts: I64) -> float:
    """Return the number of intervals divided by that in the fullest bin: counts (bin,)."""
    return float(counts.sum() / counts.max())


def triangle_bins(counts: I64) -> tuple[int, int]:
    """Return between which bins the triangle lies that fits a histogram best.

    `counts` (bin,). The triangle's peak is the fullest bin (the first of several), its feet are
    bins; the squared difference over *all* bins is least, those outside the feet included (Task
    Force 1996). Both sides are found apart, for neither changes what the other costs.
    """
    top = int(np.argmax(counts))
    left = _foot(counts[top::-1].astype(np.float64))
    right = _foot(counts[top:].astype(np.float64))
    return top - left, top + right


def _foot(fall: F64) -> int:
    """Return after how many bins a line from the peak reaches 0: fall (bin,), the peak first.

    The squared difference to the line h (1 - k / foot), k < foot, summed up in closed form: a
    single long pause makes a long table, which must not become a square one.
    """
    foot = np.arange(1.0, len(fall) + 1)
    below, moment = np.cumsum(fall), np.cumsum(fall * (foot - 1))
    square = fall[0] ** 2 * (foot + 1) * (2 * foot + 1) / (6 * foot)
    return int(np.argmin(square - 2 * fall[0] * (below - moment / foot))) + 1


def geometry_family(series: NnSeries, settings: HrvSettings) -> Family:
    """Return the measures from the histogram."""
    count, covered_s = len(series), series.covered_s
    reason = "no NN intervals" if not count else ""
    if count and covered_s < settings.geometry_s:
        reason = f"{covered_s:.0f} s of NN intervals; needs {settings.geometry_s:g} s"
    index = width_ms = math.nan
    if not reason:
        # Only the bins that are used: a long pause must not make a long table.
        counts = histogram(series.interval_us, settings.bin_us2)
        counts = counts[int(np.argmax(counts > 0)) :]
        index = triangular_index(counts)
        left, right = triangle_bins(counts)
        width_ms = (right - left) * settings.bin_us2 / 2000
    return Family(
        {
            "triangular_index": measure(index, "1", count, reason=reason),
            "tinn_ms": measure(width_ms, "ms", count, reason=reason),
        }
    )


def receipt(settings: HrvSettings) -> dict[str, Any]:
    """Say how it is done, in plain values."""
    return {
        "method": "histogram of NN intervals (Task Force of the ESC and NASPE 1996)",
        "bin_ms": settings.bin_us2 / 2000,
        "first_bin_begins_ms": 0,
        "tinn": "feet on bins, least squares over all bins, both sides apart",
        "needs_s": settings.geometry_s,
        "detrended": False,
    }
