"""Checks on labels and probabilities that every score needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import ProtocolError

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64, I64, Bool


def known_labels(truth: I64, class_count: int) -> Bool:
    """Mark the windows whose true class is known: (window,) -> (window,).

    A label of -1 means that nobody knows; such a window is never scored.

    Raises
    ------
    ProtocolError
        For a label below -1 or at or above `class_count`.
    """
    if truth.size and not (truth.min() >= -1 and truth.max() < class_count):
        raise ProtocolError(
            "true labels",
            f"labels from {truth.min()} to {truth.max()}",
            f"0 to {class_count - 1}, or -1 for unknown",
            "Check the order of the classes that the labels were made with.",
        )
    return np.asarray(truth >= 0)


def known_probabilities(truth: I64, probability: F32 | F64) -> tuple[I64, F64]:
    """Keep labels and probabilities of the windows whose true class is known.

    (window,), (window, class) -> (known window,), (known window, class) in double precision

    Raises
    ------
    ProtocolError
        When the shapes do not fit, or a probability is not a number from 0 to 1.
    """
    if probability.ndim != 2 or truth.shape != probability.shape[:1]:
        raise ProtocolError(
            "probabilities",
            f"shape {probability.shape} beside labels of shape {truth.shape}",
            "(window, class) beside (window,)",
            "Give one row of probabilities for each label.",
        )
    known = known_labels(truth, probability.shape[1])
    kept = np.asarray(probability[known], np.float64)
    if not bool(np.all((kept >= 0) & (kept <= 1))):  # NaN fails both comparisons
        raise ProtocolError(
            "probabilities",
            "a value outside 0 to 1, or NaN",
            "probabilities from 0 to 1",
            "Turn logits into probabilities, and leave out the windows without an answer.",
        )
    return truth[known], kept
