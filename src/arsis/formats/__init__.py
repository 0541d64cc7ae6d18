"""Bytes become a Recording: the formats that can be read, and the writers."""

from __future__ import annotations

from arsis.formats.format import Format
from arsis.formats.reading import FORMATS, read

__all__ = ["FORMATS", "Format", "read"]
