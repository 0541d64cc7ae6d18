"""The tables of heart sounds, as Markdown, each made from the run records of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arsis.learn.cells import NOTHING, caption, interval, markdown, number, of_part, percent
from arsis.learn.headline import across_seeds
from arsis.learn.scoring.sounds.heart_rate import ALONE, FROM_WHOLE
from arsis.learn.scoring.sounds.murmurs import PATIENTS, RECORDINGS
from arsis.learn.scoring.sounds.rivals import TWO_HEADS
from arsis.scores.segments import TOLERANCES_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from arsis.learn.record import Record

NAMES = {
    "training-mean": "the training mean, for everybody",
    "autocorrelation": "autocorrelation of loudness",
    "peak-picking": "peaks of loudness",
    "seeds": "mean ± sd of the seeds",
}


def decimal(value: float | None) -> str:
    """Write a figure in bpm or ms: 0.8432 -> 0.84."""
    return "-" if value is None else f"{value:.2f}"


def tenth(value: float | None) -> str:
    """Write a figure in ms that is known to a tenth at best: 9.44 -> 9.4."""
    return "-" if value is None else f"{value:.1f}"


def heart_rate_table(results: Path) -> str:
    """Return the error of the heart rate in 5 s of every contender, the baselines first."""
    rows = [
        [title, *(interval(figures.get(f"mae_bpm, {way}"), decimal) for way in (FROM_WHOLE, ALONE))]
        for title, figures in _rows(results, "heart-rate")
    ]
    head = ("mean absolute error of the heart rate, bpm", *_ways())
    return _table(results, "heart-rate", head, rows)


def groups_table(results: Path) -> str:
    """Return error of the heart rate and F1 of the models by age and by murmur."""
    rates, sounds = (_models(results, part) for part in ("heart-rate", "segments"))
    if not rates or not sounds:
        return NOTHING
    rows = []
    for group, row in rates[0]["scores"]["groups"].items():
        found = sounds[0]["scores"]["groups"].get(group, {})
        rows.append([
            group, str(row["subjects"]), f"{row['windows']:,}",
            *(decimal(row[f"mae_bpm, {way}"]) for way in (FROM_WHOLE, ALONE)),
            *(percent(found.get(f"f1_both, {within}")) for within in TOLERANCES_S),
        ])  # fmt: skip
    head = (rates[0]["name"], "persons", "windows", *(f"error, {way}, bpm" for way in _ways()),
            *(f"F1 within {within} %" for within in TOLERANCES_S))  # fmt: skip
    return markdown(head, rows, caption(rates))


def segments_table(results: Path) -> str:
    """Return F1 of the sounds of every contender, pooled and per subject."""
    rows = [
        [title, within, *(interval(figures.get(f"{name}, {within}"), percent) for name in (
            "pooled f1_S1", "pooled f1_S2", "pooled f1_both", "f1 per subject"))]
        for title, figures in _rows(results, "segments")
        for within in TOLERANCES_S
    ]  # fmt: skip
    head = ("", "within", "F1 of S1 %", "F1 of S2 %", "both, pooled %", "both, per person %")
    return _table(results, "segments", head, rows)


def murmurs_table(results: Path) -> str:
    """Return how well murmurs are screened for, beside the rules that hear nothing."""
    models = _models(results, "murmurs")
    rules = models[0]["scores"]["rules"] if models else {}
    names = {"weighted_accuracy": percent, "se_present": percent, "ppv_present": percent,
             "auc_present": number}  # fmt: skip
    rows = [
        [title, level, *(interval(figures.get(f"{name}, {level}"), form)
                         for name, form in names.items())]
        for title, figures in (*rules.items(), *_rows(results, "murmurs"))
        for level in (PATIENTS, RECORDINGS)
    ]  # fmt: skip
    head = ("", "of", "weighted accuracy %", "Se of present %", "+P of present %",
            "area under the curve of present")  # fmt: skip
    return _table(results, "murmurs", head, rows)


def intervals_table(results: Path) -> str:
    """Return how exactly times between beats are heard, in all answered records and the surest."""
    names = ("ibi_sd_ms", "ibi_sd_median_record_ms", "ibi_robust_sd_ms")
    shares = ("share_of_intervals", "sensitivity", "ppv")
    rows = []
    for record in of_part(results, "intervals"):
        if record["kind"] == "seeds":
            continue
        scores = record["scores"]
        answered = f"{scores['answered_with_truth']} of {scores['truth']['agreed']}"
        everyone = f"{scores['answered']} of {scores['truth']['records']}"
        for which, figures in (
            ("answered", scores["headline"]),
            ("surest 80 %", scores["best_80"]),
        ):
            if figures and figures["ibi_sd_ms"]["estimate"] is not None:
                rows.append([
                    _title(record), which, answered, everyone,
                    *(interval(figures[name], tenth) for name in names),
                    *(interval(figures[name], percent) for name in shares),
                ])  # fmt: skip
    head = (
        "", "records", "with truth, answered", "all, answered", "error of an interval, SD, ms",
        "median record's, ms", "robust SD, ms", "intervals stated %", "Se %", "+P %",
    )  # fmt: skip
    return _table(results, "intervals", head, rows)


def ways_table(results: Path) -> str:
    """Return the error of intervals by which of them count."""
    rows = [
        [
            f"{record['name']}: {way}",
            *(
                tenth(row[name])
                for name in ("ibi_sd_ms", "ibi_sd_median_record_ms", "ibi_robust_sd_ms")
            ),
            percent(row["share_of_intervals"]),
        ]
        for record in _models(results, "intervals")
        for way, row in record["scores"]["ways"].items()
    ]
    head = ("", "error of an interval, SD, ms", "median record's, ms", "robust SD, ms",
            "of all intervals %")  # fmt: skip
    return markdown(head, rows, caption(_models(results, "intervals"))) if rows else NOTHING


def variability_table(results: Path) -> str:
    """Return the error of heart rate, SDNN and RMSSD of whole records, for every contender."""
    names = ("heart_rate_bpm_mae", "heart_rate_bpm_median_error", "sdnn_ms_mae",
             "sdnn_ms_median_error", "rmssd_ms_mae", "rmssd_ms_median_error")  # fmt: skip
    rows = [
        [title, *(interval(figures.get(name), decimal if "bpm" in name else tenth)
                  for name in names)]
        for title, figures in _rows(results, "intervals")
    ]  # fmt: skip
    head = ("error", "heart rate, bpm", "median", "SDNN, ms", "median", "RMSSD, ms", "median")
    return _table(results, "intervals", head, rows)


def parts_table(results: Path) -> str:
    """Return which part of the error comes from sampling, from labels and from the method."""
    models = _models(results, "intervals")
    if not models:
        return NOTHING
    rows = [
        [name, tenth(row["ibi_sd_ms"]), tenth(row["sdnn_mae_ms"])]
        for name, row in models[0]["scores"]["parts"].items()
    ]
    for record in models:
        figures = record["scores"]["headline"]
        rows.append([
            f"{record['name']}, all of it", tenth(figures["ibi_sd_ms"]["estimate"]),
            tenth(figures["sdnn_ms_mae"]["estimate"]),
        ])  # fmt: skip
    head = ("", "error of an interval, SD, ms", "SDNN, mean absolute error, ms")
    return markdown(head, rows, caption(models))


def truth_table(results: Path) -> str:
    """Return how many records have a truth, and those refused with how far detectors agree."""
    records = of_part(results, "intervals")
    if not records:
        return NOTHING
    truth = next(each for each in records if "truth" in each["scores"])["scores"]["truth"]
    refused = truth["refused"]
    rows = [
        ["records", str(truth["records"])],
        [f"both find at least {percent(truth['at_least'])} % of the beats", str(truth["agreed"])],
        ["beats in these", f"{truth['beats']:,}"],
        ["beats in these that only one of them finds", str(truth["doubtful"])],
        ["refused", str(len(refused))],
    ]
    listed = ", ".join(f"{name} ({percent(share)} %)" for name, share in refused.items())
    below = f"R peaks by {' and '.join(truth['detectors'])}, within {1000 * truth['within_s']:.0f}"
    return markdown(("", ""), rows, f"{below} ms of each other. Refused: {listed}.")


def _rows(results: Path, part: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return title and figures of every row of a part; seeds of the two-head net are one row."""
    records = of_part(results, part)
    heads = [each for each in records if each["name"].startswith(TWO_HEADS)]
    rows = [(_title(each), _figures(each)) for each in records if each not in heads]
    if not heads:
        return rows
    title = f"two-head net on spectrograms, {len(heads)} seeds"
    figures = across_seeds(heads) if len(heads) > 1 else _figures(heads[0])
    kinds = [each["kind"] for each in records if each not in heads]
    place = kinds.count("baseline")
    return [*rows[:place], (title, figures), *rows[place:]]


def _figures(record: Record) -> Mapping[str, Any]:
    scores: Mapping[str, Any] = record["scores"]
    rows: Mapping[str, Any] = scores["seeds"] if record["kind"] == "seeds" else scores["headline"]
    return rows


def _title(record: Record) -> str:
    return NAMES.get(record["name"], str(record["name"]))


def _ways() -> tuple[str, str]:
    return f"from the {FROM_WHOLE}", f"from the {ALONE}"


def _models(results: Path, part: str) -> list[Record]:
    return [record for record in of_part(results, part) if record["kind"] == "model"]


def _table(results: Path, part: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    records = of_part(results, part)
    return markdown(head, rows, caption(records)) if records else NOTHING


TABLES = {
    "sounds-heart-rate": heart_rate_table,
    "sounds-segments": segments_table,
    "sounds-groups": groups_table,
    "sounds-murmurs": murmurs_table,
    "sounds-intervals": intervals_table,
    "sounds-ways": ways_table,
    "sounds-variability": variability_table,
    "sounds-parts": parts_table,
    "sounds-truth": truth_table,
}
"""The tables that documents may ask for, by the name in their marker."""
