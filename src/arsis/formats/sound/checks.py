"""What sound files state about themselves, held against what is there.

libsndfile mends silently what it can: a WAV that was cut short simply becomes shorter. Whoever
counts beats per minute has to know, so every such case is an error or a note here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arsis.core.errors import FormatError
from arsis.formats.sound.blocks import Blocks, Shape, decoder
from arsis.formats.stated import agreed_rate

if TYPE_CHECKING:
    from typing import BinaryIO

    from arsis.formats.source import Source

_UNKNOWN_LENGTH = 2**62
_OPEN_LENGTH = 0xFFFFFFFF
_PLAIN = (1, 3, 0xFFFE)
_OGG_PAGE_BYTES = 65_307
_STEPS = (65_536, 256, 1)
_MOST_CHUNKS = 4096
"""A WAV has a handful; of one that is made of empty chunks nothing more is asked."""


def open_sound(source: Source, told_rate_hz: float | None = None) -> tuple[Blocks, tuple[str, ...]]:
    """Open a sound and check it; return its samples and what had to be mended, in sentences.

    Raises
    ------
    FormatError
        If it cannot be decoded, holds no sound, or its rate is none.
    """
    where = source.where
    with decoder(source) as sound:
        kind, rate_hz = str(sound.format), float(sound.samplerate)
        channels, stated = int(sound.channels), int(sound.frames)
    notes = _container_notes(source, where)
    length, cut = _whole_length(source, stated)
    if length == 0:
        found = f"a {kind} sound without a single sample"
        raise FormatError(where, found, "at least one", "Record or fetch it again.")
    kind = "WAV" if kind in ("WAVEX", "RF64") else kind
    agreed_rate(rate_hz, told_rate_hz, where, length)
    if cut:
        durations = f"{stated / rate_hz:.3f} s, and {length / rate_hz:.3f} s can be read"
        notes += (f"The file was cut short or is damaged: its header states {durations}.",)
    return Blocks(source.without_head(), Shape(kind, rate_hz, channels, length)), notes


def _whole_length(source: Source, stated: int) -> tuple[int, bool]:
    """Return how many frames can be decoded, and whether the header states more."""
    if stated <= 0:
        return 0, False
    if stated < _UNKNOWN_LENGTH:
        try:
            with decoder(source) as sound:
                sound.seek(stated - 1)
                if len(sound.read(1)) == 1:
                    return stated, False
        except FormatError:
            pass
    return _counted(source), stated < _UNKNOWN_LENGTH


def _counted(source: Source) -> int:
    """Return how many frames can be decoded, up to the end or a failure, in finer steps."""
    whole = 0
    for step in _STEPS:
        at = 0
        try:
            with decoder(source) as sound:
                while at < whole:
                    at += len(sound.read(min(_STEPS[0], whole - at)))
                while taken := len(sound.read(step)):
                    at += taken
        except FormatError:
            whole = at
        else:
            return at
    return whole


def _container_notes(source: Source, where: str) -> tuple[str, ...]:
    with source.open() as file:
        if source.head[:4] in (b"RIFF", b"RIFX", b"RF64"):
            return _wav_notes(file, source, where)
        if source.head[:4] == b"OggS":
            return _ogg_notes(file)
    return ()


@dataclass(frozen=True, slots=True)
class _Wav:
    """The chunks of a WAV file that matter: what it states, and where its sound lies."""

    order: str
    fmt: bytes
    stated: int
    begin: int
    size: int

    @property
    def available(self) -> int:
        return self.size - self.begin


def _wav_notes(file: BinaryIO, source: Source, where: str) -> tuple[str, ...]:
    wav = _chunks(file, "<" if source.head[:4] != b"RIFX" else ">")
    if wav is None:
        return ()
    if wav.stated == 0 and wav.available > 1:
        found = f"a header that states no sound, and {wav.available} bytes after it"
        advice = "The recording was not closed: convert it with a tool that mends headers."
        raise FormatError(where, found, "the length of the sound", advice)
    return (*_length_note(wav), *_rest_note(file, wav), *_rate_note(wav, where))


def _chunks(file: BinaryIO, order: str) -> _Wav | None:
    size = file.seek(0, 2)
    at, fmt, long_size = 12, b"", None
    for _ in range(_MOST_CHUNKS):
        if at + 8 > size:
            break
        file.seek(at)
        name, stated = struct.unpack(order + "4sI", file.read(8))
        if name == b"data":
            if stated == _OPEN_LENGTH and long_size is not None:
                stated = long_size
            return _Wav(order, fmt, stated, at + 8, size)
        if name == b"fmt ":
            fmt = file.read(min(stated, 40))
        elif name == b"ds64" and stated >= 16:
            long_size = struct.unpack(order + "8xQ", file.read(16))[0]
        at += 8 + stated + stated % 2
    return None


def _length_note(wav: _Wav) -> tuple[str, ...]:
    if wav.stated == _OPEN_LENGTH:
        return ("The header leaves the length open; the file is read to its end.",)
    if wav.stated > wav.available:
        sizes = f"{wav.stated} bytes of sound and {wav.available} are there"
        return (f"The header states {sizes}: it is wrong, or the file was cut short.",)
    return ()


def _rest_note(file: BinaryIO, wav: _Wav) -> tuple[str, ...]:
    """Say so if what follows the sound is no further chunk of the file."""
    at = wav.begin + wav.stated + wav.stated % 2
    if at + 8 > wav.size:
        return ()
    file.seek(at)
    name, stated = struct.unpack(wav.order + "4sI", file.read(8))
    if name.isascii() and name.decode().isprintable() and at + 8 + stated <= wav.size:
        return ()
    left = wav.size - at
    return (f"{left} bytes after the sound that the header states are not read.",)


def _rate_note(wav: _Wav, where: str) -> tuple[str, ...]:
    """Say so if the two statements of a plain WAV about its rate contradict each other.

    Where the size of a frame and the bytes per second agree on another number of channels or bits
    than the header names, nobody can say how fast the heart beats: that is refused.
    """
    if len(wav.fmt) < 16:
        return ()
    tag, channels, rate, bytes_per_s, align, bits = struct.unpack(
        wav.order + "HHIIHH", wav.fmt[:16]
    )
    frame = channels * -(-bits // 8)
    if tag not in _PLAIN or not frame or bytes_per_s == rate * frame:
        return ()
    if align != frame and bytes_per_s == rate * align:
        found = f"{channels} channels of {bits} bits in frames of {align} bytes"
        advice = "Find out how it was recorded, and write it again with a true header."
        raise FormatError(where, found, f"frames of {frame} bytes", advice)
    stated = f"{rate} samples of {frame} bytes and {bytes_per_s} bytes per second"
    return (f"The header states {stated}, which cannot be; {rate} Hz is believed.",)


def _ogg_notes(file: BinaryIO) -> tuple[str, ...]:
    """Say so if the last page of an Ogg stream does not say that it is the last (RFC 3533)."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 2 * _OGG_PAGE_BYTES))
    tail = file.read()
    at = tail.rfind(b"OggS")
    page = tail[at:]
    ends = at >= 0 and len(page) >= 27 and bool(page[5] & 4)
    if ends and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]]):
        return ()
    return ("The sound has no end mark: the file was cut short. What is there is read.",)
