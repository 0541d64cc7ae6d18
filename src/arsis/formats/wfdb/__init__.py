"""WFDB records, as PhysioNet keeps them: read lazily, as files or as one zip, and written.

Signals in every storage format, FLAC and WAV included, records of many segments, and annotations.
"""

from __future__ import annotations

from arsis.formats.wfdb.read import WFDB
from arsis.formats.wfdb.zipped import ZIP

__all__ = ["WFDB", "ZIP"]
