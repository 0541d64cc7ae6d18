"""The waveform of a recording in the room that a page has for it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.core.recording import samples_before
from arsis.serve.beats.order import AROUND_S, cell_ranks
from arsis.serve.report.pack import differences, pack, pack_samples, whole_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arsis.core.arrays import F32, I64, Bool
    from arsis.core.recording import Channel, Recording
    from arsis.serve.beats.marks import Marks
    from arsis.serve.report.arrays import I16, U8

HIGHEST_HZ, LOWEST_HZ = 400.0, 120.0
"""Rates at which a waveform is worth drawing; the finest that fits is taken."""
WHOLE_STEP_MV, THINNED_STEP_MV = 0.005, 0.010
"""Half a screen pixel at 10 mm/mV is 0.013 mV."""
ENVELOPE_STEP_MV = 0.05
MOST_BINS = 43_200
"""Bins of the envelope: a second each for half a day, then longer."""
PIECE_S = 600
BEST_RATIO = 0.35
"""Characters a sample takes at the very least; what cannot fit at this ratio is not tried."""


@dataclass(frozen=True)
class Strip:
    """What of the waveform stands on the page.

    Attributes
    ----------
    rate_hz, step_mv
        Of the samples on the page.
    drawn
        (cell,) which whole seconds of the recording are there.
    samples
        Their samples, packed: one second after the other, in each lead after lead.
    bin_s, envelope
        Least and greatest value of every stretch of this length, packed.
    """

    rate_hz: int
    step_mv: float
    drawn: Bool
    samples: str
    bin_s: int
    envelope: str

    @property
    def is_whole(self) -> bool:
        """Whether every second is there."""
        return bool(self.drawn.all())

    def as_dict(self) -> dict[str, Any]:
        """Return what the page's script needs."""
        return {
            "rate_hz": self.rate_hz,
            "step_mv": self.step_mv,
            "seconds": len(self.drawn),
            "drawn": pack(np.packbits(self.drawn, bitorder="little").tobytes()),
            "samples": self.samples,
            "bin_s": self.bin_s,
            "envelope": self.envelope,
            "envelope_step_mv": ENVELOPE_STEP_MV,
        }


def strip_of(recording: Recording, marks: Marks, room: int) -> Strip:
    """Return as much of the waveform as `room` characters hold.

    Whole, at the finest rate that fits; else the seconds around notable beats, spread evenly, and
    the envelope of everything.
    """
    count = math.ceil(recording.duration_s)
    bin_s = max(1, math.ceil(count / MOST_BINS))
    rates = page_rates(max(channel.rate_hz for channel in recording.channels))
    everything = np.ones(count, bool)
    for rate_hz in rates:
        if count * rate_hz * len(recording.channels) * BEST_RATIO > room:
            continue
        cells, envelope = _cut(recording, everything, (rate_hz, WHOLE_STEP_MV), bin_s)
        samples = pack_samples(cells.raw.tobytes())
        if len(samples) + len(envelope) <= room:
            return Strip(rate_hz, WHOLE_STEP_MV, everything, samples, bin_s, envelope)
    return _thinned(recording, marks, rates[-1], bin_s, room)


def page_rates(rate_hz: float) -> list[int]:
    """Return the rates at which a channel can be drawn without interpolation, finest first.

    Examples
    --------
    >>> page_rates(360.0)
    [360, 180, 120]
    >>> page_rates(257.5)
    [250]
    """
    rates = [rate_hz / factor for factor in range(1, 9)]
    fitting = [int(r) for r in rates if r == int(r) and LOWEST_HZ <= r <= HIGHEST_HZ]
    return fitting or [max(1, round(min(rate_hz, 250.0)))]


@dataclass(frozen=True)
class _Cells:
    raw: U8
    length: I64


