"""The task of heartbeats: a raw ECG in, every beat with its class out."""

from __future__ import annotations

from arsis.core.task import Classes, Task
from arsis.tasks.beats import corpus, prepare, training
from arsis.tasks.beats.classes import CLASSES
from arsis.tasks.beats.folder import folder_corpus
from arsis.tasks.beats.measured import MeasuredBeats
from arsis.tasks.beats.prepare import PrepareBeats
from arsis.tasks.beats.simulate import example
from arsis.tasks.beats.summarise import SummariseBeats

LIMITS = (
    "Not a medical device; a cardiologist's reading goes before it.",
    "Paced beats were left out of training: they may be called V or N.",
    "In atrial fibrillation the class S is unreliable.",
)

BEATS = Task(
    name="beats",
    version=prepare.VERSION,
    need=prepare.NEED,
    targets={"beat": Classes(CLASSES)},
    rate_hz=prepare.RATE_HZ,
    band=prepare.BAND,
    shape=prepare.SHAPE,
    features=prepare.FEATURES,
    # Detection runs inside the net's look-ahead: a peak, and the next one within 0.85 s, is known
    # before the window is complete, so it adds nothing of its own.
    delays_s={
        "clock": prepare.BAND.half_s,
        "net's look-ahead": prepare.LOOK_AHEAD_S,
        "decoder": 0.0,
    },
    title="Every beat of an ECG with its time, AAMI class and probability, and beat-aware HRV",
    limits=LIMITS,
    settings=training.SETTINGS,
    seeds=training.SEEDS,
    unclear_quality=training.UNCLEAR_QUALITY,
    prepare=PrepareBeats,
    decode=MeasuredBeats,
    summarise=SummariseBeats,
    events=corpus.events,
    label=corpus.label,
    corpora=corpus.CORPORA,
    example=example,
    folder=folder_corpus,
)
