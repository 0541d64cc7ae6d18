"""The simple pulses that an early network for heart rate from sound was taught with.

Half of a bell for each beat, white noise and nothing else: kept as an example, because a network
that fails on it fails on anything. Its published labels were wrong and are put right here: the
rate was the number of pulses in five seconds times 12, thus a multiple of 12 and more than 5 bpm
too high on average, and the spread divided by the number of intervals and not by one less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.recording import Mark, Recording, from_array

if TYPE_CHECKING:
    from arsis.core.arrays import F64

DURATION_S, RATE_HZ = 5.0, 1000.0
SHORTEST_S = 0.1


@dataclass(frozen=True)
class Pulses:
    """A recording of pulses and what is true of it.

    Attributes
    ----------
    recording
        One channel, with a mark "S1" at each pulse.
    heart_rate_bpm
        60 over the mean interval between the pulses that are in the recording.
    sdnn_s
        Standard deviation of these intervals (of a sample: over their number less one).
    """

    recording: Recording
    heart_rate_bpm: float
    sdnn_s: float


def pulses(seed: int) -> Pulses:
    """Return five seconds of simple pulses at 50 to 120 bpm with their true rate and spread."""
    rng = np.random.default_rng(seed)
    usual_s, spread_s = 60.0 / rng.uniform(50.0, 120.0), rng.uniform(0.005, 0.05)
    at_s = [0.0]
    while at_s[-1] < DURATION_S:
        at_s.append(at_s[-1] + max(SHORTEST_S, float(rng.normal(usual_s, spread_s))))
    beats_s = np.array(at_s[:-1])
    x = _bells(rng, beats_s)
    snr_db = rng.uniform(5.0, 25.0)
    x += np.sqrt(np.mean(x**2) / 10.0 ** (snr_db / 10.0)) * rng.normal(size=x.size)
    x /= np.max(np.abs(x))
    name = f"simulated-pulses-{seed}"
    made = from_array(x.astype(np.float32), RATE_HZ, names=("sound",), unit="FS", name=name)
    marks = tuple(Mark(time_s, "S1", source="truth") for time_s in beats_s.tolist())
    interval_s = np.diff(beats_s)
    return Pulses(
        Recording(name, made.channels, lambda: marks, subject=name),
        heart_rate_bpm=float(60.0 / interval_s.mean()),
        sdnn_s=float(interval_s.std(ddof=1)),
    )


def _bells(rng: np.random.Generator, beats_s: F64) -> F64:
    """Return the later half of a bell at each beat: (time,)."""
    at_s = np.arange(round(DURATION_S * RATE_HZ)) / RATE_HZ
    x = np.zeros(at_s.size)
    for time_s in beats_s.tolist():
        width_s, size = rng.uniform(0.03, 0.07) / 6.0, rng.uniform(0.8, 1.2)
        after_s = at_s - time_s
        x += np.where(after_s >= 0.0, size * np.exp(-((after_s / width_s) ** 2)), 0.0)
    return x
