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

BURST_S, BURST_SHARE, EDGE_S = (5.0, 60.0), 0.2, 0.5
"""Noise comes in bursts so long, over this share of the time, and swells and fades so long."""
BURST_DB = 6.0
"""How far the ratio of single bursts lies about the one asked for, at most."""
KNOCKS_HZ = (0.5, 3.0)
"""An electrode that is being moved is moved so often."""
SWING_HZ, MUSCLE_HZ = (0.7, 10.0), (15.0, 100.0)
MIDDLE_S = 0.4
"""A muscle's strength changes about this quickly."""


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


def bursts(x: F32, rate_hz: float, snr_db: float, rng: Generator) -> F32:
    """Add moving electrodes and tense muscles for a fifth of the time: (channel, time) -> the same.

    Each burst has one of the two or both, in one lead or in all, and a ratio of its own about
    `snr_db`. That is, as in the noise stress test of Moody, Muldrow and Mark (Computers in
    Cardiology, 1984), of the power of a sine as high as the QRS complexes to that of the noise.
    """
    height, disturbed = _usual_height(x, rate_hz), x.copy()
    for start, stop in _stretches(x.shape[1], rate_hz, rng):
        kinds = (electrode_motion, muscle_noise)
        made = [kinds[i] for i in ((0,), (0,), (1,), (0, 1))[rng.integers(4)]]
        noise = np.sum([_unit(make(len(x), stop - start, rate_hz, rng)) for make in made], axis=0)
        ratio = 10 ** ((snr_db + rng.uniform(-BURST_DB, BURST_DB)) / 20)
        struck = np.ones(len(x))
        if len(x) > 1 and rng.random() < 0.5:
            struck[rng.integers(len(x))] = 0.1
        edge = np.minimum(np.arange(stop - start), np.arange(stop - start)[::-1])
        swell = np.minimum(edge / (EDGE_S * rate_hz), 1.0)
        size = (height / math.sqrt(8) / ratio * struck)[:, None]
        disturbed[:, start:stop] += (size * swell * _unit(noise)).astype(np.float32)
    return disturbed


def electrode_motion(channels: int, count: int, rate_hz: float, rng: Generator) -> F64:
    """Make the noise of electrodes that are pulled about: (channel, time).

    Jumps of the baseline that die away, bumps as wide as a QRS complex or a T wave, and an
    irregular swinging below them; each knock is felt in every lead, but differently.
    """
    at_s = np.arange(count) / rate_hz
    noise = _unit(_band(channels, count, rate_hz, SWING_HZ, rng))
    knocks = rng.poisson(rng.uniform(*KNOCKS_HZ) * count / rate_hz)
    for from_s in rng.uniform(0, count / rate_hz, knocks):
        since_s, size = at_s - from_s, rng.normal(size=(channels, 1)) * rng.lognormal(1.0, 0.5)
        if rng.random() < 0.4:
            rise_s, fall_s = rng.uniform(0.01, 0.06), rng.uniform(0.15, 1.5)
            rise = 1 / (1 + np.exp(-np.clip(since_s / rise_s * 4, -50, 50)))
            wave = rise * np.exp(-np.maximum(since_s, 0) / fall_s)
        else:
            width_s = rng.uniform(0.1, 0.6) / 4
            wave = np.exp(-0.5 * (since_s / width_s) ** 2)
            if rng.random() < 0.4:
                wave = wave * -since_s / width_s * math.exp(0.5)
        noise += size * wave
    return noise


def muscle_noise(channels: int, count: int, rate_hz: float, rng: Generator) -> F64:
    """Make the noise of tense muscles, now stronger and now weaker: (channel, time)."""
    strength = _band(channels, count, rate_hz, (0.0, 1 / MIDDLE_S), rng)
    swell = np.exp(rng.uniform(0.2, 1.0) * _unit(strength))
    return _band(channels, count, rate_hz, MUSCLE_HZ, rng) * swell


def _band(
    channels: int, count: int, rate_hz: float, band_hz: tuple[float, float], rng: Generator
) -> F64:
    """Make noise of a band, falling with the frequency as the noise of the body does."""
    hz = np.fft.rfftfreq(count, 1 / rate_hz)
    inside = (hz >= band_hz[0]) & (hz <= band_hz[1])
    fall = np.where(inside, 1 / np.maximum(hz, 1.0), 0.0)
    noise: F64 = np.fft.irfft(np.fft.rfft(rng.normal(size=(channels, count))) * fall, count)
    return noise


def _stretches(count: int, rate_hz: float, rng: Generator) -> list[tuple[int, int]]:
    """Draw where noise comes: stretches in order that do not touch, BURST_SHARE of the time."""
    found: list[tuple[int, int]] = []
    at = 0
    while True:
        length_s = rng.uniform(*BURST_S)
        calm_s = rng.exponential(length_s * (1 - BURST_SHARE) / BURST_SHARE)
        start = at + 1 + round(calm_s * rate_hz)
        at = start + round(length_s * rate_hz)
        if at > count:
            return found
        found.append((start, at))


def _usual_height(x: F32, rate_hz: float) -> F64:
    """Return the height of the QRS complexes, the median of all seconds: (channel,)."""
    step = round(rate_hz)
    heights = np.ptp(x[:, : x.shape[1] // step * step].reshape(len(x), -1, step), axis=2)
    known = [lead[~np.isnan(lead)] for lead in heights]
    return np.array([np.median(lead) if len(lead) else 0.0 for lead in known], np.float64)


def _unit(noise: F64) -> F64:
    """Bring each channel to a power of one: (channel, time)."""
    spread = noise.std(axis=1, keepdims=True)
    even: F64 = (noise - noise.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    return even


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
    "bursts": bursts,
}
"""Name -> f(x, rate_hz, strength, rng): (channel, time) -> (channel, time)."""
OF_SNR = ("white noise", "baseline wander")
"""Those whose strength is a signal-to-noise ratio in dB."""
