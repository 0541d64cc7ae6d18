"""The frame of a page: self-contained, offline, closed to all scripts but its own."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any

import arsis
from arsis.serve.measures import clock_time
from arsis.serve.report.calibration import calibration
from arsis.serve.report.tables import scores
from arsis.serve.report.text import embedded, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arsis.core.recording import Recording
    from arsis.infer.bundle import Card
    from arsis.infer.predict import Prediction

LARGEST = 3_000_000
"""Bytes of a page, however long the recording."""
MOST_NOTES = 40
_SHARED = __package__
_SHARED_SCRIPTS = ("vendor/uPlot.iife.min.js", "reading.js", "steering.js", "intervals.js")
_SHARED_STYLES = ("vendor/uPlot.min.css", "page.css")


def filled(page: str, parts: Mapping[str, str], data: dict[str, Any], **said: str) -> str:
    """Return the template with its parts, its data as JSON, and what is said of the data."""
    return Template(page).substitute(parts, data=embedded(data), **said)


def frame(
    prediction: Prediction,
    source: str,
    files: tuple[str, str],
    names: tuple[str, str],
) -> dict[str, str]:
    """Return the parts that all pages share, as HTML.

    Parameters
    ----------
    source
        The file as its owner named it.
    files
        The page's script and its style, as `programs` gives them.
    names
        What the page calls the channels, and the things that are answered ("beat").
    """
    script, style = files
    channels_name, thing = names
    recording, card = prediction.recording, prediction.card
    return {
        "script": script,
        "style": style,
        "script_hash": _hash(script),
        "style_hash": _hash(style),
        "name": text(recording.name, 120),
        "facts": _facts(recording, card, source, channels_name),
        "notes": _notes(recording),
        "model": _model(card, thing),
        "scores": scores(card),
        "arsis": text(arsis.__version__),
    }


def programs(
    package: str, scripts: tuple[str, ...], styles: tuple[str, ...] = ()
) -> tuple[str, str]:
    """Return script and style of a page: what all pages share, then what lies beside its code."""
    script = [file(_SHARED, name) for name in _SHARED_SCRIPTS]
    script += [file(package, name) for name in scripts]
    style = [file(_SHARED, name) for name in _SHARED_STYLES]
    style += [file(package, name) for name in styles]
    return "\n".join(script), "\n".join(style)


def file(package: str, name: str) -> str:
    """Return the text of a file that lies beside the code of a package."""
    return (resources.files(package) / name).read_text(encoding="utf-8").strip()


def _facts(recording: Recording, card: Card, source: str, channels_name: str) -> str:
    channels = ", ".join(f"{c.name} {c.rate_hz:g} Hz" for c in recording.channels)
    start = recording.start.isoformat(sep=" ", timespec="seconds") if recording.start else ""
    facts = {
        "File": source,
        "Subject": recording.subject or "",
        "Start": start,
        "Duration": clock_time(recording.duration_s),
        channels_name: channels,
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


def _model(card: Card, thing: str) -> str:
    decision = next(iter(card.decision.values()))
    rule = (
        f"A {thing} is unclear below a calibrated probability of {decision.unclear_below:g}, or "
        f"where the quality of the signal (0 to 1) is below {decision.unclear_quality:g}."
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
    return f"{_pairs(facts)}{calibration(card, thing)}<p>{rule}</p><h3>Limits of use</h3>{stated}"


def _hash(content: str) -> str:
    """Return the hash by which the page's policy allows this script or style and no other."""
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")
