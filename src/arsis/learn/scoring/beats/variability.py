"""Part `hrv`: heart rate variability of our beats beside that of the annotated ones (F-A5)."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.learn.contender import classes_of
from arsis.learn.headline import RESAMPLING
from arsis.learn.scoring.beats.end_to_end import TOLERANCE_S
from arsis.learn.scoring.beats.reference import called_of
from arsis.scores.bootstrap import bootstrap_subjects
from arsis.scores.events import match
from arsis.scores.plain import plain
from arsis.scores.ratio import ratio
from arsis.signal.hrv import hrv_time_domain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import F64, Bool
    from arsis.core.task import Summary
    from arsis.core.windows import Answers
    from arsis.learn.contender import Contender, Labelled
    from arsis.learn.scoring.look import Look
    from arsis.scores.bootstrap import Resampling

FEWEST_PAIRS = 300
NORMAL = "N"
LOCAL = 11
FAR = 0.2
"""The simple filter drops an interval more than a fifth off the median of LOCAL around it."""
OURS, TRUE_CLASSES, RAW, FILTERED = "ours", "our peaks, true classes", "raw", "simple filter"


def score_hrv(look: Look) -> dict[str, Any]:
    """Return the scores of part `hrv`."""
    return hrv(look.contender, look.labelled, look.answers, look.scoring.resampling)


def hrv_estimates(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bare figures of part `hrv` for the ledger."""
    return {
        way: {name: row[name] and row[name]["estimate"] for name in ("median", "p90")}
        for way, row in scores["relative_error"].items()
    }


def hrv(
    contender: Contender,
    beats: Sequence[Labelled],
    answers: Sequence[tuple[Answers, Summary]],
    resampling: Resampling = RESAMPLING,
) -> dict[str, Any]:
    """Compare RMSSD with that of the annotated beats, record by record.

    NN intervals are adjacent pairs of N; records with fewer than 300 of them are left out.
    Plain values for JSON: RMSSD in ms, and the relative error's median and 90th percentile.
    """
    normal = classes_of(contender.task).index(NORMAL)
    called = called_of(beats)
    records = {
        name: compare(each, each.truth == normal, given, summary)
        for name, each, (given, summary) in zip(called, beats, answers, strict=True)
    }
    scored = {name: row for name, row in records.items() if row["pairs"] >= FEWEST_PAIRS}
    ways = (OURS, TRUE_CLASSES, RAW, FILTERED)
    errors = {
        way: [
            [row["error"][way] for name, row in scored.items() if called[name] == subject]
            for subject in dict.fromkeys(called[name] for name in scored)
        ]
        for way in ways
    }
    return {
        "fewest_pairs": FEWEST_PAIRS,
        "records_scored": len(scored),
        "records": plain(records),
        "relative_error": {way: _spread(each, resampling) for way, each in errors.items()},
    }


def compare(beats: Labelled, normal: Bool, answers: Answers, summary: Summary) -> dict[str, Any]:
    """Return RMSSD of one record by the annotated beats and in each of our ways."""
    truth = hrv_time_domain(beats.windows.event_s, normal)
    peak_s = answers.time_s
    matching = match(beats.windows.event_s, peak_s, TOLERANCE_S)
    true_normal = np.zeros(len(peak_s), bool)
    true_normal[matching.found] = normal[matching.truth]
    every = np.ones(len(peak_s), bool)
    rmssd_ms = {
        OURS: _number(summary["hrv"]["rmssd_ms"]),
        TRUE_CLASSES: hrv_time_domain(peak_s, true_normal).rmssd_ms,
        RAW: hrv_time_domain(peak_s, every).rmssd_ms,
        FILTERED: hrv_time_domain(peak_s, every, odd_intervals(peak_s)).rmssd_ms,
    }
    return {
        "pairs": truth.interval_count,
        "truth_rmssd_ms": truth.rmssd_ms,
        "rmssd_ms": rmssd_ms,
        "error": {way: abs(ratio(each, truth.rmssd_ms) - 1) for way, each in rmssd_ms.items()},
    }


def odd_intervals(peak_s: F64) -> Bool:
    """Say which beats end an interval far off the median of those around it: (peak,)."""
    odd = np.zeros(len(peak_s), bool)
    if len(peak_s) > LOCAL:
        rr_s = np.diff(peak_s)
        padded = np.pad(rr_s, LOCAL // 2, mode="edge")
        local = np.median(np.lib.stride_tricks.sliding_window_view(padded, LOCAL), axis=1)
        odd[1:] = np.abs(rr_s / local - 1) > FAR
    return odd


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _spread(errors: Sequence[Sequence[float]], resampling: Resampling) -> Mapping[str, Any]:
    """Return median and 90th percentile over records, with intervals over subjects.

    Where no RMSSD could be given nothing was right: that counts as 100 % off.
    """
    if not errors:
        return {"median": None, "p90": None, "undefined": 0}
    known = [[1.0 if math.isnan(error) else error for error in theirs] for theirs in errors]

    def quantile(share: float) -> Any:
        return plain(
            bootstrap_subjects(
                known, lambda drawn: float(np.quantile([*chain(*drawn)], share)), resampling
            )
        )

    undefined = sum(math.isnan(error) for error in chain(*errors))
    return {"median": quantile(0.5), "p90": quantile(0.9), "undefined": undefined}
