"""From out-of-fold logits to honest probabilities, and to the rule that turns them into answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from arsis.core.task import Decision
from arsis.infer.bundle import Calibration
from arsis.learn.headline import figures
from arsis.scores.classes import Confusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import F32, F64, I64

UNCLEAR_SHARE = 0.05
"""Share of the out-of-fold answers that the threshold calls unclear."""
STEPS = np.exp(np.arange(-3.0, 3.01, 0.25))
"""Weights of a class that are tried."""
ROUNDS = 3
COHORTS = 40
"""Drawn cohorts of patients over which a rule must do well, not only on the very ones seen."""


def ensemble(logits: F32) -> F32:
    """Return the logarithm of the nets' mean probability: (net, window, class) -> (window, class).

    The same as the exported graph does.
    """
    logp = torch.from_numpy(logits).log_softmax(2)
    joined: F32 = (logp.logsumexp(0) - float(np.log(len(logits)))).numpy()
    return joined


def calibrate(logits: F32, truth: I64) -> Calibration:
    """Fit how logits become probabilities: (window, class), (window,) -> scale and bias a class.

    Vector scaling by maximum likelihood (Guo et al. 2017). A truth of -1 is left out.
    """
    known = truth >= 0
    x, y = torch.from_numpy(logits[known]).double(), torch.from_numpy(truth[known])
    scale = torch.ones(x.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS([scale, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        search.zero_grad()
        # A class that was hardly ever met must not run away: a weak pull towards no change.
        pull = 1e-4 * ((scale - 1).square().sum() + bias.square().sum())
        value = torch.nn.functional.cross_entropy(x * scale + bias, y) + pull
        value.backward()  # type: ignore[no-untyped-call]
        return value

    search.step(loss)  # type: ignore[no-untyped-call]
    return Calibration(tuple(scale.tolist()), tuple((bias - bias.mean()).tolist()))


def decide(
    probabilities: F32, truth: I64, patient: I64, names: Sequence[str], unclear_quality: float
) -> Decision:
    """Choose the weights of the classes and the threshold of doubt.

    (window, class), (window,), (window,) patient numbers -> Decision. The weights are those
    with the best protocol figure (j-kappa, or macro-F1) on average over drawn cohorts of the
    patients; a truth of -1 is left out.
    """
    known = truth >= 0
    p, y, who = probabilities[known], truth[known], patient[known]
    weights = np.ones(len(names))
    best = _worth(p, y, who, weights, names)
    for _ in range(ROUNDS):
        for position in range(1, len(names)):
            for step in STEPS:
                tried = weights.copy()
                tried[position] = step
                worth = _worth(p, y, who, tried, names)
                if worth > best + 1e-6:
                    best, weights = worth, tried
    chosen = (p * weights).argmax(1)
    threshold = float(np.quantile(p[np.arange(len(p)), chosen], UNCLEAR_SHARE))
    return Decision(tuple(weights.tolist()), round(threshold, 3), unclear_quality)


def _worth(p: F32, y: I64, who: I64, weights: F64, names: Sequence[str]) -> float:
    """Return the protocol's figure, on average over drawn cohorts of patients."""
    answer = (p * weights).argmax(1)
    people, place = np.unique(who, return_inverse=True)
    width = len(names)
    cell = place * width * width + y * width + answer
    counts = np.bincount(cell, minlength=len(people) * width * width)
    counts = counts.reshape(len(people), width, width)
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(len(people), np.full(len(people), 1 / len(people)), COHORTS)
    values = []
    for times in drawn:
        found = figures(Confusion(tuple(names), np.tensordot(times, counts, 1)))
        values.append(np.nan_to_num(found.get("j_kappa", found["macro_f1"])))
    return float(np.mean(values))
