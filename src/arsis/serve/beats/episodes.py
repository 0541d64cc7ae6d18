"""Rhythm: episodes as a table and as bands over the whole recording, and widths within beats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arsis.serve.beats.tables import left_out, longest, or_none, start_of
from arsis.serve.measures import clock_time
from arsis.serve.report.tables import badge
from arsis.serve.report.text import UNKNOWN, number, table, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arsis.core.task import Summary

ELSEWHERE = ("supraventricular run", "ventricular run", "pause")
"""Kinds that have tables of their own."""
MOST_BANDS = 1000
WIDTHS = (
    ("qrs", "QRS", "qrs"), ("qt", "QT", "qt"), ("qtc_bazett", "QTc, Bazett", "qt"),
    ("qtc_fridericia", "QTc, Fridericia", "qt"), ("qtc_framingham", "QTc, Framingham", "qt"),
    ("qtc_hodges", "QTc, Hodges", "qt"),
)  # fmt: skip
"""Key of the summary, name, and which count the figure rests on."""


def section(summary: Summary) -> str:
    """Return the part of the page about rhythm; nothing where the summary says nothing of it."""
    if "episodes" not in summary:
        return ""
    found = _shown(summary)
    rows = [
        (
            start_of(each),
            text(each["kind"]),
            clock_time(each["duration_s"]),
            number(each["beats"]),
            f"{number(each['rate_bpm'])} bpm",
            number(each["probability"], 2),
            f"{badge('U')} {text(each['reason'])}" if each["unclear"] else "",
        )
        for each in longest(found)
    ]
    caption = f"Episodes of a rhythm{left_out(found)}"
    head = ("start", "rhythm", "length", "beats", "rate", "probability", "unclear")
    said = _burden(summary.get("atrial_fibrillation"))
    unnamed = summary.get("rhythms_not_answered", ())
    if unnamed:
        said += f"<p>Not looked for: {text(', '.join(unnamed))}.</p>"
    return (
        '<section aria-labelledby="rhythm-title"><h2 id="rhythm-title">Rhythm</h2>'
        f"{said}{or_none(head, rows, caption)}"
        f"{_widths(summary.get('intervals'))}</section>"
    )


def _widths(told: Mapping[str, Any] | None) -> str:
    """Return QRS width and QT as a table, the corrections named; nothing where none were taken."""
    if not told:
        return ""
    rows = []
    for key, name, of in WIDTHS:
        value, count, spread = told[f"{key}_ms"], told[f"{of}_count"], told.get(f"{key}_spread_ms")
        shown = f"{number(value)} ms" + (f" ± {number(spread)} ms" if spread is not None else "")
        reasons = ", ".join(f"{n} {why}" for why, n in told[f"{of}_reasons"].items())
        rows.append((name, shown if value is not None else UNKNOWN, number(count), text(reasons)))
    caption = (
        f"Widths of {number(told['median_beats'])} median beats, each of "
        f"{number(told['beats_in_each'])} normal ones: median and spread"
    )
    return table(("width", "value", "median beats", "left out"), rows, caption)


def bands(summary: Summary) -> list[dict[str, Any]]:
    """Return episodes for the bar over the whole recording: the longest."""
    return [
        {
            "kind": each["kind"],
            "start_s": round(each["start_s"], 2),
            "duration_s": round(each["duration_s"], 2),
            "unclear": bool(each["unclear"]),
        }
        for each in longest(_shown(summary), MOST_BANDS)
    ]


def _shown(summary: Summary) -> list[dict[str, Any]]:
    return [each for each in summary.get("episodes", ()) if each["kind"] not in ELSEWHERE]


def _burden(told: Mapping[str, Any] | None) -> str:
    """Return the share of time in atrial fibrillation, with the least and the greatest."""
    if not told:
        return ""
    if told["burden_percent"] is None:
        return f"<p>Atrial fibrillation: not known ({text(told['reason'])}).</p>"
    least, most = (number(told[name], 1) for name in ("least_percent", "greatest_percent"))
    return (
        f"<p>Atrial fibrillation in {number(told['burden_percent'], 1)} % of "
        f"{clock_time(told['judged_s'])} judged, at least {least} %, at most {most} %; episodes of "
        f"{told['shortest_episode_s']:g} s and more count.</p>"
    )
