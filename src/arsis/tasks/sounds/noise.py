"""Noise of a given colour, for simulated sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F64


def coloured(
    rng: np.random.Generator, count: int, rate_hz: float, band_hz: tuple[float, float], slope: float
) -> F64:
    """Return noise of mean square 1 between two pitches, falling as 1 / pitch ** `slope`: (time,).

    `slope` 0 is white, 1 is pink, in power. The band ends at half of `rate_hz` at the latest.
    """
    pitch_hz = np.fft.rfftfreq(count, 1.0 / rate_hz)
    inside = (pitch_hz >= band_hz[0]) & (pitch_hz <= band_hz[1])
    size = np.where(inside, np.maximum(pitch_hz, 1.0) ** (-slope / 2.0), 0.0)
    return unit_power(np.fft.irfft(np.fft.rfft(rng.normal(size=count)) * size, count))


def unit_power(x: F64) -> F64:
    """Return the sound scaled to mean square 1; silence stays silence."""
    power = float(np.mean(x**2)) if x.size else 0.0
    return x / np.sqrt(power) if power > 0.0 else x


def smooth_chance(rng: np.random.Generator, count: int, rate_hz: float, pitch_hz: float) -> F64:
    """Return a course that changes about `pitch_hz` times a second, by chance: (time,), SD 1."""
    knots = rng.normal(size=int(count / rate_hz * pitch_hz) + 4)
    at = np.arange(count) / rate_hz * pitch_hz
    left = at.astype(np.int64)
    share = 0.5 - 0.5 * np.cos(np.pi * (at - left))
    return knots[left] * (1.0 - share) + knots[left + 1] * share
