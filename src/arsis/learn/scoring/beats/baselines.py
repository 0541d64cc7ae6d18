"""What a net has to beat on the same windows: always N, rhythm alone, gradient boosting."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.arrays import F32, F64, I64
from arsis.core.task import Decision
from arsis.learn.contender import Contender, classes_of, label_all, stack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from arsis.core.task import Corpus, Task
    from arsis.core.windows import Output, Windows
    from arsis.learn.contender import Labelled
    from arsis.learn.scoring.look import Scoring

USUAL = "N"
ALWAYS, RHYTHM, BOOSTING = "always-n", "rhythm-logistic", "gradient-boosting"

Score = Callable[[F32], tuple[I64, F64]]
"""(window, column) -> the numbers of the classes known (class,), probabilities (window, class)."""
Columns = Callable[[F32, F32], F32]
"""x (window, channel, time), context (window, feature) -> what a baseline sees (window, column)."""


@dataclass(frozen=True)
class BaselineSettings:
    """How the baselines are fitted; chosen before any test part was opened, and never tuned."""

    seed: int = 0
    """Start of all chance."""
    rounds: int = 200
    """Trees for each class."""
    rate: float = 0.1
    """How much each tree may say."""
    leaves: int = 31
    """Largest number of leaves of a tree."""
    ridge: float = 1.0
    """Penalty on large weights of the leaves, and of the regression (its C is 1 / ridge)."""
    balance: float = 0.5
    """Classes count by their frequency to minus this power (0: as they occur; 1: all alike)."""
    decimate: int = 4
    """Samples of the window that are averaged into one column."""


def fit_baselines(
    task: Task, corpus: Corpus, folder: Path, settings: BaselineSettings | None = None
) -> list[Contender]:
    """Fit all baselines on the training part of a corpus, and on nothing else."""
    settings = settings or BaselineSettings()
    subjects = corpus.split.train
    beats = label_all(task, subjects, corpus.recordings(folder, subjects))
    return [fit(task, name, beats, settings) for name in FITS]


def trivial_rivals(scoring: Scoring) -> list[Contender]:
    """Return the baselines of a round of scoring: one alone where there is nothing to fit them."""
    corpus, data = scoring.learnt or (scoring.corpus, scoring.data)
    if not corpus.split.train:
        return [untrained(scoring.task)]
    return fit_baselines(scoring.task, corpus, data, scoring.fitting)


def untrained(task: Task) -> Contender:
    """Return the baseline that says N of every beat and is sure of it, having seen none."""
    target, names = next(iter(task.targets)), classes_of(task)

    def judge(windows: Windows) -> Output:
        probabilities = np.zeros((len(windows), len(names)), np.float32)
        probabilities[:, names.index(USUAL)] = 1
        return {target: probabilities}

    weights = hashlib.sha256(json.dumps([ALWAYS, task.name, task.version]).encode()).hexdigest()
    return Contender(ALWAYS, "baseline", task, Decision(0.0, 0.0), weights, 0, judge)


def fit(task: Task, name: str, beats: Sequence[Labelled], settings: BaselineSettings) -> Contender:
    """Fit one baseline, by its name in FITS, on labelled beats."""
    columns = _columns(task, name, settings.decimate)
    return fit_columns(task, (name, FITS[name]), columns, beats, settings)


def fit_columns(
    task: Task,
    method: tuple[str, Fit],
    columns: Columns,
    beats: Sequence[Labelled],
    settings: BaselineSettings,
) -> Contender:
    """Fit a method, called by a name, on what `columns` makes of labelled windows."""
    (name, learn), (x, context, truth) = method, stack(beats)
    target, names = next(iter(task.targets)), classes_of(task)
    score = learn(columns(x, context), truth, settings)

    def judge(windows: Windows) -> Output:
        probabilities = np.zeros((len(windows), len(names)), np.float32)
        if len(windows):
            classes, given = score(columns(windows.x, windows.context))
            probabilities[:, classes] = given
        return {target: probabilities}

    decides = [name, asdict(settings), _digest(x, context, truth), task.name, task.version]
    weights = hashlib.sha256(json.dumps(decides).encode()).hexdigest()
    decision = Decision(0.0, 0.0)
    return Contender(name, "baseline", task, decision, weights, settings.seed, judge)


def always(columns: F32, truth: I64, settings: BaselineSettings) -> Score:
    """Give every beat the class that most beats have, with the shares as probabilities."""
    del columns, settings
    classes, counts = np.unique(truth, return_counts=True)
    shares = counts / counts.sum()
    return lambda rows: (classes, np.broadcast_to(shares, (len(rows), len(shares))))


def logistic(columns: F32, truth: I64, settings: BaselineSettings) -> Score:
    """Fit a regression on standardised columns."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(
        StandardScaler(),
        LogisticRegression(
            C=1 / settings.ridge, max_iter=1000, class_weight=_balance(truth, settings.balance)
        ),
    )
    return _scorer(model.fit(columns, truth))


def boosting(columns: F32, truth: I64, settings: BaselineSettings) -> Score:
    """Fit gradient boosted trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=settings.rounds,
        learning_rate=settings.rate,
        max_leaf_nodes=settings.leaves,
        l2_regularization=settings.ridge,
        early_stopping=False,
        class_weight=_balance(truth, settings.balance),
        random_state=settings.seed,
    )
    return _scorer(model.fit(columns, truth))


Fit = Callable[[F32, I64, BaselineSettings], Score]
"""Learns from (window, column) and classes (window,)."""
FITS: dict[str, Fit] = {ALWAYS: always, RHYTHM: logistic, BOOSTING: boosting}


def _scorer(model: Any) -> Score:
    classes = np.asarray(model.classes_, np.int64)
    return lambda rows: (classes, np.asarray(model.predict_proba(rows), np.float64))


def _balance(truth: I64, power: float) -> dict[int, float]:
    classes, counts = np.unique(truth, return_counts=True)
    weights = (len(truth) / (len(classes) * counts)) ** power
    return dict(zip(classes.tolist(), weights.tolist(), strict=True))


def _columns(task: Task, name: str, decimate: int) -> Columns:
    """Return what a baseline sees of windows: rhythm alone, or all features and the shape."""
    rhythm = [at for at, feature in enumerate(task.features) if not feature.startswith("lead")]
    if name != BOOSTING:
        return lambda x, context: context[:, rhythm]  # noqa: ARG005
    leads = len({f.partition("_")[0] for f in task.features if f.startswith("lead")})

    def everything(x: F32, context: F32) -> F32:
        # The first two channels of a lead are the beat and the running median beat.
        each = x.reshape(len(x), max(1, leads), -1, x.shape[-1])
        difference = each[:, :, 0] - each[:, :, 1]
        length = difference.shape[-1] // decimate * decimate
        coarse = difference[..., :length].reshape(len(x), -1, decimate).mean(-1)
        return np.concatenate([context, coarse], axis=1)

    return everything


def _digest(*arrays: F32 | I64) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
