"""Sounds: WAV, FLAC, Ogg and MP3 are read, block by block; WAV is written."""

from __future__ import annotations

from arsis.formats.sound.read import SOUND

__all__ = ["SOUND"]
