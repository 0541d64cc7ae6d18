"""Made recordings in which class S dominates, spliced from people in whom it does not.

Most published people have a few S beats among many N, and a net that compares every beat with
the person's usual one may learn that S is what is unusual. In some people S is the usual beat.
Here the beats of one person, its S among them, are put in other orders, to see whether nets that
never met this person find S there; nothing is learnt from them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.recording import from_array
from arsis.tasks.beats.tape import Source, Tape

if TYPE_CHECKING:
    from numpy.random import Generator

    from arsis.core.recording import Recording
    from arsis.tasks.beats.tape import Pair

Runs = Callable[["Generator"], tuple[int, int]]
"""Draw how many S follow one another, and how many N come after them."""

Order = Iterator[str]
"""Classes of beats, one after the other."""

PAUSES = "pauses"
GROWS: Mapping[str, Mapping[Pair, tuple[float, float]]] = {PAUSES: {("N", "S"): (0.1, 1.2)}}
"""By how many seconds the rest before a beat of a pair grows."""
ORDERS: Mapping[str, Runs] = {
    PAUSES: lambda rng: (int(rng.geometric(1 / 9)), 1 + int(rng.random() < 0.15)),
    "bigeminy": lambda rng: (1 + int(rng.random() < 0.1), 1 + int(rng.random() < 0.12)),
    "mixed": lambda rng: (int(rng.integers(1, 5)), int(rng.integers(1, 4))),
    "third": lambda rng: (1, int(rng.integers(1, 4))),
}
"""Orders that training meets as well, made of N (`reshape`): S is a third, or nearly all."""
UNSEEN: Mapping[str, Runs] = {
    "runs": ORDERS[PAUSES],
    "blocks": lambda rng: (int(rng.integers(20, 80)), int(rng.integers(4, 25))),
}
"""Orders that training never meets."""
LASTS_S = 480.0
MOST_BEATS = 2000
"""Where no beat fits the order wanted, trying ends here."""
PACE = (0.85, 1.15)
"""A made recording is slowed as a whole by a factor between these."""
FEWEST_S = 10
"""People with fewer S beats are not used."""
FIBRILLATION = "(AFIB"
"""Nor those who are in atrial fibrillation at times: their S stand out by nothing but shape."""
FEWEST_V, MOST_V = 3, 0.05
"""V follows an N as often as in this person, at most so often, and only where there are some."""


def stress(recording: Recording) -> Iterator[Recording]:
    """Yield recordings in which one person's S dominate, in every order.

    Always the same from the same recording; subject and channels are its own. There are none of
    people with few S, or who fibrillate at times.

    Raises
    ------
    CorpusError
        If the channels were not sampled alike.
    """
    source = Source.of(recording)
    if ever_fibrillates(recording) or source.classes.count("S") < FEWEST_S:
        return
    for name, runs in {**ORDERS, **UNSEEN}.items():
        rng = np.random.default_rng([1, zlib.crc32(f"{recording.name} {name}".encode())])
        tape = Tape(source, rng, GROWS.get(name, {}))
        order = chain("NNN", with_v(alternate(runs, rng), source, rng, MOST_V))
        yield record(recording, tape, order, (name, LASTS_S))


def ever_fibrillates(recording: Recording) -> bool:
    """Say whether the annotators wrote of atrial fibrillation anywhere in a recording."""
    return any(mark.note.startswith(FIBRILLATION) for mark in recording.marks)


def alternate(runs: Runs, rng: Generator) -> Order:
    """Go from runs of S to runs of N and back, without end."""
    while True:
        many, normal = runs(rng)
        yield from "S" * many + "N" * normal


def with_v(order: Order, source: Source, rng: Generator, most: float) -> Order:
    """Put a V here and there after an N, as often as in this person, at most so often."""
    count = source.count("V", "N")
    some = min(count, source.count("N", "V")) >= FEWEST_V
    share = min(most, count / (count + source.count("N", "N"))) if some else 0.0
    for label in order:
        yield label
        if label == "N" and rng.random() < share:
            yield from "VN"


def record(recording: Recording, tape: Tape, order: Order, called: tuple[str, float]) -> Recording:
    """Join beats in this order until the recording lasts long enough."""
    name, lasts_s = called
    factor = float(tape.rng.uniform(*PACE))
    for label in islice(order, MOST_BEATS):
        tape.add(label)
        if tape.length * factor > lasts_s * tape.source.rate_hz:
            break
    x, marks = tape.played(factor)
    made = from_array(
        x.astype(np.float32), tape.source.rate_hz,
        names=tuple(channel.name for channel in recording.channels),
        unit=recording.channels[0].unit, name=f"{recording.name}-{name}",
    )  # fmt: skip
    return replace(made, load_marks=lambda: marks, subject=recording.subject)
