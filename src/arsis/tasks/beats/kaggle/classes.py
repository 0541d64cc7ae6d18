"""The five classes of the file: those of EC57, with Q among them."""

from __future__ import annotations

from arsis.tasks.beats.classes import AAMI

CLASSES = ("N", "S", "V", "F", "Q")
"""In the order of the file's numbers 0 to 4."""

NUMBERS = {symbol: CLASSES.index(name) for symbol, name in AAMI.items()}
"""Number of the class by annotators' symbol. Q is nearly always a paced beat (`/` or `f`)."""
