"""One prediction as one page: self-contained, offline, and never larger than a mail takes."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np

import arsis
from arsis.serve.answers import clock_time
from arsis.serve.report import tables
from arsis.serve.report.marks import PROBABILITY_STEPS, Marks, fitted, marks_of
from arsis.serve.report.strip import Strip, strip_of
from arsis.serve.report.text import embedded, number, share, text
from arsis.tasks.beats.classes import MEANING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arsis.core.recording import Recording
    from arsis.infer.bundle import Card
    from arsis.infer.predict import Prediction

LARGEST = 3_000_000
"""Bytes of a page, however long the recording."""
RESERVE = 20_000
"""Bytes for what is said of the strip once it is known, and for the names of its columns."""
MARKS_SHARE = 0.75
"""Of the room, at most this much goes to the marks of the beats."""
MOST_NOTES = 40
SCRIPTS = (
    "vendor/uPlot.iife.min.js",
    "data.js",
    "strip.js",
    "overview.js",
    "tachogram.js",
    "page.js",
)
STYLES = ("vendor/uPlot.min.css", "page.css")


def report(prediction: Prediction, source: str) -> str:
    """Return a page about a recording that opens in any browser, without a network.

    Parameters
    ----------
    prediction
        What was said of the recording.
    source
        The file as its owner named it.

    Returns
    -------
    str
        HTML of at most `LARGEST` bytes (UTF-8). Every beat is a mark on it; where the waveform
        does not fit, the seconds around ectopic and unclear beats come first and the page says
        how many of them it shows.
    """
    card, recording = prediction.card, prediction.recording
    names = tuple(next(iter(card.targets.values())))
    every = marks_of(prediction.answers, names)
    parts = _parts(prediction, source)
    room = LARGEST - RESERVE - len(_filled(parts, {}, "").encode())
    marks, packed = fitted(every, int(MARKS_SHARE * room))
    strip = strip_of(recording, marks, room - len(packed))
    data = _data(recording, names, marks, strip) | {"beats": packed, "count": len(marks.time_s)}
    return _filled(parts, data, _thinning(every, marks, strip))


def _filled(parts: dict[str, str], data: dict[str, Any], thinning: str) -> str:
    page = Template(_file("page.html"))
    return page.substitute(parts, data=embedded(data), thinning=thinning)


def _parts(prediction: Prediction, source: str) -> dict[str, str]:
    """Return everything on the page but the strip's data, as HTML."""
    summary, recording, card = prediction.summary, prediction.recording, prediction.card
    script = "\n".join(_file(name) for name in SCRIPTS)
    style = "\n".join(_file(name) for name in STYLES)
    return {
        "script": script,
        "style": style,
        "script_hash": _hash(script),
        "style_hash": _hash(style),
        "name": text(recording.name, 120),
        "facts": _facts(recording, card, source),
        "unclear": share(summary["unclear"]["beats"], summary["beats"]),
        "figures": tables.figures(summary),
        "legend": _legend(summary["classes"]),
        "classes": tables.classes(summary),
        "runs": tables.runs_and_pauses(summary),
        "hrv": tables.hrv(summary),
        "notes": _notes(recording),
        "model": _model(card),
        "scores": tables.scores(card),
        "arsis": text(arsis.__version__),
    }


def _legend(names: Iterable[str]) -> str:
    return "".join(f"<li>{tables.badge(k)} {text(MEANING.get(k, ''))}</li>" for k in names)


def _facts(recording: Recording, card: Card, source: str) -> str:
    channels = ", ".join(f"{c.name} {c.rate_hz:g} Hz" for c in recording.channels)
    start = recording.start.isoformat(sep=" ", timespec="seconds") if recording.start else ""
    facts = {
        "File": source,
        "Subject": recording.subject or "",
        "Start": start,
        "Duration": clock_time(recording.duration_s),
        "Leads": channels,
        "Model": f"{card.name}, version {card.task_version}",
        "Trained": card.made or "date not stated",
    }
    return _pairs(facts, 160)


def _pairs(facts: dict[str, str], most: int = 400) -> str:
    """Return names and values as a list on one line; what is not stated is left out."""
    shown = (
        f"<div><dt>{name}</dt><dd>{text(value, most)}</dd></div>"
        for name, value in facts.items()
        if value
    )
    return f'<dl class="facts">{"".join(shown)}</dl>'


def _notes(recording: Recording) -> str:
    if not recording.notes:
        return "<p>The file was read whole; nothing had to be mended or left out.</p>"
    shown = "".join(f"<li>{text(note)}</li>" for note in recording.notes[:MOST_NOTES])
    more = len(recording.notes) - MOST_NOTES
    return f"<ul>{shown}{f'<li>and {more} more</li>' if more > 0 else ''}</ul>"


def _model(card: Card) -> str:
    decision = next(iter(card.decision.values()))
    rule = (
        f"A beat is unclear below a calibrated probability of {decision.unclear_below:g}, or where "
        f"the quality of the signal (0 to 1) is below {decision.unclear_quality:g}."
    )
    facts = {
        "Model": f"{card.name}: {card.title}",
        "Trained on": card.trained_on or "not stated",
        "Protocol": card.protocol or "not stated",
        "Please cite": card.cite,
        "Licence of the data": card.licence,
        "Net": f"sha256 {card.net_sha256[:16]}…" if card.net_sha256 else "",
    }
    limits = "".join(f"<li>{text(limit)}</li>" for limit in card.limits[:MOST_NOTES])
    stated = f"<ul>{limits}</ul>" if limits else "<p>The card states none.</p>"
    return f"{_pairs(facts)}<p>{rule}</p><h3>Limits of use</h3>{stated}"


def _data(
    recording: Recording, names: tuple[str, ...], marks: Marks, strip: Strip
) -> dict[str, Any]:
    return {
        "duration_s": recording.duration_s,
        "leads": [channel.name[:24] for channel in recording.channels],
        "classes": list(names),
        "meanings": [MEANING.get(name, name) for name in names],
        "reasons": list(marks.reasons),
        "probability_steps": PROBABILITY_STEPS,
        "strip": strip.as_dict(),
    }


def _thinning(every: Marks, marks: Marks, strip: Strip) -> str:
    """Say what of the recording is not on the page."""
    said = [f"Waveform drawn at {strip.rate_hz} samples per second"]
    if strip.is_whole:
        said[0] += ", whole."
    else:
        second = np.clip(marks.time_s.astype(np.int64), 0, max(0, len(strip.drawn) - 1))
        shown = strip.drawn[second] & marks.notable
        said[0] += (
            f" for {clock_time(int(strip.drawn.sum()))} of {clock_time(len(strip.drawn))}: around "
            f"{number(int(shown.sum()))} of {number(int(marks.notable.sum()))} ectopic or unclear "
            "beats. Elsewhere only its least and greatest value are shown, as a band."
        )
    lost = len(every.time_s) - len(marks.time_s)
    if lost:
        said.append(
            f"<strong>{number(lost)} of {number(len(every.time_s))} beats have no mark here"
            "</strong> (clear normal ones first); all are counted in the tables."
        )
    else:
        said.append(f"All {number(len(marks.time_s))} beats are marked.")
    return " ".join(said)


def _hash(content: str) -> str:
    """Return the hash by which the page's policy allows this script or style and no other."""
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")


def _file(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8").strip()
