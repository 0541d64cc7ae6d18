"""How loud each pitch is at each moment, in a few steps of loudness: an image for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from arsis.serve.report.pack import pack
from arsis.serve.sounds.heard import HEARD_HZ

if TYPE_CHECKING:
    from arsis.core.arrays import F32
    from arsis.serve.report.arrays import U8

HOP = HEARD_HZ // 100
FRAME = 256
"""64 ms: long enough to tell pitches 30 Hz apart, short enough for the two sounds of a beat."""
STEP_HZ, HIGHEST_HZ = 10, 800
RANGE_DB, LEVELS = 48.0, 24
"""Steps of 2 dB; what is weaker than the strongest by more than the range is not drawn."""
CHUNK = 1000


def image(x: F32, highest_hz: float = HIGHEST_HZ) -> dict[str, Any]:
    """Return a sound's spectrogram as the page's script takes it: (time,) of `HEARD_HZ`.

    `highest_hz`: of what the recording can hold at its own rate; above it nothing is drawn.
    """
    drawn = levels(x)[: int(highest_hz / STEP_HZ)]
    return {
        "rows": len(drawn),
        "columns": drawn.shape[1],
        "step_hz": STEP_HZ,
        "hop_s": HOP / HEARD_HZ,
        "levels": LEVELS,
        "packed": pack(drawn.tobytes()),
    }


def levels(x: F32) -> U8:
    """Return the steps of loudness, 0 = too weak to draw: (time,) -> (pitch, frame).

    Row i stands for the pitch i * `STEP_HZ`, frame j is centred on sample j * `HOP`.
    """
    rows, count = HIGHEST_HZ // STEP_HZ, len(x) // HOP
    half = FRAME // 2
    frames = sliding_window_view(np.pad(x, (half, half)), FRAME)[::HOP][:count]
    window = np.hanning(FRAME).astype(np.float32)
    # More points than samples: a row of the image for every 10 Hz.
    points = HEARD_HZ // STEP_HZ
    power = np.empty((rows, count), np.float32)
    for start in range(0, count, CHUNK):
        spectrum = np.fft.rfft(frames[start : start + CHUNK] * window, points)[:, :rows]
        power[:, start : start + CHUNK] = np.square(np.abs(spectrum)).T
    strongest = np.quantile(power, 0.999) if power.size else 0.0
    below_db = 10 * np.log10(np.maximum(power, 1e-30) / max(float(strongest), 1e-12))
    steps = np.rint((below_db / RANGE_DB + 1) * LEVELS)
    return np.clip(steps, 0, LEVELS - 1).astype(np.uint8)
