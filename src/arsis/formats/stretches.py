"""Stretches of signal, each begun at its own instant, joined into channels with gaps between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import FormatError
from arsis.core.recording import Channel, ReadSamples
from arsis.formats.names import MOST_CHANNELS, unique
from arsis.formats.stated import agreed_rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from arsis.core.arrays import F32

Placed = tuple[int, int, ReadSamples]
"""Samples [first, last) of a channel, and what reads them, counted from the first of them."""
LONGEST_S = 366 * 86_400.0
_MOST_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples of one channel without a gap.

    Attributes
    ----------
    name, unit, rate_hz
        What its channel is; stretches that agree in all three may be of one channel.
    begin_s
        When its first sample stands, in seconds of the recording; not below 0.
    length
        How many samples there are.
    source
        `source(start, stop) -> (time,)` float32 in `unit`.
    """

    name: str
    unit: str
    rate_hz: float
    begin_s: float
    length: int
    source: ReadSamples

    @property
    def first(self) -> int:
        """The number of its first sample in the channel: the nearest to its time."""
        return round(self.begin_s * self.rate_hz)

    @property
    def stop(self) -> int:
        """The number after that of its last sample."""
        return self.first + self.length


def with_gaps(placed: Iterable[Placed], start: int, stop: int) -> F32:
    """Return the samples [start, stop) of a channel: (time,), NaN where none is placed."""
    out = np.full(stop - start, np.nan, np.float32)
    for first, last, read in placed:
        begin, end = max(start, first), min(stop, last)
        if begin < end:
            out[begin - start : end - start] = read(begin - first, end - first)
    return out


def joined(
    stretches: Sequence[Stretch], told_hz: float | None, where: str
) -> tuple[tuple[Channel, ...], tuple[str, ...]]:
    """Return the channels that stretches make up, in order of their first one, and notes.

    Stretches of one name, unit and rate follow one another in a channel; where two of them are of
    the same time, they become channels of their own, with a note.

    Raises
    ------
    FormatError
        If a rate contradicts the one told, or stretches lie more than a year apart.
    """
    alike: dict[tuple[str, str, float], list[Stretch]] = {}
    for stretch in stretches:
        agreed_rate(stretch.rate_hz, told_hz, where, stretch.length)
        if stretch.begin_s > LONGEST_S:
            found = f"{stretch.name} goes on after {stretch.begin_s / 86_400:.0f} days"
            raise FormatError(where, found, "at most a year", "Check the times in the file.")
        alike.setdefault((stretch.name, stretch.unit, stretch.rate_hz), []).append(stretch)
    runs = [run for same in alike.values() for run in _runs(same, where)]
    if len(runs) > MOST_CHANNELS:
        advice = "Check that this is one recording."
        raise FormatError(where, f"{len(runs)} channels", f"at most {MOST_CHANNELS}", advice)
    names, notes = unique([run[0].name for run in runs])
    return tuple(_channel(name, run) for name, run in zip(names, runs, strict=True)), notes


def _runs(same: list[Stretch], where: str) -> list[list[Stretch]]:
    """Divide stretches of one name into runs in which none overlaps another."""
    runs: list[list[Stretch]] = []
    for stretch in sorted(same, key=lambda one: one.first):
        free = next((run for run in runs if run[-1].stop <= stretch.first), None)
        if free is not None:
            free.append(stretch)
        elif len(runs) < _MOST_AT_ONCE:
            runs.append([stretch])
        else:
            found = f"more than {_MOST_AT_ONCE} signals called {stretch.name} at once"
            raise FormatError(where, found, "a name for each", "The file is damaged.")
    return runs


def _channel(name: str, run: list[Stretch]) -> Channel:
    def source(start: int, stop: int) -> F32:
        return with_gaps(((one.first, one.stop, one.source) for one in run), start, stop)

    return Channel(name, run[0].unit, run[0].rate_hz, run[-1].stop, source)
