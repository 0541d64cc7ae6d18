"""Episodes and intervals for people: lines, columns, rhythm annotations."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from arsis.core.recording import Mark
from arsis.serve.measures import clock_time
from arsis.serve.measures import number as words
from arsis.serve.presenter import Columns
from arsis.tasks.beats.episodes import BIGEMINY, FIBRILLATION, RUN, TRIGEMINY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from arsis.core.task import Summary
    from arsis.infer.predict import Prediction

HEAD = ("kind", "start_s", "duration_s", "beats", "rate_bpm", "probability", "unclear", "reason")
NOTES = {
    FIBRILLATION: "(AFIB", BIGEMINY: "(B", TRIGEMINY: "(T",
    RUN["V"]: "(VT", RUN["S"]: "(SVTA",
}  # fmt: skip
"""Rhythms of the WFDB annotation standard; it has no word for a pause, or for slow and fast."""
END = ")"
"""What follows is not said to be of any rhythm: "(N" would claim more than is known."""
BESIDE_S = 0.03
"""Rhythm marks stand so far outside their episode, since two marks should not share an instant."""
CORRECTIONS = ("bazett", "fridericia", "framingham", "hodges")


def columns(prediction: Prediction) -> Columns:
    """Return one row an episode."""
    rows = (
        tuple(_cell(name, each[name]) for name in HEAD) for each in prediction.summary["episodes"]
    )
    return Columns(HEAD, rows)


def _cell(name: str, value: Any) -> object:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return f"{value:.1f}" if name == "rate_bpm" else f"{value:.4f}"
    return "" if value is None else value


def marks(summary: Summary) -> list[Mark]:
    """Return clear episodes as changes of rhythm, `+`; where two overlap, the shorter one counts.

    Bigeminy and trigeminy are those of ventricular beats, as in the standard.
    """
    chosen = [
        each
        for each in summary["episodes"]
        if each["kind"] in NOTES and not each["unclear"] and not _atrial_pattern(each)
    ]
    return list(_changes(sorted(chosen, key=lambda each: float(each["start_s"]))))


def _atrial_pattern(each: Mapping[str, Any]) -> bool:
    return each["kind"] in (BIGEMINY, TRIGEMINY) and each["label"] != "V"


def _changes(episodes: list[dict[str, Any]]) -> Iterator[Mark]:
    """Yield the mark of every instant at which what is said of the rhythm changes."""
    edges = sorted(
        {each["start_s"] for each in episodes}
        | {each["start_s"] + each["duration_s"] for each in episodes}
    )
    before = END
    for at_s in edges:
        inside = [e for e in episodes if e["start_s"] <= at_s < e["start_s"] + e["duration_s"]]
        shortest = min(inside, key=lambda each: float(each["duration_s"]), default=None)
        note = NOTES[shortest["kind"]] if shortest else END
        if note != before:
            beside_s = BESIDE_S if note == END else -BESIDE_S
            yield Mark(max(0.0, at_s + beside_s), "+", note=note)
        before = note


def lines(summary: Summary) -> list[str]:
    """Return the rhythm and the intervals in sentences for the terminal."""
    kinds = Counter(each["kind"] for each in summary["episodes"])
    named = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return [
        _burden(summary["atrial_fibrillation"]),
        f"episodes: {named or 'none'} ({', '.join(summary['rhythms_not_answered'])} is not judged)",
        *_intervals(summary["intervals"]),
    ]


def _burden(said: Mapping[str, Any]) -> str:
    if said["burden_percent"] is None:
        return f"atrial fibrillation: not judged ({said['reason']})"
    return (
        f"atrial fibrillation: {said['burden_percent']:.1f} % of the time judged "
        f"({said['least_percent']:.1f} to {said['greatest_percent']:.1f} %), "
        f"{said['episodes']} episodes of {said['shortest_episode_s']:g} s and more, "
        f"the longest {clock_time(said['longest_s'])}"
    )


def _intervals(said: Mapping[str, Any]) -> list[str]:
    whole = said["median_beats"]
    found = []
    for name, key in (("QRS", "qrs"), ("QT", "qt")):
        reasons = ", ".join(f"{n} {why}" for why, n in said[f"{key}_reasons"].items())
        found.append(
            f"{name} {words(said[f'{key}_ms'], 0)} ms (from {said[f'{key}_count']} of {whole} "
            f"median beats{f'; not from {reasons}' if reasons else ''})"
        )
    if said["qt_ms"] is not None:
        each = ", ".join(f"{words(said[f'qtc_{c}_ms'], 0)} {c.title()}" for c in CORRECTIONS)
        found.append(f"QTc in ms: {each}")
    return found
