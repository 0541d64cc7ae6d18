"""Sound like music: chords, a bass and drums, with a beat as fast as a heart's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.tasks.sounds.noise import unit_power

if TYPE_CHECKING:
    from arsis.core.arrays import F64

CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
"""Half-tones above the key: the four chords of most songs."""
BAR = 4


def play(rng: np.random.Generator, count: int, rate_hz: float) -> F64:
    """Return a tune of 60 to 140 beats per minute, of mean square 1: (time,).

    Notes with overtones that die away, a bass, and in most tunes a drum on the beat: a dull thump
    of 45 to 90 Hz, of all sounds in music the one nearest to a heart.
    """
    beat_s = 60.0 / float(rng.uniform(60.0, 140.0))
    key_hz = 110.0 * 2.0 ** (float(rng.integers(0, 12)) / 12.0)
    thump_hz, drum = float(rng.uniform(45.0, 90.0)), float(rng.choice([0.0, 1.0, 3.0]))
    x = np.zeros(count)
    for index in range(int(count / rate_hz / beat_s) + 1):
        at_s = index * beat_s
        chord = CHORDS[index // BAR % len(CHORDS)]
        half_tone = chord[int(rng.integers(len(chord)))] + 12 * int(rng.integers(0, 2))
        _strike(x, rate_hz, at_s, (2.0 * key_hz * 2.0 ** (half_tone / 12.0), 0.5, beat_s))
        _strike(x, rate_hz, at_s, (key_hz / 2.0 * 2.0 ** (chord[0] / 12.0), 0.8, beat_s))
        if index % BAR == 0:
            for each in chord:
                _strike(x, rate_hz, at_s, (key_hz * 2.0 ** (each / 12.0), 0.4, 2.0 * beat_s))
        _thump(x, rate_hz, at_s, (thump_hz, drum))
        if rng.random() < 0.3:
            _strike(x, rate_hz, at_s + beat_s / 2.0, (2.0 * key_hz, 0.4, beat_s / 2.0))
    return unit_power(x)


def _strike(x: F64, rate_hz: float, at_s: float, note: tuple[float, float, float]) -> None:
    """Add a note (pitch in Hz, loudness, decay in s) with the overtones that the rate can hold."""
    pitch_hz, size, decay_s = note
    start = round(at_s * rate_hz)
    after_s = np.arange(max(0, min(x.size - start, round(3.0 * decay_s * rate_hz)))) / rate_hz
    attack = 1.0 - np.exp(-after_s / 0.006)
    for overtone in range(1, 7):
        if overtone * pitch_hz < 0.45 * rate_hz:
            course = attack * np.exp(-after_s * overtone**0.5 / decay_s)
            wave = course * np.sin(2.0 * np.pi * overtone * pitch_hz * after_s)
            x[start : start + after_s.size] += size / overtone * wave


def _thump(x: F64, rate_hz: float, at_s: float, drum: tuple[float, float]) -> None:
    """Add a stroke on a drum (pitch in Hz, loudness), whose pitch falls as it dies away."""
    pitch_hz, size = drum
    start = round(at_s * rate_hz)
    after_s = np.arange(max(0, min(x.size - start, round(0.3 * rate_hz)))) / rate_hz
    turn = 2.0 * np.pi * pitch_hz * (after_s + 0.02 * (1.0 - np.exp(-after_s / 0.02)))
    x[start : start + after_s.size] += size * np.exp(-after_s / 0.06) * np.sin(turn)
