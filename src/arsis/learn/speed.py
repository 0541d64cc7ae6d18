"""The table of how long things take."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from arsis.learn.cells import NOTHING, markdown

if TYPE_CHECKING:
    from pathlib import Path

SPEED = "speed.json"


def speed_table(results: Path) -> str:
    """Return how long things take, and on which machine."""
    path = results / SPEED
    if not path.exists():
        return NOTHING
    speed = json.loads(path.read_text(encoding="utf-8"))
    rows = [
        [row["what"], f"{row['median']:.3g} {row['unit']}", f"{row['least']:.3g}", str(row["runs"])]
        for row in speed["measured"]
    ]
    machine = speed["machine"]
    below = (
        f"{machine['processor']}, {machine['cores']} cores, one thread; "
        f"{machine['system']}, Python {machine['python']}; {speed['made']['date']}."
    )
    return markdown(("", "median", "least", "runs"), rows, below)
