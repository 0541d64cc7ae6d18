"""Cutting one person's recording between its beats, and joining the stretches in another order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import CorpusError
from arsis.core.recording import Mark
from arsis.tasks.beats.classes import AAMI

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import Generator

    from arsis.core.arrays import F64, I64
    from arsis.core.recording import Recording

CUT_S = {"N": 0.12, "S": 0.12, "V": 0.18}
"""A beat ends, and the stretch of the next one begins, this long after its R peak. Fusion beats
are not used: their shape is that of the very beats they stand between."""
FADE_S = 0.03
"""Stretches are cross-faded over this time, their levels matched."""
SINK = 0.15
"""Share of a stretch's level taken away by its end, so that matched levels do not wander off."""
SHORTEST_S, LONGEST_S = 0.25, 3.0
"""Beats after other intervals are not used: something may be missing there."""
LEAST_S = 0.04
"""A stretch is longer than this."""
REST, BEFORE_P_S, REST_S = 0.55, 0.24, 0.06
"""What grows lies between this share of the stretch and this long before the R peak: the rest
from T wave to P wave, at least REST_S long."""
NEAR, NEAR_S, FEWEST = 0.03, 0.3, 5
"""Drawn from the beats nearest in time: this share of all, of those beside an S, but never fewer
than FEWEST, so that a stretch seldom joins minutes that look different."""
LEAP = 0.02
"""Chance, at each N, of going on from another place of the recording."""

END = 4
"""Where a stretch becomes too short for its T wave, its last samples still lead to the QRS."""

Pair = tuple[str, str]
"""Class of a beat and of the one before it."""


@dataclass(frozen=True)
class Source:
    """One person's recording, cut between its beats.

    Attributes
    ----------
    x
        (lead, time) samples at `rate_hz`.
    at
        (beat,) R peaks in samples; `symbols` and `classes` name the beats.
    usable
        Numbers of the beats of each pair, ascending.
    """

    x: F64
    rate_hz: float
    at: I64
    symbols: tuple[str, ...]
    classes: tuple[str, ...]
    usable: dict[Pair, I64]

    @classmethod
    def of(cls, recording: Recording) -> Source:
        """Read a recording; raises CorpusError if its channels were not sampled alike."""
        kinds = {(c.rate_hz, c.length, c.unit) for c in recording.channels}
        if len(kinds) != 1:
            raise CorpusError(
                recording.name, f"{len(kinds)} kinds of channels",
                "one rate, length and unit, to cut all channels at once", "Make none of it.",
            )  # fmt: skip
        rate_hz = recording.channels[0].rate_hz
        marks = [mark for mark in recording.marks if mark.label in AAMI]
        at = np.rint(np.array([mark.time_s for mark in marks]) * rate_hz).astype(np.int64)
        classes = tuple(AAMI[mark.label] for mark in marks)
        x = np.stack([channel.read() for channel in recording.channels]).astype(np.float64)
        blind = np.concatenate([[0], np.cumsum(np.isnan(x).any(0))])
        reach = round((max(CUT_S.values()) + FADE_S) * rate_hz)
        usable: dict[Pair, list[int]] = {}
        for i in range(1, len(at)):
            pair, rr_s = (classes[i], classes[i - 1]), (at[i] - at[i - 1]) / rate_hz
            inside = at[i] + reach < x.shape[1] and blind[at[i - 1]] == blind[at[i] + reach]
            if inside and not {"Q", "F"} & {*pair} and SHORTEST_S < rr_s < LONGEST_S:
                usable.setdefault(pair, []).append(i)
        symbols = tuple(mark.label for mark in marks)
        arrays = {pair: np.array(numbers) for pair, numbers in usable.items()}
        return cls(x, rate_hz, at, symbols, classes, arrays)

    def count(self, label: str, before: str) -> int:
        """Return how many usable beats of a class follow one of another."""
        return len(self.usable.get((label, before), ()))

    def samples(self, seconds: float) -> int:
        """Return a time in samples."""
        return round(seconds * self.rate_hz)

    def span(self, beat: int) -> tuple[int, int]:
        """Return where the stretch of a beat begins and ends: QRS to QRS."""
        start = self.at[beat - 1] + self.samples(CUT_S[self.classes[beat - 1]])
        return int(start), int(self.at[beat] + self.samples(CUT_S[self.classes[beat]]))

    def draw(self, pair: Pair, near: int, rng: Generator) -> int | None:
        """Draw a beat of a pair near another one in time; None where there is no such beat."""
        found = self.usable.get(pair, np.empty(0, np.int64))
        if pair == ("S", "S") and len(found) < FEWEST:
            found = np.concatenate([found, self.usable.get(("S", "N"), np.empty(0, np.int64))])
        if not len(found):
            return None
        share = NEAR_S if "S" in pair else NEAR
        closest = np.argsort(np.abs(found - near), kind="stable")
        return int(rng.choice(found[closest[: max(FEWEST, round(len(found) * share))]]))


