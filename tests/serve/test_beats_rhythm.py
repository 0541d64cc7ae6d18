"""Episodes and intervals in the files, in the terminal and on the page."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

from arsis.formats.wfdb.marks import read_annotations
from arsis.formats.wfdb.write import write_annotations
from arsis.infer.bundle import load
from arsis.infer.predict import Prediction, predict
from arsis.serve.answers import as_json, csv_text
from arsis.serve.beats import rhythm
from arsis.serve.folder import write
from arsis.tasks.beats.known_intervals import Shape, timed
from arsis.tasks.beats.rhythm_marks import stretches

SCHEMA = Path(__file__).parents[2] / "src" / "arsis" / "serve" / "schema" / "result.schema.json"


@pytest.fixture(scope="module")
def slow() -> Prediction:
    """A heart that beats 42 times a minute."""
    return predict(load("beats"), timed(0, Shape(rate_bpm=42, qt_s=0.42), 75.0))


def episode(kind: str, start_s: float, duration_s: float, unclear: bool = False, label: str = "V"):
    return {"kind": kind, "start_s": start_s, "duration_s": duration_s, "beats": 5, "label": label,
            "rate_bpm": 80.0, "probability": 0.9, "unclear": unclear, "reason": ""}  # fmt: skip


def test_every_file_holds_the_episodes(slow: Prediction, tmp_path: Path) -> None:
    page = write(slow, "slow.dat", tmp_path).read_text(encoding="utf-8")
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    jsonschema.validate(result, json.loads(SCHEMA.read_text(encoding="utf-8")))
    told = result["summary"]["episodes"]
    assert [each["kind"] for each in told] == ["bradycardia"]
    with (tmp_path / "episodes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows] == ["bradycardia"]
    assert float(rows[0]["duration_s"]) == pytest.approx(told[0]["duration_s"], abs=1e-3)
    assert rows[0]["probability"] == ""
    for words in ("bradycardia", "QTc, Fridericia", "trial fibrillation"):
        assert words in page


def test_the_schema_refuses_an_episode_that_does_not_last(slow: Prediction) -> None:
    document = as_json(slow, "slow.dat")
    document["summary"]["episodes"] = [episode("bigeminy", 1.0, 0.0)]
    with pytest.raises(jsonschema.ValidationError, match="0"):
        jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_the_terminal_says_what_is_not_known(slow: Prediction) -> None:
    said = "\n".join(rhythm.lines(slow.summary))
    assert "atrial flutter is not judged" in said
    assert "1 bradycardia" in said
    assert "Hodges" in said
    few = predict(load("beats"), timed(1, Shape(), 20.0)).summary
    told = "\n".join(rhythm.lines(few))
    assert "atrial fibrillation: not judged (too few beats in a row)" in told
    assert "QT" in told


def test_rhythm_marks_are_changes_of_rhythm_that_readers_understand(tmp_path: Path) -> None:
    episodes = [
        episode("atrial fibrillation", 100.0, 100.0),
        episode("ventricular run", 150.0, 3.0),
        episode("bigeminy", 300.0, 20.0, label="S"),
        episode("trigeminy", 330.0, 10.0, unclear=True),
        episode("pause", 400.0, 2.5),
    ]
    marks = rhythm.marks({"episodes": episodes})
    expected = [(100, "(AFIB"), (150, "(VT"), (153, "(AFIB"), (200, ")")]
    assert [(round(m.time_s), m.note) for m in marks] == expected
    path = write_annotations(tmp_path, "r", "arsis", marks, 360.0)
    again = read_annotations(path, 360.0)
    assert [(m.label, m.note) for m in again] == [("+", note) for _, note in expected]
    wfdb = pytest.importorskip("wfdb")
    theirs = wfdb.rdann(str(tmp_path / "r"), "arsis")
    assert [note.rstrip("\0") for note in theirs.aux_note] == [note for _, note in expected]
    recording = SimpleNamespace(marks=again, duration_s=300.0)
    assert [s.kind for s in stretches(recording)] == ["AF", "other"]


def test_columns_are_plain(slow: Prediction) -> None:
    text = csv_text(rhythm.columns(slow))
    assert text.splitlines()[0] == ",".join(rhythm.HEAD)
    assert "True" not in text
    assert "None" not in text
