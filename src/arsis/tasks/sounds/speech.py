"""Sound like speech: a voice of syllables and pauses, without any words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.tasks.sounds.noise import coloured, unit_power

if TYPE_CHECKING:
    from arsis.core.arrays import F64

VOWELS_HZ = (
    (270.0, 2290.0, 3010.0), (390.0, 1990.0, 2550.0), (530.0, 1840.0, 2480.0),
    (660.0, 1720.0, 2410.0), (730.0, 1090.0, 2440.0), (570.0, 840.0, 2410.0),
    (440.0, 1020.0, 2240.0), (300.0, 870.0, 2240.0),
)  # fmt: skip
"""First three formants of vowels (Peterson and Barney, J. Acoust. Soc. Am. 24, 1952)."""
FORMANT_WIDTH = 0.12
HISS_HZ = (1500.0, 7000.0)
HIGHEST_HZ = 4000.0


def speak(rng: np.random.Generator, count: int, rate_hz: float) -> F64:
    """Return somebody's voice, of mean square 1 over all: (time,).

    Harmonics of a pitch that falls along each phrase, weighed by a vowel's formants and by a fall
    of 7 dB per octave: the 12 dB of the glottal source less the 6 dB that the lips give back
    (Klatt, J. Acoust. Soc. Am. 67, 1980). Syllables of 0.12 to 0.3 s, with hissing consonants
    between some, and breaks between phrases.
    """
    x = np.zeros(count)
    pitch_hz = float(np.exp(rng.uniform(np.log(85.0), np.log(280.0))))
    at_s = float(rng.uniform(0.0, 1.0))
    while at_s < count / rate_hz:
        phrase_s = float(rng.uniform(0.6, 3.0))
        end_s = at_s + phrase_s
        while at_s < end_s:
            length_s = float(rng.uniform(0.12, 0.3))
            fall = 1.25 - 0.4 * (1.0 - (end_s - at_s) / phrase_s) + 0.05 * float(rng.normal())
            _add(x, rate_hz, at_s, _vowel(rng, rate_hz, length_s, pitch_hz * fall))
            at_s += length_s + float(rng.uniform(0.0, 0.06))
            if rng.random() < 0.3 and rate_hz / 2.0 > HISS_HZ[0]:
                hiss_s = float(rng.uniform(0.05, 0.12))
                _add(x, rate_hz, at_s, _hiss(rng, rate_hz, hiss_s))
                at_s += hiss_s
        at_s += float(rng.uniform(0.2, 1.2))
    return unit_power(x)


def _vowel(rng: np.random.Generator, rate_hz: float, length_s: float, pitch_hz: float) -> F64:
    """Return one syllable, with a pitch that glides a little: (time,)."""
    count = max(2, round(length_s * rate_hz))
    at = np.linspace(0.0, 1.0, count)
    glide = 1.0 + float(rng.normal(0.0, 0.05)) * (at - 0.5)
    turn = 2.0 * np.pi * np.cumsum(pitch_hz * glide) / rate_hz
    highest_hz = min(0.45 * rate_hz, HIGHEST_HZ)
    order = np.arange(1, max(2, int(highest_hz / pitch_hz) + 1))
    formants_hz = VOWELS_HZ[int(rng.integers(len(VOWELS_HZ)))]
    spread = (order[:, None] * pitch_hz / np.array(formants_hz) - 1.0) / FORMANT_WIDTH
    resonance = 0.08 + (np.array([1.0, 0.7, 0.4]) / (1.0 + spread**2)).sum(axis=1)
    size = resonance / order**1.2
    swell = np.minimum(1.0, np.minimum(at, 1.0 - at) / 0.2)
    loud = float(rng.uniform(0.5, 1.0))
    wave: F64 = loud * swell * (size @ np.sin(order[:, None] * turn))
    return wave


def _hiss(rng: np.random.Generator, rate_hz: float, length_s: float) -> F64:
    count = max(2, round(length_s * rate_hz))
    at = np.linspace(0.0, 1.0, count)
    swell = np.minimum(1.0, np.minimum(at, 1.0 - at) / 0.3)
    return 0.15 * swell * coloured(rng, count, rate_hz, HISS_HZ, 0.0)


def _add(x: F64, rate_hz: float, at_s: float, wave: F64) -> None:
    start = round(at_s * rate_hz)
    part = wave[: max(0, x.size - start)]
    x[start : start + part.size] += part
