"""From the grid to windows: loudness by pitch in close steps, three seconds at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.windows import Windows
from arsis.signal.fir import band_pass, filter_even
from arsis.signal.melspectrum import Frames, log_mel
from arsis.signal.sound_quality import sound_quality
from arsis.tasks.sounds.phases import (
    ANSWERED,
    FRAME,
    FRAME_HZ,
    FRAMES,
    HOP,
    HOP_STEPS,
    LOOK_AHEAD_STEPS,
    RATE_HZ,
    STEP,
    STEP_HZ,
    STEPS,
)

if TYPE_CHECKING:
    from arsis.core.arrays import F32, I64, Bool
    from arsis.core.fold import Block

VERSION = 1
BANDS = 20
LOUDNESS = Frames(rate_hz=RATE_HZ, hop_s=1 / FRAME_HZ, bands=BANDS)
SOUND = band_pass(25.0, 400.0, RATE_HZ)
"""What the waveform is filtered with for whoever times sounds to the millisecond."""
EDGE = SOUND.size - 1
"""Samples by which both ends of the recording are prolonged, for filter and frames."""
FRAME_REACH = LOUDNESS.reach - FRAME // 2 + 1
"""Samples behind the end of a frame's stretch that it looks at."""
FRAME_REACH_S = FRAME_REACH / RATE_HZ
FEATURES = ("sound1_quality",)
SHAPE = (BANDS + 1, FRAMES)
"""Natural logarithm of each band's power over its mean, and which frames were measured (1)."""


