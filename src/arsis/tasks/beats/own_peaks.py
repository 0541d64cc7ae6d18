"""Recordings for training whose beats stand where arsis finds them, with the annotators' classes.

Annotated R peaks are not those that are found: they stand some milliseconds elsewhere, and in
noise beats are missed and invented. A net that learnt at annotated peaks alone meets that for the
first time when it answers.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.clock import Clock
from arsis.core.recording import Mark, from_array
from arsis.core.task import choose
from arsis.scores.events import match
from arsis.signal.disturb import bursts
from arsis.signal.rpeaks import rpeaks
from arsis.tasks.beats.classes import AAMI
from arsis.tasks.beats.prepare import BAND, NEED, RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arsis.core.arrays import F32
    from arsis.core.recording import Recording

NEAR_S = 0.15
"""An annotated beat gives its class to the found one within this time."""
UNKNOWN = "Q"
"""The symbol of a found beat that nobody annotated: it is there, and is not learnt from."""
PIECE_S = 120.0
SNR_DB = 6.0


def with_own_peaks(recording: Recording) -> Iterator[Recording]:
    """Yield the recording with the R peaks that are found in it, as it is and in bursts of noise.

    Always the same from the same recording; the channels are those that a beat is judged by.
    """
    chosen = choose(recording, NEED)
    yield _relabelled(replace(chosen, name=f"{recording.name}-own"), recording)
    if len({(c.rate_hz, c.length, c.unit) for c in chosen.channels}) == 1:
        yield _relabelled(_noisy(chosen, f"{recording.name}-noisy"), recording)


def _noisy(recording: Recording, name: str) -> Recording:
    rate_hz = recording.channels[0].rate_hz
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    x = np.stack([channel.read() for channel in recording.channels])
    noisy = bursts(x, rate_hz, SNR_DB, rng)
    names = tuple(channel.name for channel in recording.channels)
    made = from_array(noisy, rate_hz, names=names, unit=recording.channels[0].unit, name=name)
    return replace(made, subject=recording.subject)


def _relabelled(recording: Recording, truth: Recording) -> Recording:
    """Put what is found in a recording in the place of what was annotated."""
    beats = [mark for mark in truth.marks if mark.label in AAMI]
    time_s = rpeaks(on_grid(recording), RATE_HZ).sample / RATE_HZ
    labels = [UNKNOWN] * len(time_s)
    pairs = match(np.array([mark.time_s for mark in beats]), time_s, NEAR_S)
    for of_truth, of_found in zip(pairs.truth.tolist(), pairs.found.tolist(), strict=True):
        labels[of_found] = beats[of_truth].label
    marks = tuple(map(Mark, time_s.tolist(), labels))
    return replace(recording, load_marks=lambda: marks)


def on_grid(recording: Recording) -> F32:
    """Return the leads that beats are judged by, on the grid of the task: (lead, time) in mV."""
    chosen = choose(recording, NEED)
    clock = Clock(tuple(channel.name for channel in chosen.channels), RATE_HZ, BAND)
    pieces = chosen.pieces(PIECE_S)
    return np.concatenate([clock.push(p, p.stop_s >= chosen.duration_s).x for p in pieces], axis=1)
