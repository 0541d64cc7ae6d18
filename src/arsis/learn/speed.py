"""The tables of how long things take, here and in other programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from arsis.learn.cells import NOTHING, markdown

if TYPE_CHECKING:
    from pathlib import Path

SPEED = "speed.json"
BUSY = 0.5
"""With more than this many other programs at work before the measurement, times are too long."""


def speed_table(results: Path) -> str:
    """Return how long things take, and on which machine."""
    speed = _read(results)
    if speed is None:
        return NOTHING
    rows = [
        [
            row["what"],
            f"{row['median']:.3g} {row['unit']}",
            f"{row['least']:.3g}",
            f"{row['most']:.3g}",
            str(row["runs"]),
        ]
        for row in speed["measured"]
    ]
    return markdown(("", "median", "least", "most", "runs"), rows, _machine(speed))


def side_by_side_table(results: Path) -> str:
    """Return how long other programs take on the same file, in the same run."""
    speed = _read(results)
    if speed is None or "side_by_side" not in speed:
        return NOTHING
    rows = [
        [
            row["name"],
            row["gives"],
            f"{row['median']:.3g}",
            f"{row['least']:.3g}",
            f"{row['times_arsis']:.3g}",
            f"{row['peak_mb']:.0f}",
            str(row["runs"]),
        ]
        for row in speed["side_by_side"]["rows"]
    ]
    head = ("program", "gives", "median s", "least s", "times arsis", "peak MB", "runs")
    packages = speed["machine"]["compared_packages"]
    below = (
        f"Recording {speed['side_by_side']['recording']}, as a WFDB record from disk. Each program "
        "is warm, in a process of its own, on one core; they take turns. Times arsis: the median "
        f"of the ratios turn by turn. {_listed(packages)}. {_machine(speed)}"
    )
    return markdown(head, rows, below)


def _read(results: Path) -> dict[str, Any] | None:
    path = results / SPEED
    if not path.exists():
        return None
    speed: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return speed


def _machine(speed: dict[str, Any]) -> str:
    machine, made = speed["machine"], speed["made"]
    parts = [
        f"{machine['processor']}, {machine['cores']} cores",
        *([f"{machine['memory_gb']:.0f} GB"] if "memory_gb" in machine else []),
        "one thread",
        machine.get("distribution") or machine["system"],
        f"Python {machine['python']}",
        _listed({name: machine["packages"][name] for name in ("numpy", "onnxruntime", "torch")}),
        made["date"],
    ]
    load = made.get("load_before", 0.0)
    busy = (
        f" Other programs were at work (load {load:.1f} before it began): times are too long, "
        "and only ratios hold."
    )
    return "; ".join(parts) + "." + (busy if load > BUSY else "")


def _listed(packages: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in packages.items())
