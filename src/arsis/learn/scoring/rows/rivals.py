"""What a net of rows has to beat: always N, a regression and boosted trees on the 187 samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.learn.contender import label_all
from arsis.learn.scoring.beats.baselines import (
    ALWAYS,
    BaselineSettings,
    always,
    boosting,
    fit_columns,
    logistic,
)

if TYPE_CHECKING:
    from arsis.core.arrays import F32
    from arsis.learn.contender import Contender
    from arsis.learn.scoring.look import Scoring

ROW_FITS = {ALWAYS: always, "row-logistic": logistic, "row-boosting": boosting}


def row_rivals(scoring: Scoring) -> list[Contender]:
    """Return the baselines, fitted on the training part of the protocol without its held rows."""
    split, settings = scoring.corpus.split, scoring.fitting or BaselineSettings(balance=0.0)
    learners = [each for each in split.train if each not in split.held]
    rows = label_all(scoring.task, learners, scoring.corpus.recordings(scoring.data, learners))
    return [
        fit_columns(scoring.task, (name, learn), _samples, rows, settings)
        for name, learn in ROW_FITS.items()
    ]


def _samples(x: F32, context: F32) -> F32:
    """Return the samples of rows, and how much of each is filled: (row, 188)."""
    return np.concatenate([x[:, 0], context], axis=1)
