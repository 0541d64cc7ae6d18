"""How well a probability ranks the windows of a class before all others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import ProtocolError
from arsis.scores.labels import known_probabilities
from arsis.scores.plain import Plain, plain_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import F32, F64, I64, Bool


@dataclass(frozen=True, slots=True)
class AucScores:
    """Area under the receiver operating curve of each class against the rest.

    Attributes
    ----------
    classes
        By name; NaN when all windows, or none, are of the class.
    macro
        Mean over the classes that have one; NaN when none has.
    """

    classes: Mapping[str, float]
    macro: float

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


def auc_scores(truth: I64, probability: F32 | F64, names: Sequence[str]) -> AucScores:
    """Say how often a window of a class gets a higher probability for it than another window.

    `truth` (window,), `probability` (window, class). A truth of -1 (unknown) is left out.

    Raises
    ------
    ProtocolError
        When shapes or values do not fit.
    """
    truth, kept = known_probabilities(truth, probability)
    if len(names) != kept.shape[1]:
        raise ProtocolError(
            "probabilities",
            f"{kept.shape[1]} columns",
            f"one for each of {', '.join(names)}",
            "Give the classes that the probabilities were made for.",
        )
    classes = {name: rank_auc(truth == k, kept[:, k]) for k, name in enumerate(names)}
    defined = [value for value in classes.values() if not math.isnan(value)]
    return AucScores(classes, math.fsum(defined) / len(defined) if defined else math.nan)


def rank_auc(positive: Bool, score: F32 | F64) -> float:
    """Say how often a positive window scores above a negative one; a tie counts half.

    (window,), (window,) -> area under the curve, from the mean ranks (Mann and Whitney 1947;
    Hanley and McNeil 1982); NaN without positives or without negatives.
    """
    _, place, ties = np.unique(score, return_inverse=True, return_counts=True)
    positives = int(np.count_nonzero(positive))
    pairs = positives * (len(positive) - positives)
    if not pairs:
        return math.nan
    # Twice the mean rank of each tied block is a whole number: the sum is exact.
    twice_rank = 2 * np.cumsum(ties) - ties + 1
    wins = int(twice_rank[place[positive]].sum()) - positives * (positives + 1)
    return wins / (2 * pairs)
