"""Scoring saved models on recordings they never met: figures, intervals, drawings."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arsis.core.errors import ProtocolError, SettingError
from arsis.learn.contender import open_bundle
from arsis.learn.folded import FOLDS, open_folded
from arsis.learn.headline import RESAMPLING
from arsis.learn.ledger import note_headline, open_test
from arsis.learn.met import known_prints, refuse_known
from arsis.learn.record import envelope, named, over_seeds, write_record
from arsis.learn.scoring import PARTS
from arsis.learn.scoring.look import Look, Scoring
from arsis.learn.union import protocol_of
from arsis.tasks import find_corpus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from arsis.core.task import Corpus, Task
    from arsis.learn.contender import Contender
    from arsis.learn.met import Learnt
    from arsis.learn.record import Record
    from arsis.learn.scoring.part import Part
    from arsis.scores.bootstrap import Resampling

ORDER = ("detector", "baseline", "model")
"""Whoever learns nothing is scored first."""


@dataclass(frozen=True)
class Books:
    """Where scoring is written down.

    Attributes
    ----------
    out, ledger
        Where records and drawings are written, and the openings of the test part.
    progress
        Say on standard error what is being done.
    """

    out: Path = Path("results")
    ledger: Path = Path("results/ledger.jsonl")
    progress: bool = False


@dataclass(frozen=True)
class Terms:
    """On what terms models are scored.

    Attributes
    ----------
    corpus
        None: that of the parts, or the task's own with the protocol on the bundle's card.
    fitting
        How the baselines are fitted; None: as always.
    resampling
        How intervals are drawn.
    learnt
        A corpus on whose training part the baselines are fitted, and its folder; None: `corpus`.
    """

    corpus: Corpus | None = None
    fitting: Any = None
    resampling: Resampling = RESAMPLING
    learnt: Learnt | None = None


_USUAL_BOOKS, _USUAL_TERMS = Books(), Terms()


def evaluate(
    bundles: Sequence[Path | str],
    data: Path,
    parts: Sequence[str] | None = None,
    books: Books = _USUAL_BOOKS,
    terms: Terms = _USUAL_TERMS,
) -> dict[str, Path]:
    """Score saved models on recordings they never met, beside the baselines.

    Parameters
    ----------
    bundles
        Folders, or names of shipped models; several seeds of one net give mean and spread too.
        A folder with the nets of all folds is scored fold by fold.
    data
        Folder of the corpus.
    parts
        Names in the task's table of parts; None: all that fit the models, but for those that
        are scored on request only.
    books
        Where it is written down.
    terms
        On which recordings, beside what, with which intervals.

    Returns
    -------
    Where each record stands, by "<name>-<part>".

    Raises
    ------
    SettingError, ProtocolError
        If a part is unknown or of other models or data, the bundles are not of one task, or
        somebody would be scored whom a model was trained on.
    """
    contenders = _distinct([_open(bundle) for bundle in bundles])
    task = _one_task(contenders)
    chosen = _choose_parts(task, contenders, parts)
    about = terms.corpus or _corpus_of(task, contenders[0], chosen)
    cards = [each.trained.card for each in contenders if each.trained is not None]
    refuse_known(about, known_prints(task, about, cards, terms.learnt))
    command = shlex.join(["arsis", *sys.argv[1:]])
    scoring = Scoring(
        task, about, Path(data), books.ledger, command,
        terms.resampling, terms.fitting, terms.learnt,
    )  # fmt: skip
    written: dict[str, Path] = {}
    models: dict[str, list[Record]] = {part: [] for part in chosen}
    for contender, its_parts in _entries(scoring, contenders, chosen, books.progress):
        _say(books.progress, f"scoring {contender.name}")
        look = look_at(scoring, contender, any(part.folds for part in its_parts.values()))
        for name, part in its_parts.items():
            record = record_of(look, name, part)
            written |= _keep(books.out, record, part)
            if contender.kind == "model":
                models[name].append(record)
    for name, part in chosen.items():
        families = _families(models[name])
        for family, records in families.items():
            if part.seeds and len(records) > 1:
                alone = len(families) == 1 and not part.own
                called = "seeds" if alone else f"{family}-seeds"
                written |= _keep(books.out, over_seeds(records, called), part)
    return written


def _families(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Return the records of each net, by its name: `cnn`, `cnn-0` and `cnn-2` are seeds of one."""
    names = [str(record["name"]) for record in records]
    stems = [re.sub(r"-(seed)?\d+$", "", name) for name in names]
    families: dict[str, list[Record]] = {}
    for record, name, stem in zip(records, names, stems, strict=True):
        # A number may belong to the name itself, as in beats-187 beside beats-187-0.
        families.setdefault(name if name in stems else stem, []).append(record)
    return families


