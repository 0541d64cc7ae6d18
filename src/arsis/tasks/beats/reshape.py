"""Made recordings in which one person's normal beats come early, late, irregularly, or without P.

Few people are learnt from, and fewer have S: a net that sees their S alone learns what these
people look like. Here the N beats of anybody are given other intervals before them and other
P waves: early and from elsewhere in the atria (then they are S), following the breath, after a
pause, in fibrillation, or where every few P waves none comes (they stay N). What is made is never
scored as if it had been measured.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Self

import numpy as np

from arsis.tasks.beats.splice import (
    ORDERS,
    PAUSES,
    Order,
    alternate,
    ever_fibrillates,
    record,
    with_v,
)
from arsis.tasks.beats.tape import CUT_S, FADE_S, LEAP, Source, Tape, retimed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.random import Generator

    from arsis.core.arrays import F64
    from arsis.core.recording import Recording

QRS_S, P_S, SHORTEST_P_S = 0.08, 0.20, 0.06
"""QRS begins so long before the R peak; the P wave lies in the P_S before it, after the T wave,
and is never looked for in less than SHORTEST_P_S."""
T_END_S = 0.30
"""The T wave is over so long after the cut that follows the R peak before."""
LEAST_S = 0.45
"""Shorter stretches are not used: T wave and P wave are one."""
MOST_V = 0.08
"""V follow N as often as in this person, at most so often."""
FEWEST_N = 100
"""People with fewer N after N are not used."""
ROW, LONG_ROW = (2, 7), 12
"""Where P waves fail, so many others than the last come through in between; seldom LONG_ROW."""


@dataclass(frozen=True)
class Focus:
    """A place in the atria where S begin: how early they come, and their P wave.

    Attributes
    ----------
    early
        Interval before the beat as a share of the usual one.
    scale, bump_mv
        (lead,) by what the person's P wave is multiplied, and the height of what is added.
    width
        How long its P wave lasts, as a share of the person's.
    """

    early: float
    scale: F64
    bump_mv: F64
    width: float

    @classmethod
    def draw(cls, leads: int, rng: Generator) -> Self:
        """Draw a focus: its P wave is turned over, flat, tall, or much like the sinus node's."""
        forms = ((-1.2, -0.2), (-0.2, 0.4), (1.2, 2.2), (0.5, 1.2))
        low, high = forms[int(rng.integers(len(forms)))]
        return cls(
            early=float(rng.uniform(0.5, 0.85)),
            scale=rng.uniform(low, high, leads),
            bump_mv=rng.normal(0, 0.06, leads),
            width=float(rng.uniform(0.6, 1.2)),
        )

    def p_wave(self, own: F64, rate_hz: float) -> F64:
        """Return the P wave of this focus from the sinus node's: (lead, time) -> (lead, time)."""
        length = max(8, round(own.shape[1] * self.width))
        at = np.linspace(0, own.shape[1] - 1, length)
        wave = np.stack([np.interp(at, np.arange(own.shape[1]), row) for row in own])
        from_top_s = (np.arange(length) - 0.45 * length) / rate_hz
        bump = np.exp(-0.5 * (from_top_s / 0.022) ** 2) * np.hanning(length)
        shaped: F64 = wave * self.scale[:, None] + self.bump_mv[:, None] * bump
        return shaped


