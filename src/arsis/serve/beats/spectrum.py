"""The spectrum of the intervals between normal beats, with its bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.serve.report.drawing import Axis, drawing, line
from arsis.serve.report.text import number, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arsis.core.arrays import F64

WIDE_PX, HIGH_PX = 460, 300
HIGHEST_HZ = 0.5
MOST_POINTS = 400
SHADED = ("lf", "hf")


def spectrum_plot(
    frequency_hz: F64,
    density_ms2_hz: F64,
    bands: Mapping[str, tuple[float, float]],
    method: str,
    powers: Mapping[str, float | None],
) -> str:
    """Return the spectrum as a drawing.

    Parameters
    ----------
    frequency_hz, density_ms2_hz
        (frequency,) one-sided.
    bands
        Lower and upper end of each band in Hz; those of `SHADED` are shaded.
    method
        How it was estimated, in words.
    powers
        Power of the bands in ms^2, where it is known.
    """
    low_hz = bands[SHADED[0]][0]
    drawn = frequency_hz <= HIGHEST_HZ
    hz, density = _thinned(frequency_hz[drawn], density_ms2_hz[drawn])
    top = 1.1 * float(density[hz >= low_hz].max(initial=1e-9))
    x = Axis("frequency (Hz)", 0.0, HIGHEST_HZ, WIDE_PX)
    y = Axis("power density (ms²/Hz)", 0.0, top, HIGH_PX)
    up = HIGH_PX - y.place(np.minimum(density, top))
    inside = "".join(_shade(x, name, bands[name]) for name in SHADED)
    inside += f'<path class="curve" d="{line(x.place(hz), up)}"/>'
    told = ", ".join(
        f"{name.upper()} {number(powers[name], 0)} ms²" for name in SHADED if name in powers
    )
    ends = "; ".join(
        f"{name.upper()} {bands[name][0]:g} to {bands[name][1]:g} Hz" for name in SHADED
    )
    slow = float(density[hz < low_hz].max(initial=0))
    cut = (
        f" Below {low_hz:g} Hz it rises to {number(slow)} ms²/Hz, which is cut off."
        if slow > top
        else ""
    )
    caption = f"Spectrum of the NN intervals: {text(method)}. Shaded: {ends}. {told}.{cut}"
    return drawing(x, y, inside, f"Spectrum of the NN intervals: {told}", caption)


def _thinned(hz: F64, density: F64) -> tuple[F64, F64]:
    """Return at most `MOST_POINTS` points; of neighbours that share one the highest."""
    every = -(-len(hz) // MOST_POINTS)
    if every <= 1:
        return hz, density
    missing = -len(hz) % every
    rows = np.append(density, np.full(missing, -np.inf)).reshape(-1, every)
    best = rows.argmax(axis=1) + every * np.arange(len(rows))
    return hz[best], density[best]


def _shade(x: Axis, name: str, band_hz: tuple[float, float]) -> str:
    left, right = x.place(np.array(band_hz)).tolist()
    return (
        f'<rect class="band-{name}" x="{left:.1f}" width="{right - left:.1f}" height="{HIGH_PX}"/>'
        f'<text x="{(left + right) / 2:.1f}" y="16" text-anchor="middle">{name.upper()}</text>'
    )
