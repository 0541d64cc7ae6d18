"""The command line as a person uses it, mistakes included."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import wfdb

from arsis.core.recording import Recording, from_array
from arsis.formats import FORMATS, read
from arsis.formats.csv.write import write_csv
from arsis.formats.wfdb.write import write_record
from arsis.tasks import TASKS
from arsis.tasks.beats.simulate import Patient, simulate
from arsis.tasks.published import PUBLISHED

SCHEMA = Path(__file__).parents[2] / "src" / "arsis" / "serve" / "schema" / "result.schema.json"


def arsis(*words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "arsis", *map(str, words)],
        capture_output=True, text=True, check=False, cwd=cwd, timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("record")
    write_record(folder, "ecg", simulate(1, 60.0))
    return folder / "ecg"


def wfdb_of(folder: Path, x: np.ndarray, rate_hz: float = 360.0, unit: str = "mV") -> Path:
    names = ("MLII", "V1")[: len(x)]
    write_record(folder, "odd", from_array(x, rate_hz, names=names, unit=unit, name="odd"))
    return folder / "odd"


def leads(recording: Recording) -> np.ndarray:
    return np.stack([channel.read() for channel in recording.channels])


def mistake(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Assert that a user's mistake was said in one line, with status 2 and no traceback."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")
    for word in words:
        assert word in done.stderr
    assert done.stdout == ""


def test_the_answer_fits_its_published_schema(record: Path) -> None:
    done = arsis("analyse", record, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    jsonschema.validate(answer, json.loads(SCHEMA.read_text()))
    truth = [mark.label for mark in read(record).marks]
    assert abs(len(answer["answers"]) - len(truth)) <= 2
    assert answer["summary"]["hrv"]["interval_count"] > 10


def test_all_files_of_an_answer_agree(record: Path, tmp_path: Path) -> None:
    done = arsis("analyse", record, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "beats.csv", "ecg.arsis", "episodes.csv", "report.html", "result.json",
    ]  # fmt: skip
    answers = json.loads((tmp_path / "out" / "result.json").read_text())["answers"]
    rows = list(csv.DictReader((tmp_path / "out" / "beats.csv").read_text().splitlines()))
    marks = wfdb.rdann(str(tmp_path / "out" / "ecg"), "arsis")
    beats = np.array([symbol != "+" for symbol in marks.symbol])
    symbols = [symbol for symbol in marks.symbol if symbol != "+"]
    assert [a["label"] for a in answers] == [r["label"] for r in rows] == symbols
    sample = np.array(marks.sample)[beats]
    np.testing.assert_allclose([a["time_s"] for a in answers], sample / 360, atol=0.002)
    assert sum(float(rows[0][f"p_{name}"]) for name in "NSVF") == pytest.approx(1, abs=1e-3)


def test_several_files_get_a_folder_each_and_one_bad_one_does_not_stop_the_others(
    record: Path, tmp_path: Path
) -> None:
    write_record(tmp_path, "other", simulate(2, 20.0))
    done = arsis("analyse", record, "missing", tmp_path / "other", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "missing" in done.stderr
    assert (tmp_path / "out" / "ecg" / "report.html").exists()
    assert (tmp_path / "out" / "other" / "report.html").exists()


def test_a_csv_gives_the_answer_of_the_same_record(record: Path, tmp_path: Path) -> None:
    write_csv(read(record), tmp_path / "ecg.csv")
    one = json.loads(arsis("analyse", record, "--json").stdout)
    other = json.loads(arsis("analyse", tmp_path / "ecg.csv", "--json").stdout)
    assert [a["label"] for a in one["answers"]] == [a["label"] for a in other["answers"]]


def test_a_missing_dat(record: Path, tmp_path: Path) -> None:
    (tmp_path / "ecg.hea").write_bytes(record.with_suffix(".hea").read_bytes())
    mistake(arsis("analyse", tmp_path / "ecg"), "ecg.dat")


def test_a_truncated_dat(record: Path, tmp_path: Path) -> None:
    (tmp_path / "ecg.hea").write_bytes(record.with_suffix(".hea").read_bytes())
    (tmp_path / "ecg.dat").write_bytes(record.with_suffix(".dat").read_bytes()[:5000])
    mistake(arsis("analyse", tmp_path / "ecg"), "21600")


def test_an_empty_file_and_a_picture(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "photo.hea").write_bytes(b"\xff\xd8\xff\xe0" + bytes(400))
    mistake(arsis("analyse", tmp_path / "empty.csv"), "empty")
    mistake(arsis("analyse", tmp_path / "photo.hea"), "JPEG")


def test_text_in_a_number_column(tmp_path: Path) -> None:
    (tmp_path / "ecg.csv").write_text("time_s,II [mV]\n0,0.1\n0.004,oops\n0.008,0.1\n")
    mistake(arsis("analyse", tmp_path / "ecg.csv"), "oops", "line 3")


def test_a_slow_recording_is_refused_and_a_missing_unit_too(tmp_path: Path) -> None:
    slow = wfdb_of(tmp_path, leads(simulate(1, 20.0))[:, ::12], rate_hz=30.0)
    mistake(arsis("analyse", slow), "30 samples per second")
    (tmp_path / "no_unit.csv").write_text(
        "time_s,II\n" + "".join(f"{i / 250},{i % 7}\n" for i in range(600))
    )
    mistake(arsis("analyse", tmp_path / "no_unit.csv"), "--unit")


def test_an_unknown_model_channel_and_option(record: Path) -> None:
    mistake(arsis("analyse", record, "--model", "no-such"), "arsis models")
    mistake(arsis("analyse", record, "--channels", "V9"), "V9", "MLII")
    mistake(arsis("analyse", record, "--fast"), "--fast")


def test_an_output_path_below_a_plain_file(record: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("kept")
    mistake(arsis("analyse", record, "--out", tmp_path / "plain" / "out"), "plain")
    assert (tmp_path / "plain").read_text() == "kept"


def test_a_full_disk_leaves_the_earlier_answer_as_it_was(record: Path, tmp_path: Path) -> None:
    import resource

    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("the earlier answer")

    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-m", "arsis", "analyse", str(record), "--out", str(out)],
        capture_output=True, text=True, check=False, preexec_fn=little_room, timeout=120,
    )  # fmt: skip
    mistake(done, "out")
    assert [p.name for p in out.iterdir()] == ["report.html"]
    assert (out / "report.html").read_text() == "the earlier answer"


def test_ctrl_c_leaves_the_earlier_answer_as_it_was(tmp_path: Path) -> None:
    write_record(tmp_path, "long", simulate(3, 3600.0))
    out = tmp_path / "out"
    out.mkdir()
    (out / "result.json").write_text("the earlier answer")
    job = subprocess.Popen(
        [sys.executable, "-m", "arsis", "analyse", str(tmp_path / "long"), "--out", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    maps = Path(f"/proc/{job.pid}/maps")
    deadline = time.monotonic() + 60
    # The model is loaded when ONNX Runtime is: from then on it is at work.
    while job.poll() is None and "onnxruntime" not in maps.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(job.pid, signal.SIGINT)
    _, said = job.communicate(timeout=60)
    assert job.returncode == 130, said
    assert "Traceback" not in said
    assert (out / "result.json").read_text() == "the earlier answer"
    assert [p.name for p in out.iterdir()] == ["result.json"]


POOR = {
    "noise alone": np.random.default_rng(1).normal(0, 0.2, (2, 360 * 30)),
    "flat": np.full((2, 360 * 30), 0.3),
    "two seconds": leads(simulate(1, 2.0)),
    "nothing measured": np.full((2, 360 * 30), np.nan),
}


@pytest.mark.parametrize("kind", POOR)
def test_a_poor_recording_is_answered_and_not_an_error(kind: str, tmp_path: Path) -> None:
    done = arsis("analyse", wfdb_of(tmp_path, POOR[kind]), "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    if kind == "two seconds":
        assert 1 <= len(answer["answers"]) <= 3
    else:
        assert answer["answers"] == []
        assert answer["summary"]["heart_rate_bpm"] is None


def test_a_gap_and_a_dead_lead_cost_only_themselves(tmp_path: Path) -> None:
    x = leads(simulate(4, 60.0, patient=Patient(share_s=0, share_v=0)))
    x[:, 20 * 360 : 25 * 360] = np.nan
    x[1] = 0.0
    answer = json.loads(arsis("analyse", wfdb_of(tmp_path, x), "--json").stdout)
    times = np.array([a["time_s"] for a in answer["answers"]])
    assert len(times) == pytest.approx(55 * 68 / 60, abs=4)
    assert not ((times > 20.1) & (times < 24.9)).any()
    labels = [a["label"] for a in answer["answers"]]
    assert labels.count("N") > 0.9 * len(labels)


def test_microvolts_are_converted(tmp_path: Path) -> None:
    x = leads(simulate(5, 30.0))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = arsis("analyse", wfdb_of(tmp_path / "a", x), "--json")
    other = arsis("analyse", wfdb_of(tmp_path / "b", x * 1000, unit="uV"), "--json")
    first, second = json.loads(one.stdout), json.loads(other.stdout)
    assert [a["label"] for a in first["answers"]] == [a["label"] for a in second["answers"]]


def test_read_models_and_simulate_speak_to_people_and_machines(tmp_path: Path) -> None:
    done = arsis("simulate", "beats", tmp_path / "demo" / "ecg", "--duration", "20")
    assert done.returncode == 0, done.stderr
    found = json.loads(arsis("read", tmp_path / "demo" / "ecg", "--json").stdout)
    assert found["duration_s"] == pytest.approx(20.0)
    assert "MLII" in arsis("read", tmp_path / "demo" / "ecg").stdout
    cards = json.loads(arsis("models", "--json").stdout)
    assert "beats" in [card["name"] for card in cards]
    assert "beats" in arsis("models").stdout


@pytest.mark.parametrize("name", list(FORMATS))
def test_read_shows_what_a_file_of_any_format_holds(tmp_path: Path, name: str) -> None:
    path, expected = FORMATS[name].example(tmp_path), FORMATS[name].holds()
    found = json.loads(arsis("read", path, "--json").stdout)
    names = [(channel["name"], channel["unit"]) for channel in found["channels"]]
    assert names == [(channel.name, channel.unit) for channel in expected.channels]
    assert found["duration_s"] == pytest.approx(expected.duration_s)


def test_help_teaches() -> None:
    for command in (
        "analyse", "read", "convert", "train", "evaluate", "models", "simulate", "tables", "fetch",
    ):  # fmt: skip
        done = arsis(command, "--help")
        assert done.returncode == 0, done.stderr
        assert len(done.stdout) > 200


def test_help_names_every_task_and_its_data() -> None:
    said = {command: "".join(bare(command)) for command in ("simulate", "train", "fetch")}
    for name, task in TASKS.items():
        assert name in said["simulate"]
        assert f"{next(iter(task.corpora))}for{name}" in said["train"]
    assert all(name in said["fetch"] for name in PUBLISHED)


def bare(command: str) -> list[str]:
    """Return the words of a command's help, without its frame."""
    return arsis(command, "--help").stdout.replace("\u2502", " ").split()
