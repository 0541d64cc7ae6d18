"""Verify QRS width and QT on simulated ECGs in which they are known, beside NeuroKit2.

    python scripts/verify_intervals.py --data MITDB

No published recording here has annotated waves. So the figures are errors on simulations over
rates, widths, T waves and noise; and, on mitdb, whether records that the annotators gave bundle
branch block have a wider QRS than the others (which says nothing about milliseconds). The test
part is opened through the ledger. Writes results/intervals-verified.json.
"""

from __future__ import annotations

import argparse
import hashlib
import warnings
from importlib import import_module
from itertools import product
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import neurokit2
import numpy as np
from sklearn.metrics import roc_auc_score

from arsis.core.task import Decision
from arsis.core.windows import Windows
from arsis.infer.windows import windows
from arsis.learn.contender import Contender
from arsis.learn.evaluate import look_at
from arsis.learn.ledger import note_headline
from arsis.learn.run_folder import write_json
from arsis.learn.scoring.look import Scoring
from arsis.tasks.beats.classes import AAMI, CLASSES
from arsis.tasks.beats.corpus import CORPORA
from arsis.tasks.beats.known_intervals import NARROW_S, Shape, timed
from arsis.tasks.beats.task import BEATS

if TYPE_CHECKING:
    from arsis.core.recording import Recording

TABLE = Path("results/intervals-verified.json")
WHAT = "interval-delineation"
RATES, NOISES = (50, 80, 120), (0.005, 0.03, 0.1)
QRS_S = (NARROW_S, 0.12, 0.15)
T_MV = {"upright T": (0.28, 0.18), "inverted T": (-0.25, 0.15), "low T": (0.06, 0.04)}
QTC_S, LASTS_S = 0.40, 40.0
BLOCKED = {"L", "R"}
_SOURCES = ("arsis.signal.delineate", "arsis.tasks.beats.intervals")


def shapes() -> list[tuple[str, Shape]]:
    """Return every simulated shape, with what its T wave is called; QT by Fridericia."""
    return [
        (called, Shape(rate, qrs_s, QTC_S * (60 / rate) ** (1 / 3), t_mv, noise))
        for rate, noise, qrs_s, (called, t_mv) in product(RATES, NOISES, QRS_S, T_MV.items())
    ]


def measured(recording: Recording, given: bool) -> tuple[dict[str, Any], float]:
    """Return the intervals of a recording in which all beats count as their marks say, or as N.

    Also the seconds of processor time that measuring took beside everything else.
    """
    each = Windows.join(list(windows(BEATS, recording, given)))
    output = np.zeros((len(each), len(CLASSES)), np.float32)
    named = [AAMI[mark.label] for mark in BEATS.events(recording)] if given else ["N"] * len(each)
    known = [CLASSES.index(name) if name in CLASSES else 1 for name in named]
    output[np.arange(len(each)), known] = 1.0
    decode = BEATS.decode(Decision(0.0, 0.0))
    answers = decode.push((each, {"beat": output}), last=True)
    begin = process_time()
    decode.intervals.push(each, answers)
    seconds = process_time() - begin
    return BEATS.summarise().push(answers, last=True)["intervals"], seconds


def rival(recording: Recording) -> dict[str, float]:
    """Return what NeuroKit2's DWT delineation says of the first lead, at the true R peaks."""
    channel = recording.channels[0]
    x, rate_hz = channel.read().astype(np.float64), channel.rate_hz
    peaks = np.array([round(mark.time_s * rate_hz) for mark in recording.marks])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clean = neurokit2.ecg_clean(x, sampling_rate=round(rate_hz))
        _, found = neurokit2.ecg_delineate(
            clean, {"ECG_R_Peaks": peaks}, sampling_rate=round(rate_hz), method="dwt"
        )
    begin, end, t_end = (
        np.array(found[name], float) for name in ("ECG_R_Onsets", "ECG_R_Offsets", "ECG_T_Offsets")
    )
    return {
        name: 1000 * float(np.nanmedian(last - begin)) / rate_hz
        if np.isfinite(last - begin).any() else float("nan")
        for name, last in (("qrs_ms", end), ("qt_ms", t_end))
    }  # fmt: skip