class Reshaped(Tape):
    """Joins N of one person with intervals and P waves of their own; V stay as they are.

    `pauses`: after S the next N keeps another second waiting.
    """

    pauses = False

    def draw_rhythm(self) -> None:
        """Draw what this recording's rhythm is like."""
        leads = len(self.source.x)
        self.foci = [Focus.draw(leads, self.rng) for _ in range(1 + int(self.rng.random() < 0.3))]

    def add(self, label: str) -> None:
        """Join a beat; nothing happens where this person has none that fits."""
        if "V" in (label, self.before):
            super().add(label)
            return
        source, samples = self.source, self.source.samples
        beat = source.draw(("N", "N"), self.near, self.rng)
        if beat is None:
            return
        start, stop = source.span(beat)
        if stop - start < samples(LEAST_S):
            return
        self.near = beat + 1 if self.rng.random() > LEAP else self._anywhere()
        fade, onset = samples(FADE_S), stop - start - samples(CUT_S["N"] + QRS_S)
        stretch = source.x[:, start : stop + fade]
        self._join(self.shaped(stretch, onset, label, (stop - start) / source.rate_hz), fade)
        self.marks.append((self.length - samples(CUT_S["N"]), "A" if label == "S" else "N"))
        self.before = label

    def interval_s(self, usual_s: float) -> float:
        """Draw the RR interval that ends with the next N; `usual_s` is the one it really had."""
        if self.before != "S":
            return usual_s * math.exp(self.rng.normal(0, 0.01))
        waits_s = float(self.rng.uniform(0.1, 1.2)) if self.pauses else 0.0
        return usual_s * float(self.rng.uniform(1.0, 1.2)) + waits_s

    def atrial(self, own: F64, length: int) -> F64:
        """Return what the atria do before an N: (lead, time), laid to the end of `length`."""
        del length
        return own

    def shaped(self, stretch: F64, onset: int, label: str, usual_s: float) -> F64:
        """Give the time before QRS, which begins at `onset`, another length and P wave."""
        samples = self.source.samples
        rest, wave = self._without_p(stretch, onset)
        if label == "S":
            focus = self.foci[int(self.rng.integers(len(self.foci)))]
            wave = focus.p_wave(wave, self.source.rate_hz)
            due_s = max(0.3, usual_s * focus.early * math.exp(self.rng.normal(0, 0.03)))
        else:
            due_s = self.interval_s(usual_s)
        length = max(samples(0.12), onset + samples(due_s) - samples(usual_s))
        if label != "S":
            wave = self.atrial(wave, length)
        rest = retimed(rest, samples(T_END_S), length)
        reach = min(wave.shape[1], length)
        # Where the beat is early enough, its P wave stands on the T wave before it, as it would.
        rest[:, length - reach :] += wave[:, wave.shape[1] - reach :]
        return np.concatenate([rest, stretch[:, onset:]], axis=1)

    def _without_p(self, stretch: F64, onset: int) -> tuple[F64, F64]:
        """Part the time before QRS in all but the P wave (lead, onset), and that (lead, time)."""
        samples = self.source.samples
        start = max(min(samples(T_END_S), onset - samples(SHORTEST_P_S)), onset - samples(P_S))
        way = np.linspace(0, 1, onset - start)
        rest = stretch[:, :onset].copy()
        rest[:, start:] = stretch[:, start - 1 : start] * (1 - way)
        rest[:, start:] += stretch[:, onset : onset + 1] * way
        return rest, stretch[:, start:onset] - rest[:, start:]


class Swaying(Reshaped):
    """N after N whose intervals follow the breath and drift; in some recordings pauses."""

    def draw_rhythm(self) -> None:
        """Draw how far and how fast the intervals sway."""
        super().draw_rhythm()
        self.height = float(self.rng.uniform(0.03, 0.18)) / 1.7
        self.hz = self.rng.uniform((0.05, 0.15, 0.01), (0.15, 0.4, 0.05))
        self.start = self.rng.uniform(0, 2 * math.pi, 3)
        self.pausing = float(self.rng.choice((0.0, 0.0, 0.01, 0.04)))
        self.drift = 0.0

    def interval_s(self, usual_s: float) -> float:
        """Draw the next interval."""
        at_s = self.length / self.source.rate_hz
        self.drift = 0.6 * self.drift + self.rng.normal(0, 0.02)
        sway = self.height * np.sin(2 * math.pi * self.hz * at_s + self.start).sum() + self.drift
        long = float(self.rng.uniform(1.3, 2.5)) if self.rng.random() < self.pausing else 1.0
        return float(np.clip(usual_s * math.exp(sway) * long, 0.4, 3.0))


class Fibrillating(Reshaped):
    """N after N at log-normal intervals, small regular waves in place of the P wave."""

    def draw_rhythm(self) -> None:
        """Draw how fast and how irregular it is, and the waves of the atria."""
        super().draw_rhythm()
        self.spread = float(self.rng.uniform(0.15, 0.3))
        self.mean_s = float(self.rng.uniform(0.5, 0.95))
        self.wave_hz = float(self.rng.uniform(4, 8))
        self.wave_mv = self.rng.uniform(0, 0.08, (len(self.source.x), 1))

    def interval_s(self, usual_s: float) -> float:
        """Draw the next interval."""
        del usual_s
        drawn = math.exp(self.rng.normal(0, self.spread) - self.spread**2 / 2)
        return float(np.clip(self.mean_s * drawn, 0.32, 2.0))

    def atrial(self, own: F64, length: int) -> F64:
        """Return fibrillatory waves from the T wave on: (lead, length)."""
        del own
        at_s = (self.length + np.arange(length)) / self.source.rate_hz
        phase = 2 * math.pi * self.wave_hz * at_s + 0.8 * np.sin(2 * math.pi * 0.3 * at_s)
        # They go on under the QRS, which is not made anew: here they end where it begins.
        ends = np.minimum(1.0, np.arange(length)[::-1] / self.source.samples(FADE_S))
        waves: F64 = self.wave_mv * np.sin(phase) * ends
        return waves


