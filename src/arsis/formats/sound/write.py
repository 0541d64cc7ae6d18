"""Writing sounds as WAV files that every player opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import SettingError
from arsis.formats.place import placing

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.recording import Recording

_STEP_S = 60.0


def write_sound(recording: Recording, path: Path) -> Path:
    """Write the channels of a recording as a WAV file of 16-bit samples; return its path.

    Values beyond full scale (1) are clipped, gaps become silence; marks are not written.

    Raises
    ------
    SettingError
        If the channels are not in full scale, or differ in rate or length.
    OutputError
        If the file cannot be written.
    """
    import soundfile

    rate_hz = _one_rate(recording)
    with placing(path) as temporary, temporary.open("w+b") as file:
        width = len(recording.channels)
        with soundfile.SoundFile(
            file, "w", rate_hz, width, format="WAV", subtype="PCM_16"
        ) as sound:
            for piece in recording.pieces(_STEP_S):
                columns = [samples.values for samples in piece.samples.values()]
                x = np.nan_to_num(np.stack(columns, axis=1), nan=0.0)
                # Rounded here, because libsndfile cuts off what is left of a step.
                sound.write(np.clip(np.rint(x * 2**15), -(2**15), 2**15 - 1).astype(np.int16))
    return path


def _one_rate(recording: Recording) -> int:
    """Return the rate of the channels, if one sound can hold them all."""
    kinds = {(channel.unit, channel.rate_hz, channel.length) for channel in recording.channels}
    unit, rate_hz, _ = next(iter(kinds), ("", 0.0, 0))
    if len(kinds) != 1 or unit != "FS" or rate_hz != round(rate_hz):
        held = ", ".join(f"{c.name} [{c.unit}] at {c.rate_hz:g} Hz" for c in recording.channels)
        expected = "channels in FS, of one whole rate and one length"
        advice = "Write other signals as WFDB or CSV."
        raise SettingError(recording.name, held or "no channel", expected, advice)
    return round(rate_hz)
