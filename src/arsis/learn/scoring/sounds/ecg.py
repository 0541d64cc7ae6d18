"""The truth of F-S3: R peaks of the ECG that was recorded with the sound, where two agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.scores.intervals import Agreement, agree
from arsis.signal.rpeaks import rpeaks

if TYPE_CHECKING:
    from arsis.core.arrays import F64
    from arsis.core.recording import Channel, Recording

DETECTORS = ("arsis.signal.rpeaks", "sleepecg")
SETTLING_S = 0.5
"""The amplifier's step at the beginning of a record hides its first beat from any detector."""
EDGE_S = 0.15
"""A complex cut by the end of the record has no certain peak."""
GRID_HZ = 250.0
BASE_S, SMOOTH_S, REACH_S = 0.6, 0.004, 0.08


def ecg_truth(recording: Recording) -> Agreement:
    """Compare the R peaks of two named detectors in the first channel measured in volts.

    Ours (`arsis.signal.rpeaks`) and sleepecg (Brunner et al., J. Open Source Softw. 8, 2023).
    Both look at the same ECG, less its baseline; both are moved to the R peak.
    """
    channel = next(each for each in recording.channels if each.unit.endswith("V"))
    samples, rate_hz = _settled(channel), channel.rate_hz
    found = [_inner(_refined(samples, rate_hz, at_s), len(samples) / rate_hz) for at_s in
             (_ours(samples, rate_hz), _theirs(samples, rate_hz))]  # fmt: skip
    first_s, second_s = (each + SETTLING_S for each in found)
    return agree(first_s, second_s)


def _settled(channel: Channel) -> F64:
    """Return the ECG from the first settled sample on, less its moving mean: (time,) mV."""
    samples = np.nan_to_num(channel.to_unit("mV").read(SETTLING_S)).astype(np.float64)
    return samples - _moving_mean(samples, round(BASE_S * channel.rate_hz) | 1)


def _moving_mean(x: F64, width: int) -> F64:
    """Average over an odd number of samples around each: (time,) -> (time,)."""
    padded = np.pad(x, (width // 2 + 1, width // 2), mode="edge")
    sums = np.cumsum(padded)
    return np.asarray((sums[width:] - sums[:-width]) / width, np.float64)


def _ours(samples: F64, rate_hz: float) -> F64:
    """Return the R peaks of our detector on its grid: (beat,) seconds."""
    step = max(1, round(rate_hz / GRID_HZ))
    whole = len(samples) // step * step
    coarse = samples[:whole].reshape(-1, step).mean(axis=1)
    sample = rpeaks(coarse[None].astype(np.float32), rate_hz / step).sample
    return np.asarray((sample * step + (step - 1) / 2) / rate_hz, np.float64)


def _theirs(samples: F64, rate_hz: float) -> F64:
    import sleepecg

    found = sleepecg.detect_heartbeats(samples, rate_hz)
    return np.unique(np.asarray(found, np.float64)) / rate_hz


def _refined(samples: F64, rate_hz: float, at_s: F64) -> F64:
    """Move beats to the foremost wave near them, upright or turned over as most of them are."""
    if not len(at_s):
        return at_s
    smooth = _moving_mean(samples, round(SMOOTH_S * rate_hz) | 1)
    reach = round(REACH_S * rate_hz)
    near = np.rint(at_s * rate_hz).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
    near = np.clip(near, 0, len(smooth) - 1)
    waves = smooth[near]
    upright = np.median(waves.max(axis=1)) >= np.median(-waves.min(axis=1))
    best = (waves if upright else -waves).argmax(axis=1)
    peak = np.unique(near[np.arange(len(near)), best])
    return np.asarray(peak / rate_hz, np.float64)


def _inner(at_s: F64, duration_s: float) -> F64:
    return at_s[(at_s > EDGE_S) & (at_s < duration_s - EDGE_S)]
