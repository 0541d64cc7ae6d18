"""Part `rhythm`: atrial fibrillation against the annotators' rhythm, each person left out in turn.

Few people fibrillate, so no division into a training and a test part gives a figure that
means much. Every person is therefore judged by a fit to all others; the recordings of the test part
are opened through the ledger like any other test.
"""

from __future__ import annotations

import hashlib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.task import Decision
from arsis.core.windows import Windows
from arsis.infer.windows import windows
from arsis.learn.contender import Contender
from arsis.learn.headline import RESAMPLING
from arsis.learn.scoring.beats.fibrillation_fit import (
    METHODS,
    OURS,
    UNSCORED,
    Known,
    Rows,
    fit,
    rows_of,
)
from arsis.learn.scoring.beats.peaks import detector_weights
from arsis.scores.bootstrap import bootstrap_counts, bootstrap_subjects
from arsis.scores.durations import Found, found
from arsis.scores.plain import plain
from arsis.scores.ratio import f1_score, ratio
from arsis.tasks.beats.episodes import Beat
from arsis.tasks.beats.fibrillation import Describe, Fit, JudgeFibrillation, p_likeness
from arsis.tasks.beats.follow import FollowFibrillation
from arsis.tasks.beats.rhythm_marks import FIBRILLATION, FLUTTER, stretches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import F64
    from arsis.core.recording import Recording
    from arsis.core.task import Split, Task
    from arsis.learn.scoring.look import Look, Scoring
    from arsis.scores.bootstrap import Resampling
    from arsis.tasks.beats.episodes import Stretches

DETECTOR = "fibrillation-detector"
NEVER = "never AF"
OWN, GIVEN = "own R peaks", "annotated beats"
SLACK_PERCENT = 1.0
"""A true burden so close to an interval's bound lies inside."""

_SOURCES = (
    "arsis.signal.rr_pairs", "arsis.tasks.beats.fibrillation", "arsis.tasks.beats.follow",
    "arsis.tasks.beats.episodes", "arsis.tasks.beats.morphology", "arsis.tasks.beats.prepare",
    "arsis.learn.scoring.beats.fibrillation_fit",
)  # fmt: skip


def detector(scoring: Scoring) -> list[Contender]:
    """Return the detector of fibrillation as the one that is scored; no net has a part in it."""
    nothing = Decision(0.0, 0.0)
    return [Contender(DETECTOR, "detector", scoring.task, nothing, weights(), 0)]


def weights() -> str:
    """Return the sha256 of all source that decides the answers, the R peaks' included."""
    digest = hashlib.sha256(detector_weights().encode())
    for name in _SOURCES:
        digest.update(Path(str(import_module(name).__file__)).read_bytes())
    return digest.hexdigest()


def score_rhythm(look: Look) -> dict[str, Any]:
    """Return the scores of part `rhythm`, over the people of the training and of the test part."""
    return rhythm(know_all(look, (OWN, GIVEN)), look.scoring.resampling)


def know_all(look: Look, settings: Sequence[str]) -> dict[str, list[Known]]:
    """Return the recordings of both parts, by whose R peaks they are judged at."""
    corpus, task = look.scoring.corpus, look.scoring.task
    others = corpus.split.train
    recordings = dict(zip(others, corpus.recordings(look.scoring.data, others), strict=True))
    recordings |= dict(zip(look.subjects, look.recordings, strict=True))
    return {each: know(task, corpus.split, recordings, each == GIVEN) for each in settings}


