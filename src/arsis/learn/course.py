"""The whole way from published recordings to models that can be shipped, in one command."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.examples import Examples
from arsis.learn.candidate import Evidence, judge_candidate
from arsis.learn.crossvalidate import Trial, crossvalidate, fold_folder
from arsis.learn.export import export, new_card
from arsis.learn.export_folds import export_folds
from arsis.learn.headline import figures
from arsis.learn.prepare import build
from arsis.learn.run_folder import open_run, write_json
from arsis.learn.scoring import PARTS
from arsis.learn.settings import Settings
from arsis.learn.train import train as fit
from arsis.learn.union import training_corpus, training_prints, with_folds
from arsis.scores.classes import count_confusion
from arsis.scores.plain import plain
from arsis.tasks import find_corpus, find_task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.task import Corpus, Split, Task
    from arsis.learn.candidate import Candidate
    from arsis.learn.crossvalidate import Folds
    from arsis.learn.run_folder import Run

SUMMARY, RUNS = "cross-validation.json", "folds"


@dataclass(frozen=True)
class Plan:
    """What of a course may differ from what its task plans; None: as the task does.

    Attributes
    ----------
    corpus
        Name in the task's table; None: its first.
    settings
        Instead of the task's own, by name.
    seeds
        A bundle for each group of them.
    name
        Of the bundles; None: the task's.
    processes
        Nets that are trained at the same time.
    """

    corpus: str | None = None
    settings: Mapping[str, Any] | None = None
    seeds: tuple[tuple[int, ...], ...] | None = None
    name: str | None = None
    processes: int = 1


_AS_THE_TASK = Plan()


def train(
    task: str,
    data: Path | None,
    out: Path,
    plan: Plan = _AS_THE_TASK,
    folders: Sequence[Corpus] = (),
) -> dict[str, Path]:
    """Train the models of a task on published recordings, on folders of one's own, or on both.

    Every group of seeds becomes one bundle, `out/<name>-<first seed>`: cross-validated over
    patients, calibrated on the out-of-fold answers, fitted on all training patients. Where the
    protocol holds a validation part out instead, its nets are chosen and calibrated on that, and
    stay as they are. The bundle of the group with the median figure is called `out/<name>`: the
    one to use. Where a
    part of the evaluation is about folds, their nets stand in `out/folded/<bundle>`. A killed
    course goes on where it stopped when it is started again.

    Parameters
    ----------
    data
        Folder of the corpus; None: train on `folders` alone.
    plan
        What is to differ from what the task itself plans.
    folders
        Made by `arsis.tasks.folder_of`; everybody in them is trained on, beside the training part
        of the corpus, and dealt to folds. What they could not use is in their `skipped`.

    Returns
    -------
    The bundles by name, the one to use as the task or the plan's `name`.

    Raises
    ------
    SettingError, CorpusError, ProtocolError
        If a name is unknown, the data are not there, or a split would not be honest.
    """
    job = find_task(task)
    place = Path(data or "")
    chosen = training_corpus(job, plan.corpus, None if data is None else place, folders)
    options = Settings.from_dict(dict(job.settings) | dict(plan.settings or {}))
    groups = plan.seeds or job.seeds
    examples = _prepared(job, chosen, place, Path(out), options.every)
    chosen = with_folds(chosen, examples)
    flat = tuple(seed for group in groups for seed in group)
    folds, alone = _folds(chosen.split)
    trial = Trial(examples, folds, options, flat, alone)
    found = crossvalidate(trial, Path(out) / RUNS, plan.processes)
    evidence = [Evidence(job, examples, found, group, options.judged_steps) for group in groups]
    candidates = [judge_candidate(each) for each in evidence]
    middle = sorted(candidates, key=lambda c: c.worth)[len(candidates) // 2]
    _write_summary(Path(out) / SUMMARY, (job, chosen, options), examples, (candidates, middle))
    bundles, met = {}, training_prints(chosen, place)
    for candidate, its in zip(candidates, evidence, strict=True):
        called = plan.name or job.name
        called = called if candidate is middle else f"{called}-{candidate.seeds[0]}"
        bundles[called] = _finish(chosen, its, candidate, (Path(out), called, options), met)
    return bundles


def judge_settings(
    task: str,
    data: Path,
    prepared: Path,
    out: Path,
    settings: dict[str, Any],
    seeds: tuple[int, ...],
    processes: int = 1,
) -> dict[str, Any]:
    """Cross-validate settings over the training patients: figures of each seed and of all as one.

    `prepared` is where the examples are kept, `out` where the nets go. The test part of the data
    is not touched.
    """
    job = find_task(task)
    chosen = find_corpus(job)
    options = Settings.from_dict(settings)
    examples = _prepared(job, chosen, data, prepared, options.every)
    folds, alone = _folds(chosen.split)
    found = crossvalidate(Trial(examples, folds, options, seeds, alone), out, processes)
    groups = [*((seed,) for seed in seeds), seeds]
    *single, together = [
        judge_candidate(Evidence(job, examples, found, group, options.judged_steps)).figures
        for group in groups
    ]
    return {"fingerprint": examples.fingerprint, "figures": together, "seeds": plain(single)}


def judge_trivial(task: str, prepared: Path) -> dict[str, Any]:
    """Return the same figures for the baseline that always names the most frequent class."""
    job, examples = find_task(task), Examples.open(prepared / "examples")
    figures_of = {}
    for target, kind in job.targets.items():
        truth = np.asarray(examples.y[target][examples.made == 0], np.int64).reshape(-1)
        most = np.bincount(truth[truth >= 0]).argmax()
        found = figures(count_confusion(truth, np.full_like(truth, most), kind.names))
        figures_of[target] = plain(found)
    return {"fingerprint": examples.fingerprint, "figures": figures_of, "seeds": []}


def _prepared(task: Task, corpus: Corpus, data: Path, folder: Path, every: int) -> Examples:
    """Return the examples of a corpus' training part, made anew where they have changed."""
    recordings = corpus.recordings(data, corpus.split.train)
    return build(task, recordings, folder / "examples", corpus.name, corpus.made(recordings), every)


