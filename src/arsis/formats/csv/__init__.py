"""Tables as text: a row per sample (read and written), or a row per heartbeat (read).

A table of samples has a column per channel, and its marks in a second table beside it.
"""

from __future__ import annotations

from arsis.formats.csv.heartbeats import HEARTBEATS
from arsis.formats.csv.read import CSV

__all__ = ["CSV", "HEARTBEATS"]
