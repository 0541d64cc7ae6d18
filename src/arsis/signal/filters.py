"""Short symmetric filters whose results do not depend on how a signal was cut.

Every output sample is the same sum, in the same order, of the same inputs: no running sums,
no Fourier transform and no matrix product, whose rounding changes with length and position.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]


def box(x: F32, width: int) -> F32:
    """Sum of each `width` neighbours: (..., time) -> (..., time - width + 1)."""
    count = x.shape[-1] - width + 1
    total = x[..., :count].copy()
    for offset in range(1, width):
        total += x[..., offset : offset + count]
    return total


def sliding_max(x: F32, width: int) -> F32:
    """Largest of each `width` neighbours: (..., time) -> (..., time - width + 1)."""
    top, covered = x, 1
    while covered < width:
        step = min(covered, width - covered)
        top = np.maximum(top[..., :-step], top[..., step:])
        covered += step
    return top


def envelope_reach(step: int, knots: int) -> int:
    """Count the samples that `envelope` loses at either end."""
    return step * (knots + 1) - 1


def envelope(x: F32, even: tuple[float, ...], odd: tuple[float, ...], step: int) -> F32:
    """Size of a wave of one pitch, wherever in the wave one looks.

    A pair of filters, one even and one odd, each a chain of straight lines between knots
    `step` samples apart (a sum of two boxes draws the lines), then the root of their squares.

    (channel, time) -> (channel, time - 2 * envelope_reach); `even[0]` and `odd[0]` are the knots
    in the middle, the others stand on both sides.
    """
    knots = len(even) - 1
    smooth = box(box(x, step), step)
    count = smooth.shape[-1] - 2 * knots * step
    centre = smooth[..., knots * step : knots * step + count]
    cosine = centre * np.float32(even[0])
    sine = np.zeros_like(cosine)
    for knot in range(1, knots + 1):
        left = smooth[..., (knots - knot) * step : (knots - knot) * step + count]
        right = smooth[..., (knots + knot) * step : (knots + knot) * step + count]
        cosine += (left + right) * np.float32(even[knot])
        sine += (right - left) * np.float32(odd[knot])
    size: F32 = np.sqrt(cosine * cosine + sine * sine)
    return size
