"""`arsis hrv`: an ECG or a file of intervals in, every measure with its receipt out."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from arsis.formats.wfdb.write import write_record
from arsis.serve.hrv_answer import SHOWN, Asked, answer, rows
from arsis.signal.hrv_settings import PRESETS
from arsis.tasks.beats.simulate import Patient, simulate

SCHEMA = Path(__file__).parents[2] / "src" / "arsis" / "serve" / "schema"
SIMULATED = Path(__file__).parents[1] / "signal" / "simulated_rr.txt"


def arsis(*words):
    return subprocess.run(
        [sys.executable, "-m", "arsis", *map(str, words)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hrv")
    write_record(folder, "ecg", simulate(11, 400.0, patient=Patient(share_s=0, share_v=0.02)))
    return folder / "ecg"


@pytest.mark.parametrize("preset", PRESETS)
def test_intervals_give_a_document_that_fits_its_schema(preset):
    document = answer(str(SIMULATED), Asked(preset), segments=True)
    jsonschema.validate(document, json.loads((SCHEMA / "hrv.schema.json").read_text()))
    json.dumps(document, allow_nan=False)
    assert document["hrv"]["preset"] == preset
    assert document["hrv"]["interval_count"] == 5200
    assert document["hrv"]["beat_count"] == 5201
    assert document["model"] is None
    assert len(document["hrv"]["segments"]) == 16
    for family, name in SHOWN.values():
        assert document["hrv"]["segments"][0]["measures"][family][name]["value"] is not None


def test_an_ecg_gives_the_same_as_analyse(record):
    done = arsis("hrv", record, "--json")
    assert done.returncode == 0, done.stderr
    one = json.loads(done.stdout)
    other = json.loads(arsis("analyse", record, "--json").stdout)
    jsonschema.validate(one, json.loads((SCHEMA / "hrv.schema.json").read_text()))
    jsonschema.validate(other, json.loads((SCHEMA / "result.schema.json").read_text()))
    assert one["hrv"] == other["summary"]["hrv"]
    assert one["model"] == other["model"]
    assert one["hrv"]["settings"]["nn"]["excluded_beat_count"] > 0
    assert one["hrv"]["record"]["welch"]["lf_ms2"]["value"] > 0


def test_the_folder_holds_the_document_and_a_table(tmp_path):
    done = arsis("hrv", SIMULATED, "--segments", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["hrv.csv", "hrv.json"]
    document = json.loads((tmp_path / "out" / "hrv.json").read_text())
    table = list(csv.DictReader((tmp_path / "out" / "hrv.csv").read_text().splitlines()))
    assert len(table) == len(list(rows(document)))
    rmssd = next(row for row in table if row["measure"] == "rmssd_ms")
    assert float(rmssd["value"]) == document["hrv"]["rmssd_ms"]
    assert (rmssd["start_s"], rmssd["unit"], rmssd["count"]) == ("", "ms", "5199")
    assert {row["start_s"] for row in table} >= {"", "0.0", "300.0"}


def test_people_see_units_counts_and_reasons():
    done = arsis("hrv", SIMULATED, "--segments")
    assert done.returncode == 0, done.stderr
    for words in ("rmssd_ms", "5199 differences", "n.u.", "Segments", "64800 s", "as they stand"):
        assert words in " ".join(done.stdout.split()), words


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--preset", "magic"], "kubios-like"),
        (["--unit", "bpm"], "--unit"),
        (["--unit", "s"], "at most 60 s"),
    ],
)
def test_a_mistake_is_answered_with_what_to_do(words, says):
    done = arsis("hrv", SIMULATED, *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_sounds_and_missing_files_are_refused(tmp_path):
    assert arsis("simulate", "sounds", tmp_path / "a.wav", "--duration", "10").returncode == 0
    done = arsis("hrv", tmp_path / "a.wav")
    assert done.returncode == 2
    assert "heart sounds" in done.stderr
    assert arsis("hrv", tmp_path / "none.txt").returncode == 2


def test_seconds_give_what_milliseconds_give(tmp_path):
    lines = [line for line in SIMULATED.read_text().splitlines() if not line.startswith("#")]
    seconds = tmp_path / "rr.txt"
    seconds.write_text("\n".join(f"{float(line) / 1000:.4f}" for line in lines[:800]))
    other = tmp_path / "ms.txt"
    other.write_text("\n".join(lines[:800]))
    found = [
        answer(str(file), Asked("default"), segments=False)["hrv"] for file in (seconds, other)
    ]
    assert found[0] == found[1]
    assert np.isfinite(found[0]["rmssd_ms"])


def test_help_teaches():
    done = arsis("hrv", "--help")
    assert done.returncode == 0
    assert "kubios-like" in done.stdout
