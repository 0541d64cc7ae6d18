"""The spectrum of values at uneven times, without drawing anything between them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from arsis.core.arrays import F64

    C128 = npt.NDArray[np.complex128]

_SPREAD = 13
"""Grid points that each value is spread over to either side: about 1e-12 of accuracy."""


def lomb_scargle(time_s: F64, value: F64, step_hz: float, count: int) -> F64:
    """Say how much of a rhythm of each frequency there is in unevenly timed values.

    Parameters
    ----------
    time_s, value
        (time,) when, and what; the mean must have been taken off.
    step_hz, count
        Frequencies 0, step, 2 step, ...: so many.

    Returns
    -------
    F64
        (frequency,) the periodogram of Scargle (1982, eq. 10), not normalised: a sine of
        amplitude A at one of many times gives A^2 / 4 of their number. 0 at frequency 0.
    """
    time_s = time_s - time_s[0]
    wave = uneven_fourier(time_s, value, step_hz, count)
    twice = uneven_fourier(time_s, np.ones(len(time_s)), 2 * step_hz, count)
    # The delay after which the sums of sine and cosine no longer mix.
    turn = np.exp(0.5j * np.angle(np.conj(twice)))
    wave = wave * turn
    cosine = (len(time_s) + np.abs(twice)) / 2
    sine = (len(time_s) - np.abs(twice)) / 2
    # A frequency that is all cosine (0, or the rate of an even grid) has no sine part.
    real = sine > 1e-9 * len(time_s)
    power = wave.real**2 / cosine
    power[real] += wave.imag[real] ** 2 / sine[real]
    power[0] = 0.0
    return power / 2


def uneven_fourier(time_s: F64, value: F64, step_hz: float, count: int) -> C128:
    """Sum value * exp(-2 pi i f t) over uneven times, for f = 0, step, 2 step, ...

    Each value is spread as a bell over a fine even grid, which a fast transform takes; the bell
    is divided out afterwards (Greengard and Lee 2004, Accelerating the nonuniform FFT).

    Parameters
    ----------
    time_s, value
        (time,)
    step_hz, count
        The frequencies.

    Returns
    -------
    C128
        (frequency,)
    """
    modes = 2 * count
    # At least twice as fine as needed, and a power of two: a prime number would cost the most.
    points = 1 << (2 * modes - 1).bit_length()
    finer = points / modes
    width = math.pi * _SPREAD / (finer * (finer - 0.5) * modes**2)
    turn = 2 * math.pi * np.mod(time_s * step_hz, 1.0)
    near = np.floor(turn * points / (2 * math.pi)).astype(np.int64)
    away = turn - 2 * math.pi * near / points
    grid = np.zeros(points)
    for shift in range(1 - _SPREAD, _SPREAD + 1):
        bell = np.exp(-((away - 2 * math.pi * shift / points) ** 2) / (4 * width))
        grid += np.bincount((near + shift) % points, value * bell, minlength=points)
    number = np.arange(count)
    undo = math.sqrt(math.pi / width) * np.exp(width * number**2) / points
    return np.asarray(np.fft.rfft(grid)[:count] * undo, np.complex128)
