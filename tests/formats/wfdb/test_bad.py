"""Broken and hostile WFDB records: each ends in a typed error that says what to do."""

from __future__ import annotations

import contextlib
import io
import os
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arsis.core.errors import ArsisError, FormatError, UnitError
from arsis.formats import read
from arsis.formats.wfdb import WFDB, ZIP
from arsis.formats.wfdb.marks import read_annotations


@pytest.fixture
def header(tmp_path):
    return WFDB.example(tmp_path)


def _change(header, old, new):
    text = header.read_text()
    assert old in text
    header.write_text(text.replace(old, new))
    return header


def test_a_record_is_named_in_three_ways(header):
    for name in (header, header.with_suffix(""), header.with_suffix(".dat"), str(header)):
        assert read(name).name == "example"


def test_a_missing_record_suggests_near_names(header):
    with pytest.raises(FormatError, match="Did you mean example"):
        read(header.parent / "exampel")


def test_a_missing_folder(tmp_path):
    with pytest.raises(FormatError, match="no folder"):
        read(tmp_path / "nowhere" / "record")


def test_a_folder_lists_its_records(header):
    with pytest.raises(FormatError, match=r"a folder.*example"):
        read(header.parent)


def test_a_folder_beside_a_record_of_its_name_is_no_obstacle(header):
    header.with_suffix("").mkdir()
    assert read(header.with_suffix("")).name == "example"


def test_an_annotation_file_points_to_its_record(header):
    with pytest.raises(FormatError, match=r"name .*example\.hea"):
        read(header.with_suffix(".atr"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(header):
    header.chmod(0)
    with pytest.raises(FormatError, match="Permission denied"):
        read(header)


def test_a_missing_signal_file(header):
    header.with_suffix(".dat").unlink()
    with pytest.raises(FormatError, match=r"example\.dat is missing"):
        read(header)


def test_a_truncated_signal_file_states_both_numbers(header):
    path = header.with_suffix(".dat")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FormatError, match=r"775 samples.*states 800"):
        read(header)


def test_a_signal_file_that_shrinks_while_it_is_read(header):
    recording = read(header)
    header.with_suffix(".dat").write_bytes(b"12")
    with pytest.raises(FormatError, match="fewer samples than when it was opened"):
        recording.channels[0].read()


def test_a_header_that_states_fewer_samples_is_believed_with_a_note(header):
    recording = read(_change(header, " 800\n", " 700\n"))
    assert recording.channels[0].length == 700
    assert "100 samples more" in recording.notes[0]


def test_a_header_without_a_length_takes_it_from_the_file(header):
    assert read(_change(header, " 800\n", "\n")).channels[0].length == 800


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"\xff\xd8\xff\xe0JFIF", "a JPEG image"),
        (b"\x00\x01\x02", "unknown kind"),
        (b"hello world, this is no header", "text that begins"),
    ],
)
def test_a_header_that_is_something_else(tmp_path, content, found):
    (tmp_path / "r.hea").write_bytes(content)
    for name in ("r", "r.hea"):
        with pytest.raises(FormatError, match=found):
            read(tmp_path / name)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("example 2 100", "example 3 100", "2 lines after the first, which announces 3"),
        ("example 2 100", "example 0 100", "2 lines after the first, which announces 0"),
        ("example 2 100", "example 9999 100", "a header of 9999 parts"),
        ("example 2 100", "example/0 2 100", "a header of 0 parts"),
        ("example 2 100", "example 2 0", "a rate of 0 Hz"),
        ("example 2 100", "example 2 1e400", "a number where it says"),
        ("example 2 100", "example 2 1e-9", "ten years"),
        ("16 0 -164", "x y", "a signal"),
        ("dat 16 ", "dat 7 ", "signals of format 7"),
        (" 800\n", " 99999999999999999\n", "99999999999999999"),
    ],
)
def test_a_header_with_a_mistake(header, old, new, found):
    if old == "16 0 -164":
        line = header.read_text().splitlines()[1]
        old = line.split(" ", 3)[3]
    with pytest.raises(FormatError, match=found):
        read(_change(header, old, new))


