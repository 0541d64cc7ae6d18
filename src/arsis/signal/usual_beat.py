"""What the waves of an ECG are like, and what its beats are usually like.

A wave is judged beside the beats before it: their size in each lead, their distance, and the shapes
of the last of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import F64

MEMORY = 0.15
CLEAR_SHARE = 0.2
LARGE = 0.5
LONGEST_GAP_S = 2.0
# Steps of 16 ms: 0.1 s before and behind the middle of a wave.
BANK, SHAPE = 16, 12
SMALLEST_POWER = 1e-6
SMALLEST_RATIO = 1e-3


class Wave(NamedTuple):
    """A wave that may be a beat."""

    sample: int
    size: float
    """Height of the leads' mixed envelope."""
    noise: float
    """Usual height of that envelope between beats."""
    near: float
    """Mixed envelope 0.05 s before and after, as a share of `size`."""
    far: float
    """The same at 0.1 s."""
    clear: tuple[float, ...]
    """(channel) how far beats stand out of noise in each lead."""
    sizes: tuple[float, ...]
    """(channel) height of the envelope of each lead."""
    calm: float
    """Usual height of the mixed envelope in the half second before."""
    slow: float
    """How far the leads themselves move within 0.1 s, beside their envelopes."""
    jump: float
    """How far they stand elsewhere 0.1 s after than before, as a share of that."""
    shape: F64
    """(channel, SHAPE) steps of each lead within 0.1 s, in mV."""


@dataclass
class UsualBeat:
    """Remembers the beats so far; its fields are its whole state."""

    rate_hz: float
    channels: int
    level: float = 1.0
    """Usual size of a beat."""
    levels: list[float] = field(init=False)
    """(channel) the same in each lead; 0 = not known yet."""
    rr: float = field(init=False)
    """Usual distance of beats, in samples."""
    beats: int = 0
    previous: int = -(10**6)
    """Sample of the last beat."""
    previous_size: float = 1.0
    bank: F64 = field(init=False)
    """(BANK, channel, SHAPE) shapes of the last beats."""
    bank_power: F64 = field(init=False)
    """(BANK, channel) their powers."""

    def __post_init__(self) -> None:
        """Begin without a beat."""
        self.rr = 0.8 * self.rate_hz
        self.levels = [0.0] * self.channels
        self.bank = np.zeros((BANK, self.channels, SHAPE))
        self.bank_power = np.zeros((BANK, self.channels))

    def learn(self, wave: Wave) -> None:
        """Remember a wave that is a beat."""
        gap = wave.sample - self.previous
        if gap < LONGEST_GAP_S * self.rate_hz:
            self.rr += MEMORY * (min(gap, 1.5 * self.rr) - self.rr)
        place = self.beats % BANK
        # What a lead that is missing for a while was like is kept for its return.
        there = [lead for lead, size in enumerate(wave.sizes) if size]
        self.bank[place, there] = wave.shape[there]
        self.bank_power[place, there] = np.add.reduce(wave.shape[there] * wave.shape[there], 1)
        self.beats += 1
        memory = max(MEMORY, 1.0 / self.beats)
        ceiling = 2.0 * self.level if self.beats > 1 else wave.size
        self.level += memory * (min(wave.size, ceiling) - self.level)
        self.levels = [
            level + memory * (min(size, 2.0 * level) - level) if level and size else level or size
            for level, size in zip(self.levels, wave.sizes, strict=True)
        ]
        self.previous, self.previous_size = wave.sample, wave.size

    def sizes(self, wave: Wave) -> tuple[float, float, float]:
        """Log size against the usual: mean of leads by clearness, least and most of clear ones.

        The most counts from `LARGE` on.
        """
        total = sum(wave.clear) + 1e-6
        mean, least, most = 0.0, 9.0, LARGE
        for clear, size, level in zip(wave.clear, wave.sizes, self.levels, strict=True):
            ratio = log_ratio(size / level) if level else log_ratio(wave.size / self.level)
            mean += clear / total * ratio
            if clear > CLEAR_SHARE * total:
                least, most = min(least, ratio), max(most, ratio)
        return mean, least, most - LARGE

    def likeness(self, wave: Wave) -> tuple[float, float]:
        """Compare the wave with the last beats, the likest in each lead: mean and least of leads.

        1 = the same shape and height, 0 = nothing in common. The mean is by clearness.
        """
        power = np.add.reduce(wave.shape * wave.shape, 1) + SMALLEST_POWER
        alike = np.add.reduce(self.bank * wave.shape, 2) / (self.bank_power + power)
        total = sum(wave.clear) + 1e-6
        mean, least = 0.0, 1.0
        for clear, likest in zip(wave.clear, np.maximum.reduce(alike).tolist(), strict=True):
            like = max(2.0 * likest, 0.0)
            mean += clear / total * like
            if clear > CLEAR_SHARE * total:
                least = min(least, like)
        return mean, least


def log_ratio(ratio: float) -> float:
    """Return the logarithm of a ratio of sizes, of those next to nothing that of a thousandth."""
    return log(max(ratio, SMALLEST_RATIO))
