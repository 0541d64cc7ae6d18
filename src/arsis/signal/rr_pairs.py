"""How often intervals, and pairs of them, come again: what tells fibrillation from the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from arsis.core.arrays import F64

LIKE = 0.06
"""Two intervals are alike where their logarithms differ by less than this: about 6 %."""
_AT_ONCE = 128


def repetition(log_rr: F64, length: int, step: int) -> tuple[F64, F64]:
    """Say how seldom intervals come again, and how little one tells about the next.

    Returns (window,) twice, for windows of `length` intervals that begin every `step`:

    rarity
        Minus the logarithm of the share of alike intervals among all pairs.
    surprise
        Logarithm of how many pairs of intervals are alike for each two where the intervals
        after them are alike too. In any sinus rhythm, however many ectopic beats it has, like
        is followed by like and this is near 0; in fibrillation the next interval is drawn anew.
        It is sample entropy (Richman and Moorman, Am. J. Physiol. 278, 2000) with m = 1 and a
        tolerance relative to the interval, one more on either side where counts are 0.

    `log_rr` (interval,) natural logarithms, NaN = not known. All counts are whole numbers, so a
    window gives the same answer wherever it stands.
    """
    if len(log_rr) < length:
        return np.empty(0), np.empty(0)
    windows = sliding_window_view(log_rr, length)[::step]
    parts = [
        _counts(windows[start : start + _AT_ONCE]) for start in range(0, len(windows), _AT_ONCE)
    ]
    alike, possible, first, both = np.concatenate(parts, axis=1)
    rarity = np.array([-math.log((a + 1) / (p + 1)) for a, p in zip(alike, possible, strict=True)])
    surprise = np.array([math.log((f + 1) / (b + 1)) for f, b in zip(first, both, strict=True)])
    return rarity, surprise


def _counts(windows: F64) -> F64:
    """Return alike and possible pairs of intervals, alike pairs before a known next, both alike.

    (window, interval) -> (4, window)
    """
    known = ~np.isnan(windows)
    alike = np.abs(windows[:, :, None] - windows[:, None, :]) < LIKE
    count = known.sum(1)
    follows = known[:, 1:] & known[:, :-1]
    first = alike[:, :-1, :-1] & follows[:, :, None] & follows[:, None, :]
    both = first & alike[:, 1:, 1:]
    itself = follows.sum(1)
    counted = (
        alike.sum((1, 2)) - count,
        count * (count - 1),
        first.sum((1, 2)) - itself,
        both.sum((1, 2)) - itself,
    )
    return np.stack(counted).astype(np.float64)
