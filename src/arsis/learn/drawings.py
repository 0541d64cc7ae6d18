"""Drawings of run records: confusion matrix, reliability, bars per record."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.learn.run_folder import write_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#595959"
"""Told apart by colour-blind eyes as well (Okabe and Ito 2008)."""
NAMES = {"O": "no beat"}
DPI = 130


def draw_record(folder: Path, name: str, record: Mapping[str, Any]) -> list[Path]:
    """Draw what a model's record holds, to `<name>-<what>.png` each; return where they stand."""
    if record["kind"] != "model":
        return []
    scores = record["scores"]
    title = f"{record['name']}, {record['part'].replace('-', ' ')}\n{record['protocol']}"
    drawn = []
    if scores.get("confusion"):
        drawn.append(draw_confusion(folder / f"{name}-confusion.png", scores["confusion"], title))
    if scores.get("reliability"):
        path = folder / f"{name}-reliability.png"
        drawn.append(draw_reliability(path, scores["reliability"], title))
    if scores.get("records") and "figures" in next(iter(scores["records"].values())):
        path = folder / f"{name}-records.png"
        drawn.append(draw_records(path, _f1_rows(scores["records"]), title))
    return drawn


def draw_confusion(path: Path, confusion: Mapping[str, Any], title: str) -> Path:
    """Draw who was taken for whom: counts, and the share of each true class (row)."""
    counts = np.array(confusion["counts"])
    names = [NAMES.get(name, name) for name in confusion["names"]]
    shares = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure, axes = figure_of(1.15 * len(names) + 1.8, 1.0 * len(names) + 1.6)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    for (row, column), count in np.ndenumerate(counts):
        ink = "white" if shares[row, column] > 55 else "black"
        text = f"{count:,}\n{shares[row, column]:.1f} %" if counts[row].sum() else "0"
        axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=9)
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("answer")
    axes.set_ylabel("truth")
    axes.set_title(title, fontsize=10)
    figure.colorbar(image, ax=axes, label="share of the true class (%)", shrink=0.85)
    return save(path, figure)


def draw_reliability(path: Path, reliability: Mapping[str, Any], title: str) -> Path:
    """Draw how often answers were right against how sure they were, and how many there are."""
    low, high = np.array(reliability["low"]), np.array(reliability["high"])
    counts = np.array(reliability["count"])
    filled = counts > 0
    sure = np.array(reliability["confidence"], float)[filled]
    right = np.array(reliability["accuracy"], float)[filled]
    figure, (axes, below) = _stacked_figure()
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="as sure as right")
    axes.plot(sure, right, color=BLUE, marker="o", clip_on=False, label="answers")
    axes.set_ylabel("share of right answers")
    axes.set_ylim(0, 1.02)
    error = f"expected calibration error {100 * reliability['error']:.2f} %"
    axes.set_title(f"{title}\n{error}", fontsize=10)
    axes.legend(loc="upper left", frameon=False)
    below.bar((low + high) / 2, counts, width=(high - low) * 0.9, color=ORANGE)
    below.set_yscale("log")
    below.set_ylim(bottom=0.7)  # a single beat must still be seen
    below.set_ylabel("beats")
    below.set_xlabel("probability of the answer")
    below.set_xlim(0, 1.02)
    return save(path, figure)


def draw_records(path: Path, rows: Mapping[str, Sequence[float | None]], title: str) -> Path:
    """Draw bars of two figures for each record: {record: (accuracy, macro-F1)}."""
    place = np.arange(len(rows))
    columns = np.array([[np.nan if v is None else 100 * v for v in row] for row in rows.values()])
    figure, axes = figure_of(max(5.0, 0.36 * len(rows) + 1.5), 3.6)
    axes.bar(place - 0.2, columns[:, 0], 0.4, color=BLUE, label="accuracy")
    axes.bar(place + 0.2, columns[:, 1], 0.4, color=ORANGE, label="macro-F1")
    axes.set_xticks(place, list(rows), rotation=90, fontsize=8)
    axes.set_xlabel("record")
    axes.set_ylabel("share (%)")
    axes.set_ylim(0, 100)
    axes.set_title(title, fontsize=10)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return save(path, figure)


def _f1_rows(records: Mapping[str, Any]) -> dict[str, tuple[float | None, float | None]]:
    return {
        subject: (row["figures"]["accuracy"], row["figures"]["macro_f1"])
        for subject, row in sorted(records.items())
    }


def figure_of(width: float, height: float) -> tuple[Any, Any]:
    """Return an empty figure of so many inches, and its axes."""
    # The plain classes draw without a screen and without pyplot's list of open windows.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def _stacked_figure() -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 5.6), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))


def save(path: Path, figure: Any) -> Path:
    """Write a figure as PNG, wholly or not at all, and return where it stands."""
    held = io.BytesIO()
    # Without the date the same record gives the same bytes.
    figure.savefig(held, format="png", dpi=DPI, metadata={"Software": None})
    write_bytes(path, held.getvalue())
    return path
