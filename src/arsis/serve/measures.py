"""Figures that several tasks state, in words: heart-rate variability, times, numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

HRV_ROWS = (
    ("mean_nn_ms", "mean {}", "ms", "interval_count"),
    ("sdnn_ms", "SDNN", "ms", "interval_count"),
    ("rmssd_ms", "RMSSD", "ms", "difference_count"),
    ("pnn50_percent", "pNN50", "%", "difference_count"),
)
"""Key of the summary, name around the kind of interval, unit, which count the number rests on."""


def hrv_lines(hrv: Mapping[str, Any], interval: str = "NN") -> list[str]:
    """Return heart-rate variability in a line for each figure, with what it rests on."""
    return [
        f"{name.format(interval)} {number(hrv[key], 1)} {unit} (from {hrv[count]} "
        f"{'intervals' if count == 'interval_count' else 'pairs of intervals'})"
        for key, name, unit, count in HRV_ROWS
    ]


def number(value: float | None, digits: int) -> str:
    """Return a number for the terminal, and a word for what is undefined.

    Examples
    --------
    >>> number(71.26, 1), number(None, 1)
    ('71.3', 'unknown')
    """
    return "unknown" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def clock_time(time_s: float) -> str:
    """Return a time as a person reads it: 1:02:03 or 2:03.

    Examples
    --------
    >>> clock_time(3723.4)
    '1:02:03'
    """
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
