"""What a part of an evaluation is: a frozen value that names its functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from arsis.learn.contender import Contender
    from arsis.learn.record import Record
    from arsis.learn.scoring.look import Look, Scoring

Scores = dict[str, Any]
"""Plain values, ready for JSON."""


def headline_estimates(scores: Mapping[str, Any]) -> Scores:
    """Return the bare figures of a headline, for the ledger."""
    return {name: row["estimate"] for name, row in scores["headline"].items()}


def no_rivals(_scoring: Scoring) -> Sequence[Contender]:
    """Return no baseline."""
    return ()


def no_drawings(_folder: Path, _name: str, _record: Record) -> object:
    """Draw nothing."""
    return ()


@dataclass(frozen=True)
class Rank:
    """The one figure by which a protocol ranks.

    Attributes
    ----------
    figure, unit
        Its name in the headline, and the unit of its values; "share" is shown in percent.
    less
        Whether less of it is better.
    """

    figure: str
    unit: str = ""
    less: bool = False


@dataclass(frozen=True)
class Part:
    """One part of the evaluation of a task.

    Attributes
    ----------
    score
        What one contender is worth; where it holds a `headline` (figure -> estimate and
        interval), seeds can be averaged.
    estimates
        The bare figures of these scores, for the ledger.
    rivals
        What is scored beside the models: baselines, fitted on the training part.
    corpus
        Name in the task's table of the data it is about; "" = those of the model's protocol.
    folds
        Whether every subject is answered by the net of the fold that never met it.
    models
        Whether models are scored, or the rivals alone.
    own
        Whether it is only for models that were trained by the protocol of that data.
    seeds
        Whether several models give one more record, the mean and spread of their headline.
    draw
        Draws a record, to files `<name>-...` in a folder.
    rank
        By which figure of the headline contenders are ranked; None: by none.
    on_request
        Whether it is scored only where somebody names it.
    """

    score: Callable[[Look], Scores]
    estimates: Callable[[Mapping[str, Any]], Scores] = headline_estimates
    rivals: Callable[[Scoring], Sequence[Contender]] = no_rivals
    corpus: str = ""
    folds: bool = False
    models: bool = True
    own: bool = False
    seeds: bool = False
    draw: Callable[[Path, str, Record], object] = no_drawings
    rank: Rank | None = None
    on_request: bool = False
