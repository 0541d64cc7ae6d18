"""Part `intervals` (F-S3): times between beats, and how they vary, against a simultaneous ECG."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.learn.scoring.sounds.ecg import DETECTORS, ecg_truth
from arsis.learn.scoring.sounds.heard import heard
from arsis.scores.agreement import limits_of_agreement
from arsis.scores.bootstrap import bootstrap_subjects
from arsis.scores.intervals import (
    AGREE_S,
    AGREE_SHARE,
    TOLERANCE_S,
    grid_errors_s,
    heard_beats,
    interval_figures,
    robust_spread_s,
    spread_s,
)
from arsis.scores.plain import plain
from arsis.scores.ratio import ratio
from arsis.signal.hrv import hrv_time_domain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import F64
    from arsis.learn.scoring.look import Look
    from arsis.learn.scoring.sounds.heard import Heard
    from arsis.scores.bootstrap import Resampling
    from arsis.scores.intervals import Agreement, HeardBeats

BEST = 0.8
"""Share of the records with truth that is also scored alone: those with the surest intervals."""
STATED, CLEAR, SURE = "every interval stated", "both sounds clear", "as used for variability"
GRIDS_S = {"sound at 1 kHz": 0.001, "labels on a grid of 20 ms": 0.020}
MEASURES = {"heart_rate_bpm": "heart rate", "sdnn_ms": "SDNN", "rmssd_ms": "RMSSD"}


@dataclass(frozen=True)
class Compared:
    """One record with truth that was answered.

    Attributes
    ----------
    beats
        Its beats against those of the ECG, by which of its intervals count; none where no
        single beat was named.
    truth, found
        Heart rate, SDNN and RMSSD by the name of the measure.
    doubt_s
        Median of the stated uncertainty of its intervals; infinite where none is stated.
    """

    beats: Mapping[str, HeardBeats]
    truth: Mapping[str, float]
    found: Mapping[str, float]
    doubt_s: float


def score_intervals(look: Look) -> dict[str, Any]:
    """Score beats heard against R peaks in the records where two detectors agree on them.

    Interval errors are pooled without trimming. Plain values for JSON.
    """
    truths = [ecg_truth(recording) for recording in look.recordings]
    names = [recording.name for recording in look.recordings]
    compared: dict[str, Compared] = {}
    answered = 0
    for name, truth, said in zip(names, truths, look.answers, strict=True):
        each = heard(said)
        answered += each.answered
        if truth.agreed and each.answered:
            compared[name] = _compared(truth, each)
    agreed = [truth for truth in truths if truth.agreed]
    surest = sorted(compared, key=lambda name: (compared[name].doubt_s, name))
    count = math.ceil(BEST * len(agreed))
    rows = list(compared.values())
    best = [compared[name] for name in surest[:count]] if len(surest) >= count else []
    return {
        "truth": _described(names, truths),
        "answered": answered,
        "answered_with_truth": len(compared),
        "share_answered": ratio(answered, len(names)),
        "share_answered_with_truth": ratio(len(compared), len(agreed)),
        "headline": _headline(rows, look.scoring.resampling),
        "best_80": _headline(best, look.scoring.resampling) if best else None,
        "ways": {way: plain(_figures(rows, way)) for way in (STATED, CLEAR, SURE)},
        "parts": parts_of_error(agreed),
        "agreement": {name: _limits(rows, name) for name in MEASURES},
        "records": {name: _row(each) for name, each in compared.items()},
    }


def _compared(truth: Agreement, each: Heard) -> Compared:
    every = np.ones(len(each.s1_s), bool)
    ways = {STATED: every, CLEAR: each.clear, SURE: each.sure}
    spread = each.spread_s[np.isfinite(each.spread_s)]
    return Compared(
        beats={
            way: heard_beats(truth, each.s1_s, np.where(counted, each.interval_s, np.nan))
            for way, counted in ways.items()
            if len(each.s1_s)
        },
        truth=_measures(truth),
        found={
            "heart_rate_bpm": each.rate_bpm,
            "sdnn_ms": each.hrv("sdnn_ms"),
            "rmssd_ms": each.hrv("rmssd_ms"),
        },
        doubt_s=float(np.median(spread)) if len(spread) else math.inf,
    )


def _measures(truth: Agreement) -> dict[str, float]:
    """Return what all beats of the ECG amount to; none is left out for being early."""
    after_doubt = np.concatenate([[False], ~truth.adjacent])
    measures = hrv_time_domain(truth.beat_s, np.ones(len(truth.beat_s), bool), after_doubt)
    return {
        "heart_rate_bpm": measures.mean_hr_bpm,
        "sdnn_ms": measures.sdnn_ms,
        "rmssd_ms": measures.rmssd_ms,
    }


def _described(names: Sequence[str], truths: Sequence[Agreement]) -> dict[str, Any]:
    """Say which records have a truth, and list those refused with how far the detectors agree."""
    refused = {n: plain(t.share) for n, t in zip(names, truths, strict=True) if not t.agreed}
    agreed = [truth for truth in truths if truth.agreed]
    return {
        "detectors": list(DETECTORS),
        "within_s": AGREE_S,
        "at_least": AGREE_SHARE,
        "matching_within_s": TOLERANCE_S,
        "records": len(names),
        "agreed": len(agreed),
        "beats": sum(len(truth.beat_s) for truth in agreed),
        "doubtful": sum(len(truth.doubtful_s) for truth in agreed),
        "refused": refused,
    }


def _figures(rows: Sequence[Compared], way: str = CLEAR) -> dict[str, float]:
    """Return every figure of these records by name; times in ms."""
    beats = [each.beats[way] for each in rows if each.beats]
    found = interval_figures(beats)
    figures = {
        "ibi_sd_ms": 1000 * found["ibi_sd_s"],
        "ibi_sd_median_record_ms": 1000 * found["ibi_sd_median_record_s"],
        "ibi_robust_sd_ms": 1000 * found["ibi_robust_sd_s"],
        "share_of_intervals": found["share_of_intervals"],
        "sensitivity": found["sensitivity"],
        "ppv": found["ppv"],
    }
    for name in MEASURES:
        errors = _errors(rows, name)
        figures[f"{name}_mae"] = float(np.mean(errors)) if len(errors) else math.nan
        figures[f"{name}_median_error"] = float(np.median(errors)) if len(errors) else math.nan
    return figures


def _errors(rows: Sequence[Compared], name: str) -> F64:
    errors = np.array([abs(each.found[name] - each.truth[name]) for each in rows], np.float64)
    return np.asarray(np.sort(errors[np.isfinite(errors)]), np.float64)


def _headline(rows: Sequence[Compared], resampling: Resampling) -> dict[str, Any]:
    """Return the figures, each with its interval over records (the set names no persons)."""
    if not rows:
        return {}
    seen: dict[tuple[int, ...], dict[str, float]] = {}

    def statistic(name: str, drawn: Sequence[int]) -> float:
        key = tuple(drawn)
        if key not in seen:
            seen[key] = _figures([rows[place] for place in drawn])
        return seen[key][name]

    return {
        name: plain(
            bootstrap_subjects(
                range(len(rows)), lambda drawn, name=name: statistic(name, drawn), resampling  # type: ignore[misc]
            )
        )
        for name in _figures(rows)
    }  # fmt: skip


def parts_of_error(truths: Sequence[Agreement]) -> dict[str, Any]:
    """Say what times on a grid alone would cost: by grid, spread of intervals and error of SDNN.

    What remains of a method's error is its own, the heart's included: the time from R peak to S1
    changes from beat to beat, and no sound knows of it.
    """
    table: dict[str, Any] = {}
    for name, grid_s in GRIDS_S.items():
        errors_s = [grid_errors_s(each.beat_s, each.adjacent, grid_s) for each in truths]
        pooled_s = np.sort(np.concatenate([*errors_s, np.empty(0)]))
        moved = [_sdnn_ms(each, grid_s) - _measures(each)["sdnn_ms"] for each in truths]
        table[name] = plain({
            "ibi_sd_ms": 1000 * spread_s(pooled_s),
            "ibi_robust_sd_ms": 1000 * robust_spread_s(pooled_s),
            "sdnn_mae_ms": float(np.mean(np.abs(moved))) if moved else math.nan,
        })  # fmt: skip
    return table


def _sdnn_ms(truth: Agreement, grid_s: float) -> float:
    rr_s = np.diff(np.round(truth.beat_s / grid_s) * grid_s)[truth.adjacent]
    return float(1000 * np.std(rr_s, ddof=1))


def _limits(rows: Sequence[Compared], name: str) -> Any:
    truth = np.array([each.truth[name] for each in rows], np.float64)
    return plain(limits_of_agreement(truth, np.array([each.found[name] for each in rows])))


def _row(each: Compared) -> dict[str, Any]:
    row: dict[str, Any] = {
        "truth": each.truth,
        "found": each.found,
        "doubt_ms": 1000 * each.doubt_s,
    }
    if each.beats:
        beats = each.beats[CLEAR]
        row |= {
            "delay_ms": 1000 * beats.delay_s,
            "beats": beats.truth_count,
            "sensitivity": ratio(beats.pair_count, beats.truth_count),
            "ppv": ratio(beats.pair_count, beats.found_count),
            "ibi_sd_ms": 1000 * spread_s(beats.error_s),
        }
    return {name: plain(value) for name, value in row.items()}
