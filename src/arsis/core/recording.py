"""One measurement of one subject: channels that are read lazily, and experts' marks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.arrays import F32
from arsis.core.errors import ChannelError, SettingError
from arsis.core.units import factor

if TYPE_CHECKING:
    from datetime import datetime

ReadSamples = Callable[[int, int], F32]


@dataclass(frozen=True, slots=True)
class Mark:
    """What somebody noted at an instant of a recording: a beat, a change of rhythm, a comment."""

    time_s: float
    label: str
    duration_s: float = 0.0
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Samples:
    """A run of samples of one channel; sample i stands at (first + i) / rate_hz. NaN = gap."""

    rate_hz: float
    first: int
    values: F32


@dataclass(frozen=True, slots=True)
class Piece:
    """What several channels measured from start_s to stop_s; nothing before stop_s follows."""

    start_s: float
    stop_s: float
    samples: dict[str, Samples]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Channel:
    """One channel of a recording, at its own rate, read when it is needed.

    Attributes
    ----------
    name, unit
        As the file names them; a unit that the file does not state is ``""``.
    rate_hz
        Samples per second.
    length
        Number of samples.
    source
        `source(start, stop) -> (time,)` float32 in `unit`, NaN = gap; never outside 0..length.
    """

    name: str
    unit: str
    rate_hz: float
    length: int
    source: ReadSamples

    @property
    def duration_s(self) -> float:
        """How long the channel lasts, in seconds."""
        return self.length / self.rate_hz

    def read(self, start_s: float = 0.0, stop_s: float = math.inf) -> F32:
        """Return the samples that stand in [start_s, stop_s): shape (time,), NaN = gap."""
        start, stop = samples_before(start_s, self.rate_hz), samples_before(stop_s, self.rate_hz)
        stop = min(stop, self.length)
        if start >= stop:
            return np.empty(0, np.float32)
        return self.source(start, stop)

    def to_unit(self, unit: str) -> Channel:
        """Return the same channel with its values in `unit`; raises UnitError if it cannot be."""
        scale = factor(self.unit, unit, f"channel {self.name}")
        source = self.source
        if scale == 1.0:
            return replace(self, unit=unit)
        return replace(
            self, unit=unit, source=lambda start, stop: source(start, stop) * np.float32(scale)
        )


@dataclass(frozen=True)
class Recording:
    """One measurement of one subject.

    Attributes
    ----------
    name
        What to call it in an answer (the record's name or the file's).
    channels
        In the file's order; their rates may differ.
    load_marks
        Reads the marks; called once, when they are first asked for.
    subject
        Who was measured, as far as the file says; None = not said.
    start
        When it began, with time zone where the file states one.
    notes
        What the reader had to leave out or mend, in sentences for a person.
    """

    name: str
    channels: tuple[Channel, ...]
    load_marks: Callable[[], tuple[Mark, ...]] = tuple
    subject: str | None = None
    start: datetime | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """Experts' marks, in order of time."""
        return tuple(sorted(self.load_marks(), key=lambda mark: mark.time_s))

    @property
    def duration_s(self) -> float:
        """How long the longest channel lasts, in seconds."""
        return max((channel.duration_s for channel in self.channels), default=0.0)

    def select(self, names: tuple[str, ...]) -> Recording:
        """Return the recording with only the named channels, in that order.

        Raises
        ------
        ChannelError
            If a name is not one of the recording's channels.
        """
        by_name = {channel.name: channel for channel in self.channels}
        unknown = [name for name in names if name not in by_name]
        if unknown:
            raise ChannelError(
                self.name,
                f"no channel named {', '.join(unknown)}",
                f"names out of {', '.join(by_name) or 'none at all'}",
                "Run `arsis read FILE` to see what the file holds.",
            )
        return replace(self, channels=tuple(by_name[name] for name in names))

    def pieces(self, length_s: float, marks: tuple[Mark, ...] = ()) -> Iterator[Piece]:
        """Yield the recording in pieces of `length_s` seconds, the last one shorter."""
        if not length_s > 0:
            raise SettingError("length_s", f"{length_s}", "more than 0 seconds", "Ask for more.")
        count = max(1, math.ceil(self.duration_s / length_s))
        edges = [min(index * length_s, self.duration_s) for index in range(count + 1)]
        at = 0
        for start_s, stop_s in pairwise(edges):
            begin = at
            final = stop_s == edges[-1]
            while at < len(marks) and (final or marks[at].time_s < stop_s):
                at += 1
            yield Piece(start_s, stop_s, self._samples(start_s, stop_s), marks[begin:at])

    def _samples(self, start_s: float, stop_s: float) -> dict[str, Samples]:
        return {
            channel.name: Samples(
                channel.rate_hz,
                samples_before(start_s, channel.rate_hz),
                channel.read(start_s, stop_s),
            )
            for channel in self.channels
        }


def samples_before(time_s: float, rate_hz: float) -> int:
    """Return how many samples of a channel stand before `time_s` (sample i at i / rate_hz)."""
    if math.isinf(time_s):
        return np.iinfo(np.int64).max
    # A time that was itself computed from a sample's number must give that number back.
    return max(0, math.ceil(time_s * rate_hz - 1e-6))


def from_array(
    x: F32, rate_hz: float, *, names: tuple[str, ...], unit: str, name: str = "array"
) -> Recording:
    """Make a recording of an array in memory: (channel, time), in `unit`, NaN = gap."""
    values = np.ascontiguousarray(np.atleast_2d(x), np.float32)
    channels = tuple(
        Channel(label, unit, rate_hz, values.shape[1], _slicer(row))
        for label, row in zip(names, values, strict=True)
    )
    return Recording(name, channels)


def _slicer(row: F32) -> ReadSamples:
    return lambda start, stop: row[start:stop]
