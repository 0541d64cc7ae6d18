"""The baselines of heart sounds as contenders; what they learn, they learn on CirCor's folds."""

from __future__ import annotations

import math
import shutil
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.errors import ProtocolError
from arsis.core.task import Decision
from arsis.learn.contender import Contender
from arsis.learn.ledger import fingerprint
from arsis.learn.run_folder import json_form, read_json, read_weights, write_json, write_weights
from arsis.learn.scoring.sounds.annotated import annotated
from arsis.learn.scoring.sounds.baselines import (
    TrainingMean,
    autocorrelation,
    digest,
    peak_picking,
)
from arsis.learn.scoring.sounds.two_heads import (
    SEEDS,
    SETTINGS,
    STEPS,
    Listening,
    lessons,
    teach,
    weights_of,
)
from arsis.nets.two_heads import DROPOUT, HIDDEN, WIDTHS, TwoHeads
from arsis.scores.rates import intervals_inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.recording import Recording
    from arsis.core.task import Task
    from arsis.learn.scoring.look import Scoring

MEAN, AUTOCORRELATION, PEAKS = "training-mean", "autocorrelation", "peak-picking"
TWO_HEADS = "two-heads"
EVERYBODY = -1
"""Number of the fold that nobody is in: its net and its mean are those of all subjects."""
LEARNT = "learnt.json"


@dataclass(frozen=True)
class SoundFitting:
    """How baselines of heart sounds are fitted, and where what they learnt is kept.

    Attributes
    ----------
    folder
        Scored on folds, they are taught and kept here; on a set of other people, the same are
        taken up again.
    seeds, steps
        Of the two-head net.
    """

    folder: Path = field(default_factory=lambda: Path("runs") / "sounds-baselines")
    seeds: tuple[int, ...] = SEEDS
    steps: int = STEPS


def rivals_of_folds(scoring: Scoring) -> list[Contender]:
    """Teach the baselines on the folds that each subject is not in, and keep what they learnt."""
    fitting: SoundFitting = scoring.fitting or SoundFitting()
    folds = scoring.corpus.split.folds
    subjects = [subject for fold in folds for subject in fold]
    recordings = scoring.corpus.recordings(scoring.data, subjects)
    index = json_form({
        "fingerprint": fingerprint(recordings),
        "folds": [list(fold) for fold in folds],
        "means": _means(folds, recordings),
        "net": {"widths": WIDTHS, "hidden": HIDDEN, "dropout": DROPOUT, "settings": SETTINGS},
        **{name: value for name, value in asdict(fitting).items() if name != "folder"},
    })  # fmt: skip
    kept = fitting.folder / LEARNT
    if not kept.exists() or read_json(kept) != index:
        # The index goes first: nets beside another one are of other data or settings.
        shutil.rmtree(fitting.folder, ignore_errors=True)
        fitting.folder.mkdir(parents=True)
        write_json(kept, index)
    _teach_missing(scoring.task, folds, recordings, fitting)
    return _contenders(scoring.task, fitting)


def rivals_elsewhere(scoring: Scoring) -> list[Contender]:
    """Take up what the baselines learnt from everybody in the folds, for people they never met.

    Raises
    ------
    ProtocolError
        If they have not been taught yet.
    """
    fitting: SoundFitting = scoring.fitting or SoundFitting()
    if not (fitting.folder / LEARNT).exists():
        raise ProtocolError(
            fitting.folder, "baselines that have not learnt yet", f"a folder with {LEARNT}",
            "Score the nets of the folds first: that teaches the baselines too.",
        )  # fmt: skip
    return _contenders(scoring.task, fitting)


def _means(folds: Sequence[Sequence[str]], recordings: Sequence[Recording]) -> dict[str, Any]:
    """Return heart rate and SDNN of the mean subject outside each fold, and of everybody."""
    rates: dict[str, list[float]] = {}
    spreads: dict[str, list[float]] = {}
    for recording in recordings:
        known = annotated(recording)
        who = recording.subject or recording.name
        rates.setdefault(who, []).extend(known.windows.bpm.tolist())
        intervals = intervals_inside(known.onset_s["S1"], known.run_s)
        if len(intervals) > 1:
            spreads.setdefault(who, []).append(1000 * float(np.std(intervals, ddof=1)))
    table = {}
    for number, fold in [*enumerate(folds), (EVERYBODY, ())]:
        table[str(number)] = [
            _mean([_mean(v) for who, v in values.items() if who not in fold and v])
            for values in (rates, spreads)
        ]
    return table


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _teach_missing(
    task: Task,
    folds: Sequence[Sequence[str]],
    recordings: Sequence[Recording],
    fitting: SoundFitting,
) -> None:
    """Teach a two-head net for every seed and fold, and one on everybody; killed, it goes on."""
    asked = [
        (_path(fitting, seed, number), seed, fold)
        for seed in fitting.seeds
        for number, fold in [*enumerate(folds), (EVERYBODY, ())]
    ]
    missing = [each for each in asked if not each[0].exists()]
    if not missing:
        return
    given = lessons(task, recordings)
    subject = np.array(given.subject)
    for path, seed, fold in missing:
        rows = np.flatnonzero(~np.isin(subject, list(fold)))
        path.parent.mkdir(exist_ok=True)
        write_weights(path, teach(given, rows, seed, fitting.steps))


def _path(fitting: SoundFitting, seed: int, fold: int) -> Path:
    name = "everybody" if fold == EVERYBODY else f"fold-{fold}"
    return fitting.folder / f"seed-{seed}" / f"{name}.safetensors"


def _contenders(task: Task, fitting: SoundFitting) -> list[Contender]:
    index = read_json(fitting.folder / LEARNT)
    fold_of = {who: number for number, fold in enumerate(index["folds"]) for who in fold}
    mean = TrainingMean({int(n): (rate, sdnn) for n, (rate, sdnn) in index["means"].items()},
                        fold_of)  # fmt: skip
    plain = Contender("", "baseline", task, Decision(0.0, 0.0), "", 0)
    rows = [
        replace(plain, name=MEAN, weights=digest(MEAN, index["means"]), says=mean),
        replace(plain, name=AUTOCORRELATION, weights=digest(AUTOCORRELATION),
                says=partial(autocorrelation, task)),
        replace(plain, name=PEAKS, weights=digest(PEAKS), says=partial(peak_picking, task)),
    ]  # fmt: skip
    for seed in index["seeds"]:
        nets = {}
        for number in (*range(len(index["folds"])), EVERYBODY):
            net = TwoHeads()
            read_weights(_path(fitting, seed, number), net)
            nets[number] = net.eval()
        rows.append(
            replace(plain, name=f"{TWO_HEADS}-{seed}", weights=weights_of(nets), seed=seed,
                    says=Listening(task, nets, fold_of))
        )  # fmt: skip
    return rows


def rivals_of_segments(scoring: Scoring) -> list[Contender]:
    """Return the one baseline that names single sounds; it learns nothing."""
    task = scoring.task
    return [
        Contender(
            PEAKS, "baseline", task, Decision(0.0, 0.0), digest(PEAKS), 0,
            says=partial(peak_picking, task),
        )
    ]  # fmt: skip
