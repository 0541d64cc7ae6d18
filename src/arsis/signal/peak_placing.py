"""Where exactly in a heart beat its R peak stands.

The R peak is the foremost wave of the QRS complex in one lead: upright or turned over, whichever is
usual there, so that the intervals between beats do not jump between R and S or between leads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from arsis.signal.filters import box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.signal.usual_beat import Wave

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

SMOOTH_S = 0.016
REFINE_S = 0.08
# A sharp wave this long before the middle is the R peak of a very wide (paced) complex; a wave is
# sharp as far as it stands above what lies to either side.
EARLY_S = (0.14, 0.06)
SHARP_S = 0.04
SHARPNESS = 1.5
BASE_S = 0.12
# A bell around the middle of the complex: keeps P and T waves of wide beats out.
NEAR_S = 0.025
CREST_S = 0.004
# Another lead must be this much clearer to take over, the other polarity this much higher.
LEAD_BIAS = 5.0
POLARITY_BIAS = 1.3
POLARITY_MEMORY = 0.05


@dataclass
class PeakPlacing:
    """Places R peaks; its fields are its whole state."""

    rate_hz: float
    channels: int
    lead: int = 0
    """The lead in which peaks are placed, the first unless another is much clearer."""
    usual: F64 = field(init=False)
    """(channel, 2) usual height of the waves up and down."""

    def __post_init__(self) -> None:
        """Begin without habits."""
        self.usual = np.zeros((self.channels, 2))

    def place(self, beats: Sequence[Wave], raw: F32, first: int) -> tuple[F64, I64]:
        """Find the R peak of each beat: its sample, to a fraction, and its lead, each (beat,).

        `raw`: (channel, time) in mV, NaN = gap, whose first sample has the number `first`.
        """
        middle = np.array([beat.sample for beat in beats], np.int64)
        height, shift = self._waves(raw, middle - first)
        leads = np.zeros(len(beats), np.int64)
        turned = np.zeros(len(beats), np.int64)
        for j, (beat, wave) in enumerate(zip(beats, height.tolist(), strict=True)):
            leads[j] = lead = self._lead(beat.clear)
            up, down = self.usual[lead].tolist()
            bias = POLARITY_BIAS if up >= down else 1.0 / POLARITY_BIAS
            turned[j] = wave[lead][0] * bias < wave[lead][1]
            self.usual += POLARITY_MEMORY * (height[j] - self.usual)
        return middle + shift[np.arange(len(beats)), leads, turned], leads

    def _lead(self, clear: tuple[float, ...]) -> int:
        best = max(range(self.channels), key=lambda channel: clear[channel])
        if not clear[self.lead]:
            # Only missing for a while: its habits are kept for its return.
            return best
        if clear[best] > LEAD_BIAS * clear[self.lead]:
            self.lead = best
        return self.lead

    def _waves(self, raw: F32, middle: I64) -> tuple[F64, F64]:
        """Height and place of the foremost wave up and down: two of (beat, channel, 2)."""
        step, refine, base = (
            round(s * self.rate_hz) for s in (SMOOTH_S, EARLY_S[0] + SHARP_S, BASE_S)
        )
        step = max(step, 1)
        half = max(base, refine + step)
        padded = np.pad(raw, ((0, 0), (half, half)), constant_values=np.nan)
        window = np.moveaxis(padded[:, middle[:, None] + np.arange(2 * half + 1)], 0, 1)
        level = _finite_median(window[..., half - base : half + base + 1 : 2])
        inner = window[..., half - refine - step : half + refine + step + 1]
        smooth = box(box(inner, step), step) / np.float32(step * step) - level
        smooth = np.nan_to_num(smooth, nan=0.0)
        found = [self._foremost(wave, refine) for wave in (smooth, -smooth)]
        return np.stack([f[0] for f in found], -1), np.stack([f[1] for f in found], -1)

    def _foremost(self, wave: F32, refine: int) -> tuple[F64, F64]:
        """Height and place, from the middle, of a wave: (beat, channel, time) -> (beat, channel).

        A bell chooses the wave; a crest beside its choice gives the place, as the bell's own
        place depends on where the complex was thought to be.
        """
        at_s = np.arange(-refine, refine + 1) / self.rate_hz
        bell = np.exp(-0.5 * (at_s / NEAR_S) ** 2) * (np.abs(at_s) <= REFINE_S)
        early = (at_s >= -EARLY_S[0]) & (at_s <= -EARLY_S[1])
        inside, side = wave[..., 1:-1], round(SHARP_S * self.rate_hz)
        around = np.maximum(inside[..., : -2 * side], inside[..., 2 * side :])
        value = np.maximum(inside * bell.astype(np.float32), 0.0)
        standing = np.float32(SHARPNESS) * (inside[..., side:-side] - around)
        sharp = np.maximum(np.minimum(inside[..., side:-side], standing), 0.0)
        value[..., side:-side] = np.where(early[side:-side], sharp, value[..., side:-side])
        top = value.argmax(axis=-1)[..., None]
        crest = (inside > wave[..., :-2]) & (inside >= wave[..., 2:])
        crest &= np.abs(np.arange(bell.size) - top) <= max(1, round(CREST_S * self.rate_hz))
        nearby = np.where(crest, inside, -np.inf).argmax(axis=-1)[..., None]
        place = np.where(crest.any(axis=-1, keepdims=True), nearby, top)
        height = np.take_along_axis(value, top, -1)[..., 0].astype(np.float64)
        shift = _vertex(wave, place)[..., 0] - refine
        return height, np.where(height > 0, shift, 0.0)


def _vertex(wave: F32, place: I64) -> F64:
    """Top of the parabola through three samples, no further than half a sample off the middle.

    (..., time) and the number of the first of the three (..., 1) -> (..., 1).
    """
    left, top, right = (np.take_along_axis(wave, place + k, -1).astype(float) for k in range(3))
    bend = 2.0 * top - left - right
    shift = np.divide(right - left, 2.0 * bend, out=np.zeros_like(bend), where=bend > 0)
    top_at: F64 = place + np.clip(shift, -0.5, 0.5)
    return top_at


def _finite_median(x: F32) -> F32:
    """Lower median without NaN over the last axis, which stays as one."""
    ordered = np.sort(x, axis=-1)
    count = x.shape[-1] - np.isnan(x).sum(axis=-1, keepdims=True)
    return np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, -1)
