"""The task of rows: one heartbeat as 187 samples in, its class out."""

from __future__ import annotations

from arsis.core.clock import Band
from arsis.core.task import Classes, Need, Task
from arsis.formats.csv.heartbeats import RATE_HZ, ROW
from arsis.tasks.beats.kaggle import corpus, prepare, training
from arsis.tasks.beats.kaggle.classes import CLASSES
from arsis.tasks.beats.kaggle.decode import DecodeRows, summarise
from arsis.tasks.beats.kaggle.label import events, given, label
from arsis.tasks.beats.kaggle.prepare import PrepareRows
from arsis.tasks.beats.simulate import example

BAND = Band(cutoff_hz=RATE_HZ / 2, half_s=0.02, highest=0.5)
"""The file was made of unfiltered samples: at 360 Hz they are handed on as they are."""

LIMITS = (
    "Not a medical device; a cardiologist's reading goes before it.",
    "It sees one beat and, by the padding, when the next one came: nothing of the rhythm before.",
    "Scored on other beats of the persons it was trained on; on new persons it is far worse.",
    "For a recording take the model `beats`: this one ends its windows after the next beat.",
    "Class Q is nearly always a paced beat; it does not mean that a beat is doubtful.",
)

BEATS_187 = Task(
    name="beats-187",
    version=prepare.VERSION,
    need=Need(unit="mV", at_most=1, lowest_hz=100.0, highest_hz=1000.0, also=(ROW,)),
    targets={"beat": Classes(CLASSES)},
    rate_hz=RATE_HZ,
    band=BAND,
    shape=prepare.SHAPE,
    features=prepare.FEATURES,
    delays_s={"clock": BAND.half_s, "the next two beats, mostly": 3.98},
    title="One heartbeat as a row of 187 samples (the Kaggle file's) with its class and "
    "probability",
    limits=LIMITS,
    settings=training.SETTINGS,
    seeds=training.SEEDS,
    unclear_quality=0.0,
    prepare=PrepareRows,
    decode=DecodeRows,
    summarise=summarise,
    events=events,
    label=label,
    corpora=corpus.CORPORA,
    example=example,
    offline=True,
    given=given,
)
