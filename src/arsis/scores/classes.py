"""Answers against true classes: who was taken for whom, and the figures that follow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import ProtocolError
from arsis.scores.labels import known_labels
from arsis.scores.plain import Plain, plain_fields
from arsis.scores.ratio import f1_score, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import I64


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each true class got each answer.

    Attributes
    ----------
    names
        The classes, in the order of rows and columns. Figures address classes by name.
    counts
        (truth, answer) numbers of windows.
    """

    names: tuple[str, ...]
    counts: I64

    def __post_init__(self) -> None:
        if self.counts.shape != (len(self.names),) * 2 or len(set(self.names)) != len(self.names):
            raise ProtocolError(
                "confusion matrix",
                f"shape {self.counts.shape} with classes {', '.join(self.names)}",
                "one row and one column for each of the different classes",
                "Give the names that the matrix was counted with.",
            )

    def position(self, name: str) -> int:
        """Find the row and column of a class.

        Raises
        ------
        ProtocolError
            When there is no class of this name.
        """
        if name not in self.names:
            raise ProtocolError(
                "confusion matrix",
                f"the classes {', '.join(self.names)}",
                f"a class {name}",
                "Name one of its classes.",
            )
        return self.names.index(name)

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


@dataclass(frozen=True, slots=True)
class ClassScores:
    """How well one class was told from all the others.

    Attributes
    ----------
    truth_count, answer_count
        Windows truly of this class, and windows that were called so.
    sensitivity
        Share of the true ones that were called so; NaN when there are none.
    ppv
        Share of those called so that are true; NaN when none were called so.
    specificity
        Share of the other classes not called so; NaN when there are no others.
    f1
        0 when the class exists or was answered but never rightly; NaN when it is in neither.
    """

    truth_count: int
    answer_count: int
    sensitivity: float
    ppv: float
    specificity: float
    f1: float

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


@dataclass(frozen=True, slots=True)
class ConfusionScores:
    """The figures of a whole confusion matrix.

    Attributes
    ----------
    count
        Windows scored.
    accuracy
        Share answered rightly; NaN without windows.
    macro_f1
        Mean of the F1 of the classes that have one: a class in neither truth nor answers is
        left out, a class that was never found counts with 0.
    kappa
        Agreement beyond chance (Cohen 1960); NaN when chance alone agrees always.
    classes
        The figures of each class, by name.
    """

    count: int
    accuracy: float
    macro_f1: float
    kappa: float
    classes: Mapping[str, ClassScores]

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


def count_confusion(truth: I64, answer: I64, names: Sequence[str]) -> Confusion:
    """Count how often each true class got each answer.

    (window,), (window,) of positions in `names` -> Confusion. A truth of -1 (unknown) is left
    out, whatever the answer to it.

    Raises
    ------
    ProtocolError
        When the lengths differ, a label is out of range, or a known window has no answer.
    """
    truth, answer = np.asarray(truth, np.int64), np.asarray(answer, np.int64)
    if truth.shape != answer.shape or truth.ndim != 1:
        raise ProtocolError(
            "labels",
            f"shapes {truth.shape} and {answer.shape}",
            "one answer for each true label",
            "Match answers to the truth first.",
        )
    known = known_labels(truth, len(names))
    truth, answer = truth[known], answer[known]
    if answer.size and not (answer.min() >= 0 and answer.max() < len(names)):
        raise ProtocolError(
            "answers",
            f"labels from {answer.min()} to {answer.max()}",
            f"0 to {len(names) - 1}",
            "Give every window an answer, or leave it out and report the share answered.",
        )
    cells = np.bincount(truth * len(names) + answer, minlength=len(names) ** 2)
    return Confusion(tuple(names), cells.reshape(len(names), len(names)).astype(np.int64))


def gross(confusions: Sequence[Confusion]) -> Confusion:
    """Add up the confusion matrices of several recordings, so that every window counts the same.

    Raises
    ------
    ProtocolError
        When there are none, or their classes differ.
    """
    names = {each.names for each in confusions}
    if len(names) != 1:
        raise ProtocolError(
            "confusion matrices",
            f"{len(names)} different sets of classes",
            "one and the same",
            "Count all recordings with the same classes, in the same order.",
        )
    return Confusion(names.pop(), np.sum([each.counts for each in confusions], axis=0))


def class_scores(confusion: Confusion) -> ConfusionScores:
    """Say how well the classes were told apart, for each class and for all together."""
    counts = confusion.counts
    count, right = int(counts.sum()), int(np.trace(counts))
    classes = {name: _one_class(counts, k) for k, name in enumerate(confusion.names)}
    f1s = [each.f1 for each in classes.values() if not math.isnan(each.f1)]
    return ConfusionScores(
        count=count,
        accuracy=ratio(right, count),
        macro_f1=ratio(math.fsum(f1s), len(f1s)),
        kappa=cohen_kappa(confusion),
        classes=classes,
    )


def _one_class(counts: I64, k: int) -> ClassScores:
    """Score class number k of a matrix (truth, answer)."""
    hits, count = int(counts[k, k]), int(counts.sum())
    truths, answers = int(counts[k].sum()), int(counts[:, k].sum())
    return ClassScores(
        truth_count=truths,
        answer_count=answers,
        sensitivity=ratio(hits, truths),
        ppv=ratio(hits, answers),
        specificity=ratio(count - truths - answers + hits, count - truths),
        f1=f1_score(hits, truths - hits, answers - hits),
    )


def cohen_kappa(confusion: Confusion) -> float:
    """Measure agreement beyond what chance alone would give (Cohen 1960).

    (p_o - p_e) / (1 - p_e), in whole numbers to the last step; NaN when p_e is 1 (one class
    only) or nothing was counted.
    """
    counts = confusion.counts
    count, right = int(counts.sum()), int(np.trace(counts))
    rows, columns = counts.sum(axis=1).tolist(), counts.sum(axis=0).tolist()
    chance = sum(row * column for row, column in zip(rows, columns, strict=True))
    return ratio(count * right - chance, count * count - chance)


def j_kappa(confusion: Confusion, supraventricular: str = "S", ventricular: str = "V") -> float:
    """Sum up beat classification in one number that rare beats matter to.

    kappa / 2 + (Se_S + PPV_S + Se_V + PPV_V) / 8 (Mar, Zaunseder, Martinez, Llamedo and Poll
    2011). An undefined part counts 0, so that never answering a class cannot raise the figure.

    Raises
    ------
    ProtocolError
        When the matrix lacks one of the two classes.
    """
    parts = [cohen_kappa(confusion) / 2]
    for name in (supraventricular, ventricular):
        k = confusion.position(name)
        hits = int(confusion.counts[k, k])
        parts.append(ratio(hits, int(confusion.counts[k].sum())) / 8)
        parts.append(ratio(hits, int(confusion.counts[:, k].sum())) / 8)
    return math.fsum(part for part in parts if not math.isnan(part))
