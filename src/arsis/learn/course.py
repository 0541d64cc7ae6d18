"""The whole way from published recordings to models that can be shipped, in one command."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.examples import Examples
from arsis.learn.calibrate import calibrate, decide, ensemble
from arsis.learn.crossvalidate import crossvalidate
from arsis.learn.export import export, new_card
from arsis.learn.headline import figures
from arsis.learn.prepare import build
from arsis.learn.run_folder import write_json
from arsis.learn.settings import Settings
from arsis.learn.train import train as fit
from arsis.scores.calibration import top_label_reliability
from arsis.scores.classes import count_confusion
from arsis.scores.plain import plain
from arsis.tasks import find_corpus, find_task

if TYPE_CHECKING:
    from arsis.core.task import Corpus, Decision, Task
    from arsis.infer.bundle import Calibration
    from arsis.learn.crossvalidate import OutOfFold

SUMMARY = "cross-validation.json"


@dataclass(frozen=True)
class Candidate:
    """A group of nets that answer as one, as judged on patients that none of them met.

    Attributes
    ----------
    seeds
        Of its nets.
    calibration, decision
        By target, from its own out-of-fold answers.
    figures
        Of the decided out-of-fold answers, by target and name.
    """

    seeds: tuple[int, ...]
    calibration: dict[str, Calibration]
    decision: dict[str, Decision]
    figures: dict[str, dict[str, Any]]

    @property
    def worth(self) -> float:
        """The protocol's figure, over all targets."""
        return float(np.mean([f.get("j_kappa", f["macro_f1"]) for f in self.figures.values()]))


def train(
    task: str,
    data: Path,
    out: Path,
    corpus: str | None = None,
    settings: dict[str, Any] | None = None,
    seeds: tuple[tuple[int, ...], ...] | None = None,
    processes: int = 1,
) -> dict[str, Path]:
    """Train the models of a task on published recordings.

    Every group of seeds becomes one bundle, `out/<task>-<first seed>`: cross-validated over
    patients, calibrated on the out-of-fold answers, fitted on all training patients. That of the
    group with the median cross-validated figure is called `out/<task>`: the one to use. A killed
    course goes on where it stopped when it is started again.

    Parameters
    ----------
    data
        Folder of the corpus.
    corpus
        Name in the task's table; None: its first.
    settings, seeds
        Instead of the task's own.
    processes
        Nets that are trained at the same time.

    Returns
    -------
    The bundles by name.

    Raises
    ------
    SettingError, CorpusError, ProtocolError
        If a name is unknown, the data are not there, or a split would not be honest.
    """
    job = find_task(task)
    chosen = find_corpus(job, corpus)
    options = Settings.from_dict(dict(job.settings) | (settings or {}))
    groups = seeds or job.seeds
    examples = _prepared(job, chosen, Path(data), Path(out))
    flat = tuple(seed for group in groups for seed in group)
    out_of_fold = crossvalidate(
        examples, chosen.split.folds, Path(out) / "folds", options, flat, processes=processes
    )
    candidates = [_candidate(job, examples, out_of_fold, group) for group in groups]
    middle = sorted(candidates, key=lambda c: c.worth)[len(candidates) // 2]
    _write_summary(Path(out) / SUMMARY, (job, chosen, options), examples, (candidates, middle))
    bundles = {}
    for candidate in candidates:
        name = job.name if candidate is middle else f"{job.name}-{candidate.seeds[0]}"
        bundles[name] = _finish(job, chosen, examples, candidate, (Path(out), name, options))
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
    examples = _prepared(job, chosen, data, prepared)
    found = crossvalidate(
        examples,
        chosen.split.folds,
        out,
        Settings.from_dict(settings),
        seeds,
        processes=processes,
    )
    single = [_candidate(job, examples, found, (seed,)).figures for seed in seeds]
    together = _candidate(job, examples, found, seeds).figures
    return {"fingerprint": examples.fingerprint, "figures": together, "seeds": plain(single)}


def judge_trivial(task: str, prepared: Path) -> dict[str, Any]:
    """Return the same figures for the baseline that always names the most frequent class."""
    job, examples = find_task(task), Examples.open(prepared / "examples")
    figures_of = {}
    for target, kind in job.targets.items():
        truth = np.asarray(examples.y[target][~examples.made], np.int64)
        most = np.bincount(truth[truth >= 0]).argmax()
        found = figures(count_confusion(truth, np.full_like(truth, most), kind.names))
        figures_of[target] = plain(found)
    return {"fingerprint": examples.fingerprint, "figures": figures_of, "seeds": []}


def _prepared(task: Task, corpus: Corpus, data: Path, folder: Path) -> Examples:
    """Return the examples of a corpus' training part, made anew where they have changed."""
    recordings = [corpus.open(data, subject) for subject in corpus.split.train]
    made = [each for recording in recordings for each in corpus.made(recording)]
    return build(task, recordings, folder / "examples", corpus.name, made)


def _candidate(
    task: Task, examples: Examples, out_of_fold: OutOfFold, seeds: tuple[int, ...]
) -> Candidate:
    """Calibrate a group of nets on what they say of patients they never met, and score it."""
    members = [out_of_fold.seeds.index(seed) for seed in seeds]
    calibration, decision, scores = {}, {}, {}
    for target, kind in task.targets.items():
        truth = np.asarray(examples.y[target][out_of_fold.row], np.int64)
        logits = ensemble(out_of_fold.logits[target][members])
        calibration[target] = calibrate(logits, truth)
        p = calibration[target].apply(logits)
        decision[target] = decide(p[truth >= 0], task.unclear_quality)
        answer = p.argmax(1)
        known = truth >= 0
        error = top_label_reliability(truth[known], p[known]).error
        found = figures(count_confusion(truth, answer, kind.names))
        scores[target] = {**found, "ece": error}
    return Candidate(seeds, calibration, decision, scores)


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
        "protocol": f"{corpus.split.name}: patient-wise cross-validation of the training part",
        "fingerprint": examples.fingerprint,
        "folds": corpus.split.folds,
        "settings": settings.to_dict(),
        "shipped_seeds": middle.seeds,
        "candidates": [
            {"seeds": c.seeds, "decision": c.decision, "figures": c.figures} for c in candidates
        ],
    }
    write_json(path, {name: plain(value) for name, value in record.items()})


def _finish(
    task: Task,
    corpus: Corpus,
    examples: Examples,
    candidate: Candidate,
    place: tuple[Path, str, Settings],
) -> Path:
    """Fit a group's nets on all training patients and export them as one bundle."""
    out, name, settings = place
    runs = [
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
    card = replace(
        new_card(task, name, task.title),
        calibration=candidate.calibration,
        decision=candidate.decision,
        trained_on=f"{corpus.name}, {len(corpus.split.train)} patients",
        protocol=corpus.split.name,
        licence=corpus.licence,
        cite=corpus.cite,
        scores={"cross-validation": plain(candidate.figures)},
        limits=list(task.limits),
    )
    export(runs, task, examples, out / name, card)
    return out / name
