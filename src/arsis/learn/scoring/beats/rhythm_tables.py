"""The tables of rhythm, as Markdown: fibrillation by method, its burden by record, intervals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from arsis.learn.cells import NOTHING, interval, markdown, of_part, percent
from arsis.learn.scoring.beats.fibrillation_fit import OURS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from arsis.learn.record import Record

VERIFIED = "intervals-verified.json"
_FIGURES = ("duration_sensitivity", "duration_ppv", "episode_sensitivity", "episode_ppv")
_MINUTE_S = 60.0


def rhythm_table(results: Path) -> str:
    """Return how well fibrillation is found by every method, the trivial ones first."""
    records = of_part(results, "rhythm")
    if not records:
        return NOTHING
    rows = [
        [f"{method}, {setting}", *(interval(each["figures"][name], percent) for name in _FIGURES),
         interval(each["burden_error_percent"], _one)]
        for setting, methods in records[0]["scores"]["settings"].items()
        for method, each in methods.items()
    ]  # fmt: skip
    head = ("", "seconds: Se %", "+P %", "episodes: Se %", "+P %", "burden off by, points")
    return markdown(head, rows, _below(records[0]))


def burden_table(results: Path) -> str:
    """Return the burden of every record in which there is or was said to be fibrillation."""
    records = of_part(results, "rhythm")
    if not records:
        return NOTHING
    settings = records[0]["scores"]["settings"]
    own = next(iter(settings.values()))[OURS]
    chosen = {
        subject: row
        for subject, row in own["records"].items()
        if row["burden"]["true"] or row["burden"]["answered"] or row["flutter_s"]
    }
    rows = [[subject, *_burden_cells(row)] for subject, row in sorted(chosen.items())]
    inside, count = own["burden_inside"]
    with_af = own["burden_inside_with_fibrillation"]
    below = (
        f"Own R peaks; of {count} records, {inside} have their true burden within the interval, "
        f"of those with fibrillation {with_af[0]} of {with_af[1]}; where a record is not listed, "
        "nothing was there and nothing was said. Flutter and fibrillation of less than 30 s count "
        f"neither as right nor as wrong. never AF: 0.0 everywhere. {_below(records[0])}"
    )
    head = ("record", "true %", "answered % [interval]", "flutter, min", "of it called AF, min")
    return markdown(head, rows, below)


def _burden_cells(row: Mapping[str, Any]) -> list[str]:
    burden = row["burden"]
    told = f"{_one(burden['answered'])} [{_one(burden['least'])}, {_one(burden['greatest'])}]"
    flutter = (row["flutter_s"], row["flutter_as_fibrillation_s"])
    return [_one(burden["true"]), told, *(_one(each / _MINUTE_S) for each in flutter)]


def _one(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _below(record: Record) -> str:
    scores, data = record["scores"], record["data"]
    minutes = scores["seconds"]["AF"] / _MINUTE_S
    drawn = record["interval"]
    return (
        f"Each of {scores['people']} people ({scores['records']} unpaced records of "
        f"{data['corpus']}) judged by a fit to all others; {minutes:.0f} minutes of fibrillation, "
        f"of {scores['people_with_fibrillation']} people; "
        f"[{100 * drawn['level']:.0f} % interval by bootstrap over people, "
        f"{drawn['replicates']} draws]; data of the test part {data['fingerprint'][:12]}, "
        f"opened for {data['openings']} sets of weights (ledger.jsonl)."
    )


_WAVES = {"qrs_ms": "QRS", "qt_ms": "QT"}


def _called(who: str) -> tuple[str, str]:
    """Split "NeuroKit2 DWT qt_ms" into what was measured and by whom."""
    method, _, wave = who.rpartition(" ")
    return _WAVES[wave], method


def intervals_table(results: Path) -> str:
    """Return the errors of QRS width and QT on simulated ECGs, beside NeuroKit2's."""
    if not (results / VERIFIED).exists():
        return NOTHING
    found = json.loads((results / VERIFIED).read_text(encoding="utf-8"))
    rows = [
        [f"{_called(who)[0]}, {group}: {_called(who)[1]}",
         f"{each['answered']} of {each['recordings']}",
         *(_one(each[name]) for name in ("bias_ms", "spread_ms", "p95_ms"))]
        for group, methods in sorted(found["simulated"].items(), key=lambda one: one[0] != "all")
        for who, each in methods.items()
    ]  # fmt: skip
    real = found["mitdb"]
    below = (
        "Median of each simulated recording against the truth. NeuroKit2 was given the true R "
        "peaks, and delimits waves by other rules: a constant bias is not its fault. On "
        f"{real['records']} unpaced records of mitdb, QRS width tells the {real['blocked']} with "
        f"bundle branch block from the others with an AUC of {real['auc']:.2f}; "
        f"{percent(real['share_of_qt_answered'])} % of their median beats got a QT."
    )
    return markdown(("", "answered", "bias ms", "spread ms", "95 % within ms"), rows, below)
