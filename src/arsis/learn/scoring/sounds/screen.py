"""Screening by a plain model: what it learns and where it draws its lines, it learns elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from arsis.scores.ratio import ratio

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I64, Bool

MURMURS = ("Present", "Unknown", "Absent")
PRESENT, UNKNOWN, ABSENT = range(3)
WORTH = np.array([5, 3, 1])
"""What a right answer counts, by its truth: weights of the George B. Moody PhysioNet Challenge 2022
(Reyna et al., PLOS Digital Health 2, 2023)."""
STRENGTHS = (0.01, 0.03, 0.1, 0.3)
"""Of the logistic model, as scikit-learn's C counts it; the best is chosen inside."""
_STEPS = np.exp(np.arange(-1.5, 1.6, 0.25))
LEANS = np.array([(present, unknown, 1.0) for present, unknown in product(_STEPS, _STEPS)])
"""How far an answer may be leant to, against what probability and worth say."""
ABOUT = 0.01
"""Leans that are so nearly the best are taken together: the very best is chance."""


@dataclass(frozen=True)
class Material:
    """What is known of recordings, and the persons or recordings that they are answers about.

    Attributes
    ----------
    features
        (recording, feature); NaN = nothing was heard.
    label
        (recording,) numbers of MURMURS, by which the model learns.
    owner
        (recording,) number of the unit that is answered: its patient, or the recording itself.
    truth, fold
        (unit,) numbers of MURMURS, and the fold that it is in.
    """

    features: F64
    label: I64
    owner: I64
    truth: I64
    fold: I64


@dataclass(frozen=True)
class Screened:
    """What was answered: (unit, murmur) probabilities, (unit,) numbers of MURMURS."""

    probabilities: F64
    said: I64


def screen(material: Material) -> Screened:
    """Answer every unit by a model of the other folds, and by lines that only these have drawn.

    The strength of the model and the leans come from a cross-validation among the other folds. A
    unit in none of whose recordings anything was heard is answered "Unknown".
    """
    probabilities = np.zeros((len(material.truth), len(MURMURS)))
    said = np.full(len(material.truth), UNKNOWN)
    for fold in np.unique(material.fold):
        inside, others = material.fold == fold, material.fold != fold
        tried = [_across(material, others, strength) for strength in STRENGTHS]
        best = int(np.argmax([_likelihood(each, material.truth, others) for each in tried]))
        lean = _lean(tried[best][others], material.truth[others])
        probabilities[inside] = _judge(material, others, inside, STRENGTHS[best])[inside]
        said[inside] = choose(probabilities[inside], lean)
    return Screened(probabilities, said)


def choose(probabilities: F64, lean: F64) -> I64:
    """Return the answer that is expected to be worth most: (unit, murmur) -> (unit,)."""
    chosen: I64 = np.argmax(probabilities * WORTH * lean, axis=1)
    return chosen


def confusion(truth: I64, said: I64) -> I64:
    """Count the units by their truth and by what was said of them: (unit,) -> (truth, said)."""
    size = len(MURMURS)
    return np.bincount(truth * size + said, minlength=size**2).reshape(size, size)


def weighted_accuracy(counts: I64) -> float:
    """Return the share of the worth that was earned, as the challenge counts it: (truth, said)."""
    return ratio(float(WORTH @ counts.diagonal()), float(WORTH @ counts.sum(axis=1)))


def _across(material: Material, among: Bool, strength: float) -> F64:
    """Cross-validate among some folds: (unit, murmur), 0 for the units of the others."""
    probabilities = np.zeros((len(material.truth), len(MURMURS)))
    for fold in np.unique(material.fold[among]):
        inside = material.fold == fold
        probabilities[inside] = _judge(material, among & ~inside, inside, strength)[inside]
    return probabilities


def _judge(material: Material, learn: Bool, asked: Bool, strength: float) -> F64:
    """Learn from some units and judge others by the mean over their recordings: (unit, murmur)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    heard = np.isfinite(material.features).all(axis=1)
    mine, theirs = (heard & units[material.owner] for units in (learn, asked))
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))
    model.fit(material.features[mine], material.label[mine])
    total = np.zeros((len(material.truth), len(MURMURS)))
    if theirs.any():
        rows = np.zeros((int(theirs.sum()), len(MURMURS)))
        rows[:, model.classes_] = model.predict_proba(material.features[theirs])
        np.add.at(total, material.owner[theirs], rows)
    silent = total.sum(axis=1) == 0
    total[silent, UNKNOWN] = 1.0
    mean: F64 = total / total.sum(axis=1, keepdims=True)
    return mean


def _likelihood(probabilities: F64, truth: I64, among: Bool) -> float:
    """Return the mean logarithm of the probability of what was true."""
    chance = probabilities[among, truth[among]]
    return float(np.log(np.maximum(chance, 1e-3)).mean())


def _lean(probabilities: F64, truth: I64) -> F64:
    """Return how far to lean to each answer: the middle of what is about best here."""
    said = [choose(probabilities, lean) for lean in LEANS]
    earned = np.array([weighted_accuracy(confusion(truth, each)) for each in said])
    middle: F64 = np.exp(np.log(LEANS[earned >= earned.max() - ABOUT]).mean(axis=0))
    return middle
