"""Whom nets have met: their own training people, and those kept back to test others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from arsis.core.errors import ProtocolError
from arsis.core.sameness import prints
from arsis.infer.bundle import load
from arsis.learn.ledger import closed_prints, recognised
from arsis.learn.union import listed, protocol_of
from arsis.tasks import find_corpus, folder_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from arsis.core.errors import ArsisError
    from arsis.core.task import Corpus, Task
    from arsis.infer.bundle import Card

Learnt = tuple["Corpus", "Path"]
"""A corpus on whose training part baselines are fitted, and its folder."""


def known_prints(
    task: Task, corpus: Corpus, cards: Iterable[Card], learnt: Learnt | None = None
) -> dict[str, str]:
    """Return what must not be scored as if it were new: print -> who it is, in words.

    People on whose recordings a model or baseline was trained, and the test parts of other
    published corpora: these are opened by their own protocol.
    """
    known: dict[str, str] = {}
    for other in task.corpora.values():
        if other.split.name != corpus.split.name:
            whose = f"of the test part of {other.split.name}: score it by that protocol"
            known |= {each: f"{who}, {whose}" for each, who in closed_prints(other).items()}
    if learnt is not None:
        base, folder = learnt
        read = {
            subject: tuple(each for r in base.open(folder, subject) for each in prints(r))
            for subject in base.split.train
        }
        known |= _named(read, base.split.train, "on whom the baselines were fitted")
    for card in cards:
        known |= _met(task, card)
    return known


def strangers(
    bundles: Sequence[str | Path], folder: Path, annotations: str, data: Path | None
) -> tuple[Corpus, Learnt | None]:
    """Return a folder's recordings of people whom no bundle has met, and what baselines learn from.

    `data` is the folder of published recordings on whose training part baselines are fitted.

    Raises
    ------
    CorpusError, SettingError
        If nothing in the folder can be used, or the task reads no folders.
    ProtocolError
        If nobody in it is a stranger.
    """
    loaded = [load(bundle) for bundle in bundles]
    task, cards = loaded[0].task, [each.card for each in loaded]
    corpus, learnt = folder_of(task, folder, annotations), None
    if data is not None:
        published = {each.split.name: each for each in task.corpora.values()}
        learnt = published.get(protocol_of(cards[0].protocol), find_corpus(task)), data
    return without_known(corpus, known_prints(task, corpus, cards, learnt)), learnt


def without_known(corpus: Corpus, known: Mapping[str, str]) -> Corpus:
    """Return a folder's corpus without people who are known; `skipped` has them with the reason.

    Raises
    ------
    ProtocolError
        If nobody is left.
    """
    found = recognised(corpus, known)
    left = tuple(subject for subject in corpus.prints if subject not in found)
    errors: tuple[ArsisError, ...] = tuple(
        _error(corpus, {subject: who}) for subject, who in found.items()
    )
    if not left:
        raise _error(corpus, found)
    split = replace(corpus.split, test=left)
    return replace(corpus, split=split, skipped=(*corpus.skipped, *errors))


def refuse_known(corpus: Corpus, known: Mapping[str, str]) -> None:
    """Refuse to score people who are known; raises ProtocolError."""
    found = recognised(corpus, known)
    if found:
        raise _error(corpus, found)


def _met(task: Task, card: Card) -> dict[str, str]:
    """Return whom the nets of a bundle learnt from; published people where the card lists none."""
    whose = f"on whom {card.name} was trained"
    if card.met:
        return _named({s: tuple(each) for s, each in card.met.items()}, tuple(card.met), whose)
    protocol = protocol_of(card.protocol)
    known: dict[str, str] = {}
    for corpus in task.corpora.values():
        if corpus.split.name == protocol:
            known |= _named(corpus.prints, corpus.split.train, whose)
    return known


def _named(
    table: Mapping[str, tuple[str, ...]], subjects: Iterable[str], whose: str
) -> dict[str, str]:
    return {each: f"{s}, {whose}" for s in subjects for each in table.get(s, ())}


def _error(corpus: Corpus, found: Mapping[str, str]) -> ProtocolError:
    return ProtocolError(
        corpus.name, f"by the samples, {listed(found)}", "people new to all that are scored",
        "They cannot be scored as if they were.",
    )  # fmt: skip
