"""A cubic spline through unevenly spaced points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F64

FEWEST = 4


def cubic_spline(x: F64, y: F64, at: F64) -> F64:
    """Draw a smooth curve through points and read it at other places.

    Parameters
    ----------
    x, y
        (point,) at least `FEWEST` points, x rising.
    at
        (place,) where to read; within the points.

    Returns
    -------
    F64
        (place,). The third derivative is continuous at the second and the last point but one
        ("not-a-knot": de Boor 1978, A Practical Guide to Splines).
    """
    step, rise = np.diff(x), np.diff(y) / np.diff(x)
    slope = _slopes(x, step, rise)
    left = np.clip(np.searchsorted(x, at, "right") - 1, 0, len(x) - 2)
    along, width = at - x[left], step[left]
    third = (slope[left] + slope[left + 1] - 2 * rise[left]) / width**2
    second = (rise[left] - slope[left]) / width - third * width
    curve: F64 = y[left] + along * (slope[left] + along * (second + along * third))
    return curve


def _slopes(x: F64, step: F64, rise: F64) -> F64:
    """Solve for the slope at every point: (point,)."""
    first, final = x[2] - x[0], x[-1] - x[-3]
    lower = np.concatenate([step[1:], [final]])
    middle = np.concatenate([[step[1]], 2 * (step[:-1] + step[1:]), [step[-2]]])
    upper = np.concatenate([[first], step[:-1]])
    right = np.empty(len(x))
    right[1:-1] = 3 * (step[1:] * rise[:-1] + step[:-1] * rise[1:])
    right[0] = ((step[0] + 2 * first) * step[1] * rise[0] + step[0] ** 2 * rise[1]) / first
    right[-1] = (step[-1] ** 2 * rise[-2] + (2 * final + step[-1]) * step[-2] * rise[-1]) / final
    return _tridiagonal(lower.tolist(), middle.tolist(), upper.tolist(), right.tolist())


def _tridiagonal(
    lower: list[float], middle: list[float], upper: list[float], right: list[float]
) -> F64:
    """Solve a tridiagonal system (Thomas' algorithm)."""
    for i in range(1, len(middle)):
        factor = lower[i - 1] / middle[i - 1]
        middle[i] -= factor * upper[i - 1]
        right[i] -= factor * right[i - 1]
    right[-1] /= middle[-1]
    for i in range(len(middle) - 2, -1, -1):
        right[i] = (right[i] - upper[i] * right[i + 1]) / middle[i]
    return np.array(right)
