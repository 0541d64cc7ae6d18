"""The tables of beats, as Markdown, each made from the run records of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arsis.learn.cells import (
    NOTHING,
    caption,
    interval,
    markdown,
    number,
    of_part,
    percent,
    percent2,
)
from arsis.learn.scoring.beats.robustness import CLEAN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from arsis.learn.record import Record

_BEAT_HEAD = ("", "accuracy %", "macro-F1 %", "j-kappa", "F1 N %", "F1 S %", "F1 V %", "F1 F %")


def _beat_cells(rows: Mapping[str, Any]) -> list[str]:
    names = ("accuracy", "macro_f1", "j_kappa", "f1_N", "f1_S", "f1_V", "f1_F")
    return [interval(rows.get(n), number if n == "j_kappa" else percent) for n in names]


def _headline(record: Record) -> Mapping[str, Any]:
    scores: Mapping[str, Any] = record["scores"]
    rows: Mapping[str, Any] = scores["seeds"] if record["kind"] == "seeds" else scores["headline"]
    return rows


def _title(record: Record) -> str:
    if record["kind"] == "seeds":
        return f"mean ± sd of {len(record['weights'])} seeds"
    alarm = record["scores"].get("alarm", "")
    return f"{record['name']} ({alarm})" if alarm else str(record["name"])


def beats_table(results: Path, part: str) -> str:
    """Return the headline of every contender in a part, the baselines first."""
    records = of_part(results, part)
    if not records:
        return NOTHING
    rows = [[_title(record), *_beat_cells(_headline(record))] for record in records]
    return markdown(_BEAT_HEAD, rows, caption(records))


def clear_table(results: Path) -> str:
    """Return end-to-end figures without the answers marked as unclear, with the share answered."""
    records = [r for r in of_part(results, "end-to-end") if r["kind"] != "seeds"]
    if not records:
        return NOTHING
    rows = [
        [
            _title(record),
            percent(record["scores"]["share_answered"]),
            *_beat_cells(record["scores"]["clear"]["headline"]),
        ]
        for record in records
    ]
    return markdown(("", "answered %", *_BEAT_HEAD[1:]), rows, caption(records))


def apart_table(results: Path) -> str:
    """Return the headline with each of the subjects that weigh most left out."""
    records = [r for r in of_part(results, "reference") if r["kind"] != "seeds"]
    if not records:
        return NOTHING
    rows = [
        [f"{record['name']} without {subject}", *_beat_cells(rows)]
        for record in records
        for subject, rows in record["scores"]["apart"].items()
    ]
    return markdown(_BEAT_HEAD, rows, caption(records))


def records_table(results: Path) -> str:
    """Return accuracy and F1 of every test record, for every model."""
    records = [r for r in of_part(results, "reference") if r["kind"] in ("baseline", "model")]
    if not records:
        return NOTHING
    head = ["record", "beats"] + [f"{r['name']}: accuracy / S / V %" for r in records]
    rows = []
    for subject in sorted(records[0]["scores"]["records"]):
        each = [record["scores"]["records"][subject] for record in records]
        beats = sum(map(sum, each[0]["confusion"]["counts"]))
        cells = [
            " / ".join(percent(row["figures"].get(n)) for n in ("accuracy", "f1_S", "f1_V"))
            for row in each
        ]
        rows.append([subject, f"{beats:,}", *cells])
    return markdown(head, rows, caption(records))


def ec57_table(results: Path) -> str:
    """Return the figures that the standard for monitors asks for, over all test records."""
    records = [r for r in of_part(results, "reference") if "ec57" in r["scores"]]
    if not records:
        return NOTHING
    kinds = (("veb", "VEB"), ("sveb", "SVEB"))
    figures = (
        ("sensitivity", "Se"),
        ("ppv", "+P"),
        ("false_positive_rate", "FPR"),
        ("accuracy", "Acc"),
    )
    head = ["", *(f"{kind} {name} %" for _, kind in kinds for _, name in figures)]
    rows = [
        [
            record["name"],
            *(
                percent(record["scores"]["ec57"]["gross"][kind][figure])
                for kind, _ in kinds
                for figure, _ in figures
            ),
        ]
        for record in records
    ]
    return markdown(head, rows, caption(records))


def peaks_table(results: Path) -> str:
    """Return sensitivity and positive predictivity of R peaks by detector and group."""
    records = of_part(results, "rpeaks")
    if not records:
        return NOTHING
    scores = records[0]["scores"]
    rows = [
        [f"{detector}, {group} ({each[group]['records']})", tolerance, *_peak_cells(each[group])]
        for detector, tolerances in scores["detectors"].items()
        for tolerance, each in tolerances.items()
        for group in scores["groups"]
        if group in each
    ]
    head = ("detector, records", "within", "Se %", "+P %", "spread ms")
    return markdown(head, rows, caption(records))


def _peak_cells(row: Mapping[str, Any]) -> list[str]:
    spread_s = row["robust_spread_s"]
    return [
        interval(row["sensitivity_interval"], percent2),
        interval(row["ppv_interval"], percent2),
        "-" if spread_s is None else f"{1000 * spread_s:.1f}",
    ]


def hrv_table(results: Path) -> str:
    """Return the relative error of RMSSD, for each way of choosing the beats."""
    records = of_part(results, "hrv")
    if not records:
        return NOTHING
    shared = {way: row for way, row in _errors(records[0]).items() if way != "ours"}
    ways = shared | {f"classes of {each['name']}": _errors(each)["ours"] for each in records}
    rows = [
        [way, *(interval(row[name], percent) for name in ("median", "p90"))]
        for way, row in ways.items()
    ]
    scored = records[0]["scores"]["records_scored"]
    head = ("our peaks", f"median error %, {scored} records", "90th percentile %")
    return markdown(head, rows, caption(records))


def _errors(record: Record) -> Mapping[str, Any]:
    errors: Mapping[str, Any] = record["scores"]["relative_error"]
    return errors


def robustness_table(results: Path) -> str:
    """Return what disturbances leave of the model's figures and of the baselines' j-kappa."""
    records = of_part(results, "robustness")
    models = [record for record in records if record["kind"] == "model"]
    if not models:
        return NOTHING
    others = [record for record in records if record["kind"] == "baseline"]
    rows = []
    for name, row in _disturbed(models[0]).items():
        found = [percent(row["headline"][f"f1_{label}"]["estimate"]) for label in "NSV"]
        beside = [_disturbed(each)[name]["headline"]["j_kappa"]["estimate"] for each in others]
        j_kappa = interval(row["headline"]["j_kappa"], number)
        rows.append([name, j_kappa, *found, *map(number, beside)])
    named = [f"{record['name']}: j-kappa" for record in others]
    head = (f"{models[0]['name']}: j-kappa", "F1 N %", "F1 S %", "F1 V %")
    return markdown(("", *head, *named), rows, caption(records))


def _disturbed(record: Record) -> Mapping[str, Any]:
    return {CLEAN: record["scores"], **record["scores"]["conditions"]}
