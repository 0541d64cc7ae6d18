"""A simulated heart sound as files: a WAV, and its true phases beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsis.core.errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path


def simulate(out: Path, seed: int, duration_s: float) -> tuple[Path, ...]:
    """Write a simulated heart sound as WAV, and its true phases as a table as CirCor has them.

    Raises
    ------
    SettingError
        If the name has another ending than .wav.
    """
    from arsis.formats.place import placing
    from arsis.formats.sound.write import write_sound
    from arsis.tasks.sounds.phase_table import phase_rows
    from arsis.tasks.sounds.simulate import simulate as made

    if out.suffix not in {"", ".wav"}:
        raise SettingError("out", f"{out.name}", "a name that ends with .wav", "Choose another.")
    recording = made(seed, duration_s)
    sound, table = out.with_suffix(".wav"), out.with_suffix(".tsv")
    with placing(table) as temporary:
        temporary.write_text(phase_rows(recording.marks), encoding="utf-8")
    return write_sound(recording, sound), table
