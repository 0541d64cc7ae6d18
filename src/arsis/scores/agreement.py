"""How far two ways of measuring the same thing may differ (Bland and Altman 1986)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.scores.plain import Plain, plain_fields

if TYPE_CHECKING:
    from arsis.core.arrays import F64


@dataclass(frozen=True, slots=True)
class LimitsOfAgreement:
    """Where 95 of 100 differences lie, if they are distributed normally.

    Attributes
    ----------
    count
        Measurements known in both ways.
    bias
        Mean of second minus first.
    spread
        Standard deviation (n - 1) of the differences; NaN with fewer than two.
    low, high
        bias -+ 1.96 spread.
    """

    count: int
    bias: float
    spread: float
    low: float
    high: float

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


def limits_of_agreement(truth: F64, found: F64) -> LimitsOfAgreement:
    """Compare two measurements of the same things: (thing,), (thing,) in one unit.

    Things that either way leaves unknown (NaN) are left out. Bland and Altman, Lancet 327
    (1986) 307.
    """
    difference = np.asarray(found - truth, np.float64)
    difference = difference[np.isfinite(difference)]
    count = len(difference)
    bias = float(difference.mean()) if count else math.nan
    spread = float(difference.std(ddof=1)) if count > 1 else math.nan
    return LimitsOfAgreement(count, bias, spread, bias - 1.96 * spread, bias + 1.96 * spread)
