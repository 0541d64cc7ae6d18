"""Drawings that stand on a page without a script: a frame with axes, and what lies in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.serve.report.text import number, text

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I64

LEFT_PX, BELOW_PX, ABOVE_PX, RIGHT_PX = 68, 44, 12, 12
MOST_TICKS = 6


@dataclass(frozen=True)
class Axis:
    """One side of a drawing.

    Attributes
    ----------
    name
        What is drawn along it, with its unit.
    low, high
        Values at its ends.
    length_px
        How long it is.
    """

    name: str
    low: float
    high: float
    length_px: int

    def place(self, values: F64) -> F64:
        """Return how far along the axis values stand, in px: (value,) -> (value,)."""
        return (values - self.low) / (self.high - self.low) * self.length_px

    def ticks(self) -> list[float]:
        """Return round values between the ends: 1, 2 or 5 times a power of ten apart.

        Examples
        --------
        >>> Axis("NN (ms)", 410.0, 1020.0, 300).ticks()
        [600.0, 800.0, 1000.0]
        """
        least = (self.high - self.low) / MOST_TICKS
        ten = 10.0 ** math.floor(math.log10(least))
        step = next(ten * factor for factor in (1, 2, 5, 10) if ten * factor >= least)
        first, last = math.ceil(self.low / step), math.floor(self.high / step + 1e-9)
        return [k * step for k in range(first, last + 1)]


def drawing(x: Axis, y: Axis, inside: str, said: str, caption: str) -> str:
    """Return a figure.

    Parameters
    ----------
    inside
        SVG in px, from the upper left corner of what the axes enclose.
    said
        What it shows, for those who cannot see it.
    caption
        HTML below it.
    """
    wide, high = LEFT_PX + x.length_px + RIGHT_PX, ABOVE_PX + y.length_px + BELOW_PX
    return (
        f'<figure class="drawing"><svg viewBox="0 0 {wide} {high}" width="{wide}" role="img" '
        f'aria-label="{text(said)}"><g transform="translate({LEFT_PX} {ABOVE_PX})">'
        f"{_axes(x, y)}{inside}</g></svg><figcaption>{caption}</figcaption></figure>"
    )


def _axes(x: Axis, y: Axis) -> str:
    """Return grid lines, values and names of both axes."""
    below, middle = y.length_px, x.length_px / 2
    upright = f"translate(-54 {below / 2:g}) rotate(-90)"
    parts = [
        f'<rect class="ground" width="{x.length_px}" height="{y.length_px}"/>',
        f'<text x="{middle:g}" y="{below + 36}" text-anchor="middle">{text(x.name)}</text>',
        f'<text transform="{upright}" text-anchor="middle">{text(y.name)}</text>',
    ]
    for value, at in zip(x.ticks(), x.place(np.array(x.ticks())), strict=True):
        parts.append(
            f'<path class="grid" d="M{at:.1f} 0v{below}"/>'
            f'<text x="{at:.1f}" y="{below + 16}" text-anchor="middle">{_plain(value)}</text>'
        )
    for value, up in zip(y.ticks(), y.place(np.array(y.ticks())), strict=True):
        at = below - up
        parts.append(
            f'<path class="grid" d="M0 {at:.1f}h{x.length_px}"/>'
            f'<text x="-6" y="{at + 4:.1f}" text-anchor="end">{_plain(value)}</text>'
        )
    return "".join(parts)


def _plain(value: float) -> str:
    return number(value) if abs(value) >= 1000 else f"{value:g}"


def line(x_px: F64, y_px: F64) -> str:
    """Return the path through points: (point,), (point,) in px."""
    return "M" + "L".join(
        f"{x:.1f} {y:.1f}" for x, y in zip(x_px.tolist(), y_px.tolist(), strict=True)
    )


def cells(column: I64, row: I64, size_px: int) -> str:
    """Return the path over cells of a raster, neighbours in a row as one stroke.

    `column`, `row` (cell,): each cell once; its left edge and its middle line in px follow.
    """
    order = np.lexsort((column, row))
    column, row = column[order], row[order]
    new = np.ones(len(column), bool)
    new[1:] = (np.diff(column) != 1) | (np.diff(row) != 0)
    first = np.flatnonzero(new)
    lengths = np.diff(np.append(first, len(column)))
    return "".join(
        f"M{c * size_px} {r * size_px + size_px // 2}h{n * size_px}"
        for c, r, n in zip(
            column[first].tolist(), row[first].tolist(), lengths.tolist(), strict=True
        )
    )
