"""Sounds of every kind read as what was written, in any pieces, with no file left open."""

from __future__ import annotations

import gc
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.core.errors import FormatError, SettingError
from arsis.core.recording import from_array
from arsis.formats import read
from arsis.formats.sound import SOUND, blocks
from arsis.formats.sound.write import write_sound
from arsis.formats.source import source_of

KINDS = ("WAV/PCM_16", "FLAC/PCM_16", "OGG/VORBIS", "OGG/OPUS", "MP3/MPEG_LAYER_III")
LOSSLESS = KINDS[:2]
each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
@pytest.mark.parametrize("channels", [1, 2])
def test_every_kind_reads_as_what_was_written(sounding, encoded, kind, channels):
    x = sounding(2.0, 48_000, channels)
    recording = read(encoded(x, 48_000, kind))
    assert [c.name for c in recording.channels] == (
        ["sound"] if channels == 1 else ["left", "right"]
    )
    assert recording.notes == ()
    for channel, column in zip(recording.channels, x.T, strict=True):
        assert (channel.unit, channel.rate_hz) == ("FS", 48_000)
        values = channel.read()
        assert len(values) - len(x) in range(2 if kind in (*LOSSLESS, "OGG/VORBIS") else 3000)
        # What a lossy encoder makes of noise is its own affair, the thumps are not.
        likeness = np.corrcoef(values[: len(x)], column)[0, 1]
        assert likeness > (0.999_999 if kind in LOSSLESS else 0.97)


@pytest.mark.parametrize("container", ["WAV", "FLAC"])
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_whatever_is_written_is_read_to_the_last_bit(container, data):
    channels = data.draw(st.integers(1, 5))
    rate_hz = data.draw(st.integers(8, 65_535) | st.sampled_from((88_200, 96_000, 192_000)))
    bits = data.draw(st.sampled_from((8, 16, 24)))
    numbers = data.draw(
        st.lists(st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1), min_size=channels)
    )
    frames = len(numbers) // channels
    digital = np.array(numbers[: frames * channels]).reshape(frames, channels)
    kind = {8: "PCM_U8" if container == "WAV" else "PCM_S8", 16: "PCM_16", 24: "PCM_24"}[bits]
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", rate_hz, channels, format=container, subtype=kind) as sound:
        sound.write((digital << (32 - bits)).astype(np.int32))
    recording = read(file.getvalue())
    assert recording.notes == ()
    x = np.stack([channel.read() for channel in recording.channels], axis=1)
    np.testing.assert_array_equal(x, (digital / 2 ** (bits - 1)).astype(np.float32))
    assert recording.channels[0].rate_hz == rate_hz


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE", "PCM_32"])
def test_wide_samples(sounding, encoded, subtype):
    x = sounding(0.2, 8000)
    channel = read(encoded(x, 8000, f"WAV/{subtype}")).channels[0]
    np.testing.assert_allclose(channel.read(), x[:, 0], atol=1e-7)


def test_a_float_that_is_no_number_is_a_gap(encoded):
    x = np.array([[0.0], [np.nan], [np.inf], [0.25]], np.float32)
    values = read(encoded(x, 8000, "WAV/FLOAT")).channels[0].read()
    np.testing.assert_array_equal(values, np.array([0, np.nan, np.nan, 0.25], np.float32))


