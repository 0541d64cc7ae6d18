"""What a simulated heart sounds like: S1, S2, S3, S4 and murmurs, without any noise around."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from arsis.tasks.sounds.noise import coloured

if TYPE_CHECKING:
    from arsis.core.arrays import F64
    from arsis.tasks.sounds.beating import Cycles


@dataclass(frozen=True)
class Ring:
    """One damped oscillation of a heart sound.

    Attributes
    ----------
    delay_s
        From the onset of the sound.
    pitch_hz, size
        Of the oscillation; sizes are relative to one another.
    rise_s, decay_s
        How fast it swells and dies away.
    """

    delay_s: float
    pitch_hz: float
    size: float
    rise_s: float
    decay_s: float


FIRST = (
    Ring(0.000, 29.0, 0.50, 0.020, 0.045),
    Ring(0.012, 43.0, 1.00, 0.016, 0.028),
    Ring(0.040, 70.0, 0.90, 0.008, 0.018),
    Ring(0.025, 110.0, 0.60, 0.005, 0.012),
    Ring(0.040, 175.0, 0.35, 0.003, 0.009),
)
SECOND = (
    Ring(0.000, 44.0, 0.60, 0.010, 0.030),
    Ring(0.004, 70.0, 1.00, 0.006, 0.018),
    Ring(0.004, 122.0, 0.80, 0.004, 0.010),
    Ring(0.006, 205.0, 0.45, 0.002, 0.006),
    Ring(0.034, 92.0, 0.70, 0.005, 0.013),
)
"""Mitral and tricuspid closure are deep and long, aortic and pulmonary (the last) higher and short.

Pitches as measured by Arnott et al. (J. Biomed. Eng. 6, 1984) and in children's recordings:
S1 strongest at 30 to 60 Hz and 10 dB less at 150 Hz, S2 at 50 to 130 Hz.
"""
THIRD = (Ring(0.0, 33.0, 1.0, 0.012, 0.022),)
FOURTH = (Ring(0.0, 26.0, 1.0, 0.012, 0.022),)
EXTRA_S = 0.07
"""How long S3 and S4 last."""
THIRD_AFTER_S, FOURTH_BEFORE_S = 0.13, 0.10
SPLIT = 4
"""Number of the ring of SECOND that comes later while breathing in."""
FADE = 0.3
"""Share of a sound's length over which it is brought to nothing, so that it ends with its label."""


@dataclass(frozen=True)
class Murmur:
    """A noise of streaming blood in one part of the beat.

    Attributes
    ----------
    phase
        Where it is heard.
    course
        How its loudness goes: swelling and falling ("diamond"), even ("plateau"), falling or
        rising.
    loudness
        Against S1, in amplitude.
    low_hz, high_hz
        Its band. A narrow one sounds musical (Still's murmur: about 70 to 140 Hz).
    """

    phase: Literal["systole", "diastole"] = "systole"
    course: Literal["diamond", "plateau", "falling", "rising"] = "diamond"
    loudness: float = 0.1
    low_hz: float = 90.0
    high_hz: float = 350.0


@dataclass(frozen=True)
class Heart:
    """What a simulated heart sounds like at one place on the chest.

    Attributes
    ----------
    s1, s2, s3, s4
        Loudness of the sounds. S2 is louder than S1 over the base of the heart, fainter over the
        apex; S3 and S4 are 0 in most people and fall away where the beat leaves no room.
    sway
        How far breathing changes the loudness, as a share.
    unevenness
        How far each ring's size is left to chance from beat to beat, as a share.
    variety
        How far this heart's pitches and decays are from the usual ones, as a share.
    murmurs
        Any number of them.
    """

    s1: float = 1.0
    s2: float = 0.8
    s3: float = 0.0
    s4: float = 0.0
    sway: float = 0.15
    unevenness: float = 0.08
    variety: float = 0.15
    murmurs: tuple[Murmur, ...] = ()


