"""EDF, EDF+, BDF and BDF+: read lazily, with gaps and annotations; EDF+ and BDF+ are written."""

from __future__ import annotations

from arsis.formats.edf.read import EDF

__all__ = ["EDF"]
