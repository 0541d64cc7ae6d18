"""Detrended fluctuation analysis of NN intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.signal.hrv_measure import Family, Measure, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import F64
    from arsis.signal.hrv_settings import HrvSettings
    from arsis.signal.nn import NnSeries

BOXES = 4
"""The longest box must fit so often."""


def fluctuations(value: F64, boxes: Sequence[int]) -> F64:
    """Say how far the summed deviations stray from a line, within boxes of each length.

    Parameters
    ----------
    value
        (interval,) any unit.
    boxes
        Intervals in a box. Boxes lie end to end from the beginning; the rest is left out.

    Returns
    -------
    F64
        (box length,) root of the mean squared residue of the least squares line of each box
        (Peng et al. 1995).
    """
    profile = np.cumsum(value - value.mean())
    found = np.empty(len(boxes))
    for number, size in enumerate(boxes):
        rows = profile[: len(profile) // size * size].reshape(-1, size)
        along = np.arange(size) - (size - 1) / 2
        level = rows - rows.mean(axis=1, keepdims=True)
        slope = level @ along / float(along @ along)
        found[number] = math.sqrt(float(np.mean((level - slope[:, None] * along) ** 2)))
    return found


def scaling(value: F64, shortest: int, longest: int) -> float:
    """Return the exponent alpha: the slope of log fluctuation over log box length.

    `value` (interval,); every box length from `shortest` to `longest`, both included, weighs the
    same. NaN where the longest box does not fit `BOXES` times or nothing fluctuates.
    """
    boxes = np.arange(shortest, longest + 1)
    if len(value) < BOXES * longest:
        return math.nan
    found = fluctuations(value, boxes.tolist())
    if not np.all(found > 0):
        return math.nan
    along = np.log(boxes) - np.log(boxes).mean()
    return float(along @ np.log(found) / (along @ along))


def dfa_family(series: NnSeries, settings: HrvSettings) -> Family:
    """Return alpha1 and alpha2 of all NN intervals in order.

    Where beats are excluded the intervals on either side are put together; how often is said.
    """
    value = series.interval_ms
    joins = max(0, len(series) - 1 - series.pair_count)
    broken = ""
    if joins > settings.joined_share * len(series):
        broken = f"{joins} of {len(series)} intervals follow upon a gap"
    return Family(
        {
            "alpha1": _alpha(value, settings.short_boxes, broken),
            "alpha2": _alpha(value, settings.long_boxes, broken),
        },
        {"joins": joins},
    )


def _alpha(value: F64, boxes: tuple[int, int], broken: str) -> Measure:
    needed = BOXES * boxes[1]
    found = scaling(value, *boxes) if len(value) else math.nan
    few = f"fewer than {needed} intervals" if len(value) < needed else ""
    none = "the intervals do not vary" if math.isnan(found) else ""
    return measure(found, "1", len(value), reason=few or broken or none)


def receipt(settings: HrvSettings) -> dict[str, Any]:
    """Say how it is done, in plain values."""
    return {
        "method": "detrended fluctuation analysis (Peng et al. 1995)",
        "order": 1,
        "alpha1_boxes": list(settings.short_boxes),
        "alpha2_boxes": list(settings.long_boxes),
        "box_lengths": "every whole number, weighing the same",
        "overlap": 0,
        "longest_box_fits_at_least": BOXES,
        "excluded_beats": "the intervals on either side are put together (Chen et al. 2002)",
        "joined_share_at_most": settings.joined_share,
        "detrended": "dfa" in settings.detrended,
    }
