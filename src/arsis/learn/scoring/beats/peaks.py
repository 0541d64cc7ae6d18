"""Part `rpeaks`: how many R peaks are found, and how exactly, beside other detectors (F-A4)."""

from __future__ import annotations

import hashlib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.task import Decision, choose
from arsis.infer.windows import windows
from arsis.learn.contender import Contender, names_of
from arsis.learn.headline import RESAMPLING
from arsis.learn.scoring.beats.rivals import RIVALS, sleepecg_peaks
from arsis.scores.bootstrap import bootstrap_counts
from arsis.scores.events import Matching, event_scores, leave_out, match
from arsis.scores.plain import plain
from arsis.scores.ratio import ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import F64
    from arsis.core.recording import Recording
    from arsis.core.task import Task
    from arsis.learn.scoring.look import Look, Scoring
    from arsis.scores.bootstrap import Resampling

DETECTOR = "r-peak-detector"
OURS = "arsis"
TOLERANCES_S = {"150 ms": 0.150, "50 ms": 0.050}
FLUTTER = ("[", "]")
"""Begin and end of ventricular flutter in the WFDB standard: no single beat is annotated there."""

_SOURCES = ("arsis.core.clock", "arsis.signal.rpeaks", "arsis.signal.lead_mix",
            "arsis.signal.usual_beat", "arsis.signal.beat_choice", "arsis.signal.peak_placing",
            "arsis.signal.filters")  # fmt: skip


def detector(scoring: Scoring) -> list[Contender]:
    """Return the detector of R peaks as the one that is scored."""
    nothing = Decision(0.0, 0.0)
    return [Contender(DETECTOR, "detector", scoring.task, nothing, detector_weights(), 0)]


def score_rpeaks(look: Look) -> dict[str, Any]:
    """Return the scores of part `rpeaks`: all recordings of the corpus, and the test part alone."""
    corpus, split = look.scoring.corpus, look.scoring.corpus.split
    others = (*split.train, *split.left_out)
    known = dict(zip(others, corpus.recordings(look.scoring.data, others), strict=True))
    tested = dict(zip(names_of(look.subjects, look.recordings), look.recordings, strict=True))
    recordings = known | tested
    every = {"all": sorted(recordings), "test": tuple(tested), "train": split.train}
    groups = {name: members for name, members in every.items() if members}
    return rpeaks(look.scoring.task, recordings, groups, look.scoring.resampling)


def detector_estimates(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bare figures of our own detector for the ledger."""
    return {
        tolerance: {group: [row[group]["sensitivity"], row[group]["ppv"]] for group in rows}
        for tolerance, row in scores["detectors"][OURS].items()
        for rows in (scores["groups"],)
    }


def detector_weights() -> str:
    """Return the sha256 of the detector: it has no weights, so its source stands for them."""
    digest = hashlib.sha256()
    for name in _SOURCES:
        digest.update(Path(str(import_module(name).__file__)).read_bytes())
    return digest.hexdigest()


def flutter(recording: Recording) -> F64:
    """Return the stretches of ventricular flutter: (span, 2) seconds."""
    begins = [mark.time_s for mark in recording.marks if mark.label == FLUTTER[0]]
    ends = [mark.time_s for mark in recording.marks if mark.label == FLUTTER[1]]
    spans = [
        (begin, min((end for end in ends if end >= begin), default=recording.duration_s))
        for begin in begins
    ]
    return np.array(spans, np.float64).reshape(-1, 2)


def our_peaks(task: Task, recording: Recording) -> F64:
    """Return the R peaks that the task's own `prepare` finds: (peak,) seconds."""
    return np.concatenate([each.event_s for each in windows(task, recording)])


def find_all(task: Task, recordings: Mapping[str, Recording]) -> dict[str, dict[str, F64]]:
    """Return R peaks by detector and record; a rival has none where its lead is missing."""
    found: dict[str, dict[str, F64]] = {
        OURS: {subject: our_peaks(task, each) for subject, each in recordings.items()}
    }
    for rival, choose_lead in RIVALS.items():
        leads = {name: choose_lead(choose(each, task.need)) for name, each in recordings.items()}
        found[rival] = {n: sleepecg_peaks(lead) for n, lead in leads.items() if lead is not None}
    return found


def rpeaks(
    task: Task,
    recordings: Mapping[str, Recording],
    groups: Mapping[str, Sequence[str]],
    resampling: Resampling = RESAMPLING,
) -> dict[str, Any]:
    """Score R peaks by detector, tolerance and group of records, and per record.

    Every annotated beat counts, at full length; flutter is left out. Plain values for JSON.
    """
    found = find_all(task, recordings)
    return {
        "groups": {name: list(subjects) for name, subjects in groups.items()},
        "detectors": {
            detector: {
                name: _at(task, recordings, peaks, tolerance_s, groups, resampling)
                for name, tolerance_s in TOLERANCES_S.items()
            }
            for detector, peaks in found.items()
        },
    }


def _at(
    task: Task,
    recordings: Mapping[str, Recording],
    peaks: Mapping[str, F64],
    tolerance_s: float,
    groups: Mapping[str, Sequence[str]],
    resampling: Resampling,
) -> dict[str, Any]:
    matchings = {s: _matching(task, recordings[s], peaks[s], tolerance_s) for s in peaks}
    table: dict[str, Any] = {}
    for group, subjects in groups.items():
        chosen = {s: matchings[s] for s in subjects if s in matchings}
        if chosen:
            people = [recordings[s].subject or s for s in chosen]
            matched = list(chosen.values())
            table[group] = plain(event_scores(matched))
            table[group] |= {"records": len(chosen), **_intervals(matched, people, resampling)}
    table["records"] = {s: plain(event_scores([each])) for s, each in matchings.items()}
    return table


def _matching(task: Task, recording: Recording, found_s: F64, tolerance_s: float) -> Matching:
    truth_s = np.array([mark.time_s for mark in task.events(recording)], np.float64)
    matching = match(truth_s, found_s, tolerance_s)
    return leave_out(matching, truth_s, found_s, flutter(recording))


def _intervals(
    matchings: Sequence[Matching], people: Sequence[str], resampling: Resampling
) -> dict[str, Any]:
    """Return the intervals of sensitivity and positive predictivity over people."""
    each = np.array([(len(m.truth), len(m.missed), len(m.false)) for m in matchings], np.int64)
    place = {person: number for number, person in enumerate(dict.fromkeys(people))}
    counts = np.zeros((len(place), 3), np.int64)
    np.add.at(counts, [place[person] for person in people], each)
    return {
        "sensitivity_interval": plain(
            bootstrap_counts(counts, lambda n: ratio(n[0], n[0] + n[1]), resampling)
        ),
        "ppv_interval": plain(
            bootstrap_counts(counts, lambda n: ratio(n[0], n[0] + n[2]), resampling)
        ),
    }