class Blocked(Reshaped):
    """N after N, but every few P waves none comes: AV block of the second degree.

    In half of the recordings always after as many beats. From beat to beat the P wave lies further
    before the QRS, most of all at first (Wenckebach), or does not.
    """

    def draw_rhythm(self) -> None:
        """Draw the rate of the atria, and how many of their beats come through in a row."""
        super().draw_rhythm()
        self.atria_s = float(self.rng.uniform(0.7, 1.1))
        self.row = self.usual_row = int(self.rng.integers(*ROW))
        self.varies = bool(self.rng.random() < 0.5)
        self.step_s = float(self.rng.uniform(0, 0.09))
        self.seldom = float(self.rng.choice((0.0, 0.0, 0.4)))
        self.came, self.behind_s = 1, 0.0

    def interval_s(self, usual_s: float) -> float:
        """Draw the next interval."""
        del usual_s
        due_s, behind_s = self.atria_s * math.exp(self.rng.normal(0, 0.012)), self.behind_s
        if self.came >= self.row:
            self.came, self.behind_s = 1, 0.0
            self.row = int(self.rng.integers(*ROW)) if self.varies else self.usual_row
            if self.rng.random() < self.seldom:
                self.row = LONG_ROW
            return 2 * due_s - behind_s
        self.behind_s += self.step_s * (0.6 if self.came == 1 else 0.25)
        self.came += 1
        return due_s + self.behind_s - behind_s

    def atrial(self, own: F64, length: int) -> F64:
        """Return the P wave, and before it one that led to no beat: (lead, length)."""
        samples = self.source.samples
        ends = [length - samples(self.behind_s)]
        if self.came == 1:
            ends.append(length - samples(self.atria_s))
        waves = np.zeros((len(own), length))
        for end in ends:
            reach = min(own.shape[1], max(0, end))
            waves[:, end - reach : end] += own[:, own.shape[1] - reach :]
        return waves


def some(rng: Generator) -> Order:
    """Go from N to a few S and back, without end."""
    share = rng.uniform(0.03, 0.15)
    yield from "NNNNN"
    while True:
        if rng.random() < share:
            yield from "S" * int(min(8, rng.geometric(0.6)))
        yield from "N" * int(rng.integers(1, 3))


def ordered(name: str) -> Callable[[Generator], Order]:
    """Return one of the orders of `ORDERS`, in which S is a third of the beats or nearly all."""
    return lambda rng: chain("NNN", alternate(ORDERS[name], rng))


def none(_rng: Generator) -> Order:
    """Stay with N, without end."""
    while True:
        yield "N"


@dataclass(frozen=True)
class Manner:
    """One way of making a recording: who joins the beats, in which orders, and how long.

    `draws`: recordings for each person.
    """

    tape: type[Reshaped]
    orders: Mapping[str, Callable[[Generator], Order]]
    lasts_s: float
    draws: int = 2


MANNERS: Mapping[str, Manner] = {
    "some": Manner(Reshaped, {"some": some}, 480.0),
    "many": Manner(Reshaped, {name: ordered(name) for name in ORDERS}, 360.0),
    "sway": Manner(Swaying, {"none": none}, 300.0),
    "fibrillation": Manner(Fibrillating, {"none": none}, 300.0),
    "block": Manner(Blocked, {"none": none}, 300.0, draws=1),
}
"""With two draws of AV block nets find fewer S where S dominate, which often come before pauses."""


def reshaped(recording: Recording) -> Iterator[Recording]:
    """Yield recordings made of one person's N beats, in every manner.

    Always the same from the same recording; subject and channels are its own. There are none of
    people who fibrillate at times, whose N have no P wave to be changed.

    Raises
    ------
    CorpusError
        If the channels were not sampled alike.
    """
    if ever_fibrillates(recording):
        return
    source = Source.of(recording)
    if source.count("N", "N") < FEWEST_N:
        return
    for name, manner in MANNERS.items():
        for number in range(manner.draws):
            called = f"{name}-{number}"
            rng = np.random.default_rng(zlib.crc32(f"{recording.name} {called}".encode()))
            tape = manner.tape(source, rng)
            tape.draw_rhythm()
            order = str(rng.choice(list(manner.orders)))
            tape.pauses = order == PAUSES
            beats = with_v(manner.orders[order](rng), source, rng, MOST_V)
            yield record(recording, tape, beats, (called, manner.lasts_s))