def look_at(scoring: Scoring, contender: Contender, folds: bool = False) -> Look:
    """Open the recordings for a contender; the ledger has its line before anything is read."""
    who = contender.name, contender.weights
    opened = open_test(
        scoring.corpus, scoring.data, who, scoring.command, scoring.ledger, folds=folds
    )
    return Look(scoring, contender, opened)


def record_of(look: Look, name: str, part: Part) -> Record:
    """Return the record of one part, and note its figures in the ledger."""
    scores, scoring = part.score(look), look.scoring
    note_headline(scoring.ledger, look.opened.opening, name, part.estimates(scores))
    shared = envelope(scoring.corpus, look.opened, scoring.resampling)
    return {"part": name, **named(look.contender), **shared, "scores": scores}


def _entries(
    scoring: Scoring, models: Sequence[Contender], parts: Mapping[str, Part], progress: bool
) -> Iterator[tuple[Contender, dict[str, Part]]]:
    """Yield whoever is scored, with the parts in which it is."""
    fitted: dict[Any, Sequence[Contender]] = {}
    entries: dict[str, tuple[Contender, dict[str, Part]]] = {}
    for name, part in parts.items():
        if part.rivals not in fitted:
            _say(progress, f"fitting what {name} is compared with")
            fitted[part.rivals] = part.rivals(scoring)
        for contender in (*fitted[part.rivals], *(models if part.models else ())):
            entries.setdefault(contender.name, (contender, {}))[1][name] = part
    yield from sorted(entries.values(), key=lambda entry: ORDER.index(entry[0].kind))


def _keep(out: Path, record: Record, part: Part) -> dict[str, Path]:
    """Write a record with its drawings."""
    name = f"{record['name']}-{record['part']}"
    path = write_record(out / f"{name}.json", record)
    if record["kind"] == "model":
        part.draw(out, name, record)
    return {name: path}


def _choose_parts(
    task: Task, models: Sequence[Contender], asked: Sequence[str] | None
) -> dict[str, Part]:
    """Return the parts that are asked for, or all that fit: nets of folds, or bundles."""
    folded = {bool(each.folds) for each in models}
    protocols = {each.protocol for each in models}
    fitting = {
        name: part
        for name, part in PARTS[task.name].items()
        if folded == {part.folds}
        and (not part.own or protocols == {find_corpus(task, part.corpus).split.name})
    }
    wrong = [name for name in asked or () if name not in fitting]
    if wrong or not fitting or (asked is not None and not asked):
        raise SettingError(
            "parts", ", ".join(wrong) or "none", f"some of {', '.join(fitting) or 'none'}",
            "See --help; nets of folds, bundles, and models of different protocols are scored in "
            "commands of their own.",
        )  # fmt: skip
    wanted = [n for n, part in fitting.items() if not part.on_request] if asked is None else asked
    return {name: part for name, part in fitting.items() if name in wanted}


def _open(bundle: Path | str) -> Contender:
    folded = (Path(bundle) / FOLDS).is_file()
    return open_folded(Path(bundle)) if folded else open_bundle(bundle)


def _distinct(contenders: Sequence[Contender]) -> list[Contender]:
    """Give bundles of the same name their seed behind it, so that no record hides another."""
    names = [each.name for each in contenders]
    twice = {name for name in names if names.count(name) > 1}
    return [
        replace(each, name=f"{each.name}-seed{each.seed}") if each.name in twice else each
        for each in contenders
    ]


def _one_task(contenders: Sequence[Contender]) -> Task:
    tasks = {each.task.name: each.task for each in contenders}
    names = [each.name for each in contenders]
    if len(tasks) != 1 or len(set(names)) < len(names):
        raise ProtocolError(
            "bundles",
            f"{len(names)} named {', '.join(names) or 'nothing'} for {len(tasks)} tasks",
            "different bundles of one task",
            "Name each bundle once, and those of another task in a command of their own.",
        )
    return next(iter(tasks.values()))


def _corpus_of(task: Task, model: Contender, parts: Mapping[str, Part]) -> Corpus:
    names = {part.corpus for part in parts.values()}
    if len(names) > 1:
        raise ProtocolError(
            "parts", f"data of {', '.join(sorted(names))}", "parts about the same data",
            "Score them in commands of their own.",
        )  # fmt: skip
    name = next(iter(names))
    if name:
        return find_corpus(task, name)
    published = protocol_of(model.protocol)
    fitting = [each for each in task.corpora.values() if each.split.name == published]
    if not fitting:
        known = ", ".join(each.split.name for each in task.corpora.values())
        raise ProtocolError(
            model.name,
            f"protocol {model.protocol!r} on its card",
            f"one of {known}",
            "Score bundles that were trained by a protocol with a test part, or name a folder of "
            "other people with --corpus.",
        )
    return fitting[0]


def _say(progress: bool, text: str) -> None:
    if progress:
        print(text, file=sys.stderr)  # noqa: T201 - progress belongs on standard error
