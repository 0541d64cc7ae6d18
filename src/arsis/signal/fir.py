"""Symmetric (linear-phase) filters of stated reach, which give the same sums however one cuts.

A filter is stored as half of itself: `taps[0]` stands in the middle, `taps[k]` on both sides.
Every output sample adds the same products in the same order, so no cut, no length and no
neighbour changes its last bit; a gap (NaN) spreads no further than the filter's reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import SettingError

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64

CHUNK = 16384
"""Samples filtered at a time, so that they stay in the processor's cache."""


def band_pass(low_hz: float, high_hz: float, rate_hz: float, half_s: float = 0.05) -> F32:
    """Make a filter that keeps the pitches between `low_hz` and `high_hz`: (tap,).

    A sinc under a Hamming window, of gain 1 at the middle of the band, as `scipy.signal.firwin`
    makes it (window method: Oppenheim and Schafer, Discrete-Time Signal Processing, 1989). The
    delay is `half_s`.

    Raises
    ------
    SettingError
        If the band does not lie between 0 and half of `rate_hz`.
    """
    _check_band(low_hz, high_hz, rate_hz)
    at = np.arange(round(half_s * rate_hz) + 1)
    high, low = 2.0 * high_hz / rate_hz, 2.0 * low_hz / rate_hz
    taps = (high * np.sinc(high * at) - low * np.sinc(low * at)) * _hamming(at.size)
    return _scaled(taps, (low_hz + high_hz) / 2.0 if low_hz else 0.0, rate_hz)


def low_pass(cutoff_hz: float, rate_hz: float, half_s: float) -> F32:
    """Make a filter that keeps the pitches below `cutoff_hz`, of gain 1 at rest: (tap,).

    Raises
    ------
    SettingError
        If the cut-off does not lie between 0 and half of `rate_hz`.
    """
    return band_pass(0.0, cutoff_hz, rate_hz, half_s)


def hilbert(rate_hz: float, half_s: float) -> F32:
    """Make an odd filter that shifts every pitch by a quarter of its period: (tap,).

    The ideal transformer 2 / (pi k) at odd k under a Hamming window (Oppenheim and Schafer
    1989). It is true from about 1.7 / (2 `half_s`) upwards.
    """
    at = np.arange(round(half_s * rate_hz) + 1)
    ideal = np.where(at % 2 == 1, 2.0 / (np.pi * np.maximum(at, 1)), 0.0)
    return np.asarray(ideal * _hamming(at.size), np.float32)


def filter_even(x: F32, taps: F32) -> F32:
    """Filter with symmetric taps: (..., time) -> (..., time - 2 * (tap - 1)), delay removed."""
    return _filter(x, taps, odd=False)


def filter_odd(x: F32, taps: F32) -> F32:
    """Filter with antisymmetric taps, `taps[k]` on the earlier side and `-taps[k]` on the later.

    (..., time) -> (..., time - 2 * (tap - 1)), delay removed.
    """
    return _filter(x, taps, odd=True)


def _filter(x: F32, taps: F32, *, odd: bool) -> F32:
    reach = taps.size - 1
    count = max(0, x.shape[-1] - 2 * reach)
    y = np.empty((*x.shape[:-1], count), np.float32)
    for start in range(0, count, CHUNK):
        stop = min(count, start + CHUNK)
        _sum_taps(x[..., start : stop + 2 * reach], taps, odd=odd, out=y[..., start:stop])
    return y


def _sum_taps(x: F32, taps: F32, *, odd: bool, out: F32) -> None:
    reach, count = taps.size - 1, out.shape[-1]
    np.multiply(x[..., reach : reach + count], np.float32(0.0) if odd else taps[0], out=out)
    both = np.empty_like(out)
    for k in range(1, reach + 1):
        if taps[k] == 0.0:
            continue
        earlier = x[..., reach - k : reach - k + count]
        later = x[..., reach + k : reach + k + count]
        (np.subtract if odd else np.add)(earlier, later, out=both)
        both *= taps[k]
        out += both


def _hamming(count: int) -> F64:
    """Return the later half of a Hamming window, from its middle: (count,)."""
    window: F64 = 0.54 + 0.46 * np.cos(np.pi * np.arange(count) / max(1, count - 1))
    return window


def _scaled(taps: F64, pitch_hz: float, rate_hz: float) -> F32:
    """Return the taps with gain 1 at `pitch_hz`."""
    weight = np.where(np.arange(taps.size) == 0, 1.0, 2.0)
    turn = np.cos(2.0 * np.pi * pitch_hz / rate_hz * np.arange(taps.size))
    return np.asarray(taps / np.sum(weight * taps * turn), np.float32)


def _check_band(low_hz: float, high_hz: float, rate_hz: float) -> None:
    if not 0.0 <= low_hz < high_hz < rate_hz / 2.0:
        raise SettingError(
            "the band of a filter",
            f"{low_hz:g} to {high_hz:g} Hz at {rate_hz:g} samples per second",
            f"0 <= low < high < {rate_hz / 2.0:g} Hz",
            "Choose a band below half of the sampling rate.",
        )
