"""A slow trend by smoothness priors, which spectra of heart rate variability leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F64

FEWEST = 3


def smooth_trend(y: F64, smoothness: float) -> F64:
    """Draw the slow trend of evenly spaced values.

    Parameters
    ----------
    y
        (time,) at least `FEWEST` values.
    smoothness
        Lambda: the larger, the slower the trend. At 4 Hz, 500 lets pass what is below 0.035 Hz.

    Returns
    -------
    F64
        (time,) the values that minimise |y - trend|^2 + lambda^2 |second differences of trend|^2
        (Tarvainen et al. 2002, An advanced detrending method with application to HRV analysis).
    """
    n, weight = len(y), smoothness**2
    differences = np.zeros((3, n + 4))
    # The bands of D'D, D taking second differences: sums of its shifted rows (1, -2, 1).
    inside = np.zeros(n + 4)
    inside[2:n] = 1.0
    differences[0, :n] = inside[:n] + 4 * inside[1 : n + 1] + inside[2 : n + 2]
    differences[1, :n] = -2 * inside[1 : n + 1] - 2 * inside[2 : n + 2]
    differences[2, :n] = inside[2 : n + 2]
    middle, near, far = weight * differences[:, :n]
    return _pentadiagonal((1 + middle).tolist(), near.tolist(), far.tolist(), y.tolist())


def _pentadiagonal(
    middle: list[float], near: list[float], far: list[float], right: list[float]
) -> F64:
    """Solve a symmetric system: `near[i]` couples i with i + 1, `far[i]` i with i + 2."""
    n = len(middle)
    for i in range(n - 1):
        factor = near[i] / middle[i]
        middle[i + 1] -= factor * near[i]
        right[i + 1] -= factor * right[i]
        if i + 2 < n:
            near[i + 1] -= factor * far[i]
            factor = far[i] / middle[i]
            middle[i + 2] -= factor * far[i]
            right[i + 2] -= factor * right[i]
    right[n - 1] /= middle[n - 1]
    right[n - 2] = (right[n - 2] - near[n - 2] * right[n - 1]) / middle[n - 2]
    for i in range(n - 3, -1, -1):
        right[i] = (right[i] - near[i] * right[i + 1] - far[i] * right[i + 2]) / middle[i]
    return np.array(right)
