"""What a net has to beat on heart sounds: the training mean, repetition of loudness, its peaks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.learn.scoring.sounds import periodicity
from arsis.learn.scoring.sounds.annotated import waveform
from arsis.learn.scoring.sounds.heard import CURVE, say
from arsis.learn.scoring.sounds.periodicity import (
    LOUD_HZ,
    first_sounds,
    loudness,
    peaks,
    period_s,
    repetition,
)
from arsis.scores.rates import SLIDE_S, WINDOW_S
from arsis.signal.hrv import hrv_time_domain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arsis.core.arrays import F64
    from arsis.core.recording import Recording
    from arsis.core.task import Summary, Task
    from arsis.core.windows import Answers

WHOLE = 0.3
"""An interval further than this share from the usual period may hide a beat: it is not stated."""
NOTHING = np.empty(0)


def repetitions(loud: F64) -> list[F64]:
    """Return the autocorrelation of loudness in the 5 s from each whole second on."""
    window, slide = round(WINDOW_S * LOUD_HZ), round(SLIDE_S * LOUD_HZ)
    count = max(1, (len(loud) - window) // slide + 1)
    return [repetition(loud[i * slide : i * slide + window]) for i in range(count)]


def autocorrelation(task: Task, recording: Recording) -> tuple[Answers, Summary]:
    """Read the heart rate off how loudness repeats; no beats, so no intervals."""
    repeats = repetitions(loudness(waveform(task, recording)))
    usual_s = period_s(np.mean(repeats, axis=0))
    if np.isnan(usual_s):
        return say({}, NOTHING, {"heart_rate_bpm": None})
    curve = [60.0 / period_s(each, usual_s) for each in repeats]
    return say({}, NOTHING, {"heart_rate_bpm": 60.0 / usual_s, CURVE: curve})


def peak_picking(task: Task, recording: Recording) -> tuple[Answers, Summary]:
    """Take the peaks of loudness for S1 and S2 in turn, by the rhythm."""
    loud = loudness(waveform(task, recording))
    usual_s = period_s(np.mean(repetitions(loud), axis=0))
    if np.isnan(usual_s):
        return say({}, NOTHING, {"heart_rate_bpm": None})
    s1_s, s2_s = first_sounds(peaks(loud) / LOUD_HZ, usual_s)
    interval_s = np.diff(s1_s, prepend=np.nan) if len(s1_s) else NOTHING
    odd = np.abs(interval_s / usual_s - 1) > WHOLE
    measures = hrv_time_domain(s1_s, np.ones(len(s1_s), bool), odd)
    interval_s = np.where(odd, np.nan, interval_s)
    known = interval_s[np.isfinite(interval_s)]
    rate_bpm = 60.0 / float(known.mean()) if len(known) else 60.0 / usual_s
    summary = {"heart_rate_bpm": rate_bpm, "hrv": asdict(measures)}
    return say({"S1": s1_s, "S2": s2_s}, interval_s, summary)


@dataclass(frozen=True)
class TrainingMean:
    """Says the same of everybody: what was usual among the people it was told about.

    Attributes
    ----------
    usual
        Heart rate in bpm and SDNN in ms of the mean subject outside each fold; -1: of everybody.
    fold_of
        Fold by subject; whoever is in none was not told about.
    """

    usual: Mapping[int, tuple[float, float]]
    fold_of: Mapping[str, int]

    def __call__(self, recording: Recording) -> tuple[Answers, Summary]:
        """Answer for a recording whoever it is of."""
        rate_bpm, sdnn_ms = self.usual[self.fold_of.get(recording.subject or "", -1)]
        count = max(1, int((recording.duration_s - WINDOW_S) // SLIDE_S) + 1)
        hrv = {"sdnn_ms": sdnn_ms}
        return say({}, NOTHING, {"heart_rate_bpm": rate_bpm, CURVE: [rate_bpm] * count, "hrv": hrv})


def digest(*decides: Any) -> str:
    """Return the sha256 of all that decides a baseline's answers, its source included."""
    sources = [Path(str(module.__file__)).read_text("utf-8") for module in (periodicity,)]
    text = json.dumps([Path(__file__).read_text("utf-8"), *sources, *decides], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
