"""Patient-wise cross-validation: every training patient is judged by nets that never met them."""

from __future__ import annotations

import io
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.errors import BundleError, ProtocolError
from arsis.core.examples import Examples
from arsis.learn.figures import logits, mean_f1
from arsis.learn.judged import judged_steps, rows_of
from arsis.learn.run_folder import write_bytes, write_json
from arsis.learn.split import check, hold_out
from arsis.learn.train import train
from arsis.scores.classes import class_scores, count_confusion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from arsis.core.arrays import F32, I64
    from arsis.learn.settings import Settings
    from arsis.scores.classes import Confusion

OUT_OF_FOLD, SUMMARY = "oof.npz", "summary.json"

Folds = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Trial:
    """What is cross-validated.

    Attributes
    ----------
    examples, settings
        What nets learn from, and how.
    folds
        Subjects of each fold; no subject outside these and `fit` is read.
    seeds
        A net for each, in every fold.
    fit
        Where given there is one fold, on which nets that learn from these subjects are stopped
        and judged: a validation part where there is so much data that folds are not needed.
    """

    examples: Examples
    folds: Folds
    settings: Settings
    seeds: tuple[int, ...] = (0,)
    fit: tuple[str, ...] = ()


@dataclass(frozen=True)
class OutOfFold:
    """What nets say of windows of patients that they were not trained on.

    Attributes
    ----------
    row, fold
        (window,) numbers of windows in the examples, ascending, and the fold of each.
    logits
        By target: (seed, window, class), or (seed, window, class, step) of the judged steps.
    seeds
        The seed of each set of logits.
    fingerprint
        Of the examples.
    """

    row: I64
    fold: I64
    logits: Mapping[str, F32]
    seeds: tuple[int, ...]
    fingerprint: str

    def save(self, path: Path) -> None:
        """Write everything to one .npz file, wholly or not at all."""
        content = io.BytesIO()
        held = {
            "row": self.row,
            "fold": self.fold,
            "seeds": np.array(self.seeds),
            "fingerprint": np.array(self.fingerprint),
        } | {f"logits_{target}": values for target, values in self.logits.items()}
        np.savez(content, allow_pickle=False, **held)
        write_bytes(path, content.getvalue())

    @classmethod
    def load(cls, path: Path) -> OutOfFold:
        """Read what `save` wrote.

        Raises
        ------
        BundleError
            If the file is missing or something else.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                held = {name: file[name] for name in file.files}
        except (OSError, ValueError) as error:
            raise BundleError(
                path, f"no out-of-fold answers ({error})", "a file of the cross-validation",
                "Cross-validate again.",
            ) from error  # fmt: skip
        named = {
            name.removeprefix("logits_"): values
            for name, values in held.items()
            if name.startswith("logits_")
        }
        seeds = tuple(int(seed) for seed in held["seeds"])
        return cls(held["row"], held["fold"], named, seeds, str(held["fingerprint"]))


@dataclass(frozen=True)
class Job:
    """One net of a cross-validation: everything that another process needs to train it."""

    examples: Path
    fold: int
    scored: tuple[str, ...]
    fit: tuple[str, ...]
    held: tuple[str, ...]
    folder: Path
    settings: Settings


def crossvalidate(trial: Trial, folder: Path, processes: int = 1) -> OutOfFold:
    """Train a net for every fold and seed on the patients of all other folds, or on those of `fit`.

    Writes `oof.npz` and `summary.json`; what a killed cross-validation has finished is kept.

    Parameters
    ----------
    folder
        Where the nets go.
    processes
        Nets that are trained at the same time, with one thread each where more than one is.

    Raises
    ------
    ProtocolError
        If a subject is in two folds, or a training part lacks a class.
    """
    examples, seeds = trial.examples, trial.seeds
    parts = {f"fold {n}": fold for n, fold in enumerate(trial.folds)}
    check(examples, parts | ({"fit": trial.fit} if trial.fit else {}), complete=())
    if processes > 1:
        trial = replace(trial, settings=replace(trial.settings, threads=1))
    jobs = list(_jobs(trial, folder))
    row = examples.rows([subject for fold in trial.folds for subject in fold])
    fold_of = np.empty(len(row), np.int64)
    answers: dict[str, F32] = {}
    for job, said in zip(jobs, _run_all(jobs, processes), strict=True):
        place = np.searchsorted(row, examples.rows(job.scored))
        fold_of[place] = job.fold
        for target, values in said.items():
            if target not in answers:
                size = (len(seeds), len(row), *values.shape[1:])
                answers[target] = np.full(size, np.nan, np.float32)
            answers[target][seeds.index(job.settings.seed), place] = values
    result = OutOfFold(row, fold_of, answers, seeds, examples.fingerprint)
    result.save(folder / OUT_OF_FOLD)
    write_json(folder / SUMMARY, summary(result, trial))
    return result


def summary(out_of_fold: OutOfFold, trial: Trial) -> dict[str, Any]:
    """Return how well all folds together were judged, for each seed, with mean and spread.

    Raises
    ------
    ProtocolError
        If the answers are those to other examples.
    """
    examples, steps = trial.examples, trial.settings.judged_steps
    if out_of_fold.fingerprint != examples.fingerprint:
        raise ProtocolError(
            "out-of-fold answers", "those to other examples", "the examples they were made with",
            "Cross-validate again.",
        )  # fmt: skip
    targets = {}
    for target, names in examples.origin.targets.items():
        truth = judged_steps(examples.y[target][out_of_fold.row], steps)
        rows = [rows_of(values, truth) for values in out_of_fold.logits[target]]
        seeds = [_figures(count_confusion(known, said.argmax(1), names)) for said, known in rows]
        table = {name: [seed[name] for seed in seeds] for name in seeds[0]}
        targets[target] = {
            name: {"mean": float(np.mean(v)), "sd": float(np.std(v)), "seeds": v}
            for name, v in table.items()
        }
    return {
        "settings": trial.settings.to_dict(),
        "seeds": list(out_of_fold.seeds),
        "folds": [list(fold) for fold in trial.folds],
        "fingerprint": examples.fingerprint,
        "targets": targets,
    }


def _figures(confusion: Confusion) -> dict[str, float]:
    """Return the figures of one confusion matrix by name."""
    scores = class_scores(confusion)
    f1s = {f"f1_{name}": np.nan_to_num(each.f1) for name, each in scores.classes.items()}
    whole = {"accuracy": scores.accuracy, "macro_f1": mean_f1(scores), "kappa": scores.kappa}
    return {name: float(np.nan_to_num(value)) for name, value in (whole | f1s).items()}


def _jobs(trial: Trial, folder: Path) -> Iterator[Job]:
    examples, settings = trial.examples, trial.settings
    share = settings.held_share
    for seed, (number, scored) in product(trial.seeds, enumerate(trial.folds)):
        rest = tuple(s for other in trial.folds if other is not scored for s in other)
        if trial.fit:
            fit, held = trial.fit, scored
        else:
            fit, held = hold_out(examples, rest, share) if share else (rest, ())
        place = fold_folder(folder, seed, number)
        yield Job(examples.folder, number, scored, fit, held, place, replace(settings, seed=seed))


def fold_folder(folder: Path, seed: int, fold: int) -> Path:
    """Return where the run of a fold and seed stands in the folder of a cross-validation."""
    return folder / f"seed-{seed}" / f"fold-{fold}"


def _run_all(jobs: Sequence[Job], processes: int) -> Iterator[dict[str, F32]]:
    if processes == 1:
        yield from map(_run, jobs)
        return
    # A fresh interpreter for each: torch's threads do not survive a fork.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_run, jobs)


def _run(job: Job) -> dict[str, F32]:
    """Train one net, or take it up where it was left, and return its answers to its fold."""
    examples = Examples.open(job.examples)
    job.folder.parent.mkdir(parents=True, exist_ok=True)
    run = train(examples, job.fit, job.held, job.folder, job.settings, resume=True)
    steps = job.settings.judged_steps
    return logits(run.net(), examples, examples.rows(job.scored), steps)