def rhythm_estimates(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bare figures of our own detector for the ledger."""
    return {
        setting: {name: row and row["estimate"] for name, row in rows[OURS]["figures"].items()}
        for setting, rows in scores["settings"].items()
    }


def know(task: Task, split: Split, recordings: Mapping[str, Recording], given: bool) -> list[Known]:
    """Return the beats of recordings, found by our detector or `given`, and their true rhythm."""
    same = {two: one for pair in split.shared for one, two in (pair, pair[::-1])}
    found = []
    for subject, recording in sorted(recordings.items()):
        beats = Windows.join(list(windows(task, recording, given)))
        person = min(subject, same.get(subject, subject))
        found.append(
            Known(
                subject, person, beats.event_s, beats.aside["rr_s"], p_likeness(beats),
                tuple(stretches(recording)), recording.duration_s,
            )
        )  # fmt: skip
    return found


def rhythm(
    known: Mapping[str, Sequence[Known]], resampling: Resampling = RESAMPLING
) -> dict[str, Any]:
    """Score every method in every setting; fits are to our own R peaks of all other people.

    Plain values, ready for JSON.
    """
    fits = {name: leave_one_out(known[OWN], method) for name, method in METHODS.items()}
    own = known[OWN]
    seconds = {kind: sum(s.duration_s for k in own for s in k.rhythm if s.kind == kind)
               for kind in (FIBRILLATION, *UNSCORED)}  # fmt: skip
    return {
        "protocol": "leave one person out",
        "people": len({each.person for each in own}),
        "records": len(own),
        "people_with_fibrillation": len({k.person for k in own if len(k.spans(FIBRILLATION))}),
        "seconds": seconds,
        "settings": {
            setting: {
                NEVER: table(each, [_nothing(one) for one in each], resampling),
                **{
                    name: table(
                        each, [answer(one, fits[name][one.person], m) for one in each], resampling
                    )
                    for name, m in METHODS.items()
                },
            }
            for setting, each in known.items()
        },
        "fits": {person: plain(each) for person, each in sorted(fits[OURS].items())},
    }


def leave_one_out(known: Sequence[Known], method: Describe) -> dict[str, Fit]:
    """Return the fit to all other people, by person."""
    rows: list[tuple[str, Rows]] = [(each.person, rows_of(each, method)) for each in known]
    people = sorted({person for person, _ in rows})
    return {left: fit([each for person, each in rows if person != left]) for left in people}


def answer(known: Known, chosen: Fit, method: Describe) -> FollowFibrillation:
    """Let the shipped fold answer a recording with this fit."""
    fold = FollowFibrillation(JudgeFibrillation(chosen, method))
    time_us = np.rint(known.time_s * 1e6).astype(np.int64).tolist()
    beats = [
        Beat(at, None if np.isnan(rr) else round(rr * 1e6), "N", 1000, False)
        for at, rr in zip(time_us, known.rr_s.tolist(), strict=True)
    ]
    fold.push(beats, known.likeness, last=True)
    return fold


def _nothing(known: Known) -> FollowFibrillation:
    return answer(known, Fit((0.0,) * 3, -30.0, 1000, 1000, 1000), METHODS[OURS])


def _spans(told: Stretches) -> F64:
    rows = [(each.start_us / 1e6, each.end_us / 1e6) for each in told.found]
    return np.array(rows, np.float64).reshape(-1, 2)


def table(
    known: Sequence[Known], told: Sequence[FollowFibrillation], resampling: Resampling
) -> dict[str, Any]:
    """Return the figures of one method with intervals over people, and its records."""
    records = {one.subject: _record(one, each) for one, each in zip(known, told, strict=True)}
    people: dict[str, list[int]] = {}
    for at, one in enumerate(known):
        people.setdefault(one.person, []).append(at)
    rows = list(records.values())
    counts = np.array([sum(_counts(rows[at]["found"]) for at in ats) for ats in people.values()])
    figures = {
        name: plain(bootstrap_counts(counts, statistic, resampling))
        for name, statistic in FIGURES.items()
    }
    by_person = [[rows[at] for at in ats] for ats in people.values()]
    error = bootstrap_subjects(
        by_person,
        lambda drawn: float(np.mean([abs(r["burden"]["error"]) for each in drawn for r in each])),
        resampling,
    )
    inside = [row["burden"]["inside"] for row in rows]
    with_af = [row["burden"]["inside"] for row in rows if row["burden"]["true"]]
    return {
        "figures": figures,
        "burden_error_percent": plain(error),
        "burden_inside": [sum(inside), len(inside)],
        "burden_inside_with_fibrillation": [sum(with_af), len(with_af)],
        "records": {s: {**row, "found": plain(row["found"])} for s, row in records.items()},
    }


FIGURES = {
    "duration_sensitivity": lambda n: ratio(n[0], n[0] + n[1]),
    "duration_ppv": lambda n: ratio(n[0], n[0] + n[2]),
    "duration_f1": lambda n: f1_score(n[0], n[1], n[2]),
    "specificity": lambda n: ratio(n[3], n[2] + n[3]),
    "episode_sensitivity": lambda n: ratio(n[5], n[4]),
    "episode_ppv": lambda n: ratio(n[7], n[6]),
}
"""Of milliseconds and episodes in the order of `Found`."""


def _counts(each: Found) -> np.ndarray[Any, np.dtype[np.int64]]:
    seconds = (each.both_s, each.missed_s, each.false_s, each.neither_s)
    numbers = (each.episodes, each.episodes_found, each.answers, each.answers_right)
    return np.array([*(round(1000 * s) for s in seconds), *numbers], np.int64)


def _record(known: Known, told: FollowFibrillation) -> dict[str, Any]:
    truth, out = known.spans(FIBRILLATION), known.spans(*UNSCORED)
    likely, sure, possible = (
        found(truth, _spans(each), out, known.duration_s)
        for each in (told.likely, told.sure, told.possible)
    )
    scored_s = likely.both_s + likely.missed_s + likely.false_s + likely.neither_s
    true, said, least, greatest = (
        100 * ratio(part, scored_s)
        for part in (
            likely.both_s + likely.missed_s,
            *(each.both_s + each.false_s for each in (likely, sure, possible)),
        )
    )
    flutter = found(known.spans(FLUTTER), _spans(told.likely), np.empty((0, 2)), known.duration_s)
    return {
        "found": likely,
        "burden": {
            "true": true, "answered": said, "least": least, "greatest": greatest,
            "error": said - true,
            "inside": least - SLACK_PERCENT <= true <= greatest + SLACK_PERCENT,
        },
        "flutter_s": flutter.both_s + flutter.missed_s,
        "flutter_as_fibrillation_s": flutter.both_s,
    }  # fmt: skip
