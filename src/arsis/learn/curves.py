"""The curves of a training run as a picture."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from arsis.learn.run_folder import write_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def draw_curves(path: Path, history: Sequence[dict[str, float]], best: float, held: str) -> None:
    """Draw losses, F1 and learning rate by round, with a line at the round that was kept.

    `held` says on what the figures were taken.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3), layout="constrained")
    FigureCanvasAgg(figure)
    losses, score, rate = figure.subplots(1, 3)
    rounds = [row["round"] for row in history]
    losses.plot(rounds, [row["train_loss"] for row in history], label="training (as weighted)")
    losses.plot(rounds, [row["loss"] for row in history], label=f"{held} (balanced)")
    losses.set_ylabel("log loss")
    losses.legend()
    score.plot(rounds, [row["macro_f1"] for row in history])
    score.set(ylabel=f"macro F1, {held}", ylim=(0, 1))
    rate.semilogy(rounds, [row["rate"] for row in history])
    rate.set_ylabel("learning rate")
    for axes in (losses, score, rate):
        axes.axvline(best, color="grey", linestyle=":")
        axes.set_xlabel("round")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    write_bytes(path, picture.getvalue())