@pytest.mark.parametrize(
    "name", ["../secret.dat", "/etc/passwd", "..\\x.dat", "-", "http://x/y", "s3://x", "a::b", "."]
)
def test_a_header_reaches_no_file_elsewhere(header, name):
    with pytest.raises(FormatError, match="plain name"):
        read(_change(header, "example.dat", name))


def test_a_link_out_of_the_folder_is_refused(header, tmp_path_factory):
    secret = tmp_path_factory.mktemp("other") / "secret.dat"
    header.with_suffix(".dat").rename(secret)
    header.with_suffix(".dat").symlink_to(secret)
    with pytest.raises(FormatError, match="a link out of the folder"):
        read(header)


def test_a_segment_may_not_be_elsewhere(tmp_path):
    (tmp_path / "m.hea").write_text("m/1 1 250 10\n../s 10\n")
    with pytest.raises(FormatError, match="a segment"):
        read(tmp_path / "m")


def test_segments_that_contain_themselves(tmp_path):
    (tmp_path / "m.hea").write_text("m/1 1 250 10\nm 10\n")
    with pytest.raises(FormatError, match="segments within a segment"):
        read(tmp_path / "m")


def test_a_missing_segment(tmp_path):
    (tmp_path / "m.hea").write_text("m/2 1 250 20\n~ 10\ns2 10\n")
    with pytest.raises(FormatError, match="segment s2 is missing"):
        read(tmp_path / "m")


@pytest.mark.parametrize("gain", ["0", "0(12)/mV", ""])
def test_a_signal_without_calibration_is_refused_whatever_the_unit(header, gain):
    lines = header.read_text().splitlines()
    lines[1] = f"example.dat 16 {gain}"
    header.write_text("\n".join(lines))
    for unit in (None, "mV"):
        with pytest.raises(UnitError, match="not calibrated"):
            read(header, unit=unit)


def test_a_missing_unit_is_millivolt_as_the_standard_says(header):
    bare = _change(header, "/mV", "")
    assert [channel.unit for channel in read(bare).channels] == ["mV", "mV"]
    assert [channel.unit for channel in read(bare, unit="uV").channels] == ["uV", "uV"]


def test_units_in_micro_signs_survive(header):
    header.write_bytes(header.read_bytes().replace(b"/mV", "/µV".encode("latin-1")))
    assert read(header).channels[0].unit == "µV"


def test_a_unit_that_contradicts_the_file_is_refused(header):
    assert read(header, unit="mV").channels[0].unit == "mV"
    with pytest.raises(UnitError, match="mV in the file and uV from you"):
        read(header, unit="uV")


def test_a_pressure_stays_one_unless_it_is_named(header):
    text = header.read_text()
    header.write_text(text.replace("/mV", "/mmHg", 1).replace("/mV", "/adu"))
    assert [channel.unit for channel in read(header, unit="mV").channels] == ["mmHg", "mV"]
    assert read(header, unit="mV", channels=("II",)).channels[0].unit == "mV"


def test_a_rate_that_contradicts_the_file_is_refused(header):
    with pytest.raises(FormatError, match="100 Hz in the file and 250 Hz from you"):
        read(header, rate_hz=250)


def test_a_missing_rate_must_be_told(tmp_path, header):
    bare = _change(header, "example 2 100 800", "example 2")
    with pytest.raises(FormatError, match="--rate"):
        read(bare)
    assert read(bare, rate_hz=100).channels[0].length == 800


def test_a_start_that_is_no_time_is_left_out_with_a_note(header):
    assert read(_change(header, " 800\n", " 800 25:61:00 31/02/2001\n")).notes
    start = read(_change(header, "25:61:00 31/02", "23:59:01.5 28/02")).start
    assert start.isoformat() == "2001-02-28T23:59:01.500000"


