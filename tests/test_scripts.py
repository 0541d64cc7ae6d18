"""Scripts that nothing else runs start, and measure what they say."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from arsis.formats.wfdb.write import write_record
from arsis.learn.settings import Settings
from arsis.tasks import TASKS
from arsis.tasks.beats.simulate import simulate

REPOSITORY = Path(__file__).resolve().parent.parent
SCRIPTS = REPOSITORY / "scripts"
WITH_OPTIONS = sorted(path for path in SCRIPTS.glob("*.py") if "argparse" in path.read_text())


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    write_record(folder, "short", simulate(1, 60.0))
    return folder / "short"


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module


@pytest.mark.parametrize("script", WITH_OPTIONS, ids=lambda path: path.stem)
def test_guard_c19_every_script_with_options_starts(script):
    command = [sys.executable, script, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout


def test_a_program_waits_to_be_timed_again(record):
    process = subprocess.Popen(
        [sys.executable, SCRIPTS / "bench_programs.py", "arsis", str(record)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    said, _ = process.communicate("again\nagain\n", timeout=300)
    ready, *runs = said.splitlines()
    assert process.returncode == 0
    assert ready == "ready"
    for run in map(json.loads, runs):
        assert 0 < run["seconds"] < 60
        assert 20 < run["peak_mb"] < 5000
    assert len(runs) == 2


def test_rivals_read_what_arsis_reads(record, scripts):
    import neurokit2  # noqa: F401 - whose first import is not quiet

    programs = scripts("bench_programs")
    beats = len(simulate(1, 60.0).marks)
    for name in ("wfdb: xqrs_detect", "wfdb: gqrs_detect", "sleepecg: detect_heartbeats"):
        found = programs.SIDE_BY_SIDE[name].works(str(record))()
        assert abs(len(found) - beats) < 0.1 * beats, name


def test_a_day_is_the_same_over_and_over(record, scripts, monkeypatch, tmp_path):
    import arsis

    bench = scripts("bench")
    half = tmp_path / "half"
    for suffix in (".hea", ".dat"):
        text = record.with_suffix(suffix).read_bytes()
        half.with_suffix(suffix).write_bytes(text.replace(b"short.dat", b"half.dat"))
    monkeypatch.setattr(bench, "DAY_S", 180.0)
    monkeypatch.setattr(bench, "measured", lambda _command: (1.0, 2.0))
    seconds, memory = bench._day(half)
    assert (seconds["median"], memory["median"]) == (1.0, 2.0)
    short, day = arsis.read(str(record)), arsis.read(str(tmp_path / "day"))
    for one, other in zip(short.channels, day.channels, strict=True):
        values = other.read()
        assert len(values) == 3 * one.length
        assert (values.reshape(3, -1) == one.read()).all()


def test_the_bare_loop_ends_with_the_weights_of_the_lesson(scripts, monkeypatch, tmp_path):
    lesson = scripts("bench_lesson")
    monkeypatch.setattr(lesson, "PEOPLE", 4)
    monkeypatch.setattr(lesson, "SECONDS", 40.0)
    settings = Settings.from_dict(TASKS["beats"].settings)
    settings = replace(settings, epochs=2, windows_per_epoch=128, batch=64)
    ours, bare = lesson._both(lesson._examples(tmp_path / "beats"), settings, tmp_path / "run")
    assert ours > 0
    assert bare > 0
