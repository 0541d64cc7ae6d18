"""The tables of a report: what the beats amount to, in figures with units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from arsis.serve.answers import HRV_ROWS, clock_time
from arsis.serve.report.text import UNKNOWN, number, share, table, text
from arsis.tasks.beats.classes import MEANING
from arsis.tasks.beats.summarise import PAUSE_S, SHORTEST_RUN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arsis.core.task import Summary
    from arsis.infer.bundle import Card

MOST_ROWS = 100
"""Runs and pauses listed: the longest; all of them can be reached in the strip."""
MOST_SCORES = 60

MORE_HRV = (
    ("median_nn_ms", "median NN", "ms", "interval_count"),
    ("min_nn_ms", "shortest NN", "ms", "interval_count"),
    ("max_nn_ms", "longest NN", "ms", "interval_count"),
    ("mean_hr_bpm", "heart rate of NN", "bpm", "interval_count"),
    ("sdsd_ms", "SDSD", "ms", "difference_count"),
    ("pnn20_percent", "pNN20", "%", "difference_count"),
)


def figures(summary: Summary) -> str:
    """Return the few figures that are read first."""
    parts = summary["unclear"]["beats"], summary["beats"]
    rmssd_ms, sdnn_ms = summary["hrv"]["rmssd_ms"], summary["hrv"]["sdnn_ms"]
    tiles = [
        _tile("Heart rate", f"{number(summary['heart_rate_bpm'])} {_small('bpm')}", "mean"),
        _tile("Beats", number(summary["beats"]), f"in {clock_time(summary['judged_s'])} judged"),
        *(_burden(label, burden) for label, burden in summary["ectopic_burden"].items()),
        _tile("Unclear", share(*parts), f"{number(parts[0])} beats", "U"),
        _tile("RMSSD", f"{number(rmssd_ms, 1)} {_small('ms')}", f"SDNN {number(sdnn_ms, 1)} ms"),
    ]
    return f'<dl class="figures">{"".join(tiles)}</dl>'


def _burden(label: str, burden: Mapping[str, Any]) -> str:
    percent = burden["percent_of_beats"]
    value = share(percent, 100) if percent is not None else UNKNOWN
    below = f"ectopic burden; {_per_hour(burden['per_hour'])} per hour"
    return _tile(text(burden["meaning"]).capitalize(), value, below, label)


def _per_hour(rate: float | None) -> str:
    return number(rate, 0 if rate is None or rate >= 100 else 1)


def _small(unit: str) -> str:
    return f"<small>{unit}</small>"


def _tile(name: str, value: str, below: str, kind: str = "") -> str:
    mark = badge(kind) if kind else ""
    return f"<div><dt>{mark}{name}</dt><dd>{value}</dd><dd>{below}</dd></div>"


def badge(kind: str) -> str:
    """Return the letter of a class in its colour (never colour alone)."""
    letter = "?" if kind == "U" else text(kind)
    return f'<span class="badge k-{text(kind)}">{letter}</span>'


def classes(summary: Summary) -> str:
    """Return the counts of every class, and why beats are unclear."""
    beats, hours = summary["beats"], summary["judged_s"] / 3600
    rows = [
        (
            f"{badge(label)} {text(MEANING.get(label, ''))}",
            number(count),
            share(count, beats),
            _per_hour(count / hours if hours else None),
        )
        for label, count in summary["classes"].items()
    ]
    unclear = summary["unclear"]
    reasons = [
        (f"{badge('U')} {text(reason)}", number(count), share(count, beats))
        for reason, count in sorted(unclear["reasons"].items())
    ]
    reasons.append(("all unclear", number(unclear["beats"]), share(unclear["beats"], beats)))
    return table(("class", "beats", "share", "per hour"), rows, "Classes of beats") + table(
        ("reason", "beats", "share"),
        reasons,
        "Unclear beats: counted above with their likeliest class, not to be relied upon",
    )


def runs_and_pauses(summary: Summary) -> str:
    """Return the longest runs of ectopic beats and pauses; a click leads to each."""
    runs = [
        (
            _jump(run),
            badge(run["label"]),
            number(run["beats"]),
            f"{number(run['duration_s'], 1)} s",
            f"{number(run['rate_bpm'])} bpm",
        )
        for run in _longest(summary["runs"])
    ]
    pauses = [
        (_jump(pause), f"{number(pause['duration_s'], 2)} s")
        for pause in _longest(summary["pauses"])
    ]
    run_caption = f"Runs of {SHORTEST_RUN} and more ectopic beats" + _left_out(summary["runs"])
    pause_caption = f"Pauses of {PAUSE_S:g} s and more" + _left_out(summary["pauses"])
    return _or_none(("start", "class", "beats", "length", "rate"), runs, run_caption) + _or_none(
        ("start", "length"), pauses, pause_caption
    )


def _jump(item: dict[str, Any]) -> str:
    """Return a button that takes the ECG strip to where a run or a pause begins."""
    start_s = item["start_s"]
    words = clock_time(start_s)
    return f'<button type="button" class="jump" data-time="{start_s:.3f}">{words}</button>'


def _longest(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    longest = sorted(items, key=lambda item: -item["duration_s"])[:MOST_ROWS]
    return sorted(longest, key=lambda item: float(item["start_s"]))


def _left_out(items: list[dict[str, Any]]) -> str:
    if len(items) <= MOST_ROWS:
        return f": {len(items)}" if items else ""
    return f": {number(len(items))}, of which the {MOST_ROWS} longest are listed"


def _or_none(head: tuple[str, ...], rows: list[Any], caption: str) -> str:
    return table(head, rows, caption) if rows else f'<p class="none">{caption}: none found.</p>'


def hrv(summary: Summary) -> str:
    """Return heart rate variability, with what each figure rests on."""
    values = summary["hrv"]
    words = {"interval_count": "NN intervals", "difference_count": "pairs of adjacent NN intervals"}
    shown = "".join(
        table(
            ("measure", "value"),
            [
                (name, f"{number(values[key], 1)} {unit}")
                for key, name, unit, of in (*HRV_ROWS, *MORE_HRV)
                if of == count
            ],
            f"From {number(values[count])} {rests_on}",
        )
        for count, rests_on in words.items()
    )
    note = (
        f"{number(values['excluded_beat_count'])} of {number(values['beat_count'])} beats and "
        f"{number(values['excluded_interval_count'])} intervals were left out. "
        f"Rests on {text(values['rests_on'])}."
    )
    return f'<div class="columns">{shown}</div><p>{note}</p>'


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
            yield from _leaves(item, f"{name} / {key}" if name else str(key))
    elif isinstance(value, float):
        yield name, f"{value:.4g}"
    elif isinstance(value, list) and len(value) > 4:
        yield name, f"{len(value)} values"
    else:
        yield name, str(value)
