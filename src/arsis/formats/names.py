"""The names of a recording's channels, equal ones told apart, and how many there may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_CHANNELS = 4096
"""More than any device records at once: a file that states more is damaged, or of another kind."""


def unique(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names with equal ones told apart (ECG, ECG#2), and a note on each."""
    taken: set[str] = set()
    out, notes = [], []
    for name in names:
        label, count = name, 1
        while label in taken:
            count += 1
            label = f"{name}#{count}"
        if label != name:
            notes.append(f"Several channels are called {name}; one of them is called {label} here.")
        taken.add(label)
        out.append(label)
    return tuple(out), tuple(notes)
