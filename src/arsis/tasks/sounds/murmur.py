"""How a recording sounds between its first and second sounds: where a murmur would be heard."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from arsis.signal.melspectrum import Frames, power_spectrum
from arsis.tasks.sounds.phases import RATE_HZ

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64
    from arsis.core.windows import Answers

EDGES_HZ = (25.0, 50.0, 80.0, 120.0, 180.0, 260.0, 400.0)
"""Bands from the rumble of mitral stenosis up to the blowing murmurs of leaks."""
FRAMES = Frames(rate_hz=RATE_HZ, frame_s=0.04, hop_s=0.005)
"""Short enough to stand between S1 and S2 of a child's fast heart."""
QUARTERS = 4
"""Systole and diastole are each looked at in so many equal parts."""
EDGE_S = 0.01
"""Left out at either end of them, where the sounds themselves still ring."""
FEWEST_BEATS = 3
SHORTEST_S, LONGEST_S = 0.07, 2.0
"""A shorter systole or diastole leaves nothing to look at; a longer beat is two."""
QUIET = 25.0
"""Percentile over beats that stands for a part without the passing noises in it."""
FLOOR = 1e-12
"""Added before the logarithm: 120 dB below full scale."""

_BANDS = tuple(f"{low:g}-{high:g} Hz" for low, high in pairwise(EDGES_HZ))
FEATURES = (
    *(f"systole over diastole, {band}" for band in _BANDS),
    *(f"loudest of systole over faintest of diastole, {band}" for band in _BANDS),
    *(f"systole over its other bands, {band}" for band in _BANDS),
    *(f"spread of systole over beats, {band}" for band in _BANDS),
    "mean probability of the sounds",
    "share of unclear sounds",
)
"""What `murmur_features` returns; loudness is the natural logarithm of power."""


def murmur_features(x: F32, answers: Answers) -> F64:
    """Describe how loud it is between the heart's sounds, by pitch: (time,) -> (feature,).

    Each band of systole is held against diastole of the same beats, so that neither the volume
    nor the microphone counts. NaN throughout where fewer than three whole beats were heard.

    Parameters
    ----------
    x
        The sound at 1000 samples per second from the recording's beginning; NaN = gap.
    answers
        The first and second sounds heard in it.
    """
    loudness = _loudness(x, whole_beats(answers))
    if len(loudness) < FEWEST_BEATS:
        return np.full(len(FEATURES), np.nan)
    usual = np.median(loudness, axis=0)
    quiet_systole, quiet_diastole = np.percentile(loudness, QUIET, axis=0).mean(axis=1)
    systole, diastole = usual
    spread = (loudness[:, 0] - systole).std(axis=0).mean(axis=0)
    return np.concatenate([
        quiet_systole - quiet_diastole,
        systole.max(axis=0) - diastole.min(axis=0),
        systole.mean(axis=0) - systole.mean(),
        spread,
        [answers.probability.mean(dtype=np.float64), answers.unclear.mean()],
    ])  # fmt: skip


def whole_beats(answers: Answers) -> F64:
    """Return the edges of beats that were heard whole, in s: (beat, edge).

    The edges are the ends of S1 and the onsets of S2, then the ends of S2 and the onsets of the
    next S1: what lies between the first two is systole, between the last two diastole.
    """
    label = np.array(answers.label, object)
    onset_s, end_s = answers.time_s, answers.time_s + answers.duration_s
    at = np.arange(max(0, len(label) - 2))
    at = at[(label[at] == "S1") & (label[at + 1] == "S2") & (label[at + 2] == "S1")]
    edges_s = np.stack([end_s[at], onset_s[at + 1], end_s[at + 1], onset_s[at + 2]], axis=1)
    between_s = np.diff(edges_s, axis=1)[:, ::2]
    kept = (between_s > SHORTEST_S).all(axis=1) & (onset_s[at + 2] - onset_s[at] < LONGEST_S)
    whole: F64 = edges_s[kept]
    return whole


def _loudness(x: F32, edges_s: F64) -> F64:
    """Return how loud each part of each beat is: (beat, systole or diastole, quarter, band).

    Beats that a gap touches are left out.
    """
    around = np.pad(x.astype(np.float32), FRAMES.reach, constant_values=np.nan)
    power, pitch_hz = power_spectrum(around, FRAMES), FRAMES.pitches_hz()
    bands = np.stack([
        power[(pitch_hz >= low) & (pitch_hz < high)].mean(axis=0, dtype=np.float64)
        for low, high in pairwise(EDGES_HZ)
    ])  # fmt: skip
    table = np.empty((len(edges_s), 2, QUARTERS, len(bands)))
    for beat, edges in enumerate(edges_s):
        for phase, (begin_s, end_s) in enumerate(edges.reshape(2, 2)):
            cuts_s = np.linspace(begin_s + EDGE_S, end_s - EDGE_S, QUARTERS + 1)
            # The shortest quarter, of 12 ms, holds two frames at least.
            cuts = np.ceil(cuts_s / FRAMES.hop_s).astype(np.int64)
            for quarter, (start, stop) in enumerate(pairwise(cuts.tolist())):
                table[beat, phase, quarter] = bands[:, start:stop].mean(axis=1)
    known = np.isfinite(table).all(axis=(1, 2, 3))
    loudness: F64 = np.log(table[known] + FLOOR)
    return loudness
