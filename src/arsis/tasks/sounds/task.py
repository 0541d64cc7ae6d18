"""The task of heart sounds: a sound recording in, every S1 and S2 with its onset out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsis.core.clock import Band
from arsis.core.task import Need, States, Task
from arsis.tasks.sounds import prepare, training
from arsis.tasks.sounds.corpus import CORPORA
from arsis.tasks.sounds.decode import DecodeSounds
from arsis.tasks.sounds.label import TARGET, label
from arsis.tasks.sounds.phases import (
    DECODER_LAG_S,
    HOP_S,
    LOOK_AHEAD_S,
    RATE_HZ,
    STATES,
    STEP_HZ,
    STEPS,
)
from arsis.tasks.sounds.prepare import PrepareSounds
from arsis.tasks.sounds.simulate import example
from arsis.tasks.sounds.summarise import SummariseSounds

if TYPE_CHECKING:
    from arsis.core.recording import Mark, Recording

BAND = Band(cutoff_hz=400.0, half_s=0.006)

LIMITS = (
    "Not a medical device; a cardiologist's hearing goes before it.",
    "Trained on recordings of one electronic stethoscope, nearly all of Brazilian children.",
    "Third and fourth heart sounds, clicks and murmurs are not named.",
    "Where systole lasts as long as diastole, first and second sound may change places.",
    "A phone laid on the chest without a stethoscope was not among the recordings.",
)


def events(recording: Recording) -> tuple[Mark, ...]:
    """Return no marks: where windows of sound stand does not depend on any."""
    del recording
    return ()


SOUNDS = Task(
    name="sounds",
    version=prepare.VERSION,
    need=Need(
        unit="FS",
        at_most=1,
        lowest_hz=800.0,
        highest_hz=200_000.0,
        prefer=("sound", "PCG", "heart", "left", "1"),
    ),
    targets={TARGET: States(STATES, STEPS, STEP_HZ)},
    rate_hz=RATE_HZ,
    band=BAND,
    shape=prepare.SHAPE,
    features=prepare.FEATURES,
    delays_s={
        "clock": BAND.half_s,
        "windows": HOP_S,
        "net's look-ahead": LOOK_AHEAD_S,
        "frames": prepare.FRAME_REACH_S,
        "decoder": DECODER_LAG_S,
    },
    title="Every first and second heart sound of a recording with its onset, the heart rate and "
    "its variability",
    limits=LIMITS,
    settings=training.SETTINGS,
    seeds=training.SEEDS,
    unclear_quality=training.UNCLEAR_QUALITY,
    prepare=PrepareSounds,
    decode=DecodeSounds,
    summarise=SummariseSounds,
    events=events,
    label=label,
    corpora=CORPORA,
    example=example,
    value="interval_s",
)
