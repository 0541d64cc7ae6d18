"""A share of a whole, with one convention for an empty whole."""

from __future__ import annotations

import math


def ratio(part: float, whole: float) -> float:
    """Say which share of `whole` is `part`; with nothing to share the answer is NaN, never 0.

    >>> ratio(1, 4)
    0.25
    >>> ratio(0, 0)
    nan
    """
    return float(part) / float(whole) if whole else math.nan


def f1_score(pairs: float, missed: float, false: float) -> float:
    """Balance what was found against what was missed and what was made up (F1).

    2 TP / (2 TP + FN + FP): 0 where things exist or were claimed but none were right, NaN only
    where there was nothing to find and nothing was claimed.
    """
    return ratio(2 * pairs, 2 * pairs + missed + false)
