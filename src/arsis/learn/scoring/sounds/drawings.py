"""Bland and Altman's drawings: how far the heart rate and SDNN of a model are off, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.learn.drawings import BLUE, GREY, ORANGE, figure_of, save
from arsis.scores.agreement import limits_of_agreement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from arsis.core.arrays import F64
    from arsis.learn.record import Record

LARGEST_DOT = 60.0


def draw_rates(folder: Path, name: str, record: Record) -> list[Path]:
    """Draw the heart rate of all windows, for each way of listening."""
    drawn = []
    for way, points in record["scores"]["points"].items():
        truth, off, count = np.array(points, np.float64).T
        path = folder / f"{name}-{way.replace(' ', '-')}.png"
        title = f"{record['name']}, heart rate in 5 s, {way}\n{record['protocol']}"
        drawn.append(draw_agreement(path, (truth, off, count), title, "heart rate (bpm)"))
    return drawn


def draw_variability(folder: Path, name: str, record: Record) -> list[Path]:
    """Draw heart rate and SDNN of all records with truth that were answered."""
    rows: Mapping[str, Any] = record["scores"]["records"]
    drawn = []
    for measure, text in (("heart_rate_bpm", "heart rate (bpm)"), ("sdnn_ms", "SDNN (ms)")):
        pairs = [(row["truth"][measure], row["found"][measure]) for row in rows.values()]
        known = np.array([pair for pair in pairs if None not in pair], np.float64).reshape(-1, 2)
        points = known[:, 0], known[:, 1] - known[:, 0], np.ones(len(known))
        title = f"{record['name']}, {text.split(' (')[0]} of a record\n{record['protocol']}"
        path = folder / f"{name}-{measure.partition('_')[0]}.png"
        drawn.append(draw_agreement(path, points, title, text))
    return drawn


def draw_agreement(path: Path, points: tuple[F64, F64, F64], title: str, what: str) -> Path:
    """Draw differences over the truth, with their mean and the limits of agreement.

    `points`: true value, found minus true, and how often that occurred, (point,) each. The truth
    stands on the axis, not the mean of both: it is known (Krouwer 2008).
    """
    truth, off, count = points
    limits = limits_of_agreement(np.zeros(int(count.sum())), np.repeat(off, count.astype(int)))
    figure, axes = figure_of(5.6, 3.8)
    size = LARGEST_DOT * count / count.max() if len(count) else count
    axes.scatter(truth, off, s=np.maximum(size, 2.0), color=BLUE, alpha=0.5, linewidths=0)
    axes.axhline(limits.bias, color=ORANGE, label=f"mean {limits.bias:+.2f}")
    for edge in (limits.low, limits.high):
        axes.axhline(edge, color=GREY, linestyle="--", linewidth=1)
    axes.plot([], [], color=GREY, linestyle="--", linewidth=1,
              label=f"95 % within {limits.low:+.1f} to {limits.high:+.1f}")  # fmt: skip
    axes.set_xlabel(f"true {what}")
    axes.set_ylabel(f"found - true {what}")
    axes.set_title(title, fontsize=10)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return save(path, figure)
