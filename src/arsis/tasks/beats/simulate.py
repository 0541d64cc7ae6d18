"""Simulated two-lead ECG with known beats: for the demonstration, the tests and the examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.recording import Mark, Recording, from_array

if TYPE_CHECKING:
    from arsis.core.arrays import F64

# A wave is a Gaussian: (centre after the R peak in s, width in s, amplitude in lead 1 and 2 in mV).
_P = (-0.16, 0.022, 0.14, 0.08)
_NORMAL = ((-0.028, 0.009, -0.10, 0.05), (0.0, 0.011, 1.15, 0.35), (0.03, 0.011, -0.22, -0.70))
_T = (0.27, 0.045, 0.28, 0.18)
_WIDE = ((0.0, 0.030, 1.6, -1.4), (0.06, 0.035, -0.5, 0.6), (0.30, 0.06, -0.45, 0.40))
_SHAPES = {
    "N": (_P, *_NORMAL, _T),
    "A": ((-0.13, 0.016, -0.07, 0.06), *_NORMAL, _T),
    "V": _WIDE,
}


@dataclass(frozen=True)
class Patient:
    """How a simulated person's heart beats.

    Attributes
    ----------
    rate_bpm
        Mean heart rate between ectopic beats.
    share_s, share_v
        Share of supraventricular and of ventricular ectopic beats.
    noise_mv
        Standard deviation of the muscle noise.
    wander_mv
        Amplitude of the baseline's wander with the breath.
    """

    rate_bpm: float = 68.0
    share_s: float = 0.04
    share_v: float = 0.05
    noise_mv: float = 0.015
    wander_mv: float = 0.08


def simulate(
    seed: int, duration_s: float = 120.0, rate_hz: float = 360.0, patient: Patient | None = None
) -> Recording:
    """Return a simulated recording of two leads in mV with the true beats as its marks.

    Waves are sums of Gaussians (after McSharry et al., IEEE Trans. Biomed. Eng. 50, 2003); an
    ectopic beat comes early, a ventricular one is wide, has no P wave and is followed by a pause.
    """
    patient = patient or Patient()
    rng = np.random.default_rng(seed)
    marks = _beats(rng, duration_s, patient)
    x = _waves(marks, round(duration_s * rate_hz), rate_hz)
    time_s = np.arange(x.shape[1]) / rate_hz
    x += patient.wander_mv * np.sin(2 * np.pi * 0.25 * time_s + rng.uniform(0, 6, (2, 1)))
    x += rng.normal(0, patient.noise_mv, x.shape)
    recording = from_array(
        x.astype(np.float32), rate_hz, names=("MLII", "V1"), unit="mV", name=f"simulated-{seed}"
    )
    return Recording(recording.name, recording.channels, lambda: marks, subject=f"simulated-{seed}")


def _beats(rng: np.random.Generator, duration_s: float, patient: Patient) -> tuple[Mark, ...]:
    """Return beats with breathing and slower modulation of the RR interval, and ectopic ones."""
    normal_s = 60.0 / patient.rate_bpm
    marks: list[Mark] = []
    time_s, kind = 0.5, "N"
    while time_s < duration_s - 0.5:
        marks.append(Mark(round(time_s, 6), kind, source="truth"))
        modulation = 0.04 * np.sin(2 * np.pi * 0.25 * time_s) + 0.02 * np.sin(0.6 * time_s)
        interval_s = normal_s * (1 + modulation + rng.normal(0, 0.01))
        pause = kind == "V"
        draw = rng.random()
        kind = "N"
        if not pause and len(marks) > 10 and draw < patient.share_s + patient.share_v:
            kind = "A" if draw < patient.share_s else "V"
        factor = {"N": 1.35 if pause else 1.0, "A": 0.68, "V": 0.62}[kind]
        time_s += interval_s * factor
    return tuple(marks)


def _waves(marks: tuple[Mark, ...], length: int, rate_hz: float) -> F64:
    """Return the beats' waves: (2, time), in mV."""
    x = np.zeros((2, length))
    for mark in marks:
        start = max(0, int((mark.time_s - 0.5) * rate_hz))
        stop = min(length, int((mark.time_s + 0.8) * rate_hz))
        after_s = np.arange(start, stop) / rate_hz - mark.time_s
        for centre_s, width_s, first_mv, second_mv in _SHAPES[mark.label]:
            wave = np.exp(-0.5 * ((after_s - centre_s) / width_s) ** 2)
            x[0, start:stop] += first_mv * wave
            x[1, start:stop] += second_mv * wave
    return x


def example(seed: int) -> Recording:
    """Return a simulated recording of 90 s, as the contract tests take it."""
    return simulate(seed, duration_s=90.0)