@dataclass
class PrepareSounds:
    """A `Fold[Block, Windows]`: window k answers HOP_STEPS steps from step k * HOP_STEPS on.

    A window sees the past and LOOK_AHEAD_STEPS of the future of what it answers; the first ones
    all see the recording's first WINDOW_S, the last ones its last.

    Attributes
    ----------
    given
        Whether marks come along; there are none that windows would depend on.
    x, first, received
        (time,) the grid still needed, the number of its first sample, and of its end.
    frames, first_frame
        (band, frame) the loudness still needed, NaN = gap, and the number of its first frame.
    answered
        Windows that are out.
    """

    given: bool
    x: F32 = field(default_factory=lambda: np.empty(0, np.float32))
    first: int = -EDGE
    received: int = 0
    frames: F32 = field(default_factory=lambda: np.empty((BANDS, 0), np.float32))
    first_frame: int = 0
    answered: int = 0

    def push(self, piece: Block, /, last: bool = False) -> Windows:
        """Take a stretch of the grid and return the windows that can now be judged."""
        self._take(piece.x[0], last)
        total = -(-self.received // STEP)
        index = np.arange(self.answered, _ready(self.received, total, last))
        start = index * HOP_STEPS - ANSWERED.start
        start = np.clip(start, 0, max(0, total - STEPS) if last else None)
        stop = total if last else int(self.answered + len(index)) * HOP_STEPS
        windows = self._windows(index, start, stop, last)
        self._forget(self.answered + len(index))
        return windows

    def _take(self, x: F32, last: bool) -> None:
        """Append samples and the frames that they complete."""
        if self.received == 0 and len(x):
            self.x = np.repeat(x[:1], EDGE)
        self.x = np.concatenate([self.x, x])
        self.received += len(x)
        if last:
            missing = -self.received % STEP
            self.x = np.concatenate([self.x, np.repeat(self.x[-1:], missing + EDGE)])
        known = self.first_frame + self.frames.shape[1]
        begin = known * FRAME + FRAME // 2 - LOUDNESS.reach - self.first
        fresh = log_mel(self.x[begin:], LOUDNESS)
        room = -(-self.received // STEP) * STEP // FRAME - known
        self.frames = np.concatenate([self.frames, fresh[:, : max(0, room)]], axis=1)

    def _windows(self, index: I64, start: I64, stop: int, last: bool) -> Windows:
        """Cut the windows `index`, which begin at the steps `start`; `stop`: all that is out."""
        count = len(index)
        sound = self._sound(index)
        raw = self._cut(self.x, start * STEP - self.first, STEPS * STEP)
        heard = sound_quality(raw, RATE_HZ)
        measured = ~np.isnan(self._cut(self.x, index * HOP - self.first, HOP))
        inside = np.minimum(HOP_STEPS, stop - index * HOP_STEPS)
        measured &= np.arange(HOP) < (self.received - index * HOP)[:, None]
        sound[~measured] = np.nan
        return Windows(
            x=self._loudness(start),
            start_s=start / STEP_HZ,
            event_s=index * HOP_STEPS / STEP_HZ,
            quality=heard.index.astype(np.float32),
            mask=measured.any(axis=1).reshape(count, 1),
            context=heard.index.astype(np.float32)[:, None],
            until_s=self.received / RATE_HZ if last else stop / STEP_HZ,
            judged_us=int(measured.sum()) * round(1e6 / RATE_HZ),
            aside={
                "sound": sound.astype(np.float64),
                "clipped": heard.clipped.astype(np.float64),
                "column": (index * HOP_STEPS - start).astype(np.float64),
                "steps": inside.astype(np.float64).reshape(count),
            },
        )

    def _sound(self, index: I64) -> F32:
        """Return the filtered waveform of what each window answers: (window, HOP)."""
        if not len(index):
            return np.empty((0, HOP), np.float32)
        begin = int(index[0]) * HOP - self.first - EDGE
        filtered = filter_even(self.x[begin : begin + len(index) * HOP + 2 * EDGE], SOUND)
        room = np.full(len(index) * HOP, np.nan, np.float32)
        room[: len(filtered)] = filtered
        return room.reshape(len(index), HOP)

    def _loudness(self, start: I64) -> F32:
        """Return what the net sees of the windows that begin at these steps."""
        place = start * (FRAMES // STEPS) - self.first_frame
        frames = self._cut(self.frames, place, FRAMES)
        known = ~np.isnan(frames[:, :1])
        loudness = np.where(known, frames, np.float32(0))
        # Every row is summed by itself and in full, so the sum does not depend on the cut.
        count = np.maximum(known.sum(-1, keepdims=True), 1).astype(np.float32)
        mean = loudness.sum(-1, keepdims=True) / count
        loudness = np.where(known, loudness - mean, np.float32(0))
        return np.concatenate([loudness, known.astype(np.float32)], axis=1)

    @staticmethod
    def _cut(rows: F32, place: I64, length: int) -> F32:
        """Return stretches of the last axis: (..., time) -> (window, ..., length), NaN behind."""
        at = place[:, None] + np.arange(length)
        inside: Bool = at < rows.shape[-1]
        if not rows.shape[-1]:
            return np.full((len(place), *rows.shape[:-1], length), np.nan, np.float32)
        cut = rows[..., np.minimum(at, rows.shape[-1] - 1)]
        cut = np.where(inside, cut, np.float32(np.nan))
        return np.ascontiguousarray(np.moveaxis(cut, -2, 0))

    def _forget(self, answered: int) -> None:
        """Drop what no later window can need; the last ones may begin STEPS before their own."""
        self.answered = answered
        oldest = max(0, answered * HOP_STEPS - STEPS)
        frame = max(self.first_frame, oldest * STEP // FRAME)
        self.frames = self.frames[:, frame - self.first_frame :].copy()
        self.first_frame = frame
        sample = max(self.first, oldest * STEP - EDGE)
        self.x, self.first = self.x[sample - self.first :].copy(), sample


def _ready(received: int, total: int, last: bool) -> int:
    """Return how many windows can be judged of so many samples, or of so many steps in all."""
    if last:
        return -(-total // HOP_STEPS)
    steps = (received - FRAME_REACH) // STEP
    if steps < STEPS:
        return 0
    return (steps - LOOK_AHEAD_STEPS) // HOP_STEPS
