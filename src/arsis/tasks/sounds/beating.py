"""When a simulated heart beats: cycles with breathing, slower waves, early beats and pauses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F64, Bool

SLOW_HZ = 0.1
EARLY, PAUSE = 0.65, 1.3
"""An early beat comes after this multiple of the usual interval, and is followed by the other."""
SYSTOLE_S, SYSTOLE_SHARE = 0.11, 0.25
LONGEST_SYSTOLE = 0.6
S1_LONGEST, S2_LONGEST = 0.55, 0.55
"""How much of systole the first sound may fill, and of diastole the second."""


@dataclass(frozen=True)
class Rhythm:
    """When a simulated heart beats.

    Attributes
    ----------
    rate_bpm
        Mean heart rate between early beats.
    breath_hz, breath_share
        Breaths per second, and how far they lengthen and shorten the interval between beats, as a
        share of it.
    slow_share
        How far a wave of 0.1 Hz (that of blood pressure) does so.
    jitter_share
        Standard deviation of what is left to chance, as a share of the interval; about 0.2 makes
        the rhythm of atrial fibrillation.
    early_share
        Share of early (ectopic) beats, each followed by a pause.
    systole_extra_s
        How much longer than usual this heart's systole is.
    s1_s, s2_s
        Length of the first and of the second sound, where the beat leaves room for it.
    """

    rate_bpm: float = 72.0
    breath_hz: float = 0.25
    breath_share: float = 0.04
    slow_share: float = 0.02
    jitter_share: float = 0.008
    early_share: float = 0.0
    systole_extra_s: float = 0.0
    s1_s: float = 0.12
    s2_s: float = 0.10


@dataclass(frozen=True)
class Cycles:
    """Heart beats that cover a recording and more.

    Attributes
    ----------
    edges_s
        (cycle, 5) onset of S1, systole, S2 and diastole, and of the next S1.
    early
        (cycle,) which came early.
    breath
        (cycle,) how far breathed in, -1 to 1.
    """

    edges_s: F64
    early: Bool
    breath: F64


def beat(rng: np.random.Generator, duration_s: float, rhythm: Rhythm) -> Cycles:
    """Return cycles that cover 0 to `duration_s`, the first begun anywhere in its course.

    Systole (from S1 to S2) lasts 0.11 s and a quarter of the interval before it, at most
    `LONGEST_SYSTOLE` of its own: 0.36 s at 60 bpm and 0.19 s at 180, where the rest of the beat is
    shorter still. Adults' systole is as long at 60 to 100 bpm (Weissler et al., Circulation 37,
    1968, less the time from Q to S1).
    """
    usual_s = 60.0 / rhythm.rate_bpm
    onset_s = [-float(rng.uniform(1.0, 2.0)) * usual_s]
    turn = rng.uniform(0.0, 2.0 * np.pi, 2)
    early, breaths = [False], []
    while onset_s[-1] < duration_s:
        breath = np.sin(2.0 * np.pi * rhythm.breath_hz * onset_s[-1] + turn[0])
        breaths.append(breath)
        slow = np.sin(2.0 * np.pi * SLOW_HZ * onset_s[-1] + turn[1])
        sway = rhythm.breath_share * breath + rhythm.slow_share * slow
        chance = np.clip(rhythm.jitter_share * rng.normal(), -0.5, 0.5)
        comes_early = not early[-1] and rng.random() < rhythm.early_share
        factor = EARLY if comes_early else PAUSE if early[-1] else 1.0
        onset_s.append(onset_s[-1] + usual_s * factor * (1.0 + sway + float(chance)))
        early.append(comes_early)
    return Cycles(_edges(np.array(onset_s), rhythm), np.array(early[:-1]), np.array(breaths))


def _edges(onset_s: F64, rhythm: Rhythm) -> F64:
    interval_s = np.diff(onset_s)
    before_s = np.concatenate([interval_s[:1], interval_s[:-1]])
    systole_s = SYSTOLE_S + SYSTOLE_SHARE * before_s + rhythm.systole_extra_s
    systole_s = np.minimum(systole_s, LONGEST_SYSTOLE * interval_s)
    s1_s = np.minimum(rhythm.s1_s, S1_LONGEST * systole_s)
    s2_s = np.minimum(rhythm.s2_s, S2_LONGEST * (interval_s - systole_s))
    begin_s = onset_s[:-1]
    return np.stack(
        [begin_s, begin_s + s1_s, begin_s + systole_s, begin_s + systole_s + s2_s, onset_s[1:]], 1
    )
