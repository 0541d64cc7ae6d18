"""What is known of the sounds of a recording, as arrays, and how stretches of it are cut out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.recording import samples_before
from arsis.core.task import choose
from arsis.infer.windows import clock_of
from arsis.scores.rates import RateWindows, rate_windows
from arsis.scores.segments import SOUNDS
from arsis.scores.stretches import runs
from arsis.tasks.sounds.durations import CIRCLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arsis.core.arrays import F32, F64
    from arsis.core.recording import Channel, ReadSamples, Recording
    from arsis.core.task import Task


@dataclass(frozen=True)
class Annotated:
    """The annotated sounds of one recording.

    Attributes
    ----------
    onset_s, middle_s
        By sound (S1, S2): where each begins, and its middle, in order of time.
    run_s
        (run, 2) stretches that are annotated without a break.
    duration_s
        Of the recording.
    windows
        The stretches of 5 s in which the heart rate is known.
    """

    onset_s: Mapping[str, F64]
    middle_s: Mapping[str, F64]
    run_s: F64
    duration_s: float
    windows: RateWindows


def annotated(recording: Recording) -> Annotated:
    """Read the annotated sounds of a recording off its marks."""
    marks = [mark for mark in recording.marks if mark.label in CIRCLE and mark.duration_s > 0]
    start_s = np.array([mark.time_s for mark in marks], np.float64)
    length_s = np.array([mark.duration_s for mark in marks], np.float64)
    label = np.array([mark.label for mark in marks], object)
    run_s = runs(start_s, start_s + length_s)
    onset_s = {name: start_s[label == name] for name in SOUNDS}
    return Annotated(
        onset_s=onset_s,
        middle_s={name: (start_s + length_s / 2)[label == name] for name in SOUNDS},
        run_s=run_s,
        duration_s=recording.duration_s,
        windows=rate_windows(onset_s["S1"], run_s, recording.duration_s),
    )


def held(recording: Recording) -> Recording:
    """Return a recording whose samples are in memory: cutting it often reads no file again."""
    return replace(recording, channels=tuple(_held(channel) for channel in recording.channels))


def _held(channel: Channel) -> Channel:
    samples = channel.read()
    return replace(channel, source=lambda start, stop: samples[start:stop])


def cut(recording: Recording, start_s: float, length_s: float) -> Recording:
    """Return a stretch of a recording as a recording of its own, without marks, same subject."""
    return replace(
        recording,
        name=f"{recording.name} from {start_s:g} s",
        channels=tuple(_cut(channel, start_s, length_s) for channel in recording.channels),
        load_marks=tuple,
    )


def _cut(channel: Channel, start_s: float, length_s: float) -> Channel:
    first = samples_before(start_s, channel.rate_hz)
    behind = min(samples_before(start_s + length_s, channel.rate_hz), channel.length)
    return replace(channel, length=behind - first, source=_later(channel.source, first))


def _later(source: ReadSamples, first: int) -> ReadSamples:
    return lambda start, stop: source(first + start, first + stop)


def waveform(task: Task, recording: Recording) -> F32:
    """Return the sound that a task would hear, on its grid: (time,), NaN = gap."""
    chosen = choose(recording, task.need)
    clock = clock_of(task, chosen)
    (piece,) = chosen.pieces(max(chosen.duration_s, 1.0))
    heard: F32 = clock.push(piece, last=True).x[0]
    return heard
