"""The clock of all tasks: channels at any rates go in, a uniform grid comes out, causally."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from arsis.core.fold import Block
from arsis.core.recording import samples_before

if TYPE_CHECKING:
    from arsis.core.arrays import F32, I64
    from arsis.core.recording import Mark, Piece, Samples

PHASES = 512
"""Positions between two samples at which the kernel is tabulated: at most 1/1024 sample off."""
LONG = 128
"""From so many taps on, each sum is taken along a row of its own: quicker for sound at 44.1 kHz."""
ROWS = 2048
"""Sums taken together, so that they stay in the processor's cache."""


@dataclass(frozen=True)
class Band:
    """How a channel is brought to the grid: a low-pass kernel of a fixed length in time.

    Attributes
    ----------
    cutoff_hz
        Half-amplitude frequency of the low-pass.
    half_s
        Half length of the kernel: the delay of the clock.
    highest
        Share of the source's rate that the cut-off never exceeds; at one half, samples that
        already stand on the grid are handed on as they are.
    """

    cutoff_hz: float
    half_s: float
    highest: float = 0.45


@dataclass
class Track:
    """What the clock remembers of one channel: source samples not yet used up.

    Attributes
    ----------
    rate_hz
        Of the source; 0 until its first piece.
    first
        Number of the first sample kept.
    kept
        (time,) source samples, NaN = gap.
    """

    rate_hz: float = 0.0
    first: int = 0
    kept: F32 = field(default_factory=lambda: np.empty(0, np.float32))


@dataclass
class Clock:
    """Bring channels of different rates to one grid; a `Fold[Piece, Block]`.

    A grid sample is a weighted sum of the source samples within `band.half_s` of it, so what
    comes out never depends on how the recording was cut. Where one of them is missing the grid
    sample is NaN. Before the first and behind the last sample the nearest one is repeated.
    """

    names: tuple[str, ...]
    rate_hz: float
    band: Band
    done: int = 0
    waiting: tuple[Mark, ...] = ()
    tracks: dict[str, Track] = field(default_factory=dict)

    def push(self, piece: Piece, /, last: bool = False) -> Block:
        """Take a piece and return the stretch of the grid that is now known: (channel, time)."""
        for name in self.names:
            track = self.tracks.setdefault(name, Track())
            _take(
                track,
                piece.samples[name],
                samples_before(piece.stop_s, piece.samples[name].rate_hz),
            )
        known_s = piece.stop_s if last else piece.stop_s - self.band.half_s
        stop = max(self.done, samples_before(known_s, self.rate_hz))
        x = np.stack([self._grid(self.tracks[name], stop, last) for name in self.names])
        marks = (*self.waiting, *piece.marks)
        ready = sum(mark.time_s * self.rate_hz < stop for mark in marks)
        ready = len(marks) if last else ready
        self.waiting = marks[ready:]
        block = Block(x, self.done, self.rate_hz, marks[:ready])
        self.done = stop
        return block

    def _grid(self, track: Track, stop: int, last: bool) -> F32:
        half = reach(track.rate_hz, self.band)
        table = kernel(track.rate_hz, self.band)
        at = np.arange(self.done, stop) * (track.rate_hz / self.rate_hz)
        base = np.floor(at).astype(np.int64)
        phase = np.rint((at - base) * PHASES).astype(np.int64)
        source = _edged(track, half, last)
        offset = base - (track.first - (half if track.first == 0 else 0)) - half + 1
        grid = np.zeros(len(at), np.float32)
        if len(at):
            if 2 * half >= LONG:
                _sum_rows(source, (offset, phase), table, grid)
            else:
                # One tap after the other, element by element: the sum never depends on the cut.
                for tap in range(2 * half):
                    grid += table[tap].take(phase) * source.take(offset + tap)
            keep = max(track.first, int(np.floor(stop * track.rate_hz / self.rate_hz)) - half)
            track.kept, track.first = track.kept[keep - track.first :].copy(), keep
        return grid


def _sum_rows(source: F32, place: tuple[I64, I64], table: F32, out: F32) -> None:
    """Put the sums of taps at (offset, phase) into `out`: (grid,).

    Each is the sum along a row of the same length, so that it never depends on the cut.
    """
    offset, phase = place
    stretches, taps = sliding_window_view(source, len(table)), np.ascontiguousarray(table.T)
    for start in range(0, len(out), ROWS):
        rows = stretches[offset[start : start + ROWS]]
        rows *= taps[phase[start : start + ROWS]]
        rows.sum(1, out=out[start : start + ROWS])


def _take(track: Track, samples: Samples, stop: int) -> None:
    """Append samples up to number `stop`; what did not come is NaN."""
    track.rate_hz = samples.rate_hz
    end = track.first + len(track.kept)
    fresh = np.full(max(0, stop - end), np.nan, np.float32)
    skip = max(0, end - samples.first)
    place = max(0, samples.first - end)
    values = samples.values[skip : skip + max(0, len(fresh) - place)]
    fresh[place : place + len(values)] = values
    track.kept = np.concatenate([track.kept, fresh])


def _edged(track: Track, half: int, last: bool) -> F32:
    """Return the kept samples with the recording's two ends repeated where they are in sight."""
    parts = [track.kept]
    if track.first == 0:
        parts.insert(0, np.repeat(track.kept[:1], half))
    if last:
        parts.append(np.repeat(track.kept[-1:], half + 2))
    return np.concatenate(parts) if len(parts) > 1 else track.kept


def reach(rate_hz: float, band: Band) -> int:
    """Return how many source samples on each side of a grid sample its sum takes."""
    return max(2, int(np.floor(band.half_s * rate_hz)))


@cache
def kernel(rate_hz: float, band: Band) -> F32:
    """Return the low-pass kernel at every phase: (2 * reach, PHASES + 1), each phase sums to 1.

    A sinc at the cut-off under a Hann window (Oppenheim and Schafer, Discrete-Time Signal
    Processing, 1989, section 7.4). The cut-off never exceeds `band.highest` of the source rate.
    """
    half = reach(rate_hz, band)
    cutoff = min(band.cutoff_hz, band.highest * rate_hz) / rate_hz
    taps = np.arange(-half + 1, half + 1)[:, None]
    distance = taps - np.arange(PHASES + 1)[None, :] / PHASES
    weight = np.sinc(2 * cutoff * distance) * np.cos(np.pi * distance / (2 * half + 1e-9)) ** 2
    weight[np.abs(distance) > half] = 0.0
    if cutoff == 0.5:
        # A sample on the grid is that sample; in floating point the sinc's zeros are not quite 0.
        weight[:, 0] = taps[:, 0] == 0
    return np.ascontiguousarray(weight / weight.sum(0), dtype=np.float32)
