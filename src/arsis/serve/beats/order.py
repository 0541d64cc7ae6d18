"""Which beats come first where a page has not room for the waveform of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from arsis.core.arrays import I64, Bool

LAST = np.iinfo(np.int64).max
AROUND_S = (-1.5, -0.5, 0.5, 1.5)
"""The whole seconds that hold these instants are drawn around a beat."""


def ranks(kind: I64, notable: Bool) -> I64:
    """Say how soon each beat has its turn: (beat,) -> (beat,), 0 first.

    Whatever length of this order is taken, each kind of notable beat is spread evenly over the
    recording, and rare kinds are complete before frequent ones; all other beats come after them.

    Parameters
    ----------
    kind, notable
        (beat,) a number for each kind of beat, and whether it is one that an expert looks for.
    """
    rank = np.empty(len(kind), np.int64)
    for value in np.unique(kind[notable]):
        chosen = notable & (kind == value)
        rank[chosen] = _spread(int(chosen.sum()))
    rank[~notable] = len(kind) + _spread(int((~notable).sum()))
    return rank


def cell_ranks(second: I64, rank: I64, count: int) -> I64:
    """Say how soon each second of the recording has its turn: (cell,), `LAST` = without a beat.

    Parameters
    ----------
    second
        (beat, around) the seconds that each beat wants drawn; those outside are ignored.
    rank
        (beat,)
    """
    cells = np.full(count, LAST, np.int64)
    wanted = np.broadcast_to(rank[:, None], second.shape)
    inside = (second >= 0) & (second < count)
    np.minimum.at(cells, second[inside], wanted[inside])
    return cells


def _spread(count: int) -> I64:
    """Return a place for each of `count` things, so that any number of the first lies evenly.

    Bit-reversed counting (van der Corput 1935).
    """
    at = np.arange(count, dtype=np.int64)
    mirrored = np.zeros(count, np.int64)
    for _ in range(max(1, count - 1).bit_length()):
        mirrored = (mirrored << 1) | (at & 1)
        at = at >> 1
    place = np.empty(count, np.int64)
    place[np.argsort(mirrored, kind="stable")] = np.arange(count)
    return place
