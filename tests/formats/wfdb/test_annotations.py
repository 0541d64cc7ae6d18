"""Annotation files: every word of the MIT format, and what other programs keep under such names."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import wfdb

from arsis.core.errors import FormatError
from arsis.core.recording import Mark, from_array
from arsis.formats import read
from arsis.formats.wfdb.marks import OTHERS, read_annotations
from arsis.formats.wfdb.write import write_annotations, write_record


def word(code, value):
    return struct.pack("<H", code << 10 | value)


def skip(step):
    return word(59, 0) + struct.pack("<HH", step >> 16 & 0xFFFF, step & 0xFFFF)


END = word(0, 0)
NORMAL, PVC, RHYTHM = 1, 5, 28


@pytest.fixture
def annotated(tmp_path):
    """Return a function that writes bytes as an annotation file and reads it at 1 Hz."""

    def make(data, name="r.atr"):
        (tmp_path / name).write_bytes(data)
        return read_annotations(tmp_path / name, 1.0)

    return make


def test_every_word_of_the_format(annotated):
    marks = annotated(
        word(NORMAL, 10)
        + word(60, 3)  # NUM
        + word(61, 2)  # SUB
        + word(62, 1)  # CHN
        + word(RHYTHM, 5)
        + word(63, 5)  # AUX of odd length: a zero follows
        + b"(AFIB\0"
        + skip(100_000)
        + word(PVC, 7)
        + skip(-7)
        + word(NORMAL, 0)
        + END
    )
    assert [(mark.time_s, mark.label, mark.note) for mark in marks] == [
        (10, "N", ""),
        (15, "+", "(AFIB"),
        (100_022, "V", ""),
        (100_015, "N", ""),
    ]


def test_fields_that_a_mark_has_not_are_read_past_as_wfdb_reads_them(tmp_path):
    at = np.array([100, 2000, 2001, 900_000, 2_000_000_000])
    wfdb.wrann(
        "r",
        "atr",
        at,
        ["N", "~", "V", "+", "N"],
        subtype=np.array([0, 3, 1, 0, 0]),
        chan=np.array([0, 1, 0, 1, 0]),
        num=np.array([0, 0, 2, 2, 0]),
        aux_note=["", "", "note", "(N", ""],
        fs=360,
        write_dir=str(tmp_path),
    )
    marks = read_annotations(tmp_path / "r.atr", 1.0)
    assert [round(mark.time_s * 360) for mark in marks] == at.tolist()
    assert [mark.label for mark in marks] == ["N", "~", "V", "+", "N"]
    assert [mark.note for mark in marks] == ["", "", "note", "(N", ""]


@pytest.mark.parametrize("gap", [1023, 1024, 2**31 - 1, 2**31, 2**33 + 5])
def test_gaps_of_any_length_come_back(tmp_path, gap):
    marks = [Mark(1.0, "N"), Mark(1.0 + gap, "V"), Mark(2.0 + gap, "N")]
    path = write_annotations(tmp_path, "r", "atr", marks, 1.0)
    assert [mark.time_s for mark in read_annotations(path, 1.0)] == [m.time_s for m in marks]


def test_labels_of_a_files_own_are_read(tmp_path):
    wfdb.wrann(
        "r",
        "atr",
        np.array([10, 20]),
        ["N", "z"],
        custom_labels=[("z", "a sleepy beat")],
        write_dir=str(tmp_path),
    )
    assert [m.label for m in read_annotations(tmp_path / "r.atr", 1.0)] == ["N", "z"]


def aha(time, code, serial, mit=0):
    high, low = time >> 16, time & 0xFFFF
    return struct.pack("<BcHHHBB6s", 0, code, high, low, serial, 0, mit, b"")


@pytest.mark.parametrize("mit", [0, NORMAL])
def test_the_aha_format_is_refused_by_name(annotated, mit):
    data = b"".join(aha(250 * n, b"NVF"[n % 3 : n % 3 + 1], n, mit) for n in range(1, 40))
    with pytest.raises(FormatError, match=r"r\.atr: .*16-byte format of the AHA.*a2m"):
        annotated(data)


@pytest.mark.parametrize(
    "data",
    [
        b"    0:00.214       77     +    0    0    0\t(N\n    0:00.500 180 N 0 0 0\n",
        b"Time,Label\r\n0.21,N\r\n",
        b"<?xml version='1.0'?>\n<annotations/>\n",
        b"\n",
    ],
)
def test_text_is_refused(annotated, data):
    with pytest.raises(FormatError, match="text that begins"):
        annotated(data)


def test_codes_that_the_standard_has_not_are_refused(annotated):
    with pytest.raises(FormatError, match="annotations of the code 55"):
        annotated(word(NORMAL, 3) + word(55, 2) + END)


@pytest.mark.parametrize(
    "data", [b"", word(NORMAL, 3), word(NORMAL, 3) + b"\0", word(63, 200) + b"x" + END, b"\7"]
)
def test_files_that_are_cut_off(annotated, data):
    with pytest.raises(FormatError, match="cut off after"):
        annotated(data)


def test_a_file_without_annotations(annotated):
    assert annotated(END) == ()


@pytest.mark.parametrize("extension", OTHERS)
def test_other_annotators_are_read_where_they_stand_alone(tmp_path, extension):
    ones = from_array(np.ones(100, np.float32), 100.0, names=("I",), unit="mV")
    header = write_record(tmp_path, "r", ones)
    write_annotations(tmp_path, "r", extension, [Mark(0.5, "N")], 100.0)
    assert [(m.label, m.source) for m in read(header).marks] == [("N", extension)]


def test_the_signals_of_a_record_are_read_beside_annotations_of_another_kind(tmp_path):
    ones = from_array(np.ones(100, np.float32), 100.0, names=("I",), unit="mV")
    header = write_record(tmp_path, "r", ones)
    header.with_suffix(".atr").write_text("0.5 N\n")
    recording = read(header)
    assert recording.channels[0].length == 100
    with pytest.raises(FormatError, match="move it away"):
        _ = recording.marks