@dataclass
class Tape:
    """Stretches of one source joined in a new order.

    Attributes
    ----------
    grows
        For some pairs, between which times the rest before the beat grows.
    near, before
        The beat that others are drawn near to, and the class of the last one.
    length
        Samples so far.
    """

    source: Source
    rng: Generator
    grows: Mapping[Pair, tuple[float, float]] = field(default_factory=dict)
    near: int = 1
    before: str = "N"
    length: int = 0
    parts: list[F64] = field(default_factory=list)
    marks: list[tuple[int, str]] = field(default_factory=list)
    tail: F64 | None = None

    def __post_init__(self) -> None:
        self.near = self._anywhere()

    def add(self, label: str) -> None:
        """Join a beat of a class; nothing happens where this person has none after such a beat."""
        source, fade = self.source, self.source.samples(FADE_S)
        beat = source.draw((label, self.before), self.near, self.rng)
        if beat is None:
            return
        start, stop = source.span(beat)
        if stop - start < fade + source.samples(LEAST_S):
            return
        stretch = source.x[:, start : stop + fade].copy()
        if label == self.before == "N":
            self.near = beat + 1 if self.rng.random() > LEAP else self._anywhere()
        if (label, self.before) in self.grows:
            grown_s = float(self.rng.uniform(*self.grows[label, self.before]))
            stretch = self._longer(stretch, stop - start, grown_s)
        self._join(stretch, fade)
        self.marks.append((self.length - source.samples(CUT_S[label]), source.symbols[beat]))
        self.before = label

    def played(self, factor: float) -> tuple[F64, tuple[Mark, ...]]:
        """Return everything, slowed by a factor: samples (lead, time) and the beats' marks."""
        x = np.concatenate(self.parts, axis=1)
        at = np.arange(int(x.shape[1] * factor)) / factor
        slow = np.stack([np.interp(at, np.arange(x.shape[1]), row) for row in x])
        first = self.source.samples(max(CUT_S.values()))
        marks = [Mark(p * factor / self.source.rate_hz, s) for p, s in self.marks if p > first]
        return slow, tuple(marks)

    def _anywhere(self) -> int:
        return int(self.rng.integers(1, max(2, len(self.source.at))))

    def _longer(self, stretch: F64, length: int, grown_s: float) -> F64:
        """Let the rest between T wave and P wave grow: (lead, time) -> (lead, longer time)."""
        samples = self.source.samples
        high = length - samples(CUT_S["N"] + BEFORE_P_S)
        low = max(min(round(REST * length), high - samples(REST_S)), samples(FADE_S))
        if high - low < samples(LEAST_S):
            return stretch
        at = np.linspace(low, high - 1, high - low + samples(grown_s))
        rest = np.stack([np.interp(at, np.arange(stretch.shape[1]), row) for row in stretch])
        return np.concatenate([stretch[:, :low], rest, stretch[:, high:]], axis=1)

    def _join(self, stretch: F64, fade: int) -> None:
        """Cross-fade a stretch (lead, time) with the end of the one before it."""
        level = -stretch if self.tail is None else self.tail - stretch[:, :fade]
        stretch += level[:, :fade].mean(1, keepdims=True)
        sink = np.linspace(0, SINK, stretch.shape[1])
        stretch -= sink * stretch.mean(1, keepdims=True)
        if self.tail is not None:
            share = (np.arange(fade) + 1) / (fade + 1)
            stretch[:, :fade] = (1 - share) * self.tail + share * stretch[:, :fade]
        self.parts.append(stretch[:, :-fade])
        self.tail = stretch[:, -fade:].copy()
        self.length += stretch.shape[1] - fade


def retimed(rest: F64, t_end: int, length: int) -> F64:
    """Give the time from one QRS to the next another length: (lead, time) -> (lead, length).

    The first `t_end` samples, up to the end of the T wave, stay as they are; where that is too
    long already, the QRS falls on the T wave.
    """
    onset = rest.shape[1]
    high = min(t_end, onset - END)
    if length <= high + END:
        high = length - END
    at = np.concatenate([np.arange(high), np.linspace(high, onset - 1, length - high)])
    return np.stack([np.interp(at, np.arange(onset), row) for row in rest])