@each_kind
def test_pieces_are_the_whole_to_the_last_bit(sounding, encoded, kind, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_SAMPLES", 20_000)
    monkeypatch.setattr(blocks, "MP3_BLOCK_SAMPLES", 20_000)
    monkeypatch.setattr(blocks, "KEPT_SAMPLES", 40_000)
    data = encoded(sounding(3.0, 16_000, 2), 16_000, kind)
    whole = [channel.read() for channel in read(data).channels]
    rng = np.random.default_rng(0)
    for start in rng.integers(0, 40_000, 12):
        channel = rng.integers(2)
        stop = int(start) + int(rng.integers(1, 8000))
        part = read(data).channels[channel].source(int(start), stop)
        np.testing.assert_array_equal(part, whole[channel][start:stop])
    pieces = list(read(data).pieces(0.37))
    for channel, name in enumerate(("left", "right")):
        joined = np.concatenate([piece.samples[name].values for piece in pieces])
        np.testing.assert_array_equal(joined, whole[channel])


@each_kind
def test_blocks_join_without_a_seam(sounding, encoded, kind, monkeypatch):
    """What is decoded block by block is what one decoder says that reads from the beginning."""
    monkeypatch.setattr(blocks, "BLOCK_SAMPLES", 20_000)
    monkeypatch.setattr(blocks, "MP3_BLOCK_SAMPLES", 20_000)
    data = encoded(sounding(4.0, 16_000), 16_000, kind)
    expected, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    values = read(data).channels[0].read()
    np.testing.assert_allclose(values, expected, atol=0 if kind in LOSSLESS else 1e-6)


@each_kind
def test_paths_bytes_and_open_files_are_one(sounding, encoded, kind, tmp_path):
    data = encoded(sounding(1.0, 48_000, 2), 48_000, kind)
    for name in ("sound.wav", "sound.raw", "sound.hea.mp3", "sound"):
        path = tmp_path / name
        path.write_bytes(data)
        with path.open("rb") as file:
            readings = [read(path), read(data), read(io.BytesIO(data)), read(file)]
        values = [[channel.read() for channel in reading.channels] for reading in readings]
        np.testing.assert_array_equal(values, [values[0]] * 4)
        assert readings[0].name == Path(name).stem


def test_no_file_stays_open(tmp_path):
    path = SOUND.example(tmp_path)
    recording = read(path)
    recording.channels[0].read(0.0, 1.0)
    open_files = [Path(link).resolve() for link in Path("/proc/self/fd").glob("*")]
    if not open_files:
        pytest.skip("this system does not list open files")
    assert path.resolve() not in open_files
    del recording
    gc.collect()  # an unclosed file would warn, and warnings are errors


def test_what_is_kept_in_memory_is_bounded(sounding, encoded, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_SAMPLES", 1000)
    monkeypatch.setattr(blocks, "KEPT_SAMPLES", 3000)
    kept = blocks._Kept()
    monkeypatch.setattr(blocks, "_KEPT", kept)
    recordings = [read(encoded(sounding(1.0, 4000, seed=n), 4000, "WAV/PCM_16")) for n in (0, 1)]
    for recording in recordings:
        recording.channels[0].read()
    assert sum(block.size for block in kept._blocks.values()) == 3000


def test_channels_beyond_two_have_numbers(sounding, encoded):
    recording = read(encoded(sounding(0.1, 4000, 4), 4000, "WAV/PCM_16"))
    assert [c.name for c in recording.channels] == ["sound 1", "sound 2", "sound 3", "sound 4"]


def test_a_rate_from_the_person_must_agree(sounding, encoded):
    data = encoded(sounding(0.1, 4000), 4000, "WAV/PCM_16")
    assert read(data, rate_hz=4000).channels[0].rate_hz == 4000
    with pytest.raises(FormatError, match="4000 Hz in the file and 2000 Hz from you"):
        read(data, rate_hz=2000)


@pytest.mark.parametrize(
    "head",
    [
        b"\xff\xd8\xff\xe0JFIF",  # a JPEG has the sync byte too
        "h\u00e9llo".encode("utf-16"),
        b"RIFF\x00\x00\x00\x00AVI LIST",
        b"\xff\xfb",
        b"",
    ],
)
def test_what_only_looks_like_a_sound_is_none(head):
    assert not SOUND.recognise(source_of(head))


def test_a_written_sound_reads_back(sounding, tmp_path):
    x = sounding(1.0, 4000, 2).T
    x[0, 100:200] = np.nan
    made = from_array(x, 4000.0, names=("left", "right"), unit="FS")
    back = read(write_sound(made, tmp_path / "made.wav"))
    values = np.stack([channel.read() for channel in back.channels])
    np.testing.assert_allclose(values, np.nan_to_num(x), atol=2e-5)


def test_values_beyond_full_scale_are_clipped_and_not_wrapped(tmp_path):
    made = from_array(np.array([[1.5, -1.5]], np.float32), 4000.0, names=("s",), unit="FS")
    values = read(write_sound(made, tmp_path / "made.wav")).channels[0].read()
    np.testing.assert_allclose(values, [1.0, -1.0], atol=1e-4)


@pytest.mark.parametrize(("unit", "rate_hz"), [("mV", 4000.0), ("FS", 99.5)])
def test_what_is_no_sound_is_not_written(tmp_path, unit, rate_hz):
    made = from_array(np.zeros((1, 10), np.float32), rate_hz, names=("s",), unit=unit)
    with pytest.raises(SettingError, match="channels in FS"):
        write_sound(made, tmp_path / "made.wav")
    assert not list(tmp_path.iterdir())


def test_a_sound_of_a_phone_that_cannot_be_read_is_named():
    with pytest.raises(FormatError, match="M4A, in which phones keep sounds"):
        read(b"\x00\x00\x00\x20ftypM4A " + bytes(100))
