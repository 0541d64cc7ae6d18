"""What happens to signals outside the laboratory, made on purpose and measured afterwards."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.random import Generator

    from arsis.core.arrays import F32, F64

WAVES, SLOWEST_HZ, FASTEST_HZ = 8, 0.05, 0.5
"""A wandering baseline is a sum of so many slow waves, as breath and moving electrodes make."""
STRETCH_S = 10.0
"""An electrode comes off for this long at a time."""


def white_noise(x: F32, _rate_hz: float, snr_db: float, rng: Generator) -> F32:
    """Add noise of all frequencies alike: (channel, time) -> the same, at a stated SNR."""
    return _added(x, rng.normal(size=x.shape), snr_db)


def baseline_wander(x: F32, rate_hz: float, snr_db: float, rng: Generator) -> F32:
    """Let the baseline sway slowly: (channel, time) -> the same, at a stated SNR."""
    at_s = np.arange(x.shape[1]) / rate_hz
    waves = np.zeros(x.shape)
    for _ in range(WAVES):
        hz = rng.uniform(SLOWEST_HZ, FASTEST_HZ)
        start, height = rng.uniform(0, 2 * math.pi, (len(x), 1)), rng.normal(size=(len(x), 1))
        waves += height * np.sin(2 * math.pi * hz * at_s + start)
    return _added(x, waves, snr_db)


def lead_off(x: F32, rate_hz: float, share: float, rng: Generator) -> F32:
    """Let the first channel read 0 for a share of the time, 10 s at a time: (channel, time)."""
    stretches = np.arange(x.shape[1]) // max(1, round(STRETCH_S * rate_hz))
    count = int(stretches[-1]) + 1
    off = rng.permutation(count) < math.ceil(share * count)
    disturbed = x.copy()
    disturbed[0, off[stretches]] = 0
    return disturbed


def gain(x: F32, _rate_hz: float, factor: float, _rng: Generator) -> F32:
    """Make every channel larger by a factor: (channel, time) -> the same."""
    return x * np.float32(factor)


def _added(x: F32, noise: F64, snr_db: float) -> F32:
    """Add noise whose power lies `snr_db` below that of each channel; a flat one stays flat."""
    known = ~np.isnan(x)
    disturbed = x.copy()
    for channel, extra, there in zip(disturbed, noise, known, strict=True):
        power = _power(channel[there])
        extra[there] -= extra[there].mean() if there.any() else 0.0
        own = _power(extra[there])
        if power > 0 and own > 0:
            channel[there] += extra[there] * math.sqrt(power / own / 10 ** (snr_db / 10))
    return disturbed


def _power(values: F32 | F64) -> float:
    """Return the power about the mean: (time,); 0 where there is nothing."""
    return float(np.var(values, dtype=np.float64)) if len(values) else 0.0


def achieved_snr_db(clean: F32, disturbed: F32) -> F64:
    """Measure the SNR of each channel from what was really added: (channel,) dB.

    The power of the clean channel about its mean over that of the difference; NaN for a channel
    that is flat, infinite for one to which nothing came.
    """
    found = np.full(len(clean), np.nan)
    for number, (one, other) in enumerate(zip(clean, disturbed, strict=True)):
        known = ~np.isnan(one)
        power = _power(one[known])
        extra = _power(other[known].astype(np.float64) - one[known])
        if power > 0:
            found[number] = 10 * math.log10(power / extra) if extra > 0 else math.inf
    return found


def changed_share(clean: F32, disturbed: F32) -> float:
    """Return the share of the measured samples that are no longer what they were."""
    known = ~np.isnan(clean)
    return float((clean[known] != disturbed[known]).mean()) if known.any() else 0.0


DISTURBANCES: Mapping[str, Callable[[F32, float, float, Generator], F32]] = {
    "white noise": white_noise,
    "baseline wander": baseline_wander,
    "lead off": lead_off,
    "gain": gain,
}
"""Name -> f(x, rate_hz, strength, rng): (channel, time) -> (channel, time)."""
OF_SNR = ("white noise", "baseline wander")
"""Those whose strength is a signal-to-noise ratio in dB."""
