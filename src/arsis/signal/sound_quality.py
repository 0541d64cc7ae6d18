"""How well a heart could be heard in a stretch of sound, whatever is then found in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.signal.melspectrum import Frames, power_spectrum

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64

LOUDEST = 0.985
"""A sample this near to full scale is clipped; resampling rounds the edges off."""
HEART_HZ = 150.0
"""Most of the power of S1 and S2 lies below (Arnott et al., J. Biomed. Eng. 6, 1984)."""
SHORTEST_S, LONGEST_S = 0.3, 2.0
"""Heart beats follow one another in this time (200 to 30 bpm)."""
BLOCK = 32
"""Windows looked at together, so that they stay in the processor's cache."""
SILENCE = np.float32(1e-10)
# Where each sign begins to tell and where it has told all.
PERIODIC = (0.1, 0.6)
PEAKED = (0.95, 0.5)
DEEP = (0.35, 0.75)
CLIPPED = (0.05, 0.0)


@dataclass(frozen=True)
class SoundQuality:
    """Signs of a heart to be heard in windows of sound; each (window,).

    Attributes
    ----------
    index
        From 0 (nothing can be told) to 1 (a clear, periodic, deep sound).
    clipped
        Share of the samples that reach full scale.
    periodicity
        Highest autocorrelation of the loudness at 0.3 to 2 s, at most half of the window.
    in_band
        Share of the power of 25 to 400 Hz that lies below 150 Hz.
    flatness
        Geometric over arithmetic mean of the power at the pitches: 1 for white noise.
    """

    index: F32
    clipped: F32
    periodicity: F32
    in_band: F32
    flatness: F32


def sound_quality(x: F32, rate_hz: float) -> SoundQuality:
    """Say how well a heart could be heard in each window: (window, time) -> (window,) each.

    `x` is in shares of full scale, unfiltered, 3 s or more; a gap (NaN) counts as silence and
    lowers the index by its share. The autocorrelation of the loudness as a sign of quality comes
    from Springer et al. (J. Med. Eng. Technol. 40, 2016), flatness from Johnston (IEEE J. Sel.
    Areas Commun. 6, 1988). A window is judged by itself: neither its neighbours nor their number
    change a bit. Noise that swells and fades in time has a high index: it says how well a heart
    could be heard, not that there is one.
    """
    parts = [_judge(x[start : start + BLOCK], rate_hz) for start in range(0, len(x), BLOCK)]
    rows = np.concatenate([np.empty((0, 5), np.float32), *parts])
    return SoundQuality(*np.ascontiguousarray(rows.T))


def _judge(x: F32, rate_hz: float) -> F32:
    """Return the five numbers of each window: (window, time) -> (window, 5)."""
    measured = ~np.isnan(x)
    x = np.where(measured, x, np.float32(0.0))
    clipped = (np.abs(x) >= LOUDEST).mean(axis=1)
    frames = Frames(rate_hz=rate_hz, frame_s=0.04, hop_s=0.02, step_hz=25.0)
    # Made double beforehand: sums that convert as they go round by the place in a buffer.
    power = power_spectrum(x, frames).astype(np.float64)
    mean = power.mean(axis=2) + SILENCE
    deep = frames.pitches_hz() <= HEART_HZ
    in_band = mean[:, deep].sum(axis=1) / mean.sum(axis=1)
    flatness = np.exp(np.log(mean).mean(axis=1)) / mean.mean(axis=1)
    loudness = np.sqrt(power[:, deep].sum(axis=1))
    periodicity = _periodicity(loudness, 1.0 / frames.hop_s)
    index = _told(periodicity, PERIODIC) * _told(clipped, CLIPPED) * measured.mean(axis=1)
    index *= np.sqrt(_told(in_band, DEEP) * _told(flatness, PEAKED))
    return np.stack([index, clipped, periodicity, in_band, flatness], axis=1).astype(np.float32)


def _periodicity(loudness: F64, rate_hz: float) -> F64:
    """Return the highest peak of the autocorrelation: (window, time) -> (window,), 0 = none."""
    count = loudness.shape[1]
    longest = min(round(LONGEST_S * rate_hz), count // 2)
    lags = np.arange(round(SHORTEST_S * rate_hz) - 1, longest + 2)
    around = loudness - loudness.mean(axis=1, keepdims=True)
    squares = np.cumsum(around**2, axis=1)
    found = np.zeros((len(loudness), lags.size))
    for column, lag in enumerate(lags.tolist()):
        together = (around[:, : count - lag] * around[:, lag:]).sum(axis=1)
        size = squares[:, count - lag - 1] * (squares[:, -1] - squares[:, lag - 1])
        found[:, column] = together / np.sqrt(np.maximum(size, SILENCE**2))
    inner = found[:, 1:-1]
    crest = (inner >= found[:, :-2]) & (inner >= found[:, 2:])
    highest: F64 = np.where(crest, inner, 0.0).max(axis=1).clip(0.0, 1.0)
    return highest


def _told(sign: F64, span: tuple[float, float]) -> F64:
    """Return 0 at the first end of the span, 1 at the second, a straight line between."""
    share: F64 = np.clip((sign - span[0]) / (span[1] - span[0]), 0.0, 1.0)
    return share
