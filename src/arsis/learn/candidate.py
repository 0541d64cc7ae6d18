"""A group of nets that answer as one, as judged on patients that none of them met."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.learn.calibrate import calibrate, decide, ensemble
from arsis.learn.figures import mean_f1
from arsis.learn.headline import figures
from arsis.learn.judged import judged_steps, rows_of
from arsis.scores.calibration import top_label_reliability
from arsis.scores.classes import class_scores, count_confusion

if TYPE_CHECKING:
    from arsis.core.arrays import F32, I64, Bool
    from arsis.core.examples import Examples
    from arsis.core.task import Decision, Task
    from arsis.infer.bundle import Calibration
    from arsis.learn.crossvalidate import OutOfFold


@dataclass(frozen=True)
class Candidate:
    """A group of nets that answer as one, as judged on patients that none of them met.

    Attributes
    ----------
    seeds
        Of its nets.
    calibration, decision
        By target, from its own out-of-fold answers.
    figures
        Of the decided out-of-fold answers, by target and name.
    """

    seeds: tuple[int, ...]
    calibration: dict[str, Calibration]
    decision: dict[str, Decision]
    figures: dict[str, dict[str, Any]]

    @property
    def worth(self) -> float:
        """The protocol's figure, over all targets."""
        return float(np.mean([f.get("j_kappa", f["macro_f1"]) for f in self.figures.values()]))


@dataclass(frozen=True)
class Evidence:
    """What a group of nets says of windows that none of its nets met, beside the truth.

    Attributes
    ----------
    task, examples, found
        What was asked, of which windows, and the answers of all nets.
    seeds
        Those of the group.
    steps
        The judged steps of a window, for targets of states.
    """

    task: Task
    examples: Examples
    found: OutOfFold
    seeds: tuple[int, ...]
    steps: tuple[int, ...] = ()

    def of(self, target: str) -> tuple[F32, I64]:
        """Return the joined logits and the truth: (window, class), (window,), or (..., step)."""
        members = [self.found.seeds.index(seed) for seed in self.seeds]
        truth = np.asarray(self.examples.y[target][self.found.row], np.int64)
        return ensemble(self.found.logits[target][members]), judged_steps(truth, self.steps)

    def calibrated(
        self, among: Bool | None = None
    ) -> tuple[dict[str, Calibration], dict[str, Decision]]:
        """Calibrate and decide by target, on all windows or `among` some: (window,)."""
        calibration, decision = {}, {}
        for target in self.task.targets:
            logits, truth = self.of(target)
            if among is not None:
                logits, truth = logits[among], truth[among]
            calibration[target] = calibrate(logits, truth)
            p, known = rows_of(calibration[target].apply(logits), truth)
            decision[target] = decide(p[known >= 0], self.task.unclear_quality)
        return calibration, decision


def judge_candidate(evidence: Evidence) -> Candidate:
    """Calibrate a group of nets on what they say of patients they never met, and score it."""
    calibration, decision = evidence.calibrated()
    scores = {}
    for target, kind in evidence.task.targets.items():
        logits, truth = evidence.of(target)
        p, known = rows_of(calibration[target].apply(logits), truth)
        error = top_label_reliability(known[known >= 0], p[known >= 0]).error
        confusion = count_confusion(known, p.argmax(1), kind.names)
        found = figures(confusion) | {"macro_f1": mean_f1(class_scores(confusion))}
        scores[target] = {**found, "ece": error}
    return Candidate(evidence.seeds, calibration, decision, scores)
