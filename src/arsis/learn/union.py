"""Training on several corpora at once: a protocol's training part and folders of one's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from arsis.core.errors import ProtocolError, SettingError
from arsis.core.sameness import prints
from arsis.core.task import FOLDER, Corpus, Split
from arsis.learn.ledger import closed_prints
from arsis.learn.split import folds
from arsis.tasks import find_corpus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from arsis.core.examples import Examples
    from arsis.core.recording import Recording
    from arsis.core.task import Task

JOIN = " + "
FOLDS = 6
"""Into so many groups the people of a union are dealt, or into as many as there are people."""
SHOWN = 5
OWN = (
    "a protocol's training part and folders of the user's own; cross-validated over all their "
    "people; the protocol's test part is as it was"
)


@dataclass(frozen=True)
class Home:
    """Where a subject of a union comes from: a corpus, its folder, and its name there."""

    corpus: Corpus
    folder: Path
    subject: str


def training_corpus(
    task: Task, name: str | None, data: Path | None, folders: Sequence[Corpus]
) -> Corpus:
    """Return what to train on: published data as they are, folders, or both as one corpus.

    Raises
    ------
    SettingError
        If there are no data, or two folders have one name.
    ProtocolError
        If a recording is there twice, or a folder holds one of the protocol's test part.
    """
    if data is None and (name or not folders):
        wanted = f"the folder of {name}" if name else "the folder of published data, or --corpus"
        raise SettingError("--data", "nothing", wanted, "Say where the recordings are.")
    base = None if data is None else find_corpus(task, name)
    if base is not None and not folders:
        return base
    names = [each.split.name for each in folders]
    if len(set(names)) < len(names):
        raise SettingError(
            "--corpus", f"{len(names)} folders named {', '.join(names)}", "different names",
            "Rename one: its people are called by it.",
        )  # fmt: skip
    published = [] if base is None else [(base, Path(data or ""))]
    _refuse_same(published, folders)
    return _join(published, folders)


def protocol_of(card: str) -> str:
    """Return the published protocol within the one that a card names: whose test part is left."""
    return card.split(JOIN, maxsplit=1)[0]


def with_folds(corpus: Corpus, examples: Examples) -> Corpus:
    """Return a corpus whose training part has folds: its own, or made to hold alike much of all.

    Where its protocol holds out a validation part instead, nothing is changed.
    """
    split = corpus.split
    if split.folds or split.held:
        return corpus
    dealt = folds(examples, split.train, min(FOLDS, len(split.train)))
    return replace(corpus, split=replace(split, folds=dealt))


def training_prints(corpus: Corpus, data: Path) -> dict[str, list[str]]:
    """Return by subject what the recordings of the training part are known by."""
    return {
        subject: [each for r in corpus.open(data, subject) for each in prints(r)]
        for subject in corpus.split.train
    }


def _join(published: Sequence[tuple[Corpus, Path]], folders: Sequence[Corpus]) -> Corpus:
    homes = {
        subject: Home(corpus, folder, subject)
        for corpus, folder in published
        for subject in corpus.split.train
    }
    base = published[0][0].split if published else Split("", OWN, (), ())
    train = list(base.train)
    for corpus in folders:
        theirs = {
            f"{_short(corpus)}/{subject}": Home(corpus, Path(), subject)
            for subject in corpus.prints
        }
        homes |= theirs
        train += theirs
    parts = [*(corpus for corpus, _ in published), *folders]
    counts = [len(c.split.train) for c, _ in published] + [len(c.prints) for c in folders]
    whom = ", ".join(f"{n} of {c.name}" for n, c in zip(counts, parts, strict=True))

    def made(recordings: Sequence[Recording]) -> Sequence[Iterable[Recording]]:
        theirs = (
            each.made([r for r in recordings if homes[str(r.subject)].corpus is each])
            for each in parts
        )
        return [chain.from_iterable(group) for group in zip_longest(*theirs, fillvalue=())]

    return Corpus(
        name=JOIN.join(each.name for each in parts),
        licence="; ".join(each.licence for each in parts),
        cite="; ".join(each.cite for each in parts),
        split=replace(
            base, name=JOIN.join(each.split.name for each in parts), train=tuple(train), folds=(),
        ),
        open=lambda _, subject: _open(homes, subject),
        made=made,
        limits=(
            f"Trained on recordings of {sum(counts)} persons: {whom}.",
            "The labels of folders were taken as they stand.",
        ),
        skipped=tuple(error for each in folders for error in each.skipped),
        notes=tuple(note for each in folders for note in each.notes),
    )  # fmt: skip


def _open(homes: Mapping[str, Home], subject: str) -> tuple[Recording, ...]:
    home = homes[subject]
    recordings = home.corpus.open(home.folder, home.subject)
    if subject == home.subject:
        return recordings
    short = _short(home.corpus)
    return tuple(replace(r, subject=subject, name=f"{short}/{r.name}") for r in recordings)


def _short(corpus: Corpus) -> str:
    return corpus.split.name.removeprefix(FOLDER)


def _refuse_same(published: Sequence[tuple[Corpus, Path]], folders: Sequence[Corpus]) -> None:
    """Refuse recordings that are there twice, under whatever name."""
    owners: dict[str, str] = {}
    for corpus, folder in published:
        name = corpus.split.name
        for each, subject in closed_prints(corpus, folder).items():
            owners[each] = f"{subject} of the test part of {name}"
        for subject, known in training_prints(corpus, folder).items():
            owners |= dict.fromkeys(known, f"{subject} of the training part of {name}")
    for corpus in folders:
        mine = [(subject, each) for subject, own in corpus.prints.items() for each in own]
        same = {subject: owners[each] for subject, each in mine if each in owners}
        owners |= {each: f"{subject} of {corpus.name}" for subject, each in mine}
        if same:
            raise ProtocolError(
                corpus.name, f"recordings that are there already: {listed(same)}",
                "nobody twice, and nobody of a test part",
                "Take these records out of the folder.",
            )  # fmt: skip


def listed(same: Mapping[str, str]) -> str:
    """Return who is whom, in words: the first few, and how many more there are."""
    pairs = [f"{subject} is {owner}" for subject, owner in same.items()]
    more = f" and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else ""
    return "; ".join(pairs[:SHOWN]) + more