def sound(
    rng: np.random.Generator, cycles: Cycles, count: int, rate_hz: float, heart: Heart
) -> F64:
    """Return S1 to S4 and the murmurs of these cycles from time 0 on: (time,)."""
    x = np.zeros(count)
    first, second = (_vary(rng, rings, heart.variety) for rings in (FIRST, SECOND))
    third, fourth = (_vary(rng, rings, heart.variety) for rings in (THIRD, FOURTH))
    columns = (cycles.edges_s.tolist(), cycles.early.tolist(), cycles.breath.tolist())
    for edges_s, early, breath in zip(*columns, strict=True):
        s1_s, systole_s, s2_s, diastole_s, next_s = edges_s
        # An early beat finds the valves wide open and the heart half filled.
        loud, faint = (1.25, 0.6) if early else (1.0, 1.0)
        sway = 1.0 + heart.sway * breath
        split = replace(second[SPLIT], delay_s=second[SPLIT].delay_s * (1.0 + 0.4 * breath))
        parts = [
            (first, heart.s1 * loud * sway, s1_s, systole_s),
            ((*second[:SPLIT], split), heart.s2 * faint * sway, s2_s, diastole_s),
        ]
        third_s, fourth_s = s2_s + THIRD_AFTER_S, next_s - FOURTH_BEFORE_S
        if heart.s3 and diastole_s < third_s and third_s + EXTRA_S < next_s:
            parts.append((third, heart.s3, third_s, third_s + EXTRA_S))
        if heart.s4 and fourth_s > max(diastole_s, third_s + EXTRA_S if heart.s3 else diastole_s):
            parts.append((fourth, heart.s4, fourth_s, fourth_s + EXTRA_S))
        for rings, size, begin_s, end_s in parts:
            _add(x, rate_hz, (begin_s, end_s), _uneven(rng, rings, size, heart.unevenness))
    for murmur in heart.murmurs:
        x += _murmur(rng, cycles, count, rate_hz, murmur) * heart.s1
    return x


def _vary(rng: np.random.Generator, rings: tuple[Ring, ...], share: float) -> tuple[Ring, ...]:
    """Return the rings of one heart: each pitch and decay a little different."""
    factors = np.exp(share * rng.normal(size=(len(rings), 3))).tolist()
    return tuple(
        replace(ring, pitch_hz=ring.pitch_hz * p, decay_s=ring.decay_s * d, size=ring.size * s)
        for ring, (p, d, s) in zip(rings, factors, strict=True)
    )


def _uneven(
    rng: np.random.Generator, rings: tuple[Ring, ...], size: float, share: float
) -> tuple[Ring, ...]:
    """Return the rings of one beat at a loudness."""
    factors = (size * np.exp(share * rng.normal(size=len(rings)))).tolist()
    return tuple(replace(ring, size=ring.size * f) for ring, f in zip(rings, factors, strict=True))


def _add(x: F64, rate_hz: float, span_s: tuple[float, float], rings: tuple[Ring, ...]) -> None:
    """Add a sound that fills exactly `span_s`; a short span squeezes its rings together."""
    begin_s, end_s = span_s
    start, stop = max(0, int(np.ceil(begin_s * rate_hz))), min(x.size, int(end_s * rate_hz) + 1)
    if start >= stop:
        return
    after_s = np.arange(start, stop) / rate_hz - begin_s
    left = np.clip((end_s - begin_s - after_s) / (FADE * (end_s - begin_s)), 0.0, 1.0)
    fade = 0.5 - 0.5 * np.cos(np.pi * left)
    for ring in rings:
        x[start:stop] += fade * _ring(after_s, ring, min(1.0, (end_s - begin_s) / 0.1))


def _ring(after_s: F64, ring: Ring, squeeze: float) -> F64:
    own_s = np.maximum(after_s - ring.delay_s * squeeze, 0.0)
    swell = 1.0 - np.exp(-((own_s / ring.rise_s) ** 2))
    decay = np.exp(-own_s / (ring.decay_s * squeeze))
    wave: F64 = ring.size * swell * decay * np.sin(2.0 * np.pi * ring.pitch_hz * own_s)
    return wave


def _murmur(
    rng: np.random.Generator, cycles: Cycles, count: int, rate_hz: float, murmur: Murmur
) -> F64:
    """Return one murmur over all cycles: (time,); its loudness is its peak's effective value."""
    course = np.zeros(count)
    begin, end = (0, 2) if murmur.phase == "systole" else (2, 4)
    for edges_s in cycles.edges_s.tolist():
        start = max(0, int(np.ceil(edges_s[begin] * rate_hz)))
        stop = max(start, min(count, int(edges_s[end] * rate_hz)))
        at = (np.arange(start, stop) / rate_hz - edges_s[begin]) / (edges_s[end] - edges_s[begin])
        course[start:stop] = _course(at, murmur.course)
    noise = coloured(rng, count, rate_hz, (murmur.low_hz, murmur.high_hz), 1.0)
    return murmur.loudness * course * noise


def _course(at: F64, course: str) -> F64:
    """Return the loudness along a phase, `at` going from 0 to 1."""
    edge: F64 = np.clip(np.minimum(at, 1.0 - at) / 0.1, 0.0, 1.0)
    shapes = {
        "diamond": np.sin(np.pi * at),
        "plateau": np.ones_like(at),
        "falling": 1.0 - at,
        "rising": at,
    }
    shaped: F64 = edge * shapes[course]
    return shaped
