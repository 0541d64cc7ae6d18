"""How far a figure could move had other people been measured: the bootstrap over subjects."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from arsis.core.errors import ProtocolError
from arsis.scores.plain import Plain, plain_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from arsis.core.arrays import I64

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Resampling:
    """How to draw.

    Attributes
    ----------
    seed
        Start of the random numbers; the same seed gives the same interval.
    replicates
        Cohorts to draw.
    level
        Share of the replicates inside the interval.
    """

    seed: int
    replicates: int = 2000
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the range in which other cohorts would have put it.

    Attributes
    ----------
    estimate
        The figure of the cohort as it is.
    low, high
        Bounds of the percentile interval; NaN when every replicate is undefined.
    level
        Share of the defined replicates between them.
    replicates, undefined
        Cohorts drawn, and those among them whose figure was NaN and was left out.
    """

    estimate: float
    low: float
    high: float
    level: float
    replicates: int
    undefined: int

    def as_dict(self) -> dict[str, Plain]:
        """Give the fields as plain values for JSON."""
        return plain_fields(self)


def bootstrap_counts(
    counts: I64, statistic: Callable[[I64], float], resampling: Resampling
) -> Interval:
    """Give the range of a figure that is computed from counts added over subjects.

    `counts` (subject, ...), for example confusion matrices (subject, class, class);
    `statistic` gets their sum (...). A subject drawn twice counts twice, with all that it
    brings: windows of one heart are not independent. Percentile interval (Efron 1979).

    Raises
    ------
    ProtocolError
        When there is no subject, or the resampling makes no sense.
    """

    def of_sum(drawn: Sequence[int]) -> float:
        times = np.bincount(np.asarray(drawn, np.int64), minlength=len(counts))
        return statistic(np.tensordot(times, counts, axes=1))

    return bootstrap_subjects(range(len(counts)), of_sum, resampling)


def bootstrap_subjects(
    subjects: Sequence[Subject],
    statistic: Callable[[Sequence[Subject]], float],
    resampling: Resampling,
) -> Interval:
    """Give the range of any figure of a list of subjects, whatever is known of each.

    `statistic` gets as many subjects as there are, drawn with replacement. A drawn cohort on
    which the figure is NaN (the class is missing) is left out and counted in `undefined`.
    Percentile interval (Efron 1979).

    Raises
    ------
    ProtocolError
        When there is no subject, or the resampling makes no sense.
    """
    _check(len(subjects), resampling)
    rng = np.random.default_rng(resampling.seed)
    drawn = rng.integers(0, len(subjects), (resampling.replicates, len(subjects)))
    values = np.array([statistic([subjects[i] for i in row]) for row in drawn.tolist()])
    values = values[~np.isnan(values)]
    tail = (1 - resampling.level) / 2
    low, high = np.quantile(values, [tail, 1 - tail]) if values.size else (math.nan, math.nan)
    return Interval(
        estimate=statistic(subjects),
        low=float(low),
        high=float(high),
        level=resampling.level,
        replicates=resampling.replicates,
        undefined=resampling.replicates - values.size,
    )


def _check(subject_count: int, resampling: Resampling) -> None:
    """Refuse what cannot be drawn from."""
    if subject_count and resampling.replicates > 0 and 0 < resampling.level < 1:
        return
    raise ProtocolError(
        "bootstrap",
        f"{subject_count} subjects, {resampling.replicates} replicates, level {resampling.level}",
        "at least one subject and one replicate, and a level between 0 and 1",
        "Give the counts of every subject, and for example 2000 replicates at level 0.95.",
    )
