"""WFDB records whose headers point to WAV files, as PhysioNet's heart sounds have them."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
import soundfile

from arsis.core.errors import FormatError
from arsis.formats import read

RATE_HZ = 2000


@pytest.fixture
def record(tmp_path, sounding):
    """A record of the challenge of 2016: sound in a WAV, and ECG in 16 bits beside it."""
    x = sounding(3.0, RATE_HZ)
    soundfile.write(tmp_path / "a0001.wav", x, RATE_HZ, subtype="PCM_16")
    ecg = np.arange(len(x), dtype="<i2") % 2000
    ecg.tofile(tmp_path / "a0001.dat")
    header = tmp_path / "a0001.hea"
    header.write_text(
        "a0001 2 2000 6000\n"
        "a0001.wav 16+44 1 16 0 0 0 0 PCG\n"
        "a0001.dat 16 1000 16 0 0 0 0 ECG\n"
        "# Normal\n"
    )
    return header


def _change(header, old, new):
    text = header.read_text()
    assert old in text
    header.write_text(text.replace(old, new))
    return header


def written(header):
    return soundfile.read(header.with_suffix(".wav"), dtype="float32")[0]


def test_sound_in_full_scale_and_ecg_in_millivolt(record):
    sound, ecg = read(record).channels
    assert (sound.name, sound.unit, sound.rate_hz) == ("PCG", "FS", RATE_HZ)
    assert (ecg.name, ecg.unit, ecg.rate_hz) == ("ECG", "mV", RATE_HZ)
    np.testing.assert_array_equal(sound.read(), written(record))
    np.testing.assert_allclose(ecg.read()[:3], [0, 0.001, 0.002], atol=1e-7)
    np.testing.assert_array_equal(sound.source(317, 523), sound.read()[317:523])


@pytest.mark.parametrize("says", ["16 200(5)/mV 16", "16+44 0 16", "16+44 -7.5/Pa 16"])
def test_whatever_the_header_says_of_the_gain(record, says):
    recording = read(_change(record, "16+44 1 16", says))
    assert recording.channels[0].unit == "FS"
    np.testing.assert_array_equal(recording.channels[0].read(), written(record))


def test_the_wav_header_may_be_of_any_size(record, sounding):
    path = record.with_suffix(".wav")
    data = path.read_bytes()
    path.write_bytes(data[:36] + b"LIST\x04\0\0\0INFO" + data[36:])
    recording = read(record)
    assert recording.channels[0].length == 6000
    np.testing.assert_array_equal(recording.channels[0].read(), written(record))


def test_the_sound_file_leads_to_its_record(record):
    assert [c.name for c in read(record.with_suffix(".wav")).channels] == ["PCG", "ECG"]


def test_without_its_header_it_is_a_sound(record):
    record.unlink()
    assert [c.name for c in read(record.with_suffix(".wav")).channels] == ["sound"]


def test_a_zip_of_the_record(record, tmp_path):
    path = tmp_path / "record.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for ending in (".hea", ".wav", ".dat"):
            archive.write(record.with_suffix(ending), record.stem + ending)
    np.testing.assert_array_equal(read(path).channels[0].read(), written(record))


def test_a_sound_at_a_multiple_of_the_rate(record, sounding):
    soundfile.write(record.with_suffix(".wav"), sounding(3.0, 4000, 2), 4000)
    lines = "a0001.wav 16x2+44 1 16 0 0 0 0 left\na0001.wav 16x2+44 1 16 0 0 0 0 right\n"
    _change(record, "a0001.wav 16+44 1 16 0 0 0 0 PCG\n", lines)
    recording = read(_change(record, "a0001 2", "a0001 3"))
    assert [c.rate_hz for c in recording.channels] == [4000, 4000, 2000]
    sound = np.stack([channel.read() for channel in recording.channels[:2]], axis=1)
    np.testing.assert_array_equal(sound, written(record))
    np.testing.assert_array_equal(recording.channels[0].source(317, 523), sound[317:523, 0])


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("a0001 2 2000", "a0001 2 1000", r"1000 Hz for a0001\.wav, which states 2000 Hz"),
        ("2000 6000", "2000 6001", r"6000 samples of each signal.*states 6001"),
        ("a0001.dat 16 1000 16", "a0001.wav 16+44 1 16", r"2 signals in a0001\.wav, which has 1"),
    ],
)
def test_a_header_that_contradicts_its_sound(record, old, new, found):
    with pytest.raises(FormatError, match=found):
        read(_change(record, old, new))


def test_a_sound_that_was_cut_short(record):
    path = record.with_suffix(".wav")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(FormatError, match=r"5950 samples of each signal.*states 6000"):
        read(record)
    recording = read(_change(record, "2000 6000", "2000 5950"))
    assert "states 12000 bytes of sound and 11900 are there" in recording.notes[0]


def test_a_sound_that_is_missing(record):
    record.with_suffix(".wav").unlink()
    with pytest.raises(FormatError, match=r"a0001\.wav is missing"):
        read(record)
