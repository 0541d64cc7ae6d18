"""Scoring saved bundles on the test part of their protocol: figures, intervals, drawings."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arsis.core.errors import ProtocolError, SettingError
from arsis.learn.baselines import fit_baselines
from arsis.learn.contender import label_all, open_bundle
from arsis.learn.drawings import draw_record
from arsis.learn.end_to_end import end_to_end
from arsis.learn.headline import RESAMPLING
from arsis.learn.ledger import note_headline, open_test
from arsis.learn.peaks import detector_weights, rpeaks
from arsis.learn.record import envelope, named, over_seeds, write_record
from arsis.learn.reference import reference
from arsis.learn.variability import hrv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.task import Corpus, Summary, Task
    from arsis.core.windows import Answers
    from arsis.learn.baselines import BaselineSettings
    from arsis.learn.contender import Contender, Labelled
    from arsis.learn.ledger import OpenedTest
    from arsis.learn.record import Record
    from arsis.scores.bootstrap import Resampling

PARTS = ("reference", "end-to-end", "rpeaks", "hrv")
WITH_HEADLINE = ("reference", "end-to-end")
DETECTOR = "r-peak-detector"


@dataclass(frozen=True)
class Scoring:
    """One round of scoring.

    Attributes
    ----------
    corpus, data
        The corpus and the folder it stands in.
    ledger
        Where openings of the test part are written down.
    command
        What was typed.
    resampling
        How intervals are drawn.
    """

    corpus: Corpus
    data: Path
    ledger: Path
    command: str
    resampling: Resampling = RESAMPLING

    def open(self, name: str, weights: str) -> OpenedTest:
        """Open the test part for one contender."""
        return open_test(self.corpus, self.data, (name, weights), self.command, self.ledger)


@dataclass(frozen=True)
class Look:
    """One contender before the test part: what its parts share is computed once."""

    scoring: Scoring
    contender: Contender
    opened: OpenedTest
    beats: Sequence[Labelled]

    @cached_property
    def answers(self) -> list[tuple[Answers, Summary]]:
        """What the contender says of each test recording as it is."""
        return [self.contender.answer(each.recording) for each in self.beats]

    def part(self, part: str) -> Record:
        """Return the record of one part, and note its headline in the ledger."""
        scores = self._scores(part)
        opening, ledger = self.opened.opening, self.scoring.ledger
        note_headline(ledger, opening, part, _estimates(scores))
        shared = envelope(self.scoring.corpus, self.opened, self.scoring.resampling)
        return {"part": part, **named(self.contender), **shared, "scores": scores}

    def _scores(self, part: str) -> dict[str, Any]:
        who, beats, how = self.contender, self.beats, self.scoring.resampling
        apart = self.scoring.corpus.split.apart
        if part == "reference":
            return reference(who, beats, apart, how)
        if part == "end-to-end":
            return end_to_end(who, beats, [answers for answers, _ in self.answers], apart, how)
        return hrv(who, beats, self.answers, how)


def evaluate(
    bundles: Sequence[Path | str],
    data: Path,
    parts: Sequence[str] = PARTS,
    out: Path = Path("results"),
    ledger: Path = Path("results/ledger.jsonl"),
    progress: bool = False,
    corpus: Corpus | None = None,
    fitting: BaselineSettings | None = None,
    resampling: Resampling = RESAMPLING,
) -> dict[str, Path]:
    """Score saved bundles on the test part of their protocol, beside the baselines.

    Parameters
    ----------
    bundles
        Folders, or names of shipped models; several seeds of one net give mean and spread too.
    data
        Folder of the corpus.
    parts
        Out of PARTS.
    out, ledger
        Where records and drawings are written, and the openings of the test part.
    progress
        Say on standard error what is being done.
    corpus
        None: the task's own corpus with the protocol on the bundle's card.
    fitting
        How the baselines are fitted.
    resampling
        How intervals are drawn.

    Returns
    -------
    Where each record stands, by "<name>-<part>".

    Raises
    ------
    SettingError, ProtocolError
        If a part is unknown, or the bundles are not of one task.
    """
    _check_parts(parts)
    contenders = _distinct([open_bundle(bundle) for bundle in bundles])
    task = _one_task(contenders)
    chosen = corpus or _corpus_of(task, contenders[0])
    scoring = Scoring(chosen, Path(data), ledger, shlex.join(["arsis", *sys.argv[1:]]), resampling)
    written: dict[str, Path] = {}
    if "rpeaks" in parts:
        written |= _keep(out, peaks_record(scoring, task))
    beat_parts = [part for part in parts if part != "rpeaks"]
    if beat_parts:
        _say(progress, "fitting the baselines on the training part")
        rivals = fit_baselines(task, chosen, Path(data), fitting)
        written |= _score_all(scoring, [*rivals, *contenders], beat_parts, (out, progress))
    return written


def _score_all(
    scoring: Scoring,
    contenders: Sequence[Contender],
    parts: Sequence[str],
    where: tuple[Path, bool],
) -> dict[str, Path]:
    """Score contenders one after the other; the windows of the test part are made once."""
    out, progress = where
    written: dict[str, Path] = {}
    models: dict[str, list[Record]] = {part: [] for part in parts}
    beats: list[Labelled] = []
    for contender in contenders:
        _say(progress, f"scoring {contender.name}")
        test = scoring.open(contender.name, contender.weights)
        beats = beats or label_all(contender.task, test.subjects, test.recordings)
        look = Look(scoring, contender, test, beats)
        for part in parts:
            record = look.part(part)
            written |= _keep(out, record)
            if contender.kind == "model":
                models[part].append(record)
    for part in parts:
        if part in WITH_HEADLINE and len(models[part]) > 1:
            written |= _keep(out, over_seeds(models[part]))
    return written


def peaks_record(scoring: Scoring, task: Task) -> Record:
    """Return the record of part `rpeaks`: all recordings of the corpus, and the test part alone."""
    corpus, folder = scoring.corpus, scoring.data
    test = scoring.open(DETECTOR, detector_weights())
    others = (*corpus.split.train, *corpus.split.left_out)
    known = dict(zip(others, corpus.recordings(folder, others), strict=True))
    recordings = known | dict(zip(test.subjects, test.recordings, strict=True))
    groups = {"all": sorted(recordings), "test": test.subjects, "train": corpus.split.train}
    scores = rpeaks(task, recordings, groups, scoring.resampling)
    gross = scores["detectors"]["arsis"]
    headline = {
        tolerance: {group: [row[group]["sensitivity"], row[group]["ppv"]] for group in groups}
        for tolerance, row in gross.items()
    }
    note_headline(scoring.ledger, test.opening, "rpeaks", headline)
    return {
        "part": "rpeaks", "name": DETECTOR, "kind": "detector", "task": task.name,
        "weights": test.opening.weights, "seed": 0,
        **envelope(corpus, test, scoring.resampling), "scores": scores,
    }  # fmt: skip


def _keep(out: Path, record: Record) -> dict[str, Path]:
    """Write a record with its drawings."""
    name = f"{record['name']}-{record['part']}"
    path = write_record(out / f"{name}.json", record)
    draw_record(out, name, record)
    return {name: path}


def _estimates(scores: dict[str, Any]) -> dict[str, Any]:
    """Return the bare figures of a part for the ledger."""
    rows = scores.get("headline")
    if rows is not None:
        return {name: row["estimate"] for name, row in rows.items()}
    return {
        way: {name: row[name] and row[name]["estimate"] for name in ("median", "p90")}
        for way, row in scores["relative_error"].items()
    }


def _check_parts(parts: Sequence[str]) -> None:
    unknown = [part for part in parts if part not in PARTS]
    if unknown or not parts:
        raise SettingError(
            "parts", ", ".join(unknown) or "none", f"some of {', '.join(PARTS)}", "See --help."
        )


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


def _corpus_of(task: Task, contender: Contender) -> Corpus:
    protocol = contender.trained.card.protocol if contender.trained else ""
    fitting = [each for each in task.corpora.values() if each.split.name == protocol]
    if not fitting:
        known = ", ".join(each.split.name for each in task.corpora.values())
        raise ProtocolError(
            contender.name,
            f"protocol {protocol!r} on its card",
            f"one of {known}",
            "Score bundles that were trained by a protocol with a test part.",
        )
    return fitting[0]


def _say(progress: bool, text: str) -> None:
    if progress:
        print(text, file=sys.stderr)  # noqa: T201 - progress belongs on standard error
