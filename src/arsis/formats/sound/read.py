"""Sound files: WAV, FLAC, Ogg (Vorbis, Opus) and MP3, at any rate and with any channels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from arsis.core.recording import Channel, Recording
from arsis.formats.example import simulated_sound
from arsis.formats.format import Format
from arsis.formats.sound.checks import open_sound
from arsis.formats.stated import in_true_units

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.arrays import F32
    from arsis.formats.sound.blocks import Blocks
    from arsis.formats.source import Source, Told

UNIT = "FS"


def recognise(source: Source) -> bool:
    """Say whether the first bytes are those of a WAV, FLAC, Ogg or MP3 file."""
    head = source.head
    return is_wav(head) or head[:4] in (b"fLaC", b"OggS") or head[:3] == b"ID3" or _is_mp3(head)


def is_wav(head: bytes) -> bool:
    """Say whether the first bytes of a file are those of a WAV file."""
    return head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE"


def read(source: Source, told: Told) -> Recording:
    """Open a sound; its samples (full scale = 1) are decoded when they are asked for."""
    blocks, notes = open_sound(source, told.rate_hz)
    shape = blocks.shape
    channels = tuple(
        Channel(name, UNIT, shape.rate_hz, shape.length, partial(_samples, blocks, column))
        for column, name in enumerate(names(shape.channels))
    )
    return in_true_units(Recording(source.stem, channels, notes=notes), told)


def names(count: int) -> tuple[str, ...]:
    """Return what the channels of a sound are called.

    >>> names(2)
    ('left', 'right')
    """
    if count <= 2:
        return ("sound",) if count == 1 else ("left", "right")
    return tuple(f"sound {number}" for number in range(1, count + 1))


def _samples(blocks: Blocks, column: int, start: int, stop: int) -> F32:
    return blocks.read(start, stop)[:, column]


def _is_mp3(head: bytes) -> bool:
    """Say whether this begins with a frame of MPEG audio, layer III (ISO 11172-3, 2.4.1.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, bitrate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4
    return version != 1 and layer == 1 and bitrate != 15 and head[2] >> 2 & 3 != 3


def _example(folder: Path) -> Path:
    from arsis.formats.sound.write import write_sound

    return write_sound(simulated_sound(), folder / "example.wav")


SOUND = Format(
    says="a sound (WAV, FLAC, Ogg or MP3)",
    recognise=recognise,
    read=read,
    example=_example,
    one_file=True,
    holds=simulated_sound,
)
