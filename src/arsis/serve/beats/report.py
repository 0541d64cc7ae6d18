"""The beats of an ECG as one page, never larger than a mail takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.serve.beats import episodes, tables, variability
from arsis.serve.beats.marks import PROBABILITY_STEPS, Marks, fitted, marks_of
from arsis.serve.beats.strip import Strip, strip_of
from arsis.serve.measures import clock_time
from arsis.serve.report.page import LARGEST, file, filled, frame, programs
from arsis.serve.report.tables import badge
from arsis.serve.report.text import number, share, text
from arsis.tasks.beats.classes import MEANING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arsis.core.recording import Recording
    from arsis.infer.predict import Prediction

RESERVE = 20_000
"""Bytes for what is said of the strip once it is known, and for the names of its columns."""
MARKS_SHARE = 0.75
"""Of the room, at most this much goes to the marks of the beats."""
HERE = __package__
SCRIPTS = (
    "data.js", "letters.js", "strip.js", "overview.js", "telling.js", "tachogram.js", "page.js",
)  # fmt: skip


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
    page, parts = file(HERE, "page.html"), _parts(prediction, source, every)
    bands = {"episodes": episodes.bands(prediction.summary)}
    room = LARGEST - RESERVE - len(filled(page, parts, bands, thinning="").encode())
    marks, packed = fitted(every, int(MARKS_SHARE * room))
    strip = strip_of(recording, marks, room - len(packed))
    data = _data(recording, names, marks, strip) | {
        "beats": packed,
        "count": len(marks.time_s),
        **bands,
    }
    return filled(page, parts, data, thinning=_thinning(every, marks, strip))


def _parts(prediction: Prediction, source: str, every: Marks) -> dict[str, str]:
    """Return everything on the page but the strip's data, as HTML."""
    summary = prediction.summary
    return frame(prediction, source, programs(HERE, SCRIPTS), ("Leads", "beat")) | {
        "unclear": share(summary["unclear"]["beats"], summary["beats"]),
        "figures": tables.figures(summary),
        "legend": _legend(summary["classes"]),
        "classes": tables.classes(summary),
        "rhythm": episodes.section(summary),
        "runs": tables.runs_and_pauses(summary),
        "plots": variability.plots(prediction.answers, every, summary["hrv"]),
        "hrv": tables.hrv(summary) + variability.every_figure(summary["hrv"]["record"]),
    }


def _legend(names: Iterable[str]) -> str:
    return "".join(f"<li>{badge(k)} {text(MEANING.get(k, ''))}</li>" for k in names)


def _data(
    recording: Recording, names: tuple[str, ...], marks: Marks, strip: Strip
) -> dict[str, Any]:
    return {
        "duration_s": recording.duration_s,
        "start": recording.start.replace(tzinfo=None).isoformat() if recording.start else "",
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
