"""What a microphone on the chest hears beside the heart: breath, friction, knocks, room, mains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.tasks.sounds.noise import coloured, smooth_chance, unit_power

if TYPE_CHECKING:
    from arsis.core.arrays import F64

ROOM_HZ = (20.0, 1500.0)
LUNG_HZ = (80.0, 700.0)
FRICTION_HZ = (30.0, 2500.0)


@dataclass(frozen=True)
class Scene:
    """What a microphone on the chest hears beside the heart; loudness against the heart's power.

    Attributes
    ----------
    snr_db
        Power of the heart sounds over that of the room's pink noise (20 to 1500 Hz).
    lung_db
        Power of the breath's noise over that of the heart sounds; in is louder than out.
    friction_db, friction_per_min
        Power of rubbing while it lasts, and how often in a minute it begins.
    knocks_db, knocks_per_min
        Peak power of knocks against the stethoscope, and how many in a minute.
    hum_db, hum_hz
        Power of the hum of the mains and its pitch, with two overtones.
    level
        Largest sample of the whole sound, as a share of full scale.
    """

    snr_db: float = 15.0
    lung_db: float = -25.0
    friction_db: float = 5.0
    friction_per_min: float = 0.0
    knocks_db: float = 20.0
    knocks_per_min: float = 0.0
    hum_db: float = -60.0
    hum_hz: float = 50.0
    level: float = 0.6


def surround(
    rng: np.random.Generator, count: int, rate_hz: float, scene: Scene, breath_hz: float
) -> F64:
    """Return everything but the heart, on a scale on which the heart's power is 1: (time,)."""
    x = from_db(-scene.snr_db) * coloured(rng, count, rate_hz, ROOM_HZ, 1.0)
    x += from_db(scene.lung_db) * breathe(rng, count, rate_hz, breath_hz)
    x += from_db(scene.hum_db) * hum(rng, count, rate_hz, scene.hum_hz)
    x += from_db(scene.friction_db) * rub(rng, count, rate_hz, scene.friction_per_min)
    x += from_db(scene.knocks_db) * knock(rng, count, rate_hz, scene.knocks_per_min)
    return x


def from_db(power_db: float) -> float:
    """Return the amplitude that belongs to a power in dB."""
    return float(10.0 ** (power_db / 20.0))


def breathe(rng: np.random.Generator, count: int, rate_hz: float, breath_hz: float) -> F64:
    """Return the noise of air in the lungs, swelling with each breath in and out: (time,)."""
    at_s = np.arange(count) / rate_hz
    drift = 0.4 * smooth_chance(rng, count, rate_hz, 0.1)
    turn = 2.0 * np.pi * breath_hz * at_s + rng.uniform(0.0, 2.0 * np.pi) + drift
    inwards = np.clip(np.sin(turn), 0.0, None) ** 1.5
    outwards = 0.4 * np.clip(np.sin(turn - 0.5 - np.pi), 0.0, None) ** 1.5
    return unit_power((inwards + outwards) * coloured(rng, count, rate_hz, LUNG_HZ, 1.5))


def hum(rng: np.random.Generator, count: int, rate_hz: float, hum_hz: float) -> F64:
    """Return the hum of the mains with two overtones: (time,)."""
    at_s = np.arange(count) / rate_hz
    x = np.zeros(count)
    for overtone, size in ((1, 1.0), (2, 0.4), (3, 0.25)):
        if overtone * hum_hz < rate_hz / 2.0:
            turn = 2.0 * np.pi * overtone * hum_hz * at_s + rng.uniform(0.0, 2.0 * np.pi)
            x += size * np.sin(turn)
    return unit_power(x)


def rub(rng: np.random.Generator, count: int, rate_hz: float, per_min: float) -> F64:
    """Return friction of cloth and skin: ragged stretches of noise of mean square 1: (time,)."""
    loud = np.zeros(count)
    for begin_s in _instants(rng, count / rate_hz, per_min):
        start = int(begin_s * rate_hz)
        stop = min(count, start + int(rng.uniform(0.15, 1.5) * rate_hz))
        at = np.linspace(0.0, 1.0, stop - start)
        loud[start:stop] = np.clip(np.minimum(at, 1.0 - at) / 0.15, 0.0, 1.0)
    ragged = np.exp(0.7 * smooth_chance(rng, count, rate_hz, 12.0) - 0.5)
    slope = float(rng.uniform(0.5, 1.5))
    return loud * ragged * coloured(rng, count, rate_hz, FRICTION_HZ, slope)


def knock(rng: np.random.Generator, count: int, rate_hz: float, per_min: float) -> F64:
    """Return knocks: dull, short oscillations of peak 0.3 to 1 at random instants: (time,)."""
    x = np.zeros(count)
    for begin_s in _instants(rng, count / rate_hz, per_min):
        start = int(begin_s * rate_hz)
        after_s = np.arange(min(count - start, int(0.15 * rate_hz))) / rate_hz
        pitch_hz, decay_s = rng.uniform(20.0, 160.0), rng.uniform(0.004, 0.03)
        x[start : start + after_s.size] += (
            rng.uniform(0.3, 1.0) * np.exp(-after_s / decay_s)
            * np.cos(2.0 * np.pi * pitch_hz * after_s + rng.uniform(0.0, 6.0))
        )  # fmt: skip
    return x


def _instants(rng: np.random.Generator, duration_s: float, per_min: float) -> list[float]:
    many = rng.poisson(per_min * duration_s / 60.0)
    instants: list[float] = np.sort(rng.uniform(0.0, duration_s, many)).tolist()
    return instants
