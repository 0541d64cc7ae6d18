"""How a comparison of scored models looks in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Group

    from arsis.learn.compare import Comparison, Ranked


def comparison_table(comparison: Comparison) -> Group:
    """Return contenders in order, and below them on what they were scored."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    unit = comparison.rank.unit
    head = {"share": f"{comparison.rank.figure} %", "": comparison.rank.figure}
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("", overflow="fold")
    columns = (head.get(unit, f"{comparison.rank.figure} {unit}"), "over seeds", "behind the best")
    for name in columns:
        table.add_column(name, justify="right")
    table.add_column("")
    for row in comparison.rows:
        table.add_row(*_cells(row, 100 if unit == "share" else 1))
    about = (
        f"Protocol {comparison.protocol}, part {comparison.part}, {comparison.corpus}, "
        f"{comparison.subjects} subjects, data {comparison.fingerprint[:12]}; the test part was "
        f"opened for {comparison.openings} sets of weights."
    )
    notes = [Text(note, "yellow") for note in comparison.notes]
    return Group(table, Text(about, "dim"), *notes)


def _cells(row: Ranked, scale: float) -> tuple[str, ...]:
    kind = "" if row.kind == "model" else f" ({row.kind})"
    seeds = ""
    if row.seeds_mean is not None and row.seeds_sd is not None:
        mean, sd = _number(row.seeds_mean, scale), _number(row.seeds_sd, scale)
        seeds = f"{mean} ± {sd} ({row.seeds})"
    return (
        str(row.place or "-"),
        f"{row.name}{kind}",
        _interval((row.estimate, row.low, row.high), scale),
        seeds,
        _interval((row.less, row.less_low, row.less_high), scale),
        row.beside,
    )


def _interval(values: tuple[float | None, float | None, float | None], scale: float) -> str:
    estimate, low, high = values
    if low is None or high is None:
        return _number(estimate, scale)
    return f"{_number(estimate, scale)} [{_number(low, scale)}, {_number(high, scale)}]"


def _number(value: float | None, scale: float) -> str:
    if value is None:
        return ""
    return f"{scale * value:.1f}" if scale == 100 else f"{value:.3f}"
