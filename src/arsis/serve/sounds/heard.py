"""The stretch of a heart sound that a page plays and draws."""

from __future__ import annotations

import io
import math
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arsis.core.arrays import F32
    from arsis.core.recording import Channel

HEARD_HZ = 4000
"""Of the page's sound: twice the pitch of any heart sound and murmur, and a rate browsers play."""
LONGEST_S = 120
"""Two minutes take 1.3 MB of a page; of a longer recording the clearest two are taken."""
SEGMENT_S, MARGIN_S = 20, 1
SILENT_HZ, FULL_HZ = 12.0, 20.0
"""Below the first nothing is played (a drift would only move the loudspeaker), above the second
everything."""
LOUD_SHARE, LOUDNESS = 0.999, 0.8
"""This share of the samples stays below this share of full scale; the loudest are cut off."""


@dataclass(frozen=True)
class Heard:
    """A stretch of sound as it is played.

    Attributes
    ----------
    start_s
        Where in the recording it begins.
    x
        (time,) at `HEARD_HZ`, in -1..1.
    gain
        By how much it is louder than in the file.
    """

    start_s: int
    x: F32
    gain: float

    @property
    def stop_s(self) -> float:
        """Where in the recording it ends."""
        return self.start_s + len(self.x) / HEARD_HZ

    def file(self) -> bytes:
        """Return the sound as a WAV file of 16 bits."""
        out = io.BytesIO()
        with wave.open(out, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(HEARD_HZ)
            sound.writeframes(np.rint(self.x * 32767).astype("<i2").tobytes())
        return out.getvalue()


def heard_of(channel: Channel, quality: Sequence[float | None]) -> Heard:
    """Return the clearest stretch of a channel, as loud as it can be; `quality` of each second."""
    start_s = clearest(quality, channel.duration_s)
    stop_s = min(channel.duration_s, start_s + LONGEST_S)
    parts = [
        _segment(channel, begin, min(stop_s, begin + SEGMENT_S))
        for begin in range(start_s, math.ceil(stop_s), SEGMENT_S)
    ]
    x = np.concatenate(parts) if parts else np.empty(0, np.float32)
    loud = float(np.quantile(np.abs(x), LOUD_SHARE)) if len(x) else 0.0
    gain = LOUDNESS / loud if loud > 0 else 1.0
    return Heard(start_s, np.clip(gain * x, -1, 1).astype(np.float32), gain)


def clearest(quality: Sequence[float | None], duration_s: float) -> int:
    """Return the second at which the best stretch of `LONGEST_S` begins.

    Examples
    --------
    >>> clearest([0.2] * 100 + [0.9] * 300, 400.0)
    100
    """
    seconds = np.array([each or 0.0 for each in quality])
    if duration_s <= LONGEST_S or len(seconds) <= LONGEST_S:
        return 0
    total = np.concatenate([[0.0], np.cumsum(seconds)])
    # Rounded, so that among equally clear stretches the first is taken.
    return int(np.round(total[LONGEST_S:] - total[:-LONGEST_S], 6).argmax())


def _segment(channel: Channel, start_s: int, stop_s: float) -> F32:
    """Return a part of a channel at the page's rate, its neighbours' sound around it: (time,).

    Resampled by its Fourier transform: whatever the two rates, what is heard is not moved in time.
    """
    before_s = min(MARGIN_S, start_s)
    length_s = math.ceil(stop_s) - start_s + before_s + MARGIN_S
    values = np.nan_to_num(channel.read(start_s - before_s, stop_s + MARGIN_S))
    own = np.zeros(round(length_s * channel.rate_hz))
    own[: len(values)] = values[: len(own)]
    spectrum = np.fft.rfft(own)
    pitch_hz = np.arange(len(spectrum)) / length_s
    spectrum *= np.clip((pitch_hz - SILENT_HZ) / (FULL_HZ - SILENT_HZ), 0.0, 1.0)
    count = length_s * HEARD_HZ
    resampled = np.fft.irfft(spectrum[: count // 2 + 1], count) * (count / len(own))
    first = before_s * HEARD_HZ
    return resampled[first : first + round((stop_s - start_s) * HEARD_HZ)].astype(np.float32)
