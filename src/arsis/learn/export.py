"""From training runs to a bundle that answers: one ONNX graph, its card and its weights."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from arsis.core.errors import BundleError
from arsis.core.task import Decision
from arsis.formats.place import placing_folder
from arsis.infer.bundle import CARD, NET, Calibration, Card, Trained, task_fields
from arsis.learn.figures import batch
from arsis.learn.graph import to_onnx
from arsis.learn.run_folder import (
    ENVIRONMENT,
    json_form,
    read_json,
    write_bytes,
    write_json,
    write_weights,
)
from arsis.scores.plain import plain_fields

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from arsis.core.examples import Examples
    from arsis.core.task import Task
    from arsis.learn.run_folder import Run

TOLERANCE = 1e-4
"""Largest difference of a logit between torch and ONNX Runtime."""
PARITY_WINDOWS = 512


class Ensemble(nn.Module):
    """Several nets as one: the logarithm of the mean of their probabilities.

    Inputs and outputs are those of one net, so whoever answers need not know.
    """

    def __init__(self, nets: Sequence[nn.Module]) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nets)

    def forward(self, x: Tensor, context: Tensor) -> dict[str, Tensor]:
        """(batch, channel, time), (batch, feature) -> logits (batch, class) by target."""
        answers = [net(x, context) for net in self.nets]
        if len(answers) == 1:
            only: dict[str, Tensor] = answers[0]
            return only
        return {
            target: torch.stack([a[target].log_softmax(1) for a in answers]).logsumexp(0)
            - float(np.log(len(answers)))
            for target in answers[0]
        }


def together(runs: Sequence[Run]) -> Ensemble:
    """Return the nets of several runs as one.

    Raises
    ------
    BundleError
        If there is none, or they were trained on different data or for different targets.
    """
    if not runs or any(
        run.data["fingerprint"] != runs[0].data["fingerprint"] or run.shape != runs[0].shape
        for run in runs
    ):
        raise BundleError(
            ", ".join(str(run.folder) for run in runs) or "runs",
            "no run, or runs on different data",
            "runs on the same examples",
            "Export them one by one.",
        )
    return Ensemble([run.net() for run in runs]).eval()


def export(runs: Sequence[Run], task: Task, examples: Examples, folder: Path, card: Card) -> Card:
    """Write one or several finished runs as a bundle; return its card, completed.

    The graph takes `x` and `context` for exactly `BATCH` windows. What the task, the data and
    the runs say is filled into the card here; its scores and texts are the caller's.

    Raises
    ------
    BundleError
        If the runs do not fit together or the task, or ONNX answers otherwise than torch.
    """
    net = together(runs)
    described = {
        "channels": [runs[0].shape.channels, runs[0].shape.time],
        "features": list(runs[0].shape.features),
        "targets": {name: list(classes) for name, classes in runs[0].shape.classes.items()},
        "task_version": runs[0].data["task_version"],
    }
    fields = task_fields(task)
    wrong = [name for name, value in described.items() if fields[name] != value]
    if wrong:
        raise BundleError(
            runs[0].folder, f"a net with other {', '.join(wrong)} than the task",
            f"a net trained for {task.name}, version {task.version}", "Train it again.",
        )  # fmt: skip
    with placing_folder(folder) as draft:
        graph = to_onnx(net, runs[0].shape)
        write_bytes(draft / NET, graph)
        write_weights(draft / "weights.safetensors", net)
        finished = _complete(card, runs, fields, graph)
        write_json(draft / CARD, plain_fields(finished))
        _refuse_difference(net, Trained(draft), examples)
    return finished


def new_card(task: Task, name: str, title: str) -> Card:
    """Return a card that states nothing but the task: uncalibrated, nothing ever unclear."""
    counts = {target: len(kind.names) for target, kind in task.targets.items()}
    return Card(
        name=name,
        title=title,
        **task_fields(task),
        calibration={t: Calibration((1.0,) * n, (0.0,) * n) for t, n in counts.items()},
        decision={t: Decision(0.0, 0.0) for t in counts},
    )


def _complete(card: Card, runs: Sequence[Run], fields: dict[str, Any], graph: bytes) -> Card:
    """Fill in what the task, the data and the runs say."""
    environment = read_json(runs[0].folder / ENVIRONMENT)
    settings = json_form(runs[0].settings.to_dict())
    settings["seeds"] = [run.settings.seed for run in runs]
    return replace(
        card,
        **fields,
        net_sha256=hashlib.sha256(graph).hexdigest(),
        data_fingerprint=runs[0].data["fingerprint"],
        settings=settings,
        seed=runs[0].settings.seed,
        commit=environment["commit"],
        limits=[*card.limits, *_never_seen(runs[0])],
        made=datetime.now(tz=UTC).date().isoformat(),
    )


def _never_seen(run: Run) -> list[str]:
    """Return a sentence for each class that training never met."""
    return [
        f"Never learnt the class {name} of {target}: no example had it."
        for target, names in run.data["never_seen"].items()
        for name in names
    ]


def _refuse_difference(net: nn.Module, trained: Trained, examples: Examples) -> None:
    """Compare torch and ONNX Runtime on windows from all over the examples."""
    rows = np.unique(np.linspace(0, len(examples) - 1, PARITY_WINDOWS).astype(np.int64))
    x, context = batch(examples, rows)
    with torch.inference_mode():
        ours = {target: values.numpy() for target, values in net(x, context).items()}
    theirs = trained.logits(x.numpy(), context.numpy())
    for target, values in ours.items():
        worst = float(np.abs(values - theirs[target]).max())
        if not worst <= TOLERANCE:
            raise BundleError(
                NET,
                f"logits of {target} that are {worst:.2g} off those of torch",
                f"at most {TOLERANCE:g}",
                "Report this net: its ONNX graph is wrong.",
            )
