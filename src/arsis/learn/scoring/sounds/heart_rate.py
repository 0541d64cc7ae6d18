"""Part `heart-rate` (F-S1): the heart rate in windows of 5 s, every one of them answered."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.learn.scoring.sounds.annotated import annotated, cut, held
from arsis.learn.scoring.sounds.groups import groups
from arsis.learn.scoring.sounds.heard import heard
from arsis.scores.agreement import limits_of_agreement
from arsis.scores.bootstrap import bootstrap_subjects
from arsis.scores.plain import plain
from arsis.scores.rates import WINDOW_S, mean_over, subject_means

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import F64
    from arsis.learn.scoring.look import Look
    from arsis.scores.bootstrap import Resampling

FROM_WHOLE, ALONE = "whole recording", "5 s alone"
ALARM_BPM = 5.0
"""Further off than this is another rhythm, not an inexact one."""


def score_heart_rate(look: Look) -> dict[str, Any]:
    """Score the heart rate of every window whose annotated S1 tell it.

    From the whole recording, and from the window's 5 s as a recording of its own. Mean absolute
    error of each subject, then over subjects. Plain values for JSON.
    """
    known = [annotated(recording) for recording in look.recordings]
    chosen = [place for place, each in enumerate(known) if len(each.windows.start_s)]
    said = {FROM_WHOLE: [], ALONE: []}  # type: dict[str, list[F64]]
    for place in chosen:
        start_s = known[place].windows.start_s
        said[FROM_WHOLE].append(heard(look.answers[place]).rates_bpm(start_s))
        said[ALONE].append(_alone(look, place, start_s))
    subject = [look.subjects[place] for place in chosen for _ in known[place].windows.start_s]
    truth = np.concatenate([known[place].windows.bpm for place in chosen])
    usual = _elsewhere(look.scoring.corpus.split.folds, subject, truth)
    ways = {way: _filled(np.concatenate(rows), usual) for way, rows in said.items()}
    errors = {way: subject_means(np.abs(row["found"] - truth), subject)
              for way, row in ways.items()}  # fmt: skip
    sharing = groups(look, chosen, [len(known[place].windows.start_s) for place in chosen])
    return {
        "windows": len(truth),
        "subjects": len(set(subject)),
        "headline": {
            f"mae_bpm, {way}": plain(over(each, look.scoring.resampling))
            for way, each in errors.items()
        },
        "ways": {way: _described(truth, row) for way, row in ways.items()},
        "groups": {
            name: _group(truth, ways, np.array(subject), inside) for name, inside in sharing.items()
        },
        "subjects_mae_bpm": plain(errors),
        "points": _points(truth, ways) if look.contender.kind == "model" else None,
    }


def over(values: Mapping[str, float], resampling: Resampling) -> Any:
    """Return the mean over subjects with its interval."""
    return bootstrap_subjects(sorted(values), lambda chosen: mean_over(values, chosen), resampling)


def _alone(look: Look, place: int, start_s: F64) -> F64:
    """Return what is said of each window when it is all there is: (window,) bpm."""
    rates = []
    recording = held(look.recordings[place])
    for begin_s in start_s.tolist():
        each = heard(look.contender.answer(cut(recording, begin_s, WINDOW_S)))
        (rate,) = each.rates_bpm(np.zeros(1))
        rates.append(each.rate_bpm if np.isnan(rate) else rate)
    return np.array(rates, np.float64)


def _elsewhere(folds: Sequence[Sequence[str]], subject: Sequence[str], truth: F64) -> F64:
    """Return the mean rate of the other folds' subjects: the answer where nothing was heard."""
    mean = subject_means(truth, subject)
    fold_of = {name: number for number, fold in enumerate(folds) for name in fold}
    usual = {
        fold: np.mean([rate for name, rate in mean.items() if fold_of.get(name) != fold])
        for fold in {fold_of.get(name) for name in mean}
    }
    return np.array([usual[fold_of.get(name)] for name in subject], np.float64)


def _filled(rate: F64, usual: F64) -> dict[str, Any]:
    """Fill in what was not answered, and count it: (window,) bpm, (window,) bpm."""
    unknown = np.isnan(rate)
    return {"found": np.where(unknown, usual, rate), "unheard": int(unknown.sum())}


def _described(truth: F64, row: Mapping[str, Any]) -> dict[str, Any]:
    error = np.abs(row["found"] - truth)
    return {
        "unheard": row["unheard"],
        "median_error_bpm": float(np.median(error)),
        "off_by_more_than_5_bpm": float(np.mean(error > ALARM_BPM)),
        "agreement": plain(limits_of_agreement(truth, row["found"])),
    }


def _group(truth: F64, ways: Mapping[str, Any], subject: Any, inside: Any) -> dict[str, Any]:
    """Return the error of some of the windows, in the same way as of all."""
    row: dict[str, Any] = {"windows": int(inside.sum()), "subjects": len(set(subject[inside]))}
    for way, each in ways.items():
        off = np.abs(each["found"] - truth)[inside]
        means = subject_means(off, subject[inside].tolist())
        row[f"mae_bpm, {way}"] = float(np.mean(list(means.values())))
    return row


def _points(truth: F64, ways: Mapping[str, Any]) -> dict[str, Any]:
    """Return how often each pair of true and found rate occurred, to the whole bpm, for drawing."""
    pairs = {
        way: Counter(zip(np.rint(truth).astype(int).tolist(),
                         np.round(row["found"] - truth, 1).tolist(), strict=True))
        for way, row in ways.items()
    }  # fmt: skip
    return {way: [[*pair, count] for pair, count in sorted(each.items())]
            for way, each in pairs.items()}  # fmt: skip
