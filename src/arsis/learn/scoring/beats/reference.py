"""Part `reference`: the class of every annotated beat, at the annotators' own R peaks (F-A2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.learn.contender import classes_of, names_of
from arsis.learn.headline import RESAMPLING, collapse_alarm, figures, headline, without_each
from arsis.scores.auc import auc_scores
from arsis.scores.calibration import brier_score, top_label_reliability
from arsis.scores.classes import Confusion, class_scores, count_confusion, gross
from arsis.scores.ec57 import BEATS, NO_BEAT, ec57_table
from arsis.scores.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import F32, I64
    from arsis.learn.contender import Contender, Labelled
    from arsis.learn.scoring.look import Look
    from arsis.scores.bootstrap import Resampling


def score_reference(look: Look) -> dict[str, Any]:
    """Return the scores of part `reference`."""
    scoring = look.scoring
    return reference(look.contender, look.labelled, scoring.corpus.split.apart, scoring.resampling)


def reference(
    contender: Contender,
    beats: Sequence[Labelled],
    apart: Sequence[str] = (),
    resampling: Resampling = RESAMPLING,
) -> dict[str, Any]:
    """Score the classes of annotated beats, gross, per record and without each of `apart`.

    Beats that nobody scores (Q) are left out. Values are plain, ready for JSON.
    """
    names, called = classes_of(contender.task), called_of(beats)
    confusions, truths, probabilities = {}, [], []
    for name, each in zip(called, beats, strict=True):
        answers = contender.decide(each.windows)
        confusions[name] = count_confusion(each.truth, contender.numbers(answers), names)
        truths.append(each.truth)
        probabilities.append(answers.probabilities)
    scores = class_table(confusions, called, apart, resampling)
    return scores | _probability_table(np.concatenate(truths), np.concatenate(probabilities), names)


def called_of(beats: Sequence[Labelled]) -> dict[str, str]:
    """Return name -> subject of each recording."""
    return names_of([each.subject for each in beats], [each.recording for each in beats])


def class_table(
    confusions: Mapping[str, Confusion],
    subjects: Mapping[str, str],
    apart: Sequence[str],
    resampling: Resampling,
) -> dict[str, Any]:
    """Return what follows from one confusion matrix a recording, as plain values.

    The matrix itself, per-class figures, headline with intervals over subjects, per record,
    apart, EC57. `subjects` says of whom each recording is.
    """
    whole = gross(list(confusions.values()))
    people = {
        subject: gross([each for name, each in confusions.items() if subjects[name] == subject])
        for subject in dict.fromkeys(subjects.values())
    }
    table = {
        "headline": headline(list(people.values()), resampling),
        "confusion": plain(whole),
        "classes": plain(class_scores(whole)),
        "alarm": collapse_alarm(whole),
        "records": {
            name: {"confusion": plain(each), "figures": plain(figures(each))}
            for name, each in confusions.items()
        },
        "apart": without_each(people, apart, resampling),
    }
    if set(whole.names) <= {*BEATS, NO_BEAT}:
        table["ec57"] = plain(ec57_table(confusions))
    return table


def _probability_table(truth: I64, probability: F32, names: Sequence[str]) -> dict[str, Any]:
    if not (truth >= 0).any():
        return {"auc": None, "brier": None, "reliability": None}
    return {
        "auc": plain(auc_scores(truth, probability, names)),
        "brier": plain(brier_score(truth, probability)),
        "reliability": plain(top_label_reliability(truth, probability)),
    }
