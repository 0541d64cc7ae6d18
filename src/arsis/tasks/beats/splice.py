"""Made recordings in which class S dominates, spliced from people in whom it does not.

Most published people have a few S beats among many N, and a net that compares every beat with
the person's usual one learns that S is what is unusual. In some people S is the usual beat. Here
the beats of one person are put in other orders, so that training meets such people as well;
what is made is never scored as if it had been measured.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
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

OWN, OWN_S = "own", 360.0
"""The person's own order: how often a class follows another stays as it was. It lasts so long."""
PAUSES = "pauses"
GROWS: Mapping[str, Mapping[Pair, tuple[float, float]]] = {PAUSES: {("N", "S"): (0.1, 1.2)}}
"""By how many seconds the rest before a beat of a pair grows."""
ORDERS: Mapping[str, Runs] = {
    PAUSES: lambda rng: (int(rng.geometric(1 / 9)), 1 + int(rng.random() < 0.15)),
    "bigeminy": lambda rng: (1 + int(rng.random() < 0.1), 1 + int(rng.random() < 0.12)),
    "mixed": lambda rng: (int(rng.integers(1, 5)), int(rng.integers(1, 4))),
    "third": lambda rng: (1, int(rng.integers(1, 4))),
}
"""Orders that training meets: S is a third of the beats, or nearly all."""
UNSEEN: Mapping[str, Runs] = {
    "runs": ORDERS[PAUSES],
    "blocks": lambda rng: (int(rng.integers(20, 80)), int(rng.integers(4, 25))),
}
"""Orders that training never meets; only the stress test has them."""
LASTS_S = 480.0
MOST_BEATS = 2000
"""Where no beat fits the order wanted, trying ends here."""
PACE = (0.85, 1.15)
"""A made recording is slowed as a whole by a factor between these."""
FEWEST_S = 10
"""People with fewer S beats give their own order alone."""
FIBRILLATION = "(AFIB"
"""So do those who are in atrial fibrillation at times: their S stand out by nothing but shape."""
MOST_V, FEWEST_V = 0.05, 3
"""V follows an N as often as in this person, at most so often, and only where there are some."""


def spliced(recording: Recording) -> Iterator[Recording]:
    """Yield recordings made of one person's beats: in their own order, then with many S.

    Always the same from the same recording; subject and channels are its own.

    Raises
    ------
    CorpusError
        If the channels were not sampled alike.
    """
    source = Source.of(recording)
    if not source.count("N", "N"):  # every order begins with these
        return
    rng = _chance(recording, OWN, 0)
    yield record(recording, Tape(source, rng), _own(source, rng), (OWN, OWN_S))
    yield from _dominated(recording, source, ORDERS, 0)


def stress(recording: Recording) -> Iterator[Recording]:
    """Yield other recordings in which S dominates, for testing alone: in every order."""
    yield from _dominated(recording, Source.of(recording), {**ORDERS, **UNSEEN}, 1)


def _dominated(
    recording: Recording, source: Source, orders: Mapping[str, Runs], seed: int
) -> Iterator[Recording]:
    fibrillates = any(mark.note.startswith(FIBRILLATION) for mark in recording.marks)
    if fibrillates or source.classes.count("S") < FEWEST_S:
        return
    for name, runs in orders.items():
        rng = _chance(recording, name, seed)
        tape = Tape(source, rng, GROWS.get(name, {}))
        yield record(recording, tape, _order(source, rng, runs), (name, LASTS_S))


def _chance(recording: Recording, name: str, seed: int) -> Generator:
    return np.random.default_rng([seed, zlib.crc32(f"{recording.name} {name}".encode())])


def _own(source: Source, rng: Generator) -> Iterator[str]:
    """Go from class to class as often as this person does, without end."""
    after: dict[str, dict[str, int]] = {}
    for (label, before), beats in source.usable.items():
        after.setdefault(before, {})[label] = len(beats)
    label = "N"
    while after:
        label = label if label in after else next(iter(after))
        names, counts = zip(*after[label].items(), strict=True)
        label = str(rng.choice(names, p=np.array(counts) / sum(counts)))
        yield label


def _order(source: Source, rng: Generator, runs: Runs) -> Iterator[str]:
    """Alternate runs of S with runs of N, with a V here and there, without end."""
    v = source.count("V", "N")
    some = min(v, source.count("N", "V")) >= FEWEST_V
    share = min(MOST_V, v / (v + source.count("N", "N"))) if some else 0.0
    yield from "NNN"
    while True:
        many, normal = runs(rng)
        yield from "S" * many
        for _ in range(normal):
            yield "N"
            if rng.random() < share:
                yield from "VN"


def record(
    recording: Recording, tape: Tape, order: Iterator[str], called: tuple[str, float]
) -> Recording:
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
