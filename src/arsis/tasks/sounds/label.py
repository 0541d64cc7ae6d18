"""What annotated recordings teach: the phase of each step of each window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.tasks.sounds.phases import STATES, STEP_HZ, STEPS, UNKNOWN

if TYPE_CHECKING:
    from arsis.core.arrays import F64, I64
    from arsis.core.recording import Mark, Recording
    from arsis.core.windows import Output, Windows

TARGET = "phase"


def label(recording: Recording, windows: Windows) -> Output:
    """Return the phase of each step of each window, by target: (window, STEPS), -1 = unknown."""
    start = np.rint(windows.start_s * STEP_HZ).astype(np.int64)
    count = int(start.max()) + STEPS if len(start) else 0
    phases = phases_of(recording.marks, count)
    return {TARGET: phases[start[:, None] + np.arange(STEPS)].astype(np.float32)}


def phases_of(marks: tuple[Mark, ...], count: int) -> I64:
    """Return the phase that covers most of each of the first `count` steps: (step,) numbers.

    Unknown (-1) where less than half of a step is annotated. Marks with other labels, or without
    a duration, say nothing.
    """
    spans = [m for m in marks if m.label in STATES and m.duration_s > 0.0]
    covered = np.zeros((len(STATES), count))
    for state, name in enumerate(STATES):
        begin = np.array([m.time_s for m in spans if m.label == name])
        length = np.array([m.duration_s for m in spans if m.label == name])
        covered[state] = _covered(begin * STEP_HZ, (begin + length) * STEP_HZ, count)
    most: I64 = covered.argmax(axis=0)
    most[covered.sum(axis=0) < 0.5] = UNKNOWN
    return most


def _covered(begin: F64, end: F64, count: int) -> F64:
    """Return how much of each step lies between begins and ends, in steps: (step,)."""
    edges = np.arange(count + 1.0)
    # Time covered before an edge: what began before it, less what had ended before it.
    before = np.zeros(count + 1)
    for sign, at in ((1.0, np.sort(begin)), (-1.0, np.sort(end))):
        sums = np.concatenate([[0.0], np.cumsum(at)])
        passed = np.searchsorted(at, edges)
        before += sign * (passed * edges - sums[passed])
    share: F64 = np.diff(before)
    return share
