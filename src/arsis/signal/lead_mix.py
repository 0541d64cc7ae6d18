"""The leads of an ECG mixed to one envelope, weighed by how far beats stand out of their noise.

The envelope of each lead is summarised second by second, by its largest and its median value; how
clear a lead is follows from the medians of both over the last 16 s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F32

HOP_S = 1.0
HOPS = 8
"""The first beats are looked for when so many hops (seconds) are known."""
MEMORY_HOPS = 16
# Peaks of noise reach 2.4 times its median in half of the seconds, never 3.5 times over 16 s.
NOISE_RATIO = 3.0
BEATS_RATIO = 3.5
CLEAR_RATIO = 12.0
# Half a step of a coarse converter: keeps a flat lead with a restless last digit silent.
FLOOR_MV = 0.002
TINY = 1e-3


@dataclass
class LeadMix:
    """Mixes envelopes of leads that arrive piece by piece; its fields are its whole state."""

    channels: int
    hop: int
    """Samples of a hop."""
    size: F32 = field(init=False)
    """(channel, time) envelopes since the last whole hop."""
    hops: int = 0
    """Hops of envelope summarised."""
    mixed: int = 0
    """Samples mixed so far."""
    tops: F32 = field(init=False)
    """(channel, hop) largest envelope of recent hops."""
    middles: F32 = field(init=False)
    """(channel, hop) median envelope of recent hops."""

    def __post_init__(self) -> None:
        """Begin without a signal."""
        self.size = np.zeros((self.channels, 0), np.float32)
        self.tops = np.zeros((self.channels, 0), np.float32)
        self.middles = np.zeros((self.channels, 0), np.float32)

    def push(self, size: F32, last: bool) -> F32:
        """Take the next envelopes, (channel, time), and return what is mixed by now.

        (2 + 2 channel, time): mixed envelope, mixed median, clearness and envelope of each lead.
        """
        self.size = np.concatenate([self.size, size], axis=1)
        end = self.hops * self.hop + self.size.shape[1]
        if end < HOPS * self.hop and not (last and end):
            return np.zeros((2 + 2 * self.channels, 0), np.float32)
        return self._mix(end)

    def _mix(self, end: int) -> F32:
        whole = self.size.shape[1] // self.hop
        parts = self.size[:, : whole * self.hop].reshape(self.channels, whole, self.hop)
        if not whole and not self.hops:
            parts = self.size[:, None, :]
        tops, middles = self._hold(parts)
        early = 0
        if not self.hops:
            early = min(HOPS, max(whole, 1))
            tops, middles = _remember(tops, early), _remember(middles, early)
        top, middle = _recent(tops, early), _recent(middles, early)
        ratio = np.minimum(top / (middle + FLOOR_MV), CLEAR_RATIO)
        clear: F32 = np.maximum(ratio - NOISE_RATIO, 0.0).astype(np.float32)
        clear *= clear.max(axis=0) > BEATS_RATIO - NOISE_RATIO
        edges = (np.arange(top.shape[1] + 1) + self.hops) * self.hop
        length = np.diff(np.clip(edges, self.mixed, end))
        new = self.size[:, self.mixed - self.hops * self.hop :]
        top, middle = np.repeat(top, length, axis=1), np.repeat(middle, length, axis=1)
        clear = np.repeat(clear, length, axis=1) * (new > 0)
        weight = clear / (np.maximum(over_leads(clear), TINY) * (top + FLOOR_MV))
        rows = np.stack([over_leads(weight * new), over_leads(weight * middle)])
        self.mixed = end
        self.tops, self.middles = tops[:, -MEMORY_HOPS:], middles[:, -MEMORY_HOPS:]
        self.hops += whole
        self.size = self.size[:, whole * self.hop :]
        return np.concatenate([rows, clear, new])

    def _hold(self, parts: F32) -> tuple[F32, F32]:
        """Largest and median envelope of each hop, the last known where a lead is missing.

        (channel, hop, time) -> two of (channel, hop), after those remembered.
        """
        known = np.pad(
            parts.min(axis=2) > 0, ((0, 0), (self.tops.shape[1], 0)), constant_values=True
        )
        tops = np.concatenate([self.tops, parts.max(axis=2)], axis=1)
        middles = np.concatenate([self.middles, upper_median(parts)], axis=1)
        last = np.maximum.accumulate(np.where(known, np.arange(known.shape[1]), 0), axis=1)
        return np.take_along_axis(tops, last, 1), np.take_along_axis(middles, last, 1)


def over_leads(x: F32) -> F32:
    """Sum over channels, in their order: (channel, time) -> (time,)."""
    total: F32 = x[0].copy()
    for lead in x[1:]:
        total += lead
    return total


def upper_median(x: F32) -> F32:
    """Upper median of the last axis: exact, as nothing is added."""
    half = x.shape[-1] // 2
    middle: F32 = np.partition(x, half, axis=-1)[..., half]
    return middle


def _remember(x: F32, early: int) -> F32:
    """Put the first `early` hops before the others until a whole memory precedes what follows."""
    again = -(-MEMORY_HOPS // early)
    past = np.tile(x[:, :early], (1, again))[:, -MEMORY_HOPS:]
    return np.concatenate([past, x[:, early:]], axis=1)


def _recent(x: F32, early: int) -> F32:
    """Median of each memory of hops, `early` times more for the hops before: (channel, hop)."""
    median = upper_median(np.lib.stride_tricks.sliding_window_view(x, MEMORY_HOPS, axis=1))
    return np.concatenate([np.repeat(median[:, :1], early, axis=1), median], axis=1)
