"""The Poincaré plot: each NN interval against the one before it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.signal.hrv_measure import Family, measure

if TYPE_CHECKING:
    from arsis.signal.hrv_settings import HrvSettings
    from arsis.signal.nn import NnSeries

PAIRS = "differences"


@dataclass(frozen=True, slots=True)
class Poincare:
    """The ellipse around the points of a Poincaré plot.

    Attributes
    ----------
    centre_ms
        Both coordinates of its centre: the mean of all intervals in pairs.
    sd1_ms, sd2_ms
        Half its width across the line of identity, and along it.
    pair_count
        Points.
    """

    centre_ms: float
    sd1_ms: float
    sd2_ms: float
    pair_count: int


def poincare(series: NnSeries, of_sdnn: bool = False) -> Poincare:
    """Say how much one interval differs from the next, and how much both vary together.

    Parameters
    ----------
    series
        Only pairs of adjacent NN intervals are points.
    of_sdnn
        SD2 as sqrt(2 SDNN^2 - SDSD^2 / 2) of all intervals (Brennan et al. 2001, eq. 20), not as
        the standard deviation (n - 1) of (x + y) / sqrt 2 over the points.

    Returns
    -------
    Poincare
        NaN with fewer than two pairs.
    """
    pairs = series.pairs_ms()
    if len(pairs) < 2:
        return Poincare(math.nan, math.nan, math.nan, len(pairs))
    across = np.std(pairs[:, 1] - pairs[:, 0], ddof=1) / math.sqrt(2)
    along = np.std(pairs.sum(axis=1), ddof=1) / math.sqrt(2)
    if of_sdnn:
        sdnn = np.std(series.interval_ms, ddof=1)
        along = np.sqrt(np.maximum(0.0, 2 * sdnn**2 - across**2))
    return Poincare(float(pairs.mean()), float(across), float(along), len(pairs))


def poincare_family(series: NnSeries, settings: HrvSettings) -> Family:
    """Return the measures of the Poincaré plot."""
    found = poincare(series, settings.sd2_of_sdnn)
    ratio = found.sd1_ms / found.sd2_ms if found.sd2_ms else math.nan
    none = "" if found.sd2_ms else "all intervals are equal"
    few = "fewer than 2 pairs of adjacent intervals" if found.pair_count < 2 else ""
    values = {
        "sd1_ms": (found.sd1_ms, "ms", few),
        "sd2_ms": (found.sd2_ms, "ms", few),
        "sd1_sd2_ratio": (ratio, "1", few or none),
        "ellipse_area_ms2": (math.pi * found.sd1_ms * found.sd2_ms, "ms^2", few),
    }
    return Family(
        {
            name: measure(value, unit, found.pair_count, PAIRS, reason)
            for name, (value, unit, reason) in values.items()
        }
    )


def receipt(settings: HrvSettings) -> dict[str, Any]:
    """Say how it is done, in plain values."""
    sd2 = (
        "sqrt(2 SDNN^2 - SDSD^2 / 2)" if settings.sd2_of_sdnn else "SD (n - 1) of (x + y) / sqrt 2"
    )
    return {
        "method": "Poincaré plot of adjacent NN intervals (Brennan et al. 2001)",
        "sd1": "SD (n - 1) of (y - x) / sqrt 2",
        "sd2": sd2,
        "ellipse_area": "pi SD1 SD2",
        "detrended": "poincare" in settings.detrended,
    }
