"""The QT interval as it would be at 60 beats per minute, by four formulas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def bazett_s(qt_s: float, rr_s: float) -> float:
    """Divide by the square root of RR (Bazett, Heart 7 (1920) 353); too long where it is fast."""
    return qt_s / math.sqrt(rr_s)


def fridericia_s(qt_s: float, rr_s: float) -> float:
    """Divide by the cube root of RR (Fridericia, Acta Med. Scand. 53 (1920) 469)."""
    return qt_s / math.cbrt(rr_s)


def framingham_s(qt_s: float, rr_s: float) -> float:
    """Add 0.154 (1 s - RR) (Sagie et al., Am. J. Cardiol. 70 (1992) 797)."""
    return qt_s + 0.154 * (1 - rr_s)


def hodges_s(qt_s: float, rr_s: float) -> float:
    """Add 1.75 ms for each beat per minute above 60 (Hodges et al., JACC 1 (1983) 694)."""
    return qt_s + 0.00175 * (60 / rr_s - 60)


CORRECTIONS: dict[str, Callable[[float, float], float]] = {
    "bazett": bazett_s,
    "fridericia": fridericia_s,
    "framingham": framingham_s,
    "hodges": hodges_s,
}
"""`correction(qt_s, rr_s)` in seconds, by name."""
