"""A comparison for machines and for papers: plain values, CSV, and a drawing."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from arsis.learn.compare import Ranked
from arsis.learn.drawings import BLUE, GREY, ORANGE, figure_of, save
from arsis.learn.run_folder import write_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.learn.compare import Comparison

CSV, PNG = "comparison.csv", "comparison.png"


def as_plain(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as plain values for JSON."""
    return asdict(comparison)


def write(comparison: Comparison, folder: Path) -> tuple[Path, Path]:
    """Write the table and the drawing into a folder, and return where they stand."""
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Ranked)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in comparison.rows)
    write_bytes(folder / CSV, text.getvalue().encode())
    return folder / CSV, draw(comparison, folder / PNG)


def draw(comparison: Comparison, path: Path) -> Path:
    """Draw every contender's figure with its interval over subjects, the best on top."""
    rows = [row for row in comparison.rows if row.estimate is not None][::-1]
    figure, axes = figure_of(7.0, 0.32 * len(rows) + 1.6)
    scale = 100 if comparison.rank.unit == "share" else 1
    for place, row in enumerate(rows):
        assert row.estimate is not None
        colour = GREY if row.kind == "baseline" else BLUE
        if row.low is not None and row.high is not None:
            axes.plot([scale * row.low, scale * row.high], [place, place], color=colour, lw=2)
        axes.plot(scale * row.estimate, place, "o", color=colour)
        if row.seeds_mean is not None and row.seeds_sd is not None:
            low, high = (row.seeds_mean + side * row.seeds_sd for side in (-1, 1))
            axes.plot([scale * low, scale * high], [place - 0.2] * 2, color=ORANGE, lw=2)
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    unit = {"share": " (%)", "": ""}.get(comparison.rank.unit, f" ({comparison.rank.unit})")
    better = "less" if comparison.rank.less else "more"
    axes.set_xlabel(f"{comparison.rank.figure}{unit}; {better} is better; orange: sd over seeds")
    axes.set_title(f"{comparison.part}, {comparison.protocol}\n{comparison.fingerprint[:12]}")
    return save(path, figure)
