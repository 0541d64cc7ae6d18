"""`arsis convert`: what comes back from a format is what went in, or it is said what was lost."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from itertools import permutations
from typing import TYPE_CHECKING

import edfio
import numpy as np
import pytest
import wfdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arsis.core.errors import SettingError
from arsis.core.recording import Mark, Recording, from_array
from arsis.formats import read
from arsis.formats.edf.write import write_edf
from arsis.formats.wfdb.write import write_record
from arsis.formats.writing import WRITERS
from arsis.serve.convert import convert, refuse_to_harm
from arsis.tasks.beats.simulate import simulate

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("record", "r.edf", "r.bdf", "r.csv", "r.parquet")
wild = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")


def arsis(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "arsis", *map(str, words)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    """Draw one to three channels of one rate with gaps, and marks on their samples."""
    rate_hz = draw(st.sampled_from([50.0, 128.0, 250.0, 257.5, 360.0]))
    length = draw(st.integers(2, 900))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(1, 3))
    x = rng.normal(size=(count, length)) * draw(st.sampled_from([0.01, 1.0, 500.0]))
    x += draw(st.sampled_from([0.0, 3.0]))
    if draw(st.booleans()):
        x[0, length // 3 : length // 2] = np.nan
    at = draw(st.lists(st.integers(0, length - 1), max_size=6, unique=True).map(sorted))
    symbols = st.sampled_from(["N", "V", "S", "F", "+"])
    marks = tuple(
        Mark(i / rate_hz, draw(symbols), 0.0, draw(st.sampled_from(["", "x y"]))) for i in at
    )
    start = draw(st.none() | st.just(dt.datetime(2021, 5, 6, 7, 8, 9, 120_000)))  # noqa: DTZ001
    made = from_array(x.astype(np.float32), rate_hz, names=("II", "V1", "V5")[:count], unit="mV")
    return Recording("r", made.channels, lambda: marks, start=start)


@wild
@given(recording=recordings(), names=st.sampled_from(list(permutations(NAMES, 2))))
def test_there_and_back_keeps_what_was_said_to_be_kept(
    recording: Recording, names: tuple[str, str], tmp_path: Path
) -> None:
    there, back = (tmp_path / name for name in names)
    first = convert(recording, there)
    second = convert(read(there), back)
    found = read(back)
    assert not any("marks are there" in each for each in first["lost"] + second["lost"])
    for old, new, a, b in zip(
        recording.channels, found.channels, first["channels"], second["channels"], strict=True
    ):
        assert (old.name, old.unit) == (new.name, new.unit)
        assert new.rate_hz == pytest.approx(old.rate_hz, rel=1e-8)
        x, y = old.read(), new.read()[: old.length]
        assert a["gaps_changed"] == b["gaps_changed"] == 0
        np.testing.assert_array_equal(np.isnan(x), np.isnan(y))
        assert a["largest_error"] <= np.nanmax(np.abs(x), initial=0.0) / 3200
        error = a["largest_error"] + b["largest_error"]
        np.testing.assert_allclose(y, x, rtol=1e-6, atol=error)
        # What a file of 16 or of 32 bits holds already does not change again in one of 32.
        if back.suffix in {".csv", ".parquet"}:
            assert b["largest_error"] == 0
    assert found.start == recording.start
    half_a_sample_s = 0.5 / recording.channels[0].rate_hz
    for mark, true in zip(found.marks, recording.marks, strict=True):
        assert (mark.label, mark.note) == (true.label, true.note)
        assert mark.time_s == pytest.approx(true.time_s, abs=min(1e-6, half_a_sample_s))


def test_a_known_loss_is_said_in_figures(tmp_path: Path) -> None:
    x = np.sin(np.arange(500) / 7)[None] * np.float32(1.0)
    marks = (Mark(0.5034, "N", 0.25, "a note"), Mark(1.0, "odd label"))
    zone = dt.timezone(dt.timedelta(hours=2))
    start = dt.datetime(2021, 5, 6, 7, 8, 9, tzinfo=zone)
    made = from_array(x.astype(np.float32), 100.0, names=("a lead with a long name",), unit="mV")
    recording = Recording("r", made.channels, lambda: marks, "somebody 17", start)
    as_edf = convert(recording, tmp_path / "r.edf")
    assert 5e-6 < as_edf["channels"][0]["largest_error"] <= 2.5e-5
    assert as_edf["lost"] == [
        "Channel a lead with a long name is called a lead with a lo.",
        "The subject somebody 17 became somebody_17.",
        "The start 2021-05-06 07:08:09+02:00 became 2021-05-06 07:08:09.",
    ]
    as_record = convert(recording, tmp_path / "record")["lost"]
    assert "Marks moved by up to 3.4 ms." in as_record
    assert "The label of 1 of 2 marks was not kept." in as_record
    assert "The duration of 1 of 2 marks was not kept." in as_record
    assert convert(recording, tmp_path / "r.parquet")["lost"] == []
    assert convert(recording, tmp_path / "r.csv")["lost"] == []


def test_sound_becomes_a_wav_and_its_gaps_are_counted(tmp_path: Path) -> None:
    x = np.full((1, 4000), 0.25, np.float32)
    x[0, 100:150] = np.nan
    x[0, 7] = 1.5
    kept = convert(from_array(x, 4000.0, names=("sound",), unit="FS"), tmp_path / "r.wav")
    assert kept["channels"][0]["gaps_changed"] == 50
    assert kept["channels"][0]["largest_error"] == pytest.approx(0.5, abs=1e-4)
    with pytest.raises(SettingError, match="Expected channels in FS"):
        convert(simulate(1, 3.0), tmp_path / "ecg.wav")


def test_other_programs_read_what_is_written(tmp_path: Path) -> None:
    recording = simulate(3, 12.0)
    write_record(tmp_path, "made", recording)
    done = arsis("convert", tmp_path / "made", tmp_path / "r.edf", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["marks"] == len(recording.marks)
    truth = edfio.read_edf(str(tmp_path / "r.edf"))
    assert [a.text for a in truth.annotations] == [mark.label for mark in recording.marks]
    done = arsis("convert", tmp_path / "r.edf", tmp_path / "back.hea")
    assert done.returncode == 0, done.stderr
    assert "largest rounding error" in done.stdout
    old, new = (wfdb.rdrecord(str(tmp_path / name)) for name in ("made", "back"))
    np.testing.assert_allclose(new.p_signal, old.p_signal, atol=1e-4)
    old_marks, new_marks = (wfdb.rdann(str(tmp_path / name), "atr") for name in ("made", "back"))
    np.testing.assert_array_equal(old_marks.sample, new_marks.sample)
    assert old_marks.symbol == new_marks.symbol


def test_nothing_is_replaced_unless_told_and_never_what_is_read(tmp_path: Path) -> None:
    write_record(tmp_path, "made", simulate(3, 5.0))
    write_record(tmp_path, "other", simulate(4, 5.0))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for source in ("made", "made.hea", "made.dat"):
        for target in ("made", "made.hea", "made.dat"):
            with pytest.raises(SettingError, match="which is read"):
                refuse_to_harm(tmp_path / source, tmp_path / target, force=True)
    with pytest.raises(SettingError, match="--force"):
        refuse_to_harm(tmp_path / "made", tmp_path / "other", force=False)
    refuse_to_harm(tmp_path / "made", tmp_path / "other", force=True)
    done = arsis("convert", tmp_path / "made", tmp_path / "other")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert arsis("convert", tmp_path / "made", tmp_path / "other", "--force").returncode == 0
    assert read(tmp_path / "other").marks == read(tmp_path / "made").marks


@pytest.mark.parametrize("name", ["other", "other.csv"])
def test_marks_of_an_older_file_do_not_stay(name: str, tmp_path: Path) -> None:
    convert(simulate(3, 5.0), tmp_path / name)
    assert read(tmp_path / name).marks
    made = simulate(4, 5.0)
    kept = convert(Recording("r", made.channels), tmp_path / name)
    assert read(tmp_path / name).marks == ()
    assert kept["lost"] == []


def test_an_unknown_ending_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"\.edf.*\.parquet.*no ending for a WFDB record"):
        convert(simulate(3, 5.0), tmp_path / "r.docx")
    assert not list(tmp_path.iterdir())


def test_every_writer_of_the_table_is_tested_here() -> None:
    assert {name.removeprefix("r") for name in NAMES[1:]} | {"", ".hea", ".dat", ".wav"} == set(
        WRITERS
    )


def twelve(dead: str) -> Recording:
    """Return a simulated ECG of twelve leads, one of them without contact."""
    made = simulate(5, 40.0, rate_hz=250.0)
    x = made.channels[0].read()
    weights = np.linspace(0.5, 1.5, 12)
    leads = np.stack([x * weight for weight in weights]).astype(np.float32)
    leads[LEADS.index(dead)] = 0.0
    named = tuple(f"ECG {lead}" for lead in LEADS)
    return Recording(
        "twelve", from_array(leads, 250.0, names=named, unit="mV").channels, lambda: made.marks
    )


def test_of_twelve_leads_the_usual_ones_are_taken_and_a_dead_one_is_passed_over(
    tmp_path: Path,
) -> None:
    path = write_edf(twelve("II"), tmp_path / "twelve.edf")
    done = arsis("analyse", path, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    said = json.dumps(found)
    assert "Channel ECG II never moves in its first 30 s and was passed over." in said
    true = len(read(path).marks)
    assert abs(len(found["answers"]) - true) <= 2


def test_a_lead_can_be_named(tmp_path: Path) -> None:
    path = write_edf(twelve("II"), tmp_path / "twelve.edf")
    done = arsis("analyse", path, "--json", "--channels", "ECG V3")
    assert done.returncode == 0, done.stderr
    assert "passed over" not in done.stdout
    assert [c["name"] for c in json.loads(done.stdout)["recording"]["channels"]] == ["ECG V3"]
