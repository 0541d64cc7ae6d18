"""Part `murmurs`: is a murmur present, absent, or can nobody tell; of a recording, of a patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.learn.scoring.sounds.annotated import waveform
from arsis.learn.scoring.sounds.groups import AGES, patient_of
from arsis.learn.scoring.sounds.screen import (
    ABSENT,
    MURMURS,
    PRESENT,
    Material,
    screen,
    weighted_accuracy,
)
from arsis.scores.auc import rank_auc
from arsis.scores.bootstrap import bootstrap_counts, bootstrap_subjects
from arsis.scores.plain import plain
from arsis.scores.ratio import ratio
from arsis.tasks.sounds.murmur import FEATURES, murmur_features
from arsis.tasks.sounds.patients import patients

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import F64, I64
    from arsis.learn.scoring.look import Look
    from arsis.scores.bootstrap import Resampling
    from arsis.tasks.sounds.patients import Patient

PATIENTS, RECORDINGS = "patients", "recordings"
AGE_AND_SEX = "age and sex alone"


@dataclass(frozen=True)
class Level:
    """What is answered about: every patient, or every recording.

    `owner` (recording,) is the number of a recording's unit, `subject` (unit,) the person that
    it is of; `truth` and `fold` (unit,) as `Material` has them.
    """

    owner: I64
    subject: I64
    truth: I64
    fold: I64


def score_murmurs(look: Look) -> dict[str, Any]:
    """Score the screening for murmurs by what is heard between the sounds that were found.

    The logistic model is part of the scoring: it learns from the folds that a person is not in,
    and so do the lines between the answers. Beside it, the rules that hear nothing. Plain values
    for JSON.
    """
    known = patients(look.scoring.data)
    about = [known[patient_of(recording.name)] for recording in look.recordings]
    label = np.array([_label(who, each.name) for who, each in zip(about, look.recordings,
                                                                  strict=True)])  # fmt: skip
    heard = np.stack([
        murmur_features(waveform(look.contender.task, recording), answers)
        for recording, (answers, _) in zip(look.recordings, look.answers, strict=True)
    ])  # fmt: skip
    scores: dict[str, Any] = {"headline": {}, "levels": {}, "rules": {}}
    for name, level in _levels(look, about, label).items():
        found = _figures(level, *_screened(level, heard, label), look.scoring.resampling)
        scores["headline"] |= _of(name, found["figures"])
        scores["levels"][name] = {
            "units": len(level.truth),
            "unheard": _unheard(level, heard),
            "confusion": found["confusion"],
        }
        for rule, (score, said) in _rules(level, _person(about), label).items():
            row = _figures(level, score, said, look.scoring.resampling)["figures"]
            scores["rules"].setdefault(rule, {}).update(_of(name, row))
    scores["features"] = list(FEATURES)
    scores["subjects"] = len(set(look.subjects))
    return scores


def _of(level: str, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return figures with the level that they are of in their names."""
    return {f"{name}, {level}": row for name, row in figures.items()}


def _label(patient: Patient, recording: str) -> int:
    """Return the truth of a recording: a murmur is present only where it was heard."""
    place = recording.split("_")[1]
    if patient.murmur == MURMURS[PRESENT] and place not in patient.murmur_places:
        return ABSENT
    return MURMURS.index(patient.murmur)


def _levels(look: Look, about: Sequence[Patient], label: I64) -> dict[str, Level]:
    """Return the units of each level: patients (two may be one person), and recordings."""
    _, subject = np.unique(look.subjects, return_inverse=True)
    place = {who: number for number, fold in enumerate(look.scoring.corpus.split.folds)
             for who in fold}  # fmt: skip
    fold = np.array([place[who] for who in look.subjects])
    _, first, owner = np.unique([who.id for who in about], return_index=True, return_inverse=True)
    truth = np.array([MURMURS.index(about[number].murmur) for number in first])
    return {
        PATIENTS: Level(owner, subject[first], truth, fold[first]),
        RECORDINGS: Level(np.arange(len(about)), subject, label, fold),
    }


def _person(about: Sequence[Patient]) -> F64:
    """Return age and sex as numbers: (recording, feature)."""
    rows = [[*(who.age == age for age in AGES), who.sex == "Male"] for who in about]
    return np.array(rows, np.float64)


def _screened(level: Level, features: F64, label: I64) -> tuple[F64, I64]:
    """Return the probability that a murmur is present, and the answer, of each unit."""
    found = screen(Material(features, label, level.owner, level.truth, level.fold))
    return found.probabilities[:, PRESENT], found.said


def _unheard(level: Level, features: F64) -> int:
    """Return of how many units no recording had three whole beats."""
    heard = np.isfinite(features).all(axis=1)
    return len(level.truth) - len(np.unique(level.owner[heard]))


def _rules(level: Level, person: F64, label: I64) -> dict[str, tuple[F64, I64]]:
    """Return what is answered without listening: the constants, and by age and sex."""
    count = len(level.truth)
    said = {f"always {name}": (np.zeros(count), np.full(count, number))
            for number, name in enumerate(MURMURS)}  # fmt: skip
    said["likeliest in the other folds"] = np.zeros(count), _likeliest(level)
    return said | {AGE_AND_SEX: _screened(level, person, label)}


def _likeliest(level: Level) -> I64:
    """Return the commonest murmur of the other folds: (unit,)."""
    said = np.empty_like(level.truth)
    for fold in np.unique(level.fold):
        others = level.truth[level.fold != fold]
        said[level.fold == fold] = np.argmax(np.bincount(others, minlength=len(MURMURS)))
    return said


def _figures(level: Level, score: F64, said: I64, resampling: Resampling) -> dict[str, Any]:
    """Return the figures of some answers with their intervals over persons, and who is who."""
    confusions = np.zeros((int(level.subject.max()) + 1, len(MURMURS), len(MURMURS)), np.int64)
    np.add.at(confusions, (level.subject, level.truth, said), 1)
    units = [np.flatnonzero(level.subject == who) for who in range(len(confusions))]

    def area(drawn: Sequence[int]) -> float:
        chosen = np.concatenate([units[who] for who in drawn])
        return rank_auc(level.truth[chosen] == PRESENT, score[chosen])

    rows = {
        "weighted_accuracy": bootstrap_counts(confusions, weighted_accuracy, resampling),
        "auc_present": bootstrap_subjects(range(len(units)), area, resampling),
        "se_present": bootstrap_counts(confusions, _sensitivity, resampling),
        "ppv_present": bootstrap_counts(confusions, _precision, resampling),
    }
    counts = {
        truth: dict(zip(MURMURS, row, strict=True))
        for truth, row in zip(MURMURS, confusions.sum(axis=0).tolist(), strict=True)
    }
    return {"figures": {name: plain(row) for name, row in rows.items()}, "confusion": counts}


def _sensitivity(counts: I64) -> float:
    return ratio(float(counts[PRESENT, PRESENT]), float(counts[PRESENT].sum()))


def _precision(counts: I64) -> float:
    return ratio(float(counts[PRESENT, PRESENT]), float(counts[:, PRESENT].sum()))
