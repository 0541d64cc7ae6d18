"""Stretches of time that somebody annotated, and the time between them that nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F64

JOIN_S = 0.02
"""Segments closer than a step of the labels' grid follow one another without a break."""


def runs(start_s: F64, stop_s: F64, join_s: float = JOIN_S) -> F64:
    """Join segments that follow one another into annotated runs.

    (segment,), (segment,) in seconds, in order of start -> (run, 2) begin and end.
    """
    if not len(start_s):
        return np.empty((0, 2))
    reached_s = np.maximum.accumulate(stop_s)
    first = np.flatnonzero(np.r_[True, start_s[1:] > reached_s[:-1] + join_s])
    last = np.r_[first[1:], len(start_s)] - 1
    return np.stack([start_s[first], reached_s[last]], axis=1)


def unknown(run_s: F64, duration_s: float) -> F64:
    """Return what lies between annotated runs: (run, 2) -> (stretch, 2) seconds.

    Only time of the recording itself counts: outside of it there is nothing to be known. What is
    shorter than `JOIN_S` is the labels' grid, not a stretch.
    """
    edges = np.concatenate([[0.0], np.ravel(run_s), [duration_s]]).reshape(-1, 2)
    return np.asarray(edges[edges[:, 1] > edges[:, 0] + JOIN_S], np.float64)


def covered_s(run_s: F64, begin_s: F64, end_s: F64) -> F64:
    """Return how much of each window is annotated: (run, 2), (window,), (window,) -> (window,)."""
    low = np.maximum(run_s[None, :, 0], begin_s[:, None])
    high = np.minimum(run_s[None, :, 1], end_s[:, None])
    return np.asarray(np.maximum(high - low, 0.0).sum(axis=1))
