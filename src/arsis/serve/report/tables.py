"""Tables and tiles of a page: figures with units and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from arsis.serve.measures import HRV_ROWS
from arsis.serve.report.calibration import RELIABILITY
from arsis.serve.report.text import number, table, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arsis.infer.bundle import Card

MOST_SCORES = 60
MORE_HRV = (
    ("median_nn_ms", "median {}", "ms", "interval_count"),
    ("min_nn_ms", "shortest {}", "ms", "interval_count"),
    ("max_nn_ms", "longest {}", "ms", "interval_count"),
    ("mean_hr_bpm", "heart rate of {}", "bpm", "interval_count"),
    ("sdsd_ms", "SDSD", "ms", "difference_count"),
    ("pnn20_percent", "pNN20", "%", "difference_count"),
)


def small(unit: str) -> str:
    """Return a unit in small letters, as it stands behind a large number."""
    return f"<small>{unit}</small>"


def tile(name: str, value: str, below: str, kind: str = "") -> str:
    """Return a figure that is read first, with the badge of its class if it has one."""
    mark = badge(kind) if kind else ""
    return f"<div><dt>{mark}{name}</dt><dd>{value}</dd><dd>{below}</dd></div>"


def badge(kind: str) -> str:
    """Return the letter of a class in its colour (never colour alone)."""
    letter = "?" if kind == "U" else text(kind)
    return f'<span class="badge k-{text(kind)}">{letter}</span>'


def hrv_tables(values: Mapping[str, Any], interval: str = "NN") -> str:
    """Return heart-rate variability in two tables: from intervals, and from pairs of them."""
    words = {
        "interval_count": f"{interval} intervals",
        "difference_count": f"pairs of adjacent {interval} intervals",
    }
    shown = "".join(
        table(
            ("measure", "value"),
            [
                (name.format(interval), f"{number(values[key], 1)} {unit}")
                for key, name, unit, of in (*HRV_ROWS, *MORE_HRV)
                if of == count
            ],
            f"From {number(values[count])} {rests_on}",
        )
        for count, rests_on in words.items()
    )
    return f'<div class="columns">{shown}</div>'


def scores(card: Card) -> str:
    """Return the figures a model was given on its test data, as far as its card has any."""
    rows = [(text(name, 120), text(value, 60)) for name, value in _leaves(card.scores, "")]
    if not rows:
        return "<p>The card states no scores: nothing is known of how well this model does.</p>"
    more = f" (the first {MOST_SCORES} of {len(rows)})" if len(rows) > MOST_SCORES else ""
    shown = table(("figure", "value"), rows[:MOST_SCORES], f"Scores on {text(card.protocol)}{more}")
    return f"<details><summary>Scores of the model on its test data</summary>{shown}</details>"


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == RELIABILITY:
                continue  # drawn, with what a probability means
            yield from _leaves(item, f"{name} / {key}" if name else str(key))
    elif isinstance(value, float):
        yield name, f"{value:.4g}"
    elif isinstance(value, list) and len(value) > 4:
        yield name, f"{len(value)} values"
    else:
        yield name, str(value)
