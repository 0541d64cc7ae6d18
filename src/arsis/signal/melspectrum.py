"""Spectra of short frames in close steps: power in narrow bands, and log-mel bands.

A frame is a function of its own samples alone, and its sums are taken tap by tap in a fixed order
(a Fourier transform or a matrix product rounds differently with the number of frames), so frames
are the same to the last bit however the sound was cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64

FLOOR = np.float32(1e-10)
"""Added before the logarithm: a tone 100 dB below full scale, less than a 16-bit file can hold."""
CHUNK = 4096
"""Frames transformed at a time, so that they stay in the processor's cache."""


@dataclass(frozen=True)
class Frames:
    """How a sound is cut into overlapping frames and which pitches are looked at.

    Attributes
    ----------
    rate_hz
        Samples per second of the sound.
    frame_s
        Length of the Hann window; two pitches closer than about 2 / `frame_s` are not told apart.
    hop_s
        Step from one frame to the next.
    low_hz, high_hz
        Lowest and highest pitch.
    step_hz
        Step between the pitches at which the power is taken.
    bands
        Number of mel bands.
    """

    rate_hz: float = 1000.0
    frame_s: float = 0.05
    hop_s: float = 0.01
    low_hz: float = 25.0
    high_hz: float = 400.0
    step_hz: float = 12.5
    bands: int = 24

    @property
    def reach(self) -> int:
        """Samples that a frame needs before and behind the one in its middle."""
        return round(self.frame_s * self.rate_hz / 2.0)

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return round(self.hop_s * self.rate_hz)

    def count(self, samples: int) -> int:
        """Return how many whole frames stand in so many samples."""
        return max(0, (samples - 2 * self.reach - 1) // self.hop + 1)

    def pitches_hz(self) -> F64:
        """Return the pitches of `power_spectrum`, in Hz: (frequency,)."""
        steps = int((self.high_hz - self.low_hz) / self.step_hz + 1e-9)
        return self.low_hz + self.step_hz * np.arange(steps + 1, dtype=np.float64)


def power_spectrum(x: F32, frames: Frames) -> F32:
    """Return how strong each pitch is in each frame: (..., time) -> (..., frequency, frame).

    Frame j is centred on sample `reach + j * hop`. A sine of amplitude a at one of the pitches has
    the power a squared over two there, in the square of the sound's unit. NaN where a gap touches.
    """
    even, odd = _waves(frames)
    count = frames.count(x.shape[-1])
    power = np.empty((*x.shape[:-1], len(even), count), np.float32)
    for start in range(0, count, CHUNK):
        stop = min(count, start + CHUNK)
        begin = start * frames.hop
        piece = x[..., begin : (stop - 1) * frames.hop + 2 * frames.reach + 1]
        power[..., start:stop] = _power(piece, even, odd, frames.hop)
    return power


def log_mel(x: F32, frames: Frames) -> F32:
    """Return the loudness of each mel band in each frame: (..., time) -> (..., band, frame).

    The natural logarithm of the power in triangular bands that are evenly spaced on the mel scale
    (Stevens, Volkmann and Newman, J. Acoust. Soc. Am. 8, 1937; formula of O'Shaughnessy, Speech
    Communication, 1987; triangles of Davis and Mermelstein, IEEE Trans. ASSP 28, 1980), above a
    floor of -100 dB. Frames stand as in `power_spectrum`; NaN where a gap touches.
    """
    power = power_spectrum(x, frames)
    weights = mel_weights(frames)
    bands = np.zeros((*power.shape[:-2], frames.bands, power.shape[-1]), np.float32)
    for band, column in enumerate(weights):
        for pitch in np.flatnonzero(column):
            bands[..., band, :] += power[..., pitch, :] * column[pitch]
    bands += FLOOR
    return np.log(bands, out=bands)


@lru_cache(maxsize=8)
def mel_weights(frames: Frames) -> F32:
    """Return what each pitch adds to each band: (band, frequency); each band's weights sum to 1."""
    edges_hz = _from_mel(
        np.linspace(_to_mel(frames.low_hz), _to_mel(frames.high_hz), frames.bands + 2)
    )
    pitches_hz = frames.pitches_hz()
    lower, top, upper = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    # A band narrower than the pitches' step would hold none: its sides reach one step at least.
    rise = (pitches_hz - np.minimum(lower, top - frames.step_hz)) / np.maximum(
        top - lower, frames.step_hz
    )
    fall = (np.maximum(upper, top + frames.step_hz) - pitches_hz) / np.maximum(
        upper - top, frames.step_hz
    )
    weights = np.maximum(0.0, np.minimum(rise, fall))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _power(x: F32, even: F32, odd: F32, hop: int) -> F32:
    """(..., time) -> (..., frequency, frame), the waves' halves being (frequency, reach + 1)."""
    reach = even.shape[1] - 1
    last = x.shape[-1] - 2 * reach
    cosine = x[..., None, reach : reach + last : hop] * even[:, :1]
    sine = np.zeros_like(cosine)
    term = np.empty_like(cosine)
    for k in range(1, reach + 1):
        earlier = x[..., None, reach - k : reach - k + last : hop]
        later = x[..., None, reach + k : reach + k + last : hop]
        cosine += np.multiply(earlier + later, even[:, k : k + 1], out=term)
        sine += np.multiply(later - earlier, odd[:, k : k + 1], out=term)
    power: F32 = cosine * cosine
    power += np.multiply(sine, sine, out=term)
    return power


@lru_cache(maxsize=8)
def _waves(frames: Frames) -> tuple[F32, F32]:
    """Return the later halves of the windowed cosines and sines: each (frequency, reach + 1)."""
    at = np.arange(frames.reach + 1)
    window = 0.5 + 0.5 * np.cos(np.pi * at / (frames.reach + 1))
    window /= window[0] + 2.0 * window[1:].sum()
    turn = 2.0 * np.pi * frames.pitches_hz()[:, None] / frames.rate_hz * at
    waves = np.sqrt(2.0) * window * np.cos(turn), np.sqrt(2.0) * window * np.sin(turn)
    return np.asarray(waves[0], np.float32), np.asarray(waves[1], np.float32)


def _to_mel(pitch_hz: float) -> float:
    return 2595.0 * float(np.log10(1.0 + pitch_hz / 700.0))


def _from_mel(mel: F64) -> F64:
    pitch_hz: F64 = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    return pitch_hz
