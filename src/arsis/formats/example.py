"""A tiny simulated recording, which every format writes in its own way for the contract tests."""

from __future__ import annotations

import numpy as np

from arsis.core.recording import Mark, Recording, from_array


def simulated(seconds: int = 8, rate_hz: int = 100) -> Recording:
    """Return two made-up channels in mV with a spike every second, a gap, and marks on spikes."""
    at_s = np.arange(seconds * rate_hz) / rate_hz
    spike = np.exp(-(((at_s + 0.5) % 1.0 - 0.5) ** 2) / 2e-4)
    x = np.stack([spike + 0.1 * np.sin(at_s), 0.5 * spike - 0.2 * np.cos(2 * at_s)])
    x[1, 2 * rate_hz : 3 * rate_hz] = np.nan
    made = from_array(x.astype(np.float32), rate_hz, names=("II", "V1"), unit="mV", name="example")
    marks = tuple(Mark(float(beat), "N", 0.0, "", "atr") for beat in range(1, seconds))
    return Recording(made.name, made.channels, load_marks=lambda: marks)


def simulated_sound(seconds: int = 8, rate_hz: int = 4000) -> Recording:
    """Return two made-up channels of sound: a thump every second over a hum, half as loud right."""
    at_s = np.arange(seconds * rate_hz) / rate_hz
    since_s = (at_s + 0.5) % 1.0 - 0.5
    thump = np.exp(-(since_s**2) / 5e-4) * np.sin(2 * np.pi * 60 * at_s)
    x = np.stack([0.8 * thump, 0.4 * thump]) + 0.05 * np.sin(2 * np.pi * 50 * at_s)
    return from_array(
        x.astype(np.float32), rate_hz, names=("left", "right"), unit="FS", name="example"
    )


def simulated_watch(seconds: int = 4, rate_hz: float = 511.562) -> Recording:
    """Return one made-up lead in µV with a spike every second, as a watch would record it."""
    at_s = np.arange(int(seconds * rate_hz)) / rate_hz
    spike = 900.0 * np.exp(-(((at_s + 0.5) % 1.0 - 0.5) ** 2) / 2e-4)
    x = np.round(spike + 50.0 * np.sin(at_s), 3)[None]
    return from_array(x.astype(np.float32), rate_hz, names=("I",), unit="µV", name="example")
