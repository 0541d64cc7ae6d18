"""Growing the boosted trees that answer beside a net, from the windows that it learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from arsis.core.arrays import F32, I64
    from arsis.learn.lesson import Lesson
    from arsis.learn.settings import Settings
    from arsis.nets import Beside
    from arsis.nets.boosted import Boosted

ABSENT = -20.0
"""The logit of a class that no window had."""


def grow(net: Beside, lesson: Lesson) -> None:
    """Fit a net's trees to further rounds of the lesson in which it was taught.

    They see the features alone, varied as the net's were: leads change places and are taken
    away, so that trees rely on neither.
    """
    drawn = list(lesson.further(lesson.settings.trees.draws))
    context = torch.cat([each for each, _ in drawn]).numpy()
    with threadpool_limits(limits=lesson.settings.threads, user_api="openmp"):
        for target, trees in net.trees.items():
            _fit(trees, context, torch.cat([y[target] for _, y in drawn]).numpy(), lesson.settings)


def _fit(trees: Any, context: F32, truth: I64, settings: Settings) -> None:
    """Fit (row, feature) to classes (row,), -1 = unknown."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    told = settings.trees
    model = HistGradientBoostingClassifier(
        max_iter=told.rounds,
        learning_rate=told.rate,
        max_leaf_nodes=told.leaves,
        max_depth=told.depth,
        min_samples_leaf=told.fewest,
        max_features=told.features,
        l2_regularization=told.ridge,
        early_stopping=False,
        random_state=settings.seed,
    )
    copy_trees(model.fit(context[truth >= 0], truth[truth >= 0]), trees)


def copy_trees(model: Any, trees: Boosted) -> None:
    """Copy the trees of a fitted HistGradientBoostingClassifier, whose classes are numbers.

    scikit-learn has no public way to read them: these attributes are what its own `predict`
    goes by, and a test compares the answers.
    """
    of_round = model._predictors  # noqa: SLF001
    # Of two classes it keeps the trees of the second: its logit beside a 0 of the first.
    classes = model.classes_[-len(of_round[0]) :]
    trees.start.fill_(ABSENT)
    trees.start[torch.from_numpy(model.classes_)] = 0.0
    trees.start[torch.from_numpy(classes)] = torch.from_numpy(
        model._baseline_prediction.reshape(-1)  # noqa: SLF001
    ).float()
    for number, predictors in enumerate(of_round):
        for target, predictor in zip(classes.tolist(), predictors, strict=True):
            _copy_tree(predictor.nodes, trees, target * trees.size.rounds + number)


def _copy_tree(nodes: Any, trees: Boosted, tree: int) -> None:
    count, leaf = len(nodes), nodes["is_leaf"].astype(bool)
    itself = np.arange(count)
    # Features are single precision: the largest such number below a threshold divides them alike.
    exact = nodes["num_threshold"]
    near = exact.astype(np.float32)
    below = np.where(near > exact, np.nextafter(near, np.float32(-np.inf)), near)
    columns = {
        "feature": np.where(leaf, 0, nodes["feature_idx"]),
        "threshold": np.where(leaf, 0, below),
        "low": np.where(leaf, itself, nodes["left"]),
        "high": np.where(leaf, itself, nodes["right"]),
        "unknown_low": nodes["missing_go_to_left"],
        "value": np.where(leaf, nodes["value"], 0),
    }
    for name, values in columns.items():
        buffer = getattr(trees, name)
        buffer[tree, :count] = torch.from_numpy(values.astype(np.float64)).to(buffer.dtype)
