"""Heart sounds as one page: to be heard, seen and judged, never larger than a mail takes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.serve.measures import clock_time
from arsis.serve.report.pack import pack
from arsis.serve.report.page import LARGEST, file, filled, frame, programs
from arsis.serve.report.tables import badge
from arsis.serve.report.text import number, share, text
from arsis.serve.sounds import tables
from arsis.serve.sounds.heard import HEARD_HZ, Heard, heard_of
from arsis.serve.sounds.marks import PROBABILITY_STEPS, SOUNDS, STEP_S, Marks, fitted, marks_of
from arsis.serve.sounds.spectrogram import image
from arsis.serve.sounds.words import abstention

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arsis.infer.predict import Prediction

RESERVE = 20_000
"""Bytes for what is said of the sound once it is known, and for the names of its columns."""
MOST_QUALITY = 20_000
"""Values of the strip of quality: seconds of five hours, then the worst of several seconds."""
QUALITY_STEPS, UNUSABLE = 100, 128
HERE = __package__
SCRIPTS = ("data.js", "strip.js", "overview.js", "tachogram.js", "page.js")


def report(prediction: Prediction, source: str) -> str:
    """Return a page about a heart sound that opens in any browser, without a network.

    Parameters
    ----------
    prediction
        What was said of the recording.
    source
        The file as its owner named it.

    Returns
    -------
    str
        HTML of at most `LARGEST` bytes (UTF-8). A recording of up to two minutes is there to be
        heard and seen whole; of a longer one the clearest two minutes are, and the page says so.
    """
    summary, recording = prediction.summary, prediction.recording
    heard = heard_of(recording.channels[0], summary["quality"]["per_second"])
    audio = base64.b64encode(heard.file()).decode("ascii")
    page, parts = file(HERE, "page.html"), _parts(prediction, source) | {"audio": audio}
    data = _data(prediction, heard)
    every = marks_of(prediction.answers)
    room = LARGEST - RESERVE - len(filled(page, parts, data, said="").encode())
    marks, packed = fitted(every, (heard.start_s, heard.stop_s), room)
    sounds = {"sounds": packed, "count": len(marks), "reasons": list(marks.reasons)}
    return filled(page, parts, data | sounds, said=_said(prediction, heard, (every, marks)))


def _parts(prediction: Prediction, source: str) -> dict[str, str]:
    """Return everything on the page but the sound and its marks, as HTML."""
    summary = prediction.summary
    refusal = abstention(summary)
    said = f'<p class="notice refusal" role="alert">{text(refusal)}</p>' if refusal else ""
    found = sum(summary["sounds"].values())
    unclear = f"{share(summary['unclear']['sounds'], found)} of them are unclear and must not"
    reliance = f"The sounds were found by a model without review. {unclear} be relied upon"
    return frame(
        prediction, source, programs(HERE, SCRIPTS, ("page.css",)), ("Channel", "heart sound")
    ) | {
        "refusal": said,
        "reliance": reliance if found else "A model found no heart sound",
        "figures": tables.figures(prediction),
        "legend": "".join(
            f"<li>{badge(name)} {text(meaning)}</li>" for name, meaning in tables.MEANING.items()
        ),
        "phases": tables.phases(summary),
        "hrv": tables.hrv(summary),
    }


def _data(prediction: Prediction, heard: Heard) -> dict[str, Any]:
    return {
        "duration_s": prediction.recording.duration_s,
        "heard": {"start_s": heard.start_s, "rate_hz": HEARD_HZ, "samples": len(heard.x)},
        "labels": list(SOUNDS),
        "step_s": STEP_S,
        "probability_steps": PROBABILITY_STEPS,
        "spectrogram": image(heard.x, prediction.recording.channels[0].rate_hz / 2),
        "quality": _quality(prediction.summary["quality"]),
    }


def _quality(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the quality of each second, or of each bin of seconds the worst, packed.

    A second in which no heart can be heard has `UNUSABLE` added.
    """
    seconds, whys = told["per_second"], told["reason_per_second"]
    bin_s = max(1, -(-len(seconds) // MOST_QUALITY))
    steps = np.rint(np.clip(seconds, 0, 1) * QUALITY_STEPS).astype(np.uint8)
    usable = np.array([not why for why in whys], bool)
    # What is filled up at the end counts for nothing: it is better than any second.
    missing = -len(steps) % bin_s
    worst = np.append(steps, np.full(missing, QUALITY_STEPS, np.uint8)).reshape(-1, bin_s).min(1)
    good = np.append(usable, np.ones(missing, bool)).reshape(-1, bin_s).all(1)
    raw = np.where(good, worst, worst + UNUSABLE).astype(np.uint8).tobytes()
    return {"bin_s": bin_s, "steps": QUALITY_STEPS, "unusable": UNUSABLE, "packed": pack(raw)}


def _said(prediction: Prediction, heard: Heard, marks: tuple[Marks, Marks]) -> str:
    """Say what of the recording is on the page and how it was made audible."""
    every, kept = marks
    duration_s = prediction.recording.duration_s
    if heard.stop_s >= duration_s - 1e-3 and not heard.start_s:
        which = "The whole recording is here"
    else:
        stretch = f"{clock_time(heard.start_s)} to {clock_time(heard.stop_s)}"
        which = f"<strong>Only {stretch} of {clock_time(duration_s)} is here</strong>, the clearest"
    change = "louder" if heard.gain >= 1 else "softer"
    factor = heard.gain if heard.gain >= 1 else 1 / heard.gain
    said = [
        f"{which}, at {HEARD_HZ} samples per second, from 20 Hz upwards,",
        f"{number(factor, 1)} times {change} than in the file.",
        "Heart sounds are low: use headphones.",
    ]
    lost = len(every) - len(kept)
    if lost:
        said.append(
            f"<strong>{number(lost)} of {number(len(every))} heart sounds have no mark here"
            "</strong>; all are counted in the tables."
        )
    return " ".join(said)