def _thinned(recording: Recording, marks: Marks, rate_hz: int, bin_s: int, room: int) -> Strip:
    """Draw the seconds whose turn comes first until the room is used up."""
    count = math.ceil(recording.duration_s)
    second = np.floor(marks.time_s[:, None] + np.array(AROUND_S)).astype(np.int64)
    order = np.argsort(cell_ranks(second, marks.ranks(), count), kind="stable")
    most = max(0, int(room / BEST_RATIO / (rate_hz * len(recording.channels))))
    drawn = np.zeros(count, bool)
    drawn[order[:most]] = True
    cells, envelope = _cut(recording, drawn, (rate_hz, THINNED_STEP_MV), bin_s)
    if len(envelope) > room:
        envelope = ""
    left = room - len(envelope)
    places = np.flatnonzero(drawn)
    turn = np.argsort(np.argsort(order)[places], kind="stable")
    kept, samples = len(turn), pack_samples(cells.raw.tobytes())
    while len(samples) > left and kept:
        kept = int(0.98 * kept * max(0, left) / len(samples))
        chosen = np.zeros(len(places), bool)
        chosen[turn[:kept]] = True
        samples = pack_samples(cells.raw[np.repeat(chosen, cells.length)].tobytes())
    drawn = np.zeros(count, bool)
    drawn[places[turn[:kept]]] = True
    return Strip(rate_hz, THINNED_STEP_MV, drawn, samples if kept else "", bin_s, envelope)


def _cut(
    recording: Recording, drawn: Bool, grid: tuple[int, float], bin_s: int
) -> tuple[_Cells, str]:
    """Go once through the recording: the samples of the seconds drawn, the envelope of all."""
    rate_hz, step_mv = grid
    raw: list[U8] = []
    lengths: list[I64] = []
    extremes: list[I16] = []
    piece_s = max(1, PIECE_S // bin_s) * bin_s
    for start, x in _seconds(recording, len(drawn), piece_s, rate_hz):
        rows = x.reshape(len(x), -1)[drawn[start : start + len(x)]]
        part, length = differences(whole_steps(rows, step_mv))
        raw.append(part)
        lengths.append(length)
        extremes.append(_extremes(x, bin_s))
    cells = _Cells(np.concatenate(raw), np.concatenate(lengths)) if raw else _NO_CELLS
    # (side, lead, bin): neighbours in time are alike, so each row packs well.
    bands = np.concatenate(extremes, axis=2) if extremes else np.empty((2, 0, 0), np.int16)
    return cells, pack(bands.astype(np.int8).tobytes())


_NO_CELLS = _Cells(np.empty(0, np.uint8), np.empty(0, np.int64))


def _extremes(x: F32, bin_s: int) -> I16:
    """Return the least and the greatest value: (cell, lead, time) -> (2, lead, bin), -128 = gap."""
    missing = -len(x) % bin_s
    x = np.concatenate([x, np.full((missing, *x.shape[1:]), np.nan, np.float32)])
    bins = x.reshape(-1, bin_s, *x.shape[1:])
    both = np.stack([np.fmin.reduce(bins, axis=(1, 3)), np.fmax.reduce(bins, axis=(1, 3))])
    steps = np.clip(np.rint(np.nan_to_num(both) / ENVELOPE_STEP_MV), -127, 127)
    return np.where(np.isnan(both), -128, steps).astype(np.int16).transpose(0, 2, 1)


def _seconds(
    recording: Recording, count: int, piece_s: int, rate_hz: int
) -> Iterator[tuple[int, F32]]:
    """Yield whole seconds on the page's grid: the first one's number, (cell, lead, time)."""
    for start in range(0, count, piece_s):
        stop = min(start + piece_s, count)
        rows = [on_grid(channel, start, stop, rate_hz) for channel in recording.channels]
        cells = np.stack(rows).reshape(len(rows), stop - start, rate_hz)
        yield start, cells.transpose(1, 0, 2)


def on_grid(channel: Channel, start_s: int, stop_s: int, rate_hz: int) -> F32:
    """Return a stretch of a channel on the page's grid, NaN where nothing was measured: (time,).

    The mean of neighbours takes the place of a low-pass; it moves the drawing by less than
    half a sample of the page, which no eye can see.
    """
    count = (stop_s - start_s) * rate_hz
    values = channel.read(start_s, stop_s)
    factor = max(1, int(channel.rate_hz // rate_hz))
    if factor > 1:
        values = np.append(values, np.full(-len(values) % factor, np.nan, np.float32))
        values = values.reshape(-1, factor).mean(axis=1)
    own_hz = channel.rate_hz / factor
    if own_hz == rate_hz:
        return np.append(values[:count], np.full(max(0, count - len(values)), np.nan, np.float32))
    if not len(values):
        return np.full(count, np.nan, np.float32)
    first_s = samples_before(start_s, channel.rate_hz) / channel.rate_hz
    at = start_s + np.arange(count) / rate_hz
    own = first_s + np.arange(len(values)) / own_hz
    # The last sample holds until the next would have come.
    inside = at <= own[-1] + 1 / own_hz
    return np.where(inside, np.interp(at, own, values), np.nan).astype(np.float32)
