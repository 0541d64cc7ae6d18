"""Whether two recordings hold the same samples, whatever they are called and however kept."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.recording import Channel, Recording

STRETCH = 2**20
"""Samples read at a time: a day of ECG need not fit in memory."""
FEWEST_STEPS = 100
"""A channel that goes up or down less often could be anybody's."""
GAP = 2
"""Stands for a step into, out of or within a gap."""


def prints(recording: Recording) -> tuple[str, ...]:
    """Return a short text for each channel that moves: the same for the same samples.

    Only whether each sample is higher than the one before it, lower or equal goes in. So a copy
    has the same prints under another name, in another format, unit or resolution, with its leads
    in another order or some of them left out; one at another rate, cut or filtered has others.
    """
    found = (_print(channel) for channel in recording.channels)
    return tuple(each for each in found if each)


def _print(channel: Channel) -> str:
    digest, steps = hashlib.sha256(), 0
    before = np.empty(0, np.float32)
    for start in range(0, channel.length, STRETCH):
        values = channel.source(start, min(start + STRETCH, channel.length))
        rises = np.sign(np.diff(np.concatenate([before, values])))
        signs = np.where(np.isnan(rises), GAP, rises).astype(np.int8)
        steps += int((np.abs(signs) == 1).sum())
        digest.update(signs.tobytes())
        before = values[-1:]
    return digest.hexdigest()[:16] if steps >= FEWEST_STEPS else ""