def test_annotations_that_are_cut_off(header):
    path = header.with_suffix(".atr")
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(FormatError, match=r"cut off after \d+ annotations"):
        _ = read(header).marks


def test_only_the_samples_asked_for_are_read(header):
    """What lies beyond the stretch may even be gone."""
    recording = read(header)
    expected = recording.channels[0].read()[:50]
    fresh = read(header)
    path = header.with_suffix(".dat")
    path.write_bytes(path.read_bytes()[:400])
    np.testing.assert_array_equal(fresh.channels[0].source(0, 50), expected)


def _zip(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([("../r.hea", "x")], "plain names"),
        ([("/r.hea", "x")], "plain names"),
        ([("a\\r.hea", "x")], "plain names"),
        ([("c:r.hea", "x")], "plain names"),
        ([("r.dat", "x")], "no header"),
        ([("a/r.hea", "x"), ("b/r.hea", "x")], "two files called r.hea"),
        ([("r.hea", "r 1 250\nr.dat 16 1\n"), ("s.hea", "s 1 250\ns.dat 16 1\n")], "records r, s"),
        ([("r.hea", "r 1 250\nr.dat 16 1\n")], "r.dat is missing"),
    ],
)
def test_a_zip_that_is_no_record(entries, found):
    with pytest.raises(FormatError, match=found):
        read(_zip(entries))


def test_a_link_in_a_zip_is_refused():
    link = zipfile.ZipInfo("r.dat")
    link.external_attr = 0o120777 << 16
    with pytest.raises(FormatError, match="a link"):
        read(_zip([(link, "/etc/passwd")]))


def test_a_zip_may_not_grow_without_bound(monkeypatch):
    monkeypatch.setattr("arsis.formats.wfdb.zipped.LARGEST_BYTES", 1000)
    with pytest.raises(FormatError, match="more than 1000 bytes"):
        read(_zip([("r.dat", bytes(2000))]))


def test_a_cut_zip(tmp_path):
    data = ZIP.example(tmp_path).read_bytes()
    with pytest.raises(FormatError, match="undamaged zip"):
        read(data[:-30])


def test_the_files_of_a_zip_live_as_long_as_they_can_be_read(tmp_path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    data = ZIP.example(tmp_path).read_bytes()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    channel = read(data).select(("V1",)).channels[0].to_unit("uV")
    assert channel.read().shape == (800,)
    assert list(place.iterdir())
    del channel
    assert not list(place.iterdir())


wild = settings(deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
_words = st.sampled_from(
    ["r", "1", "2", "250", "16", "212", "8", "x9", ":3", "+4", "/", "~"]
) | st.sampled_from(
    ["r.dat", "200", "(0)", "mV", "-1", "1e9", "0", "999999999", "#", "\n", "\t", "."]
)
_texts = st.lists(_words, max_size=40).map(lambda words: " ".join(words).encode())
_headers = st.one_of(
    st.binary(max_size=300), _texts, _texts.map(lambda t: b"r 1 250 4\nr.dat " + t)
)


@wild
@given(content=_headers, samples=st.binary(max_size=40))
def test_any_header_reads_or_ends_in_a_typed_error(tmp_path, content, samples):
    (tmp_path / "r.hea").write_bytes(content)
    (tmp_path / "r.dat").write_bytes(samples)
    with contextlib.suppress(ArsisError):
        for channel in read(tmp_path / "r.hea").channels:
            assert len(channel.read()) == channel.length


@wild
@given(content=st.binary(max_size=200))
def test_any_annotations_read_or_end_in_a_typed_error(tmp_path, content):
    path = tmp_path / "r.atr"
    path.write_bytes(content)
    with contextlib.suppress(FormatError):
        assert all(mark.source == "atr" for mark in read_annotations(path, 250.0))
