"""Does 90 % mean nine times out of ten: reliability tables, calibration error and Brier score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from arsis.core.errors import ProtocolError
from arsis.scores.labels import known_probabilities
from arsis.scores.plain import Plain, plain_fields
from arsis.scores.ratio import ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import F32, F64, I64, Bool


@dataclass(frozen=True, slots=True)
class EqualWidth:
    """Bins of equal width from 0 to 1, as in Guo et al. (2017).

    Attributes
    ----------
    count
        Number of bins.
    """

    count: int = 15

    def edges(self, confidence: F64) -> F64:
        """Give the edges of the bins, whatever the confidences: (window,) -> (bin + 1,)."""
        del confidence
        return np.linspace(0, 1, self.count + 1)


@dataclass(frozen=True, slots=True)
class EqualMass:
    """Bins with about as many windows in each (Nguyen and O'Connor 2015).

    Equal confidences are never torn apart, so there may be fewer bins than asked for.

    Attributes
    ----------
    count
        Number of bins.
    """

    count: int = 15

    def edges(self, confidence: F64) -> F64:
        """Give the edges of the bins: (window,) -> (bin + 1,)."""
        inner = np.quantile(confidence, np.linspace(0, 1, self.count + 1)[1:-1])
        return np.unique(np.concatenate([[0.0], inner, [1.0]]))


Bins: TypeAlias = EqualWidth | EqualMass

_FIFTEEN = EqualWidth()


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often answers of each confidence were right.

    Attributes
    ----------
    low, high
        (bin,) edges; a bin holds low < confidence <= high, the first one 0 as well.
    confidence, accuracy
        (bin,) mean confidence and share of right answers; NaN in an empty bin.
    count
        (bin,) windows.
    error
        Expected calibration error: mean over windows of the distance between confidence and
        accuracy of their bin (Naeini et al. 2015; Guo et al. 2017); NaN without windows.
    """

    low: F64
    high: F64
    confidence: F64
    accuracy: F64
    count: I64
    error: float

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


def reliability(confidence: F64, right: Bool, bins: Bins = _FIFTEEN) -> Reliability:
    """Compare how sure answers were with how often they were right.

    (window,), (window,) -> Reliability

    Raises
    ------
    ProtocolError
        When there are no windows, or no bins are asked for.
    """
    if not (confidence.size and confidence.shape == right.shape and bins.count > 0):
        raise ProtocolError(
            "calibration",
            f"{confidence.size} confidences, {right.size} answers, {bins.count} bins",
            "as many confidences as answers, at least one, and at least one bin",
            "Give the windows whose true class is known.",
        )
    edges = bins.edges(confidence)
    last = len(edges) - 2
    place = np.clip(np.searchsorted(edges, confidence, "left") - 1, 0, last)
    count = np.bincount(place, minlength=last + 1)
    sure = np.bincount(place, confidence, last + 1)
    hits = np.bincount(place, right, last + 1)
    filled = np.where(count, count, np.nan)
    return Reliability(
        low=edges[:-1],
        high=edges[1:],
        confidence=sure / filled,
        accuracy=hits / filled,
        count=count.astype(np.int64),
        error=ratio(float(np.abs(sure - hits).sum()), len(confidence)),
    )


def top_label_reliability(truth: I64, probability: F32 | F64, bins: Bins = _FIFTEEN) -> Reliability:
    """Say whether the probability of the answer given (the largest one) can be believed.

    `truth` (window,), `probability` (window, class). A truth of -1 (unknown) is left out; of
    equal probabilities the first class is the answer.

    Raises
    ------
    ProtocolError
        When shapes or values do not fit, or no truth is known.
    """
    truth, kept = known_probabilities(truth, probability)
    return reliability(kept.max(axis=1), kept.argmax(axis=1) == truth, bins)


def class_reliability(
    truth: I64, probability: F32 | F64, names: Sequence[str], bins: Bins = _FIFTEEN
) -> dict[str, Reliability]:
    """Say for each class whether its probability can be believed (class-wise calibration).

    `truth` (window,), `probability` (window, class) -> a table by name, in which accuracy is
    the share of windows truly of the class (Kull et al. 2019).

    Raises
    ------
    ProtocolError
        When shapes, names or values do not fit, or no truth is known.
    """
    truth, kept = known_probabilities(truth, probability)
    if len(names) != kept.shape[1]:
        raise ProtocolError(
            "probabilities",
            f"{kept.shape[1]} columns",
            f"one for each of {', '.join(names)}",
            "Give the classes that the probabilities were made for.",
        )
    return {name: reliability(kept[:, k], truth == k, bins) for k, name in enumerate(names)}


def brier_score(truth: I64, probability: F32 | F64) -> float:
    """Measure the mean squared distance between probabilities and what came true; 0 is best.

    `truth` (window,), `probability` (window, class) -> mean over windows of the sum over
    classes of (probability - came true)^2, from 0 to 2 (Brier 1950; many give half of it for
    two classes). A truth of -1 (unknown) is left out; NaN when none is known.

    Raises
    ------
    ProtocolError
        When shapes or values do not fit.
    """
    truth, kept = known_probabilities(truth, probability)
    came_true = truth[:, None] == np.arange(kept.shape[1])
    return ratio(float(np.square(kept - came_true).sum()), len(truth))
