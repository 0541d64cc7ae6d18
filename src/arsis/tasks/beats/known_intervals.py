"""Simulated ECGs whose QRS width and QT are known: what the delineation is verified on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.recording import Mark, Recording, from_array

if TYPE_CHECKING:
    from arsis.core.arrays import F64

_Q, _R, _S = (-0.028, 0.009), (0.0, 0.011), (0.030, 0.011)
_P = (-0.15, 0.020)
_EDGE = 2.0
"""The steepest tangent of a Gaussian meets its level two standard deviations from the middle."""
_BEGIN, _END = _Q[0] - _EDGE * _Q[1], _S[0] + _EDGE * _S[1]
NARROW_S = _END - _BEGIN
"""Width of the QRS that is not stretched."""


@dataclass(frozen=True)
class Shape:
    """What one simulated recording is made of; all beats are alike but for their RR interval.

    Attributes
    ----------
    rate_bpm, qrs_s, qt_s
        Mean rate; QRS from the tangent to Q to that to S; QT to the tangent to the end of T.
    t_mv
        Height of T in the two leads.
    noise_mv
        Standard deviation of white noise.
    """

    rate_bpm: float = 70.0
    qrs_s: float = NARROW_S
    qt_s: float = 0.40
    t_mv: tuple[float, float] = (0.28, 0.18)
    noise_mv: float = 0.02


def timed(seed: int, shape: Shape, duration_s: float = 60.0, rate_hz: float = 360.0) -> Recording:
    """Return a recording of two leads in mV with such beats, and these as its marks."""
    rng = np.random.default_rng(seed)
    mean_s = 60.0 / shape.rate_bpm
    rr_s = mean_s * (1 + 0.03 * rng.standard_normal(int(duration_s / mean_s) + 2).clip(-2, 2))
    at_s = 0.5 + np.cumsum(rr_s)
    at_s = at_s[at_s < duration_s - 0.7]
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    x = np.zeros((2, len(time_s)))
    for beat_s in at_s.tolist():
        near = slice(*np.searchsorted(time_s, [beat_s - 0.4, beat_s + 0.9]))
        x[:, near] += _beat(time_s[near] - beat_s, shape)
    x += 0.08 * np.sin(2 * np.pi * 0.25 * time_s + rng.uniform(0, 6, (2, 1)))
    x += rng.normal(0, shape.noise_mv, x.shape)
    name = f"timed-{seed}"
    made = from_array(x.astype(np.float32), rate_hz, names=("MLII", "V1"), unit="mV", name=name)
    marks = tuple(Mark(round(each, 6), "N", source="truth") for each in at_s.tolist())
    return Recording(name, made.channels, lambda: marks, subject=name)


def _beat(after_s: F64, shape: Shape) -> F64:
    """Return one beat: (time,) seconds after its R peak -> (2, time) in mV."""
    stretch = shape.qrs_s / NARROW_S
    t_width_s = 0.11 * shape.qt_s
    t_centre_s = shape.qt_s + stretch * _BEGIN - _EDGE * t_width_s
    waves = (
        (*_P, 0.12, 0.07),
        (stretch * _Q[0], stretch * _Q[1], -0.10, 0.05),
        (stretch * _R[0], stretch * _R[1], 1.15, 0.35),
        (stretch * _S[0], stretch * _S[1], -0.22, -0.70),
        (t_centre_s, t_width_s, *shape.t_mv),
    )
    x: F64 = np.zeros((2, len(after_s)))
    for centre_s, width_s, *heights_mv in waves:
        wave = np.exp(-0.5 * ((after_s - centre_s) / width_s) ** 2)
        x += np.array(heights_mv)[:, None] * wave
    return x
