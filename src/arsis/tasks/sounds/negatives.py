"""Simulated sounds in which no heart beats: what the answer must be silent about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import SettingError
from arsis.core.recording import Mark, Recording, from_array
from arsis.tasks.sounds.noise import coloured, smooth_chance
from arsis.tasks.sounds.simulate import in_full_scale
from arsis.tasks.sounds.speech import speak
from arsis.tasks.sounds.surroundings import breathe, hum, knock, rub
from arsis.tasks.sounds.tune import play

if TYPE_CHECKING:
    from collections.abc import Callable

    from arsis.core.arrays import F32, F64

LOUDEST, FAINTEST = 1.0, 0.01
"""Largest sample of a negative, as a share of full scale."""
STEP = 2.0**-15
"""Of a file of 16 bits."""


def negatives(kind: str, seed: int, duration_s: float = 20.0, rate_hz: float = 2000.0) -> Recording:
    """Return a sound without any heart, one channel in FS, with one mark "none" over its length.

    `kind` is one of `KINDS`. Noise that swells and fades as often as a heart beats is among them:
    a rhythm alone makes no heart.

    Raises
    ------
    SettingError
        If there is no such kind.
    """
    if kind not in KINDS:
        raise SettingError(
            "kind", repr(kind), f"one of {', '.join(KINDS)}", "Ask for one of these."
        )
    rng = np.random.default_rng((seed, *kind.encode()))
    count = round(duration_s * rate_hz)
    x = KINDS[kind](rng, count, rate_hz)
    marks = (Mark(0.0, "none", count / rate_hz, source="truth"),)
    level = float(np.exp(rng.uniform(np.log(FAINTEST), np.log(LOUDEST))))
    name = f"simulated-{kind.replace(' ', '-')}-{seed}"
    if kind == "dither":
        level = STEP
    return in_full_scale(x, rate_hz, name, (level, marks))


def clipped(recording: Recording, share: float) -> Recording:
    """Return the recording turned up until this share of each channel's samples is clipped.

    Raises
    ------
    SettingError
        If the share does not lie between 0 and 1.
    """
    if not 0.0 <= share < 1.0:
        raise SettingError("share", f"{share:g}", "0 or more and less than 1", "Choose another.")
    sounds = [
        from_array(
            _clip(channel.read(), share), channel.rate_hz,
            names=(channel.name,), unit=channel.unit,
        ).channels[0]
        for channel in recording.channels
    ]  # fmt: skip
    return replace(recording, name=f"{recording.name}-clipped", channels=tuple(sounds))


def _clip(x: F32, share: float) -> F32:
    top = float(np.quantile(np.abs(x), 1.0 - share)) if x.size else 0.0
    return np.clip(x / np.float32(top), -1.0, 1.0) if top > 0.0 else x


def _silence(_rng: np.random.Generator, count: int, _rate_hz: float) -> F64:
    return np.zeros(count)


def _dither(rng: np.random.Generator, count: int, _rate_hz: float) -> F64:
    """Return the last digit of a converter that hears nothing."""
    return rng.integers(-1, 2, count).astype(np.float64)


def _white(rng: np.random.Generator, count: int, _rate_hz: float) -> F64:
    return rng.normal(size=count)


def _pink(rng: np.random.Generator, count: int, rate_hz: float) -> F64:
    return coloured(rng, count, rate_hz, (15.0, rate_hz / 2.0), float(rng.uniform(0.7, 2.0)))


def _am(rng: np.random.Generator, count: int, rate_hz: float) -> F64:
    """Noise of any band that swells and fades: mostly as often as a heart, also slower or faster.

    The course goes from a sine to short bursts, and may waver as a heart's rhythm does.
    """
    often_hz = float(np.exp(rng.uniform(np.log(0.4), np.log(6.0))))
    waver = float(rng.choice([0.0, 0.3])) * smooth_chance(rng, count, rate_hz, 0.3)
    turn = 2.0 * np.pi * often_hz * np.arange(count) / rate_hz + waver + rng.uniform(0.0, 6.0)
    course = (0.5 + 0.5 * np.sin(turn)) ** float(rng.choice([1.0, 2.0, 4.0, 8.0]))
    depth = float(rng.uniform(0.6, 1.0))
    low_hz, wide = float(rng.uniform(15.0, 80.0)), float(np.exp(rng.uniform(0.7, 4.0)))
    band_hz = (low_hz, min(rate_hz / 2.0, low_hz * wide))
    noise = coloured(rng, count, rate_hz, band_hz, float(rng.uniform(0.0, 1.5)))
    return (1.0 - depth + depth * course) * noise


def _friction(rng: np.random.Generator, count: int, rate_hz: float) -> F64:
    """Return handling of the stethoscope: rubbing and knocks."""
    x = rub(rng, count, rate_hz, float(rng.uniform(20.0, 60.0)))
    x += 3.0 * knock(rng, count, rate_hz, float(rng.uniform(10.0, 120.0)))
    return x + 0.03 * coloured(rng, count, rate_hz, (15.0, rate_hz / 2.0), 1.0)


def _lung(rng: np.random.Generator, count: int, rate_hz: float) -> F64:
    """Breath over a lung that is far from the heart."""
    x = breathe(rng, count, rate_hz, float(rng.uniform(0.15, 1.0)))
    return x + 0.1 * coloured(rng, count, rate_hz, (15.0, rate_hz / 2.0), 1.0)


def _hum(rng: np.random.Generator, count: int, rate_hz: float) -> F64:
    x = hum(rng, count, rate_hz, float(rng.choice([50.0, 60.0])))
    return x + float(rng.uniform(0.0, 0.3)) * rng.normal(size=count)


def _speech(rng: np.random.Generator, count: int, rate_hz: float) -> F64:
    x = speak(rng, count, rate_hz)
    return x + 0.01 * coloured(rng, count, rate_hz, (15.0, rate_hz / 2.0), 1.0)


def _music(rng: np.random.Generator, count: int, rate_hz: float) -> F64:
    x = play(rng, count, rate_hz)
    return x + 0.003 * coloured(rng, count, rate_hz, (15.0, rate_hz / 2.0), 1.0)


KINDS: dict[str, Callable[[np.random.Generator, int, float], F64]] = {
    "silence": _silence,
    "dither": _dither,
    "white noise": _white,
    "pink noise": _pink,
    "am noise": _am,
    "speech": _speech,
    "music": _music,
    "friction": _friction,
    "lung": _lung,
    "hum": _hum,
}
"""What is heard in place of a heart, and what makes it."""
