"""How numbers fit into the eight characters that an EDF header has for each of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import SettingError

if TYPE_CHECKING:
    from arsis.core.arrays import F32, I64

_WIDTH = 8
_LARGEST = 9_999_999.0
_LONGEST_S = 60
_FINEST = 1000
_COARSER = 4.0
_NARROWEST = 1e-3


@dataclass(frozen=True, slots=True)
class Scale:
    """How values become whole numbers of `bits` bits: the header's texts, and what they mean."""

    bits: int
    low: str
    high: str

    @property
    def first(self) -> int:
        """The lowest number; the highest is one less than its opposite."""
        return -(1 << self.bits - 1)

    @property
    def gain(self) -> float:
        """How much one step of the numbers is worth."""
        return (float(self.high) - float(self.low)) / ((1 << self.bits) - 1)

    def digital(self, values: F32) -> I64:
        """Return the nearest numbers: (time,) -> (time,); what is missing becomes 0, or near."""
        zero = float(self.low) - self.first * self.gain
        known = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
        steps = np.rint((known - zero) / self.gain)
        out: I64 = np.clip(steps, self.first, -self.first - 1).astype(np.int64)
        return out


def scale_of(low: float, high: float, bits: int, where: str) -> Scale:
    """Return a scale for values from `low` to `high`: in round steps, where those are fine enough.

    Raises
    ------
    SettingError
        If a value has more digits before the point than the header has room for.
    """
    if max(abs(low), abs(high)) > _LARGEST / 2:
        found = f"values up to {max(abs(low), abs(high)):g}"
        advice = "Write it as WFDB, CSV or Parquet."
        raise SettingError(where, found, f"at most {_LARGEST / 2:g}, as EDF holds", advice)
    tight = _tight(low, high, bits)
    round_ = _round(max(abs(low), abs(high)), bits)
    return round_ if round_ and round_.gain <= _COARSER * tight.gain else tight


def _round(peak: float, bits: int) -> Scale | None:
    """Return a scale in steps of 1, 2 or 5 times a power of ten, if its ends can be written."""
    half = 2 ** (bits - 1)
    least = max(peak, 1e-30) / (half - 1)
    power = math.floor(math.log10(least))
    steps = (Decimal(step).scaleb(power) for step in (1, 2, 5, 10, 20))
    step = next(step for step in steps if float(step) >= least) if peak else Decimal("0.001")
    low, high = (format((n * step).normalize(), "f") for n in (-half, half - 1))
    return Scale(bits, low, high) if max(len(low), len(high)) <= _WIDTH else None


def _tight(low: float, high: float, bits: int) -> Scale:
    # Steps finer than those of float32 are of no use, and their rounding is a nuisance.
    high = max(high, low + _NARROWEST * max(abs(low), abs(high)))
    below, above = _outward(low, ROUND_FLOOR), _outward(high, ROUND_CEILING)
    if below == above:
        above = _outward(float(above) + 10.0 ** -_decimals(above), ROUND_CEILING)
    return Scale(bits, below, above)


def _outward(value: float, rounding: str) -> str:
    """Return the longest decimal that fits, not less (or not more) than a value."""
    for digits in range(_WIDTH - 2, -1, -1):
        rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding)
        text = format(rounded, "f")
        if len(text) <= _WIDTH:
            return text
    raise AssertionError(value)


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def records_of(rates: list[float], where: str) -> tuple[str, list[int]]:
    """Return how long a record lasts (text, s), and the samples of each channel in one.

    Whole seconds, where every channel has a whole number of samples in a few of them. Otherwise
    the length that comes closest to the rate, which then differs by some parts in a billion.

    Raises
    ------
    SettingError
        If no length suits all the rates.
    """
    exact = [Fraction(rate).limit_denominator(_FINEST) for rate in rates]
    seconds = math.lcm(*(each.denominator for each in exact))
    fits = all(abs(float(e) - r) <= 1e-12 * r for e, r in zip(exact, rates, strict=True))
    one = len(set(rates)) == 1
    if fits and seconds <= (_LONGEST_S if not one else _LONGEST_S // 6):
        return str(seconds), [int(each * seconds) for each in exact]
    if not one:
        found = f"rates of {', '.join(f'{rate:g}' for rate in rates)} Hz"
        expected = "whole numbers of samples in a record of at most a minute"
        raise SettingError(where, found, expected, "Write the channels one by one.")
    rate = rates[0]
    counts = range(max(1, int(rate / 2)), int(2 * rate) + 3)
    best = min(counts, key=lambda n: abs(n / float(_nearest(n / rate)) - rate))
    return _nearest(best / rate), [best] * len(rates)


def _nearest(value: float) -> str:
    texts = (f"{value:.{digits}f}" for digits in range(_WIDTH - 2, -1, -1))
    text = next((text for text in texts if len(text) <= _WIDTH), f"{value:.0f}")
    return text.rstrip("0").rstrip(".") if "." in text else text
