"""The spectrogram that the first published network for heart rate from sound took as its input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64

LENGTH, STEP = 256, 128
TAPER = 0.25
"""Share of the window that its two cosine flanks take (Tukey 1967)."""


def segment_spectrum(x: F32, rate_hz: float) -> F32:
    """Return the power of each pitch in half-overlapping segments of a sound.

    Power per Hz of segments of 256 samples in steps of 128, each less its mean, under a Tukey
    window (Welch, IEEE Trans. Audio 15, 1967): 129 pitches from 0 to half of `rate_hz`. Five
    seconds at 1 kHz give 129 x 38. (window, time) -> (window, 129, segment), in the square of the
    sound's unit per Hz.
    """
    window = _tukey()
    segments = np.lib.stride_tricks.sliding_window_view(x, LENGTH, axis=1)[:, ::STEP]
    segments = segments.astype(np.float64)
    segments = (segments - segments.mean(axis=2, keepdims=True)) * window
    wave = np.fft.rfft(segments, axis=2)
    power = (wave.real**2 + wave.imag**2) / (rate_hz * np.sum(window**2))
    power[..., 1:-1] *= 2.0  # the pitches that stand for their negative twins too
    return np.swapaxes(power, 1, 2).astype(np.float32)


def _tukey() -> F64:
    """Return the periodic Tukey window: (256,)."""
    flank = TAPER * LENGTH / 2.0
    at = np.arange(LENGTH)
    inwards = np.minimum(at, LENGTH - at) / flank
    return np.where(inwards < 1.0, 0.5 - 0.5 * np.cos(np.pi * inwards), 1.0)
