"""The tables of a report: what the beats amount to, in figures with units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arsis.serve.measures import clock_time
from arsis.serve.report.tables import badge, hrv_tables, small, tile
from arsis.serve.report.text import UNKNOWN, number, share, table, text
from arsis.tasks.beats.classes import MEANING
from arsis.tasks.beats.summarise import PAUSE_S, SHORTEST_RUN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arsis.core.task import Summary

MOST_ROWS = 100
"""Runs and pauses listed: the longest; all of them can be reached in the strip."""


def figures(summary: Summary) -> str:
    """Return the few figures that are read first."""
    parts = summary["unclear"]["beats"], summary["beats"]
    rmssd_ms, sdnn_ms = summary["hrv"]["rmssd_ms"], summary["hrv"]["sdnn_ms"]
    tiles = [
        tile("Heart rate", f"{number(summary['heart_rate_bpm'])} {small('bpm')}", "mean"),
        tile("Beats", number(summary["beats"]), f"in {clock_time(summary['judged_s'])} judged"),
        *(_burden(label, burden) for label, burden in summary["ectopic_burden"].items()),
        tile("Unclear", share(*parts), f"{number(parts[0])} beats", "U"),
        tile("RMSSD", f"{number(rmssd_ms, 1)} {small('ms')}", f"SDNN {number(sdnn_ms, 1)} ms"),
    ]
    return f'<dl class="figures">{"".join(tiles)}</dl>'


def _burden(label: str, burden: Mapping[str, Any]) -> str:
    percent = burden["percent_of_beats"]
    value = share(percent, 100) if percent is not None else UNKNOWN
    below = f"ectopic burden; {_per_hour(burden['per_hour'])} per hour"
    return tile(text(burden["meaning"]).capitalize(), value, below, label)


def _per_hour(rate: float | None) -> str:
    return number(rate, 0 if rate is None or rate >= 100 else 1)


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
            start_of(run),
            badge(run["label"]),
            number(run["beats"]),
            f"{number(run['duration_s'], 1)} s",
            f"{number(run['rate_bpm'])} bpm",
        )
        for run in longest(summary["runs"])
    ]
    pauses = [
        (start_of(pause), f"{number(pause['duration_s'], 2)} s")
        for pause in longest(summary["pauses"])
    ]
    run_caption = f"Runs of {SHORTEST_RUN} and more ectopic beats" + left_out(summary["runs"])
    pause_caption = f"Pauses of {PAUSE_S:g} s and more" + left_out(summary["pauses"])
    return or_none(("start", "class", "beats", "length", "rate"), runs, run_caption) + or_none(
        ("start", "length"), pauses, pause_caption
    )


def start_of(item: dict[str, Any]) -> str:
    """Return a button that takes the ECG strip to where something begins."""
    start_s = item["start_s"]
    words = clock_time(start_s)
    return f'<button type="button" class="jump" data-time="{start_s:.3f}">{words}</button>'


def longest(items: list[dict[str, Any]], most: int = MOST_ROWS) -> list[dict[str, Any]]:
    """Return the longest, in order of time."""
    chosen = sorted(items, key=lambda item: -item["duration_s"])[:most]
    return sorted(chosen, key=lambda item: float(item["start_s"]))


def left_out(items: list[dict[str, Any]]) -> str:
    """Say how many there are, and whether all of them are listed."""
    if len(items) <= MOST_ROWS:
        return f": {len(items)}" if items else ""
    return f": {number(len(items))}, of which the {MOST_ROWS} longest are listed"


def or_none(head: tuple[str, ...], rows: list[Any], caption: str) -> str:
    """Return a table, or a sentence where it has no rows."""
    return table(head, rows, caption) if rows else f'<p class="none">{caption}: none found.</p>'


def hrv(summary: Summary) -> str:
    """Return heart rate variability, with what each figure rests on."""
    values = summary["hrv"]
    note = (
        f"{number(values['excluded_beat_count'])} of {number(values['beat_count'])} beats and "
        f"{number(values['excluded_interval_count'])} intervals were left out. "
        f"Rests on {text(values['rests_on'])}."
    )
    return f"{hrv_tables(values)}<p>{note}</p>"
