"""How loud a sound is from moment to moment: three envelopes of stated reach.

Each output sample depends on the sound within its reach alone, the delay is removed, and no cut
changes a bit (see `arsis.signal.fir`). All take a band-passed sound.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from arsis.signal.fir import filter_even, filter_odd, hilbert, low_pass

if TYPE_CHECKING:
    from arsis.core.arrays import F32

HILBERT_HALF_S = 0.04
SMOOTH_HZ = 8.0
SMOOTH_HALF_S = 0.08
QUIET = np.float32(1e-6)
"""Keeps the logarithm of silence finite: 120 dB below full scale."""
MORLET_OMEGA = 6.0
"""Radians of its wave per width of the Morlet wavelet, at which its mean is next to nothing."""
MORLET_WIDTHS = 3.0


def hilbert_reach(rate_hz: float) -> int:
    """Count the samples that `hilbert_envelope` loses at either end."""
    return round(HILBERT_HALF_S * rate_hz)


def hilbert_envelope(x: F32, rate_hz: float) -> F32:
    """Return the size of a wave wherever in the wave one looks, in the sound's unit.

    The amplitude of the analytic signal, its odd part from a filter of `HILBERT_HALF_S`
    (true above about 25 Hz). (..., time) -> (..., time - 2 * hilbert_reach).
    """
    taps = _hilbert_taps(rate_hz)
    reach = taps.size - 1
    shifted = filter_odd(x, taps)
    middle = x[..., reach : reach + shifted.shape[-1]]
    size: F32 = np.sqrt(middle * middle + shifted * shifted)
    return size


def homomorphic_reach(rate_hz: float) -> int:
    """Count the samples that `homomorphic_envelope` loses at either end."""
    return hilbert_reach(rate_hz) + round(SMOOTH_HALF_S * rate_hz)


def homomorphic_envelope(x: F32, rate_hz: float) -> F32:
    """Return a smooth envelope in which faint sounds still show, in the sound's unit.

    The logarithm of the analytic amplitude, smoothed at 8 Hz, and back (Rezek and Roberts,
    Imperial College, 1998; Schmidt et al., Physiol. Meas. 31, 2010). Theirs runs a recursive
    filter to and fro over the whole recording; this kernel is symmetric, of `SMOOTH_HALF_S`.
    (..., time) -> (..., time - 2 * homomorphic_reach).
    """
    loud = hilbert_envelope(x, rate_hz)
    np.log(np.maximum(loud, QUIET, out=loud), out=loud)
    smooth = filter_even(loud, _smooth_taps(rate_hz))
    return np.exp(smooth, out=smooth)


def wavelet_reach(rate_hz: float, pitch_hz: float) -> int:
    """Count the samples that `wavelet_envelope` loses at either end."""
    return round(MORLET_WIDTHS * MORLET_OMEGA / (2.0 * np.pi * pitch_hz) * rate_hz)


def wavelet_envelope(x: F32, rate_hz: float, pitch_hz: float) -> F32:
    """Return how loud the sound is at one pitch: a sine of amplitude a there gives a.

    Modulus of the wavelet transform with Morlet's wavelet, omega_0 = 6 (Torrence and Compo, Bull.
    Am. Meteorol. Soc. 79, 1998). (..., time) -> (..., time - 2 * wavelet_reach).
    """
    even, odd = _morlet(rate_hz, pitch_hz)
    cosine, sine = filter_even(x, even), filter_odd(x, odd)
    size: F32 = np.sqrt(cosine * cosine + sine * sine)
    return size


@lru_cache(maxsize=8)
def _hilbert_taps(rate_hz: float) -> F32:
    return hilbert(rate_hz, HILBERT_HALF_S)


@lru_cache(maxsize=8)
def _smooth_taps(rate_hz: float) -> F32:
    return low_pass(SMOOTH_HZ, rate_hz, SMOOTH_HALF_S)


@lru_cache(maxsize=32)
def _morlet(rate_hz: float, pitch_hz: float) -> tuple[F32, F32]:
    """Return the halves of the wavelet's cosine and sine: each (reach + 1,)."""
    at = np.arange(wavelet_reach(rate_hz, pitch_hz) + 1)
    turn = 2.0 * np.pi * pitch_hz * at / rate_hz
    bell = np.exp(-0.5 * (turn / MORLET_OMEGA) ** 2)
    bell *= 2.0 / (bell[0] + 2.0 * bell[1:].sum())
    even, odd = bell * np.cos(turn), bell * np.sin(turn)
    return np.asarray(even, np.float32), np.asarray(odd, np.float32)
