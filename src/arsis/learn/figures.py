"""The figures by which training decides, from logits alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from arsis.core.errors import ProtocolError
from arsis.learn.judged import judged_steps, rows_of
from arsis.learn.settings import Watch
from arsis.scores.classes import class_scores, count_confusion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from arsis.core.arrays import F32, F64, I64
    from arsis.core.examples import Examples
    from arsis.scores.classes import ConfusionScores

EVAL_BATCH = 1024
BETTER = {Watch.LOSS: -1.0, Watch.MACRO_F1: 1.0}
"""Whether the larger (1) or the smaller (-1) figure is the better one."""


@dataclass(frozen=True)
class Verdict:
    """How well a net does on some windows.

    Attributes
    ----------
    loss
        Class-balanced log loss: every class counts the same, whatever its share.
    macro_f1
        Mean F1 of the classes that occur.
    scores
        Everything by target, for scores.json.
    """

    loss: float
    macro_f1: float
    scores: Mapping[str, Any]

    def figure(self, watch: Watch) -> float:
        """Return the figure that is watched."""
        return self.loss if watch is Watch.LOSS else self.macro_f1


def logits(
    net: nn.Module, examples: Examples, rows: I64, steps: tuple[int, ...] = ()
) -> dict[str, F32]:
    """Return a net's answers to these windows by target.

    (row, class), or (row, class, step) of the judged `steps` for a target of states.
    """
    stepped = examples.steps
    training = net.training
    net.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(rows), EVAL_BATCH):
            x, context = batch(examples, rows[start : start + EVAL_BATCH])
            said = net(x, context)
            parts.append(
                {t: v[..., slice(*steps)] if steps and t in stepped else v for t, v in said.items()}
            )
    net.train(training)
    return {
        target: torch.cat([part[target] for part in parts]).numpy()
        for target in examples.origin.targets
    }


def batch(examples: Examples, rows: I64) -> tuple[torch.Tensor, torch.Tensor]:
    """Read windows from disk: (row, channel, time) and (row, feature)."""
    return (
        torch.from_numpy(np.asarray(examples.x[rows])),
        torch.from_numpy(np.asarray(examples.context[rows])),
    )


def balanced_log_loss(answers: F32 | F64, truth: I64) -> float:
    """Return the mean over classes of the mean log loss of their windows.

    Logits (row, class) for equal shares of the classes; truth (row,), -1 = not scored.
    """
    kept = truth >= 0
    values = np.asarray(answers[kept], np.float64)
    log_p = values - np.logaddexp.reduce(values, axis=1, keepdims=True)
    surprise = -log_p[np.arange(len(log_p)), truth[kept]]
    return float(np.mean([surprise[truth[kept] == c].mean() for c in np.unique(truth[kept])]))


def mean_f1(table: ConfusionScores) -> float:
    """Return the mean F1 of the classes that occur.

    One that only made windows have can be answered wrongly, which lowers the others, but not
    rightly: its own F1 would be 0 for every net.
    """
    f1s = [each.f1 for each in table.classes.values() if each.truth_count]
    return math.fsum(f1s) / len(f1s) if f1s else math.nan


def judge(
    net: nn.Module,
    examples: Examples,
    rows: I64,
    expected: Mapping[str, F64],
    steps: tuple[int, ...] = (),
) -> Verdict:
    """Score a net on windows, or on the judged `steps` of windows.

    `expected` is (class,) by target: the logarithm of the class shares that it answers for.
    """
    answers = logits(net, examples, rows, steps)
    losses, f1s, scores = [], [], {}
    for target, names in examples.origin.targets.items():
        said, truth = rows_of(answers[target], judged_steps(examples.y[target][rows], steps))
        losses.append(balanced_log_loss(said - expected[target], truth))
        table = class_scores(count_confusion(truth, said.argmax(1), names))
        f1s.append(mean_f1(table))
        scores[target] = {"balanced_log_loss": losses[-1], **table.as_dict()}
    return Verdict(float(np.mean(losses)), float(np.mean(f1s)), scores)


def refuse_constant(net: nn.Module, examples: Examples, rows: I64) -> None:
    """Raise the alarm where a net answers the same whatever it sees.

    Raises
    ------
    ProtocolError
        If the probabilities hardly spread while the truth does.
    """
    for target, answers in logits(net, examples, rows).items():
        values, truth = rows_of(answers, examples.y[target][rows])
        raised = np.exp(values - values.max(1, keepdims=True))
        spread = float((raised / raised.sum(1, keepdims=True)).std(0).max())
        if len(np.unique(truth[truth >= 0])) > 1 and spread < 1e-3:
            raise ProtocolError(
                f"the net's answers for {target}",
                f"the same for every window (spread of probabilities {spread:.1g})",
                "answers that follow the windows",
                "Train with a lower learning rate, longer, or with other data.",
            )
