"""How a row of the Kaggle heartbeat file is made of an ECG, found by making its rows again.

The file (mitbih_train.csv, mitbih_test.csv; Kachuee, Fazeli and Sarrafzadeh, IEEE ICHI 2018) is
said to hold 187 samples at 125 Hz from strips of 10 s. What reproduces its rows (500 of 500, to
1e-7) is this: the first channel at 360 Hz, unfiltered; from a beat's annotation to a fifth of the
way from the next one to the one after it, annotations of any kind; every third sample, so 120 Hz;
stretched to [0, 1] over all of that; cut at 187 samples or filled up with zeros. So the zeros say
when the next beat came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.formats.csv.heartbeats import EVERY, SAMPLES

if TYPE_CHECKING:
    from arsis.core.arrays import F32, I64, Bool

LENGTH = SAMPLES
BEYOND = 0.2
"""Share of the interval behind the next annotation that still belongs to a row."""


def ends(at: I64) -> I64:
    """Return where the row of each event but the last ends: (event,) samples -> (event - 1,).

    Behind the last but one no further interval is known: its own is taken.
    """
    gaps = np.diff(at)
    after = np.append(gaps[1:], gaps[-1:])
    stop: I64 = at[1:] + (BEYOND * after).astype(np.int64)
    return stop


def rows(x: F32, start: I64, stop: I64) -> tuple[F32, Bool]:
    """Cut rows: (time,) at RATE_HZ, (row,), (row,) -> (row, LENGTH), and whether each was measured.

    A row with a gap in it, or that never moves, is all zeros.
    """
    out = np.zeros((len(start), LENGTH), np.float32)
    measured = np.zeros(len(start), bool)
    for number, (begin, end) in enumerate(zip(start.tolist(), stop.tolist(), strict=True)):
        wave = x[begin:end:EVERY].astype(np.float64)
        low, high = (wave.min(), wave.max()) if len(wave) else (0.0, 0.0)
        if high > low:  # False for NaN as well
            wave = (wave[:LENGTH] - low) / (high - low)
            out[number, : len(wave)], measured[number] = wave, True
    return out, measured


def filled_share(x: F32) -> F32:
    """Return how much of each row is not padding: (row, LENGTH) -> (row, 1)."""
    backwards = x[:, ::-1] != 0
    padding = np.where(backwards.any(1), backwards.argmax(1), LENGTH)
    share: F32 = (1 - padding / LENGTH).astype(np.float32)[:, None]
    return share