def _folds(split: Split) -> tuple[Folds, tuple[str, ...]]:
    """Return the folds of a protocol, or its validation part and who is left to learn from."""
    if not split.held:
        return split.folds, ()
    return (split.held,), tuple(each for each in split.train if each not in split.held)


def _write_summary(
    path: Path,
    what: tuple[Task, Corpus, Settings],
    examples: Examples,
    found: tuple[list[Candidate], Candidate],
) -> None:
    task, corpus, settings = what
    candidates, middle = found
    record = {
        "task": task.name,
        "protocol": f"{corpus.split.name}: {_chosen_on(corpus.split)}",
        "fingerprint": examples.fingerprint,
        "folds": _folds(corpus.split)[0],
        "settings": settings.to_dict(),
        "shipped_seeds": middle.seeds,
        "candidates": [
            {"seeds": c.seeds, "decision": c.decision, "figures": c.figures} for c in candidates
        ],
    }
    write_json(path, {name: plain(value) for name, value in record.items()})


def _chosen_on(split: Split) -> str:
    """Say on what nets of a protocol are chosen and calibrated."""
    if split.held:
        return "a validation part that no net learnt from"
    return "patient-wise cross-validation of the training part"


def _finish(
    corpus: Corpus,
    evidence: Evidence,
    candidate: Candidate,
    place: tuple[Path, str, Settings],
    met: dict[str, list[str]],
) -> Path:
    """Make one bundle of a group's nets."""
    out, name, settings = place
    task, examples = evidence.task, evidence.examples
    runs = _final_runs(corpus, examples, candidate, out, settings)
    card = replace(
        new_card(task, name, task.title),
        calibration=candidate.calibration,
        decision=candidate.decision,
        trained_on=f"{corpus.name}, {corpus.split.learners or len(corpus.split.train)} persons",
        protocol=corpus.split.name,
        licence=corpus.licence,
        cite=corpus.cite,
        scores={_scored_by(corpus.split): plain(candidate.figures)},
        limits=[*task.limits, *corpus.limits],
        met=met,
    )
    export(runs, task, examples, out / name, card)
    if any(part.folds for part in PARTS.get(task.name, {}).values()):
        export_folds(evidence, corpus, out / RUNS, out / "folded" / name, card)
    return out / name


def _scored_by(split: Split) -> str:
    return "validation" if split.held else "cross-validation"


def _final_runs(
    corpus: Corpus, examples: Examples, candidate: Candidate, out: Path, settings: Settings
) -> list[Run]:
    """Return the runs whose nets are exported."""
    if corpus.split.held:
        return [open_run(fold_folder(out / RUNS, seed, 0)) for seed in candidate.seeds]
    settings = replace(settings, epochs=_epochs(corpus, candidate, out, settings))
    return [
        fit(
            examples,
            corpus.split.train,
            (),
            out / "final" / f"seed-{seed}",
            replace(settings, seed=seed),
            resume=True,
        )
        for seed in candidate.seeds
    ]


def _epochs(corpus: Corpus, candidate: Candidate, out: Path, settings: Settings) -> int:
    """Return for how many rounds the final nets are trained.

    Where patients were held out to stop the nets of the folds, nobody is left to stop the final
    ones: they are trained for as long as those were, by the median.
    """
    if not settings.held_share:
        return settings.epochs
    runs = [
        open_run(fold_folder(out / RUNS, seed, number))
        for seed in candidate.seeds
        for number in range(len(corpus.split.folds))
    ]
    return round(float(np.median([run.scores["round"] for run in runs])))
