"""One round of scoring, and one contender in it before the recordings it is scored on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from arsis.learn.contender import label_all
from arsis.learn.headline import RESAMPLING

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.recording import Recording
    from arsis.core.task import Corpus, Summary, Task
    from arsis.core.windows import Answers
    from arsis.learn.contender import Contender, Labelled
    from arsis.learn.ledger import OpenedTest
    from arsis.learn.met import Learnt
    from arsis.scores.bootstrap import Resampling


@dataclass(frozen=True)
class Scoring:
    """One round of scoring.

    Attributes
    ----------
    task, corpus, data
        What is asked, of which corpus, and the folder it stands in.
    ledger
        Where openings of the test part are written down.
    command
        What was typed.
    resampling
        How intervals are drawn.
    fitting
        How the task's baselines are fitted; None: as always.
    learnt
        A corpus on whose training part baselines are fitted, and its folder; None: this one.
    labelled
        Windows with their labels, by the fingerprint of the recordings: made once for all.
    """

    task: Task
    corpus: Corpus
    data: Path
    ledger: Path
    command: str
    resampling: Resampling = RESAMPLING
    fitting: Any = None
    learnt: Learnt | None = None
    labelled: dict[str, list[Labelled]] = field(default_factory=dict)


@dataclass(frozen=True)
class Look:
    """One contender before the recordings: what its parts share is computed once.

    Attributes
    ----------
    scoring, contender
        The round, and who is scored.
    opened
        The recordings, with the line of the ledger on which this look stands.
    """

    scoring: Scoring
    contender: Contender
    opened: OpenedTest

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subject of each recording: as many as there are recordings."""
        return self.opened.subjects

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """All recordings that are scored, one subject after the other."""
        return self.opened.recordings

    @cached_property
    def answers(self) -> list[tuple[Answers, Summary]]:
        """What the contender says of each recording as it is."""
        return [self.contender.answer(each) for each in self.recordings]

    @property
    def labelled(self) -> list[Labelled]:
        """The windows of each recording at its annotated events, with their true classes."""
        kept, key = self.scoring.labelled, self.opened.opening.fingerprint
        if key not in kept:
            kept[key] = label_all(self.contender.task, self.subjects, self.recordings)
        return kept[key]
