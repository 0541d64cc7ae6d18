"""One measure of heart rate variability: a number that says its unit and what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

INTERVALS, DIFFERENCES, SEGMENTS = "intervals", "differences", "segments"


@dataclass(frozen=True, slots=True)
class Measure:
    """A number, or the reason why there is none.

    Attributes
    ----------
    value
        None where it cannot be taken.
    unit
        "1" where it has none.
    count, of
        How many intervals, differences or segments it rests on.
    reason
        Why there is no value; "" where there is one.
    """

    value: float | None
    unit: str
    count: int
    of: str = INTERVALS
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values; `reason` only where there is no value."""
        plain = {"value": self.value, "unit": self.unit, "count": self.count, "of": self.of}
        return plain if self.value is not None else {**plain, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Family:
    """Measures that share a method.

    Attributes
    ----------
    measures
        By name.
    basis
        What this method found to work on, such as the number of windows.
    """

    measures: Mapping[str, Measure]
    basis: Mapping[str, Any] = field(default_factory=dict)


def measure(value: float, unit: str, count: int, of: str = INTERVALS, reason: str = "") -> Measure:
    """Return a measure; one with a reason, or that is no finite number, has no value."""
    if reason or not math.isfinite(value):
        return Measure(None, unit, count, of, reason or f"too few {of}")
    return Measure(float(value), unit, count, of)
