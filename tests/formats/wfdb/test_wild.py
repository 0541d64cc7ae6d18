"""Headers as they are found in the wild: what published records have beside the standard."""

from __future__ import annotations

import struct
import zipfile

import numpy as np
import pytest

from arsis.core.errors import FormatError
from arsis.core.recording import Mark
from arsis.formats import read
from arsis.formats.wfdb.write import write_annotations

LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
VALUES = np.arange(-100, 100)


def _write(folder, first, line="r.dat 16 1/mV 16 0 0 0 0 II", end="\n"):
    (folder / "r.dat").write_bytes(VALUES.astype("<i2").tobytes())
    (folder / "r.hea").write_bytes(end.join([first, line, "# Age: 60", ""]).encode())
    return folder / "r"


@pytest.mark.parametrize(
    ("told", "start"),
    [
        ("12:00:01 31/01/2001", "2001-01-31T12:00:01"),
        ("31/01/2001 12:00:01", "2001-01-31T12:00:01"),
        ("05-Feb-2020 11:39:16", "2020-02-05T11:39:16"),
        ("05:05:15 1/05/2000", "2000-05-01T05:05:15"),
        ("11:39:16.250 5-february-2020", "2020-02-05T11:39:16.250000"),
        ("2020-02-05 11:39:16", "2020-02-05T11:39:16"),
        ("05.02.2020 9:07", "2020-02-05T00:09:07"),
    ],
)
def test_starts_of_every_order_and_kind(tmp_path, told, start):
    recording = read(_write(tmp_path, f"r 1 250 200 {told}"))
    assert recording.start.isoformat() == start
    assert recording.notes == ()


@pytest.mark.parametrize(
    "told", ["12:00:00 31/02/2001", "25:00:00 01/02/2001", "05-Foo-2020 11:39:16", "1/2/20 9:00"]
)
def test_starts_that_are_none_are_left_out_with_a_note(tmp_path, told):
    recording = read(_write(tmp_path, f"r 1 250 200 {told}"))
    assert recording.start is None
    assert told in recording.notes[0]


@pytest.mark.parametrize("told", ["12:00:00", "31/01/2001"])
def test_half_a_start_is_none(tmp_path, told):
    recording = read(_write(tmp_path, f"r 1 250 200 {told}"))
    assert (recording.start, recording.notes) == (None, ())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["r", "r.dat", "r.mat", "r-2_x"])
def test_lines_end_either_way_and_names_have_endings(tmp_path, name, end):
    recording = read(_write(tmp_path, f"{name} 1 250 200", end=end))
    assert recording.name == "r"
    np.testing.assert_array_equal(recording.channels[0].read(), VALUES)


@pytest.mark.parametrize("first", ["r 1 250", "r 1 250 0", "r 1 250/250(0) 0"])
def test_a_missing_length_is_that_of_the_file(tmp_path, first):
    assert read(_write(tmp_path, first)).channels[0].length == 200


@pytest.mark.parametrize("first", ["r 0 250 1000", "r 0 250", "r 0 250 0 12:00:00 31/01/2001"])
def test_a_header_without_signals_leads_to_annotations(tmp_path, first):
    (tmp_path / "r.hea").write_text(f"{first}\n# only a rhythm\n")
    write_annotations(tmp_path, "r", "atr", [Mark(0.4, "N"), Mark(1.2, "V")], 250.0)
    recording = read(tmp_path / "r")
    assert recording.channels == ()
    assert recording.duration_s == 0
    assert [(mark.label, mark.time_s) for mark in recording.marks] == [("N", 0.4), ("V", 1.2)]
    assert "no signals" in recording.notes[0]


def _matrix(values, kind=30, name=b"val\0", shape=None):
    """Return a MATLAB 4 matrix of these (signal, time) values, as PhysioNet keeps them."""
    rows, columns = shape or values.shape
    numbers = {30: "<i2", 20: "<i4", 0: "<f8", 40: "<u2"}[kind]
    head = struct.pack("<5i", kind, rows, columns, 0, len(name)) + name
    return head + values.T.astype(numbers).tobytes()


