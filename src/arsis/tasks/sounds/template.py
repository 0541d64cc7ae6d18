"""When exactly a heart sound came: its waveform is laid over the sounds before it.

The boundary of a 20 ms step cannot time a beat to milliseconds; the waveform can, but it swings,
and a shift by one swing fits nearly as well. So how well each shift fits is weighed against the
instant that the net's probabilities suggest, and what remains of the doubt is the spread.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from arsis.tasks.sounds.phases import RATE_HZ

if TYPE_CHECKING:
    from arsis.core.arrays import F64

BEFORE, AFTER = 60, 100
"""Samples of the template before and after the instant."""
REACH = 40
"""Samples by which the waveform may be shifted either way."""
PIECE = BEFORE + AFTER + 2 * REACH
"""Samples of waveform that one sound needs, from `BEFORE` + `REACH` before the instant."""

PRIOR_S = 0.012
"""Standard deviation of the net's instants about the true ones."""
FREEDOM = 28.0
"""Independent samples in a template; how strongly the waveform speaks."""
MEMORY = 0.15
"""Share of the newest sound in the template."""
FORMING = 3
"""A template is made of so many sounds at least, and of `KEPT` at most."""
KEPT = 8
POOR = 0.4
LOST = 4
"""A sound that correlates poorly stays out; after so many in a row the template is made anew."""
_HIGHEST = 0.995
_FINEST_S = 0.0015
"""No sound is placed better than this: from beat to beat it is not quite the same sound."""


class Placed(NamedTuple):
    """A sound in time: instant and its spread in s, and the correlation (NaN: no template)."""

    instant_s: float
    spread_s: float
    correlation: float
    epoch: int


@dataclass
class Template:
    """The mean waveform of the sounds so far; the fields are the whole state.

    Attributes
    ----------
    shape
        (time,) of unit energy; empty until there are `FORMING` sounds.
    recent
        (waveform, its instant in samples) of the newest sounds, from which to form.
    epoch, poor
        How often a template has been formed: instants of different ones do not compare. How many
        poor sounds there have been in a row.
    """

    shape: F64 = field(default_factory=lambda: np.empty(0))
    recent: list[tuple[F64, float]] = field(default_factory=list)
    epoch: int = 0
    poor: int = 0

    def place(self, pieces: list[F64], instants_s: list[float]) -> list[Placed]:
        """Place the next sounds of a recording.

        Parameters
        ----------
        pieces
            (`PIECE`,) each: the waveform about `round(instant * RATE_HZ)`; NaN where it is
            unknown.
        instants_s
            What the probabilities suggest.
        """
        early = [s * RATE_HZ - round(s * RATE_HZ) for s in instants_s]
        if not self.shape.size:
            # The first sounds are placed together, after they have formed the template.
            self._remember(pieces, early)
            self._form()
        return [
            self._place_one(piece, s, off)
            for piece, s, off in zip(pieces, instants_s, early, strict=True)
        ]

    def _place_one(self, piece: F64, instant_s: float, early: float) -> Placed:
        """Place a sound and let it enter the template."""
        if not self.shape.size or np.isnan(piece).any():
            return Placed(instant_s, PRIOR_S, np.nan, 0 if not self.shape.size else self.epoch)
        likeness = correlations(piece, self.shape)
        shift, spread, best = weigh(likeness, early)
        epoch = self.epoch
        self._follow(piece, early, best, float(likeness[best]))
        instant_s = (round(instant_s * RATE_HZ) + shift) / RATE_HZ
        return Placed(instant_s, spread / RATE_HZ, float(likeness[best]), epoch)

    def _follow(self, piece: F64, early: float, best: int, likeness: float) -> None:
        """Let a well-placed sound enter the template; after some poor ones, make it anew."""
        self._remember([piece], [early])
        self.poor = 0 if likeness > POOR else self.poor + 1
        if not self.poor:
            self.shape = _unit((1 - MEMORY) * self.shape + MEMORY * _unit(_cut(piece, best)))
        elif self.poor == LOST:
            self.recent = self.recent[-LOST:]
            self._form()

    def _remember(self, pieces: list[F64], early: list[float]) -> None:
        known = [(p, e) for p, e in zip(pieces, early, strict=True) if not np.isnan(p).any()]
        self.recent = [*self.recent, *known][-KEPT:]

    def _form(self) -> None:
        """Make the template: from the most typical sound, then from all, aligned to it."""
        if len(self.recent) < FORMING:
            return
        cuts = [_unit(_cut(piece, REACH + round(early))) for piece, early in self.recent]
        typical = [
            np.median([correlations(piece, shape).max() for piece, _ in self.recent])
            for shape in cuts
        ]
        shape = cuts[int(np.argmax(typical))]
        early = np.array([each for _, each in self.recent])
        for _ in range(3):
            found = [correlations(piece, shape) for piece, _ in self.recent]
            best = np.array(
                [weigh(one, each)[2] for one, each in zip(found, early.tolist(), strict=True)]
            )
            # On the whole the net's instants are right: the template must not lie off them.
            off = round(float(np.mean(best - REACH - early)))
            place = np.clip(best - off, 0, 2 * REACH).tolist()
            weight = [max(one[k], 0.0) ** 2 for one, k in zip(found, best.tolist(), strict=True)]
            cuts = [_unit(_cut(one, k)) for (one, _), k in zip(self.recent, place, strict=True)]
            shape = _unit(np.average(cuts, axis=0, weights=np.array(weight) + 1e-6))
        self.shape, self.poor = shape, 0
        self.epoch += 1


def correlations(piece: F64, shape: F64) -> F64:
    """Correlate a template (time,) with a longer waveform at every shift: (shift,) -1..1."""
    energy = np.concatenate([[0.0], np.cumsum(piece * piece)])
    scale = np.sqrt(np.maximum(energy[len(shape) :] - energy[: -len(shape)], 0.0))
    likeness: F64 = np.correlate(piece, shape, "valid")
    likeness[scale > 0] /= scale[scale > 0]
    return likeness


def weigh(likeness: F64, early: float) -> tuple[float, float, int]:
    """Weigh how well each shift fits against the instant expected, `early` samples off the middle.

    `likeness` (shift,). The likelihood of a shift under Gaussian noise of unknown size is
    (1 - correlation^2)^(-freedom / 2). Returns mean and spread of the shift in samples, 0 = the
    middle, and the place of the best whole one.
    """
    shifts = np.arange(len(likeness)) - REACH
    fits = -0.5 * FREEDOM * np.log(1 - np.clip(likeness, 0.0, _HIGHEST) ** 2)
    fits -= 0.5 * ((shifts - early) / (PRIOR_S * RATE_HZ)) ** 2
    share = np.exp(fits - fits.max())
    share /= share.sum()
    mean = float(share @ shifts)
    spread = np.sqrt(share @ (shifts - mean) ** 2 + (_FINEST_S * RATE_HZ) ** 2)
    return mean, float(spread), int(fits.argmax())


def _cut(piece: F64, place: int) -> F64:
    """Cut (`BEFORE` + `AFTER`,) out of (`PIECE`,)."""
    return piece[place : place + BEFORE + AFTER]


def _unit(waveform: F64) -> F64:
    energy = float(waveform @ waveform)
    return waveform / np.sqrt(energy) if energy else waveform