def errors(rows: list[tuple[float, float]]) -> dict[str, Any]:
    """Return bias and spread of (found, true) in ms, and how many of all were answered."""
    known = np.array([found - true for found, true in rows if np.isfinite(found)])
    if not len(known):
        return {"recordings": len(rows), "answered": 0, "bias_ms": None, "spread_ms": None,
                "p95_ms": None}  # fmt: skip
    return {
        "recordings": len(rows), "answered": len(known),
        "bias_ms": float(known.mean()), "spread_ms": float(known.std(ddof=1)),
        "p95_ms": float(np.quantile(np.abs(known), 0.95)),
    }  # fmt: skip


def simulated() -> dict[str, Any]:
    """Return errors by noise and by T wave, ours and the rival's."""
    rows: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for seed, (called, shape) in enumerate(shapes()):
        recording = timed(seed, shape, LASTS_S)
        said, _ = measured(recording, given=False)
        ours = {name: said[name] if said[name] is not None else np.nan
                for name in ("qrs_ms", "qt_ms")}  # fmt: skip
        true = {"qrs_ms": 1000 * shape.qrs_s, "qt_ms": 1000 * shape.qt_s}
        theirs = rival(recording)
        for group in (
            "all",
            f"noise {1000 * shape.noise_mv:g} µV",
            called,
            f"{shape.rate_bpm} bpm",
        ):
            for who, found in (("arsis", ours), ("NeuroKit2 DWT", theirs)):
                for name, value in found.items():
                    rows.setdefault(group, {}).setdefault(f"{who} {name}", []).append(
                        (value, true[name])
                    )
    return {group: {who: errors(each) for who, each in by.items()} for group, by in rows.items()}


def blocked(scoring: Scoring) -> dict[str, Any]:
    """Return the QRS width of each unpaced record, and how well it tells bundle branch block."""
    weights = hashlib.sha256()
    for name in _SOURCES:
        weights.update(Path(str(import_module(name).__file__)).read_bytes())
    nothing = Decision(0.0, 0.0)
    look = look_at(scoring, Contender(WHAT, "detector", BEATS, nothing, weights.hexdigest(), 0))
    train = scoring.corpus.split.train
    recordings = dict(zip(train, scoring.corpus.recordings(scoring.data, train), strict=True))
    recordings |= dict(zip(look.subjects, look.recordings, strict=True))
    rows = {}
    for subject, recording in sorted(recordings.items()):
        said, seconds = measured(recording, given=True)
        symbols = [mark.label for mark in BEATS.events(recording)]
        share = sum(symbol in BLOCKED for symbol in symbols) / len(symbols)
        rows[subject] = {"blocked": share > 0.5, "share_blocked": share, "seconds": seconds, **said}
    told = [row for row in rows.values() if row["qrs_ms"] is not None]
    auc = float(roc_auc_score([row["blocked"] for row in told], [row["qrs_ms"] for row in told]))
    answered = sum(row["qt_count"] for row in told) / sum(row["median_beats"] for row in told)
    found = {
        "auc": auc, "records": len(told), "blocked": sum(row["blocked"] for row in told),
        "share_of_qt_answered": answered,
        "median_seconds": float(np.median([row["seconds"] for row in rows.values()])),
    }  # fmt: skip
    note_headline(scoring.ledger, look.opened.opening, "intervals", found)
    return {**found, "by_record": rows}


def main() -> None:
    """Simulate, measure, compare, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the mitdb records")
    parser.add_argument("--ledger", type=Path, default=Path("results/ledger.jsonl"))
    told = parser.parse_args()
    command = f"python scripts/verify_intervals.py --data {told.data}"
    scoring = Scoring(BEATS, CORPORA["mitdb"], told.data, told.ledger, command)
    found = {"simulated": simulated(), "mitdb": blocked(scoring)}
    write_json(TABLE, found)
    for group, row in found["simulated"].items():
        print(group, row)
    print({name: value for name, value in found["mitdb"].items() if name != "by_record"})


if __name__ == "__main__":
    main()
