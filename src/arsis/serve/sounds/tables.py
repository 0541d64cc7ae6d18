"""The figures of a page about heart sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from arsis.serve.measures import clock_time
from arsis.serve.report.tables import badge, hrv_tables, small, tile
from arsis.serve.report.text import UNKNOWN, number, share, table, text
from arsis.serve.sounds.words import INTERVAL, spread_ms

if TYPE_CHECKING:
    from arsis.core.task import Summary
    from arsis.infer.predict import Prediction

MEANING = {
    "S1": "first heart sound: the valves to the ventricles close",
    "systole": "between S1 and S2: the ventricles press",
    "S2": "second heart sound: the valves to the arteries close",
    "diastole": "from S2 to the next S1: the heart fills",
}


def figures(prediction: Prediction) -> str:
    """Return the few figures that are read first."""
    summary = prediction.summary
    spread = None if summary["abstained"] else spread_ms(prediction.answers)
    hrv, rests_on = summary["hrv"], f"from {number(summary['rests_on']['intervals'])} intervals"
    intervals = f"{number(hrv['interval_count'])} intervals"
    pairs = f"{number(hrv['difference_count'])} pairs of intervals"
    rate = f"{number(summary['heart_rate_bpm'], 1)} {small('bpm')}"
    tiles = [
        tile("Heart rate", rate, rests_on if summary["heart_rate_bpm"] else "not given"),
        tile("SDNN", f"{number(hrv['sdnn_ms'], 1)} {small('ms')}", intervals),
        tile("RMSSD", f"{number(hrv['rmssd_ms'], 1)} {small('ms')}", pairs),
        tile("pNN50", f"{number(hrv['pnn50_percent'], 1)} {small('%')}", pairs),
        tile("Error of an interval", _plus_minus(spread), "median"),
        tile("Quality", *_quality(summary)),
    ]
    return f'<dl class="figures">{"".join(tiles)}</dl>'


def _plus_minus(spread: float | None) -> str:
    return UNKNOWN if spread is None else f"± {number(spread, 1)} {small('ms')}"


def _quality(summary: Summary) -> tuple[str, str]:
    seconds = summary["quality"]["per_second"]
    if not seconds:
        return UNKNOWN, "nothing was measured"
    bad = sum(count for why, count in summary["quality"]["seconds"].items() if why)
    mean = f"{number(float(np.mean(seconds)), 2)} {small('of 1')}"
    return mean, f"{share(bad, len(seconds))} of the seconds are not usable"


def phases(summary: Summary) -> str:
    """Return how long each phase lasts, how many sounds were found and why some are unclear."""
    if not any(summary["sounds"].values()):
        return '<p class="none">No heart sound was found.</p>'
    rows = [
        (f"{badge(name)} {text(MEANING.get(name, ''))}", _ms(each["mean_s"]),
         number(each["count"]))
        for name, each in summary["phases"].items()
    ]  # fmt: skip
    unclear, all_sounds = summary["unclear"], sum(summary["sounds"].values())
    reasons = [
        (f"{badge('U')} {text(reason)}", number(count), share(count, all_sounds))
        for reason, count in sorted(unclear["reasons"].items())
    ]
    reasons.append(("all unclear", number(unclear["sounds"]), share(unclear["sounds"], all_sounds)))
    found = " and ".join(f"{number(n)} {text(name)}" for name, n in summary["sounds"].items())
    judged = clock_time(summary["judged_s"])
    return table(
        ("phase", "mean length", "found"), rows, f"Phases of the beat: {found} in {judged} judged"
    ) + table(("reason", "sounds", "share"), reasons, "Unclear heart sounds: not to be relied upon")


def _ms(length_s: float | None) -> str:
    return UNKNOWN if length_s is None else f"{number(1000 * length_s)} ms"


def hrv(summary: Summary) -> str:
    """Return heart-rate variability, with what each figure rests on."""
    values = summary["hrv"]
    if not values["interval_count"]:
        return '<p class="none">No interval between two clear beats: nothing can be said.</p>'
    note = (
        f"{number(values['excluded_beat_count'])} of {number(values['beat_count'])} beats and "
        f"{number(values['excluded_interval_count'])} intervals were left out. "
        f"Rests on {text(values['rests_on'])}."
    )
    return f"{hrv_tables(values, INTERVAL)}<p>{note}</p>"
