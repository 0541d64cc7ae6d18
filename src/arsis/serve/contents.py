"""What a file holds, and what models there are, for people and machines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from arsis.serve.measures import clock_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Group
    from rich.table import Table

    from arsis.core.recording import Recording
    from arsis.infer.bundle import Card


def contents(recording: Recording) -> dict[str, Any]:
    """Return what a recording holds, as plain values."""
    return {
        "name": recording.name,
        "subject": recording.subject,
        "start": recording.start.isoformat() if recording.start else None,
        "duration_s": recording.duration_s,
        "channels": [
            {"name": c.name, "unit": c.unit, "rate_hz": c.rate_hz, "samples": c.length}
            for c in recording.channels
        ],
        "marks": dict(Counter(mark.label for mark in recording.marks).most_common()),
        "notes": list(recording.notes),
    }


def contents_table(found: dict[str, Any]) -> Group:
    """Return the same for the terminal."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("channel", "unit", "rate Hz", "samples"):
        table.add_column(name)
    for c in found["channels"]:
        table.add_row(c["name"], c["unit"] or "none stated", f"{c['rate_hz']:g}", str(c["samples"]))
    marks = ", ".join(f"{count} {label}" for label, count in found["marks"].items())
    lines: list[Text | Table] = [
        Text(f"{found['name']}: {clock_time(found['duration_s'])}", "bold"),
        Text(f"begun {found['start'] or 'at a time the file does not state'}"),
        table,
        Text(f"experts' marks: {marks or 'none'}"),
        *(Text(f"note: {note}", "yellow") for note in found["notes"]),
    ]
    return Group(*lines)


def models_table(cards: Sequence[Card]) -> Table:
    """Return the shipped models for the terminal."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("model", "what it does", "trained on", "licence of the data", "made"):
        table.add_column(name)
    for card in cards:
        table.add_row(card.name, card.title, card.trained_on, card.licence, card.made)
    return table
