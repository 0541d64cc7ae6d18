"""How figures are written in tables, one way everywhere, and what stands below a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arsis.learn.headline import check_same
from arsis.learn.record import read_records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from arsis.learn.record import Record

KINDS = ("baseline", "model", "seeds", "detector")
"""The order of rows."""
NOTHING = "*Not measured yet.*"
"""What stands where a table will be."""


def percent(value: float | None) -> str:
    """Write a share the one way it is written everywhere: 0.9876 -> 98.8."""
    return "-" if value is None else f"{100 * value:.1f}"


def percent2(value: float | None) -> str:
    """R peaks are so nearly all found that one decimal would hide the differences."""
    return "-" if value is None else f"{100 * value:.2f}"


def number(value: float | None) -> str:
    """Write a figure without a unit: 0.7731 -> 0.773."""
    return "-" if value is None else f"{value:.3f}"


def interval(row: Mapping[str, Any] | None, form: Callable[[float | None], str]) -> str:
    """Write a figure with its interval: 97.9 [95.0, 99.1]; of seeds: 97.9 +- 0.2."""
    if row is None:
        return "-"
    if "mean" in row:
        spread = "" if row["sd"] is None else f" ± {form(row['sd'])}"
        return f"{form(row['mean'])}{spread}"
    if row.get("low") is None:
        return form(row["estimate"])
    return f"{form(row['estimate'])} [{form(row['low'])}, {form(row['high'])}]"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]], below: str) -> str:
    """Write a table in Markdown; the first column stands left, all others right."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"{table}\n\n{below}"


def of_part(results: Path, part: str) -> list[Record]:
    """Return the records of a part, baselines first; they must be of one test set."""
    records = [record for record in read_records(results) if record["part"] == part]
    if records:
        check_same(records)
    return sorted(records, key=lambda record: (KINDS.index(record["kind"]), record["name"]))


def caption(records: Sequence[Record]) -> str:
    """Say by which protocol, on whom and how often: what makes a number a figure."""
    data = records[0]["data"]
    seeds = sorted({r["seed"] for r in records if r["kind"] == "model"})
    openings = max(record["data"]["openings"] for record in records)
    drawn = next((r["interval"] for r in records if "interval" in r), None)
    parts = [
        f"Protocol {records[0]['protocol']}, {data['corpus']}, {data['subjects']} test subjects",
        f"data {data['fingerprint'][:12]}",
    ]
    if seeds:
        parts.append(f"seeds {', '.join(map(str, seeds))}")
    if drawn:
        parts.append(
            f"[{100 * drawn['level']:.0f} % interval by bootstrap over {drawn['over']}, "
            f"{drawn['replicates']} draws]"
        )
    parts.append(f"the test part was opened for {openings} sets of weights (ledger.jsonl)")
    return "; ".join(parts) + "."
