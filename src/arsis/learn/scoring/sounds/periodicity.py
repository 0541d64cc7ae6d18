"""Heart sounds the classical way: how the loudness repeats, and where it peaks. Nothing is learnt.

The two baselines that any learnt method has to beat; array code, on a sound at 1000 Hz. Their few
constants were chosen on the very recordings they are scored on: that favours them, not us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.signal.envelopes import hilbert_envelope, hilbert_reach
from arsis.signal.fir import band_pass, filter_even

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64, I64

SOUND_HZ = 1000.0
LOUD_HZ = 100
"""Samples of loudness a second."""
BAND_HZ = (25.0, 120.0)
SMOOTH_S = 0.06
SHORTEST_S, LONGEST_S = 0.3, 1.5
"""The heart's period lies between these: 200 to 40 beats per minute."""
DOUBLE = 0.5
"""How much it counts that loudness repeats after two periods as well."""
USUAL_S, SPREAD = 0.62, 0.64
"""Half and double the heart's period repeat nearly as well: what is usual decides (octave control);
median and standard deviation of the logarithm."""
FADE_S = 5.0
"""Repetition counts less and less up to this lag, so that one period wins over two."""
NEAR = 0.2
"""Within one recording the period stays within this share of the usual one."""
PEAK = 0.25
"""A peak of loudness counts from this share of the loud ones (their 90th percentile) upwards."""
LONG_SYSTOLE_S = 0.5


def loudness(x: F32) -> F64:
    """Return how loud a sound is from moment to moment: (time,) at 1000 Hz -> (step,) at 100 Hz.

    Square root of the analytic amplitude between 25 and 120 Hz, smoothed over 0.06 s: the root
    keeps one loud knock from outweighing all beats. Gaps are silent.
    """
    taps = band_pass(*BAND_HZ, SOUND_HZ)
    reach = taps.size - 1 + hilbert_reach(SOUND_HZ)
    padded = np.pad(np.nan_to_num(x), reach)
    size = hilbert_envelope(filter_even(padded, taps), SOUND_HZ).astype(np.float64)
    step = round(SOUND_HZ) // LOUD_HZ
    whole = len(size) // step * step
    coarse = size[:whole].reshape(-1, step).mean(axis=1)
    bell = np.hanning(round(2 * SMOOTH_S * LOUD_HZ) + 1)
    return np.asarray(np.convolve(np.sqrt(coarse), bell / bell.sum(), "same"), np.float64)


def repetition(loud: F64) -> F64:
    """Say how well loudness repeats after each lag: (step,) -> (lag,) from 0 to twice 1.5 s.

    Unbiased autocorrelation, 1 at lag 0; zeros where the stretch is too short or silent.
    """
    lags = round(2 * LONGEST_S * LOUD_HZ) + 2
    centred = loud - loud.mean() if len(loud) else loud
    power = float(np.dot(centred, centred))
    if power <= 0.0:
        return np.zeros(lags)
    size = 2 * len(centred)
    spectrum = np.abs(np.fft.rfft(centred, size)) ** 2
    raw = np.fft.irfft(spectrum, size)[: min(lags, len(centred))]
    fair = raw * len(centred) / (len(centred) - np.arange(len(raw)))
    return np.pad(fair / power, (0, lags - len(raw)))


def period_s(repeats: F64, usual_s: float | None = None) -> float:
    """Read the heart's period off the autocorrelation of loudness: (lag,) -> seconds.

    Systole and diastole may look alike, so half a period repeats nearly as well as a whole one,
    and two periods as well: each lag is judged together with its double, and by how usual such
    a period is. With `usual_s` only lags near it count. NaN when nothing repeats.
    """
    low, high = SHORTEST_S, LONGEST_S
    if usual_s is not None:
        low, high = (1 - NEAR) * usual_s, (1 + NEAR) * usual_s
    faded = repeats * (1 - np.arange(len(repeats)) / (FADE_S * LOUD_HZ))
    lag = np.arange(max(2, round(low * LOUD_HZ)), min(len(faded) // 2, round(high * LOUD_HZ) + 1))
    peak = lag[(faded[lag] >= faded[lag - 1]) & (faded[lag] > faded[lag + 1]) & (faded[lag] > 0)]
    if not len(peak):
        return np.nan if usual_s is None else usual_s
    double = np.array([faded[2 * p - 3 : 2 * p + 4].max() for p in peak])
    worth = faded[peak] + DOUBLE * np.maximum(double, 0.0)
    if usual_s is None:
        worth *= np.exp(-0.5 * (np.log(peak / LOUD_HZ / USUAL_S) / SPREAD) ** 2)
    best = peak[worth.argmax()]
    before, here, after = faded[best - 1 : best + 2]
    bent = before - 2 * here + after
    return float((best + (0.5 * (before - after) / bent if bent < 0 else 0.0)) / LOUD_HZ)


def peaks(loud: F64) -> I64:
    """Find where loudness peaks: (step,) -> (peak,) steps; of peaks within 0.1 s the larger one."""
    if len(loud) < 3:
        return np.empty(0, np.int64)
    floor = PEAK * np.quantile(loud, 0.9) + (1 - PEAK) * np.median(loud)
    near = round(0.1 * LOUD_HZ)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(loud, near), 2 * near + 1)
    return np.flatnonzero((loud >= around.max(axis=1)) & (loud > floor)).astype(np.int64)


def first_sounds(peak_s: F64, usual_s: float) -> tuple[F64, F64]:
    """Tell S1 from S2 among peaks by the rhythm: the pause after S2 is the longer one.

    (peak,) seconds, the usual period -> (S1,), (S2,) seconds. Along the peaks, S1 and S2 take
    turns where that fits the period; a peak whose next one follows sooner than the one after
    that is an S1.
    """
    firsts: list[float] = []
    seconds: list[float] = []
    place = 0
    while place < len(peak_s):
        here = float(peak_s[place])
        following = peak_s[place + 1 : place + 3]
        gap_s = np.diff(np.concatenate([[here], following]))
        paired = len(gap_s) > 0 and gap_s[0] < min(LONG_SYSTOLE_S, 0.65 * usual_s)
        if paired and len(gap_s) > 1 and gap_s[1] < gap_s[0] - 0.02 and not firsts:
            place += 1  # the stretch begins with an S2
            seconds.append(here)
            continue
        firsts.append(here)
        if paired:
            seconds.append(float(following[0]))
        place += 2 if paired else 1
    return np.array(firsts), np.array(seconds)
