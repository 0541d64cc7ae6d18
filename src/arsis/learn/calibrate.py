"""From out-of-fold logits to honest probabilities, and to the threshold of doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from arsis.core.task import Decision
from arsis.infer.bundle import Calibration
from arsis.learn.judged import rows_of

if TYPE_CHECKING:
    from arsis.core.arrays import F32, I64

UNCLEAR_SHARE = 0.05
"""Share of the out-of-fold answers that the threshold calls unclear."""


def ensemble(logits: F32) -> F32:
    """Return the logarithm of the nets' mean probability: (net, window, class) -> (window, class).

    The same as the exported graph does; steps of windows, (..., step), are joined one by one.
    """
    logp = torch.from_numpy(logits).log_softmax(2)
    joined: F32 = (logp.logsumexp(0) - float(np.log(len(logits)))).numpy()
    return joined


def calibrate(logits: F32, truth: I64) -> Calibration:
    """Fit how logits become probabilities: (window, class), (window,) -> one temperature.

    Or (window, class, step), (window, step): then every known step counts the same.

    Temperature scaling by maximum likelihood (Guo et al., On Calibration of Modern Neural
    Networks, 2017). It never changes which class is best: a bias for each class, fitted on
    few patients, made new patients worse in nested cross-validation. A truth of -1 is left out.
    """
    said, wanted = rows_of(logits, truth)
    known = wanted >= 0
    x, y = torch.from_numpy(said[known]).double(), torch.from_numpy(wanted[known])
    log_scale = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS([log_scale], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        search.zero_grad()
        value = torch.nn.functional.cross_entropy(x * log_scale.exp(), y)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    search.step(loss)  # type: ignore[no-untyped-call]
    classes = x.shape[1]
    return Calibration((float(log_scale.detach().exp()),) * classes, (0.0,) * classes)


def decide(probabilities: F32, unclear_quality: float) -> Decision:
    """Set the threshold of doubt: (row, class) calibrated, out-of-fold -> Decision.

    The best class is the most probable one; the least sure UNCLEAR_SHARE of answers is unclear.
    """
    threshold = float(np.quantile(probabilities.max(1), UNCLEAR_SHARE))
    return Decision(round(threshold, 3), unclear_quality)
