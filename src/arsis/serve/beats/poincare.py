"""The Poincaré plot: each interval between normal beats against the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.serve.beats.marks import NN, NO_INTERVAL
from arsis.serve.report.drawing import Axis, cells, drawing
from arsis.serve.report.text import number

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I64
    from arsis.serve.beats.marks import Marks

SIDE_PX, CELL_PX = 300, 2
SHORTEST_MS, LONGEST_MS = 200.0, 2200.0
MOST = (0.005, 0.995)
"""What lies outside is counted, not drawn: one long pause would press all else into a corner."""
MANY = (1, 3, 10)
"""A cell is drawn the darker the more pairs it holds: from these numbers on."""


@dataclass(frozen=True)
class Pairs:
    """Each interval and the next one.

    Attributes
    ----------
    kept_ms
        (pair, 2) both of them NN.
    out_ms
        (pair, 2) at least one of them left out of heart-rate variability.
    """

    kept_ms: F64
    out_ms: F64


def pairs_of(marks: Marks) -> Pairs:
    """Return the pairs of intervals that follow one another without a gap."""
    interval_ms = np.diff(marks.time_s) * 1000
    kind = marks.interval[1:]
    pairs = np.stack([interval_ms[:-1], interval_ms[1:]], axis=1)
    known = (kind[:-1] != NO_INTERVAL) & (kind[1:] != NO_INTERVAL)
    kept = (kind[:-1] == NN) & (kind[1:] == NN)
    return Pairs(pairs[kept], pairs[known & ~kept])


def poincare_plot(pairs: Pairs, centre_ms: float, sd1_ms: float, sd2_ms: float) -> str:
    """Return the plot with its ellipse, or a sentence where there are too few pairs.

    Parameters
    ----------
    centre_ms
        Mean of the intervals in the pairs of NN.
    sd1_ms, sd2_ms
        Half axes of the ellipse: across and along the line of identity (Brennan et al., IEEE
        Trans. Biomed. Eng. 48, 2001).
    """
    if not np.isfinite([centre_ms, sd1_ms, sd2_ms]).all():
        return '<p class="none">Poincaré plot: fewer than two pairs of adjacent NN intervals.</p>'
    low, high = _range(pairs)
    x, y = (Axis(name, low, high, SIDE_PX) for name in ("interval (ms)", "next interval (ms)"))
    outside = sum(
        int(((part < low) | (part > high)).any(axis=1).sum())
        for part in (pairs.kept_ms, pairs.out_ms)
    )
    inside = (
        f'<path class="identity" d="M0 {SIDE_PX}L{SIDE_PX} 0"/>'
        + _dots(pairs.out_ms, x, "out")
        + _dots(pairs.kept_ms, x, "kept")
        + _ellipse(x, centre_ms, sd1_ms, sd2_ms)
    )
    measured = f"SD1 {number(sd1_ms, 1)} ms, SD2 {number(sd2_ms, 1)} ms"
    count = number(len(pairs.kept_ms))
    caption = (
        f"Poincaré plot: each interval against the next. "
        f'<span class="badge k-NN">•</span> {count} pairs of NN intervals, with the ellipse of '
        f"{measured} (across and along the line of identity); "
        f'<span class="badge k-X">-</span> {number(len(pairs.out_ms))} pairs with an interval '
        f"that is not NN. The darker, the more pairs."
        + (f" {number(outside)} pairs lie outside the drawing." if outside else "")
    )
    return drawing(x, y, inside, f"Poincaré plot of {count} pairs: {measured}", caption)


def _range(pairs: Pairs) -> tuple[float, float]:
    """Return the same round ends for both axes: around all that is kept, and most of the rest."""
    every = pairs.kept_ms.ravel()
    if len(pairs.out_ms):
        every = np.append(every, np.quantile(pairs.out_ms, MOST))
    low, high = max(float(every.min()), SHORTEST_MS), min(float(every.max()), LONGEST_MS)
    return np.floor(low / 50) * 50 - 50, np.ceil(high / 50) * 50 + 50


def _dots(pairs_ms: F64, axis: Axis, kind: str) -> str:
    """Return a path for each shade: (pair, 2) -> cells that hold many pairs are darker."""
    inside = ((pairs_ms >= axis.low) & (pairs_ms < axis.high)).all(axis=1)
    at: I64 = np.floor(axis.place(pairs_ms[inside]) / CELL_PX).astype(np.int64)
    held, count = np.unique(at, axis=0, return_counts=True)
    column, row = held[:, 0], SIDE_PX // CELL_PX - 1 - held[:, 1]
    shade = np.searchsorted(MANY, count, "right")
    return "".join(
        f'<path class="{kind} many-{k}" d="{cells(column[shade == k], row[shade == k], CELL_PX)}"/>'
        for k in range(1, len(MANY) + 1)
        if (shade == k).any()
    )


def _ellipse(axis: Axis, centre_ms: float, sd1_ms: float, sd2_ms: float) -> str:
    px = axis.length_px / (axis.high - axis.low)
    at = (centre_ms - axis.low) * px
    return (
        f'<g transform="translate({at:.1f} {SIDE_PX - at:.1f}) rotate(-45)">'
        f'<ellipse class="ellipse" rx="{sd2_ms * px:.1f}" ry="{sd1_ms * px:.1f}"/>'
        f'<path class="ellipse" d="M{-sd2_ms * px:.1f} 0h{2 * sd2_ms * px:.1f}'
        f'M0 {-sd1_ms * px:.1f}v{2 * sd1_ms * px:.1f}"/></g>'
    )
