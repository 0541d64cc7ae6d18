"""Taking short, very loud knocks out of a sound: a finger on the microphone, a cable, a cough.

After Schmidt et al. (Physiol. Meas. 31, 2010), who compare the loudest sample of each half second
with the median of these over the whole recording. Here the six seconds before stand for the
whole, and a knock ends where the sound next crosses zero within `EDGE_S`: nothing later counts.

No task of this package uses it: it stands here for the classical chain. Whether it would help the
net for heart sounds, which sees the logarithm of loudness, was not measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.signal.filters import sliding_max
from arsis.signal.rows import row_median

if TYPE_CHECKING:
    from arsis.core.arrays import F32, F64, I64, Bool

FRAME_S = 0.3
"""The usual loudness is taken anew so often; a stretch must begin at a multiple of this."""
SPAN = 4
"""Frames whose loudest sample is taken together: 1.2 s hold a first heart sound above 50 bpm."""
PAST = 20
"""Frames that give the usual loudness: six seconds."""
RATIO = 3.0
EDGE_S = 0.025


def spike_reach(rate_hz: float) -> tuple[int, int]:
    """Count the samples that `remove_spikes` loses before and behind."""
    return (PAST + 1) * round(FRAME_S * rate_hz), round(EDGE_S * rate_hz)


def remove_spikes(x: F32, rate_hz: float) -> F32:
    """Return the band-passed sound with its knocks silenced.

    A sample is part of a knock where it exceeds `RATIO` times the usual loudest sample of the six
    seconds before its frame, up to the zero crossings on either side within `EDGE_S`. Before the
    beginning of the recording stands NaN: until 1.2 s were heard nothing is taken out.

    `x`: (channel, time), its first sample at a multiple of `FRAME_S` of the recording, NaN = gap
    -> (channel, time - before - behind), as `spike_reach` says.
    """
    frame = round(FRAME_S * rate_hz)
    before, behind = spike_reach(rate_hz)
    count = max(0, x.shape[1] - before - behind)
    if not count:
        return np.empty((len(x), 0), np.float32)
    wide = x[:, before - behind :]
    begin = before - behind - PAST * frame
    level = np.repeat(_usual(x, frame), frame, axis=1)[:, begin : begin + wide.shape[1]]
    part = _to_crossings(wide, np.abs(wide) > RATIO * level, behind)[:, behind : behind + count]
    return np.where(part, np.float32(0.0), wide[:, behind : behind + count])


def _usual(x: F32, frame: int) -> F64:
    """Return the usual loudest sample before each frame from PAST on: (channel, frame)."""
    short = -x.shape[1] % frame
    top = np.pad(np.abs(x), ((0, 0), (0, short)), constant_values=np.nan)
    # A maximum with a NaN is NaN: a level rests on wholly measured stretches alone.
    loudest = sliding_max(top.reshape(len(x), -1, frame).max(axis=2), SPAN)
    past = np.lib.stride_tricks.sliding_window_view(loudest[:, :-1], PAST - SPAN + 1, axis=1)
    usual = row_median(past.reshape(-1, past.shape[2])).reshape(past.shape[:2])
    return np.where(np.isnan(past).all(axis=2), np.inf, usual)


def _to_crossings(x: F32, high: Bool, reach: int) -> Bool:
    """Widen what is high to the zero crossings around it, by at most `reach`: (channel, time)."""
    crossed = np.diff(x > 0.0, axis=1, prepend=x[:, :1] > 0.0)
    later = _since(high, crossed, reach)
    # From the right a crossing belongs to the sample before it.
    mirrored = np.roll(crossed[:, ::-1], 1, axis=1)
    mirrored[:, 0] = False
    return later | _since(high[:, ::-1], mirrored, reach)[:, ::-1]


def _since(high: Bool, crossed: Bool, reach: int) -> Bool:
    """Say where a high sample stood at most `reach` earlier with no crossing since."""
    at: I64 = np.broadcast_to(np.arange(high.shape[1]), high.shape)
    last_high = np.maximum.accumulate(np.where(high, at, -reach - 1), axis=1)
    last_crossed = np.maximum.accumulate(np.where(crossed, at, -reach - 1), axis=1)
    since: Bool = (at - last_high <= reach) & (last_crossed <= last_high)
    return since
