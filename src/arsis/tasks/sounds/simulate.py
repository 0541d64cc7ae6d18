"""Simulated heart sounds with known beats: for the demonstration, the tests and the examples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.recording import Mark, Recording, from_array
from arsis.tasks.sounds.beating import Cycles, Rhythm, beat
from arsis.tasks.sounds.durations import CIRCLE
from arsis.tasks.sounds.surroundings import Scene, surround
from arsis.tasks.sounds.valves import Heart, Murmur, sound

if TYPE_CHECKING:
    from arsis.core.arrays import F64

EXAMPLE_S, EXAMPLE_HZ = 90.0, 2000.0
CUT = "cut"
"""Note of a mark that begins or ends with the recording and not with its phase."""


@dataclass(frozen=True)
class Person:
    """Whose heart is heard, when it beats, and what else is to be heard.

    Attributes
    ----------
    rhythm
        When it beats.
    heart
        What its valves and murmurs sound like.
    scene
        What is heard beside it.
    """

    rhythm: Rhythm = field(default_factory=Rhythm)
    heart: Heart = field(default_factory=Heart)
    scene: Scene = field(default_factory=Scene)


def simulate(
    seed: int,
    duration_s: float = EXAMPLE_S,
    rate_hz: float = EXAMPLE_HZ,
    person: Person | None = None,
) -> Recording:
    """Return simulated heart sounds, one channel in FS, with the true phases as its marks.

    S1 and S2 are sums of damped oscillations (after the models of Chen, Durand and Lee, Med.
    Biol. Eng. Comput. 35, 1997, and Xu, Durand and Pibarot, IEEE Trans. Biomed. Eng. 47, 2000)
    that begin and end with their marks. The marks fill the recording without gap or overlap; one
    that the recording's ends have cut short says so in its note.
    """
    person = person or Person()
    timing, valves, around = np.random.default_rng(seed).spawn(3)
    count = round(duration_s * rate_hz)
    cycles = beat(timing, duration_s, person.rhythm)
    heart = sound(valves, cycles, count, rate_hz, person.heart)
    power = float(np.mean(heart**2))
    x = heart + np.sqrt(power) * surround(
        around, count, rate_hz, person.scene, person.rhythm.breath_hz
    )
    marks = phase_marks(cycles, count / rate_hz)
    return in_full_scale(x, rate_hz, f"simulated-{seed}", (person.scene.level, marks))


def in_full_scale(
    x: F64, rate_hz: float, name: str, level_and_marks: tuple[float, tuple[Mark, ...]]
) -> Recording:
    """Return a sound (time,) as a recording whose largest sample is `level` of full scale."""
    level, marks = level_and_marks
    top = float(np.max(np.abs(x), initial=0.0))
    x = x * (level / top) if top > 0.0 else x
    recording = from_array(x.astype(np.float32), rate_hz, names=("sound",), unit="FS", name=name)
    return Recording(name, recording.channels, lambda: marks, subject=name)


def phase_marks(cycles: Cycles, duration_s: float) -> tuple[Mark, ...]:
    """Return the phases of the cycles from 0 to `duration_s`, end to end."""
    begin_s, end_s = cycles.edges_s[:, :-1].ravel(), cycles.edges_s[:, 1:].ravel()
    marks = []
    for index, (begin, end) in enumerate(zip(begin_s.tolist(), end_s.tolist(), strict=True)):
        start_s, stop_s = max(begin, 0.0), min(end, duration_s)
        if start_s < stop_s:
            note = "" if (start_s, stop_s) == (begin, end) else CUT
            label = CIRCLE[index % len(CIRCLE)]
            marks.append(Mark(start_s, label, stop_s - start_s, note, "truth"))
    return tuple(marks)


def anyone(seed: int) -> Person:
    """Return somebody out of a varied population: newborn to old, quiet to noisy, some ill."""
    rng = np.random.default_rng(seed)
    rate_bpm = float(np.exp(rng.uniform(np.log(45.0), np.log(180.0))))
    rhythm = Rhythm(
        rate_bpm=rate_bpm,
        breath_hz=float(rng.uniform(0.15, 0.5)),
        breath_share=float(rng.uniform(0.0, 0.08)),
        slow_share=float(rng.uniform(0.0, 0.04)),
        jitter_share=float(rng.choice([0.004, 0.01, 0.02, 0.15], p=[0.3, 0.4, 0.2, 0.1])),
        early_share=float(rng.choice([0.0, 0.03, 0.1], p=[0.7, 0.2, 0.1])),
        systole_extra_s=float(rng.normal(0.0, 0.017)),
        s1_s=float(rng.uniform(0.08, 0.145)),
        s2_s=float(rng.uniform(0.07, 0.13)),
    )
    heart = Heart(
        s2=float(np.exp(rng.normal(-0.1, 0.5))),
        s3=_sometimes(rng, 0.15, (0.08, 0.3)),
        s4=_sometimes(rng, 0.1, (0.08, 0.3)),
        sway=float(rng.uniform(0.0, 0.35)),
        unevenness=float(rng.uniform(0.02, 0.2)),
        variety=0.2,
        murmurs=_murmurs(rng),
    )
    scene = Scene(
        snr_db=float(rng.uniform(0.0, 25.0)),
        lung_db=float(rng.uniform(-40.0, 0.0)),
        friction_per_min=_sometimes(rng, 0.3, (1.0, 10.0)),
        knocks_per_min=_sometimes(rng, 0.3, (1.0, 20.0)),
        hum_db=_sometimes(rng, 0.15, (30.0, 60.0)) - 60.0,
        hum_hz=float(rng.choice([50.0, 60.0])),
        level=float(np.exp(rng.uniform(np.log(0.01), 0.0))),
    )
    return Person(rhythm, heart, scene)


def _sometimes(rng: np.random.Generator, share: float, span: tuple[float, float]) -> float:
    """Return 0, or in a share of cases a number out of the span."""
    drawn = float(rng.uniform(*span))
    return drawn if rng.random() < share else 0.0


MURMURS = (
    Murmur("systole", "diamond", 0.15, 90.0, 350.0),
    Murmur("systole", "diamond", 0.15, 70.0, 140.0),
    Murmur("systole", "plateau", 0.12, 120.0, 500.0),
    Murmur("systole", "falling", 0.15, 90.0, 300.0),
    Murmur("diastole", "falling", 0.08, 150.0, 500.0),
    Murmur("diastole", "rising", 0.1, 35.0, 110.0),
)
"""Stenosis of the aortic valve, Still's, mitral leak, small septal hole, aortic leak, mitral
stenosis: their usual places, courses and bands (Tavel, Circulation 93, 1996)."""


def _murmurs(rng: np.random.Generator) -> tuple[Murmur, ...]:
    """Return no murmur in most people, one or two in the others."""
    many = int(rng.choice([0, 1, 2], p=[0.65, 0.3, 0.05]))
    chosen = rng.choice(len(MURMURS), many, replace=False).tolist()
    factor = float(np.exp(rng.normal(0.0, 0.6)))
    found = (MURMURS[index] for index in chosen)
    return tuple(Murmur(m.phase, m.course, m.loudness * factor, m.low_hz, m.high_hz) for m in found)


def example(seed: int) -> Recording:
    """Return a simulated recording of `EXAMPLE_S`, as the contract tests take it."""
    return simulate(seed)
