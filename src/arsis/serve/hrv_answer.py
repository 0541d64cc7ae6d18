"""What `arsis hrv` says: a document that fits its schema, a table, and a sight for people."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import arsis
from arsis.core.errors import ChannelError
from arsis.formats.rr import holds_intervals, read_intervals
from arsis.formats.source import source_of
from arsis.scores.plain import plain
from arsis.serve.folder import put
from arsis.serve.measures import clock_time
from arsis.signal.hrv import HrvSums
from arsis.signal.hrv_settings import preset
from arsis.signal.hrv_whole import segments as of_segments
from arsis.signal.hrv_whole import whole
from arsis.signal.nn import NnSeries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rich.console import Group

    from arsis.formats.source import Source

SCHEMA = "arsis-hrv-1"
"""Names the published JSON schema, serve/schema/hrv.schema.json."""
AS_GIVEN = "all intervals of the file, as they stand: none is excluded or corrected"
HEAD = ("start_s", "family", "measure", "value", "unit", "count", "of", "reason")


@dataclass(frozen=True)
class Asked:
    """What a person asks for.

    Attributes
    ----------
    preset
        Name of the settings.
    unit, rate_hz, channels, model
        As for `arsis analyse`; `unit` is that of intervals for a file of them.
    """

    preset: str
    unit: str | None = None
    rate_hz: float | None = None
    channels: str | None = None
    model: str | None = None


@dataclass(frozen=True)
class Held:
    """The NN intervals of a file, and where they come from in plain values."""

    series: NnSeries
    sums: HrvSums
    definition: dict[str, Any]
    recording: dict[str, Any]
    model: dict[str, Any] | None


def answer(file: str, asked: Asked, *, segments: bool) -> dict[str, Any]:
    """Return everything that is said of the variability in a file, in plain values.

    Raises
    ------
    ArsisError
        If the file, the unit, the preset or a channel is at fault.
    """
    settings = preset(asked.preset)
    source = source_of(file)
    intervals = asked.rate_hz is None and holds_intervals(source)
    held = _of_intervals(source, file, asked) if intervals else _of_ecg(file, asked)
    measured = {
        **asdict(held.sums.measures()),
        "rests_on": held.definition["definition"],
        **whole(held.series, settings, held.definition),
    }
    if segments:
        measured["segments"] = of_segments(held.series, settings)
    document = {
        "schema": SCHEMA,
        "arsis": arsis.__version__,
        "recording": held.recording,
        "model": held.model,
        "hrv": measured,
    }
    result: dict[str, Any] = plain(document)  # type: ignore[assignment]
    return result


def _of_intervals(source: Source, file: str, asked: Asked) -> Held:
    found = read_intervals(source, asked.unit)
    series = NnSeries.of_intervals(found.interval_us)
    sums = HrvSums.of(series)
    recording = {
        "name": found.name, "source": file, "kind": "RR intervals",
        "duration_s": series.span_s, "notes": list(found.notes),
    }  # fmt: skip
    definition = {
        "definition": AS_GIVEN, "excluded": "nothing", "beat_count": sums.beat_count,
        "excluded_beat_count": 0, "excluded_interval_count": 0,
    }  # fmt: skip
    return Held(series, sums, definition, recording, None)


def _of_ecg(file: str, asked: Asked) -> Held:
    from arsis.formats import read
    from arsis.infer.predict import predict
    from arsis.serve.choice import Judges
    from arsis.serve.progress import progress
    from arsis.tasks.beats.variability import Doubles, add_beats, definition

    names = tuple(each.strip() for each in asked.channels.split(",")) if asked.channels else None
    given = read(file, unit=asked.unit, rate_hz=asked.rate_hz, channels=names)
    trained, recording = Judges(asked.model).of(given)
    if trained.card.task != "beats":
        raise ChannelError(
            recording.name,
            "heart sounds",
            "an ECG, or RR intervals as text",
            "`arsis analyse` gives the variability that can be had from sounds.",
        )
    with progress(recording.name, recording.duration_s) as advance:
        prediction = predict(trained, recording, progress=advance)
    sums, card = HrvSums(), prediction.card
    series = add_beats(sums, Doubles(), prediction.answers)
    about = {
        "name": recording.name, "source": file, "kind": "ECG",
        "duration_s": recording.duration_s, "notes": list(recording.notes),
    }  # fmt: skip
    judge = {
        "name": card.name, "task": card.task, "task_version": card.task_version,
        "made": card.made, "net_sha256": card.net_sha256,
    }  # fmt: skip
    return Held(series, sums, definition(sums), about, judge)


def rows(document: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield one row for each measure: of the whole record (no start), then of the segments."""
    found = document["hrv"]
    yield from _rows("", found["record"])
    for part in found.get("segments", ()):
        yield from _rows(part["start_s"], part["measures"])


def _rows(start_s: float | str, families: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for family, measures in families.items():
        for name, each in measures.items():
            value = "" if each["value"] is None else each["value"]
            rest = each["unit"], each["count"], each["of"], each.get("reason", "")
            yield start_s, family, name, value, *rest


def write(document: Mapping[str, Any], folder: Path) -> Path:
    """Write the document and the table, both or none; return the folder."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(HEAD)
    writer.writerows(rows(document))

    def fill(desk: Path) -> None:
        (desk / "hrv.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
        (desk / "hrv.csv").write_text(table.getvalue(), encoding="utf-8")

    put(folder, fill)
    return folder


def sight(document: Mapping[str, Any]) -> Group:
    """Return every measure with its unit and what it rests on, and the segments in a table."""
    from rich.console import Group
    from rich.text import Text

    recording, found = document["recording"], document["hrv"]
    length = clock_time(recording["duration_s"])
    title = f"{recording['name']}: {length} of {recording['kind']}, preset {found['preset']}"
    parts = [_segments(found["segments"])] if "segments" in found else []
    said = [Text(f"Rests on {found['rests_on']}.")]
    said += [Text(f"note: {note}", "yellow") for note in recording["notes"]]
    return Group(Text(title, "bold"), Text(), _measures(found["record"]), *parts, Text(), *said)


def _measures(families: Mapping[str, Any]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("family")
    table.add_column("measure")
    table.add_column("value", justify="right")
    for name in ("unit", "from"):
        table.add_column(name)
    for family, measures in families.items():
        for number, (name, each) in enumerate(measures.items()):
            value = "-" if each["value"] is None else f"{each['value']:.4g}"
            unit = "" if each["unit"] == "1" else each["unit"]
            origin = each.get("reason") or f"{each['count']} {each['of']}"
            table.add_row("" if number else family, name, value, unit, origin)
    return table


SHOWN = {
    "bpm": ("time", "mean_hr_bpm"),
    "SDNN ms": ("time", "sdnn_ms"),
    "RMSSD ms": ("time", "rmssd_ms"),
    "LF ms^2": ("welch", "lf_ms2"),
    "HF ms^2": ("welch", "hf_ms2"),
    "SampEn": ("entropy", "sample_entropy"),
    "alpha1": ("dfa", "alpha1"),
}
"""What the terminal shows of a segment; the JSON and the table hold all."""


def _segments(parts: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim", title="Segments")
    for name in ("start", *SHOWN):
        table.add_column(name, justify="right")
    for part in parts:
        cells = [
            part["measures"].get(family, {}).get(name, {}).get("value")
            for family, name in SHOWN.values()
        ]
        shown = ["-" if cell is None else f"{cell:.4g}" for cell in cells]
        table.add_row(clock_time(part["start_s"]), *shown)
    return table