@pytest.fixture
def af(tmp_path):
    """A record such as those of the PhysioNet/CinC Challenge 2017: 300 Hz, one lead."""
    values = np.random.default_rng(5).integers(-2000, 2000, (1, 2700))
    (tmp_path / "A00001.mat").write_bytes(_matrix(values))
    (tmp_path / "A00001.hea").write_text(
        "A00001 1 300 2700 05:05:15 1/05/2000 \nA00001.mat 16+24 1000/mV 16 0 -127 0 0 ECG \n"
    )
    return tmp_path / "A00001", values


@pytest.mark.parametrize("ending", ["", ".hea", ".mat"])
def test_a_record_of_the_challenge_of_2017(af, ending):
    stem, values = af
    recording = read(stem.with_suffix(ending))
    (channel,) = recording.channels
    assert (recording.name, channel.name, channel.unit, channel.rate_hz) == (
        "A00001",
        "ECG",
        "mV",
        300.0,
    )
    assert recording.start.isoformat() == "2000-05-01T05:05:15"
    np.testing.assert_array_equal(channel.read(), (values[0] / 1000).astype(np.float32))
    np.testing.assert_array_equal(channel.source(300, 900), channel.read()[300:900])


@pytest.fixture
def twelve(tmp_path):
    """A record such as those of the PhysioNet/CinC Challenges 2020 and 2021: twelve leads."""
    values = np.random.default_rng(6).integers(-2000, 2000, (12, 500))
    (tmp_path / "A0001.mat").write_bytes(_matrix(values))
    lines = [f"A0001.mat 16+24 1000/mV 16 0 {row[0]} 0 0 {lead}" for row, lead in
             zip(values, LEADS, strict=True)]  # fmt: skip
    first = "A0001 12 500 500 05-Feb-2020 11:39:16"
    comments = ["#Age: 74", "#Sex: Male", "#Dx: 59118001"]
    (tmp_path / "A0001.hea").write_bytes("\r\n".join([first, *lines, *comments, ""]).encode())
    return tmp_path / "A0001", values


def test_twelve_leads_of_the_challenge_of_2020(twelve):
    stem, values = twelve
    recording = read(stem)
    assert [channel.name for channel in recording.channels] == LEADS
    for channel, row in zip(recording.channels, values, strict=True):
        np.testing.assert_array_equal(channel.read(), (row / 1000).astype(np.float32))
    assert recording.start.isoformat() == "2020-02-05T11:39:16"


def test_a_lead_of_twelve_is_chosen_by_name(twelve):
    stem, values = twelve
    (channel,) = read(stem, channels=("V5",)).channels
    np.testing.assert_array_equal(channel.read(), (values[10] / 1000).astype(np.float32))


def test_twelve_leads_in_a_zip(twelve):
    stem, values = twelve
    path = stem.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for ending in (".hea", ".mat"):
            archive.write(stem.with_suffix(ending), stem.name + ending)
    found = read(path.read_bytes()).channels[11].read()
    np.testing.assert_array_equal(found, (values[11] / 1000).astype(np.float32))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (_matrix(np.ones((1, 2700)), kind=0), "floating point"),
        (_matrix(np.ones((1, 2700)), kind=20), r"32\+24 in 1 rows"),
        (_matrix(np.ones((1, 2700)), name=b"signal\0"), r"16\+27"),
        (_matrix(np.ones((2700, 1))), "in 2700 rows"),
        (b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + bytes(6000), "a newer MATLAB file"),
        (_matrix(np.ones((1, 2600))), "2600 samples"),
    ],
)
def test_a_matlab_file_that_its_header_misdescribes(af, data, found):
    stem, _ = af
    stem.with_suffix(".mat").write_bytes(data)
    with pytest.raises(FormatError, match=found):
        read(stem)


def test_a_matlab_file_without_its_header_says_what_is_missing(af):
    stem, _ = af
    stem.with_suffix(".hea").unlink()
    with pytest.raises(FormatError, match=r"A00001\.mat.*MATLAB 4.*\.hea"):
        read(stem.with_suffix(".mat"))


def test_one_row_of_decimals_is_no_header(tmp_path):
    (tmp_path / "r.csv").write_text("1.5 2\n")
    with pytest.raises(FormatError, match="text that begins"):
        read(tmp_path / "r.csv")
