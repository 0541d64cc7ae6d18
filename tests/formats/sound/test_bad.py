"""Sounds whose headers lie, that were cut short or are damaged: an error, or a note."""

from __future__ import annotations

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.core.errors import ArsisError, FormatError
from arsis.formats import read

KINDS = ("WAV/PCM_16", "FLAC/PCM_16", "OGG/VORBIS", "OGG/OPUS", "MP3/MPEG_LAYER_III")
RATE_HZ = 4000
PCM = (np.sin(np.arange(4000) / 5) * 8000).astype("<i2").tobytes()


def wav(
    data=PCM,
    *,
    stated=None,
    rate_hz=RATE_HZ,
    channels=1,
    bits=16,
    bytes_per_s=None,
    before=b"",
    after=b"",
):
    frame = channels * bits // 8
    per_s = (rate_hz * frame if bytes_per_s is None else bytes_per_s) & 0xFFFFFFFF
    fmt = struct.pack("<HHIIHH", 1, channels, rate_hz, per_s, frame, bits)
    size = len(data) if stated is None else stated
    body = b"WAVE" + _chunk(b"fmt ", fmt) + before
    body += b"data" + struct.pack("<I", size) + data + after
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(name, content):
    return name + struct.pack("<I", len(content)) + content


def stating(channels):
    """A WAV of one channel whose header names another number in one of its places."""
    data = bytearray(wav())
    struct.pack_into("<H", data, data.index(b"fmt ") + 10, channels)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (stating(2), "2 channels of 16 bits in frames of 2 bytes"),
        (wav(rate_hz=0), "damaged"),
        (wav(rate_hz=2**32 - 1), "damaged"),
        (wav(rate_hz=3_000_000), "3e[+]06 Hz"),
        (wav(channels=0), "damaged"),
        (wav(bits=0), "damaged"),
        (wav(b""), "without a single sample"),
        (wav(stated=0), "states no sound, and 8000 bytes after it"),
        (wav()[:36], "damaged"),
        (wav()[:20], "damaged"),
        (wav(before=b"LIST" + struct.pack("<I", 400_000)), "damaged"),
        (b"fLaC" + bytes(100), "damaged"),
        (b"OggS" + bytes(100), "damaged"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(100), "damaged"),
        (b"\xff\xfb\x90\x00" + bytes(100), "damaged"),
    ],
)
def test_what_cannot_be_read_is_an_error(data, found):
    with pytest.raises(FormatError, match=found) as error:
        read(data)
    assert "object at" not in str(error.value)


@pytest.mark.parametrize(
    ("data", "note", "samples"),
    [
        (wav(stated=16_000), "states 16000 bytes of sound and 8000 are there", 4000),
        (wav(stated=2**32 - 1), "leaves the length open", 4000),
        (wav(stated=4000), "4000 bytes after the sound that the header states", 2000),
        (wav(bytes_per_s=1), "4000 samples of 2 bytes and 1 bytes per second", 4000),
        (wav()[:-2001], "states 8000 bytes of sound and 5999 are there", 2999),
    ],
)
def test_a_header_that_lies_is_told_in_a_note(data, note, samples):
    recording = read(data)
    assert note in " ".join(recording.notes)
    assert recording.channels[0].length == samples
    expected = np.frombuffer(PCM[: 2 * samples], "<i2") / 2**15
    np.testing.assert_array_equal(recording.channels[0].read(), expected.astype(np.float32))


@pytest.mark.parametrize(
    "data",
    [
        wav(),
        wav(before=_chunk(b"LIST", b"INFO"), after=_chunk(b"id3 ", b"abcd")),
        wav(PCM[:-1] + b"\0", after=_chunk(b"LIST", b"INFO")),
    ],
)
def test_a_header_that_is_right_needs_no_note(data):
    assert read(data).notes == ()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.4, 0.99])
def test_a_sound_that_was_cut_short_is_told_in_a_note(sounding, encoded, kind, share, capfd):
    x = sounding(6.0, 16_000)
    data = encoded(x, 16_000, kind)
    whole = read(data).channels[0].read()
    recording = read(data[: int(len(data) * share)])
    assert any("cut short" in note for note in recording.notes)
    length = recording.channels[0].length
    assert 0.2 * share * len(x) < length < len(x)
    values = recording.channels[0].read()
    heard = max(0, length - 3000)  # the last frames of a lossy one are half there
    np.testing.assert_allclose(values[:heard], whole[:heard], atol=1e-6)
    capfd.readouterr()  # the MP3 decoder writes to the terminal by itself


def test_the_note_says_what_was_stated_and_what_is_there(sounding, encoded):
    data = encoded(sounding(6.0, 16_000), 16_000, "FLAC/PCM_16")
    recording = read(data[: len(data) // 2])
    there_s = recording.duration_s
    assert f"states 6.000 s, and {there_s:.3f} s can be read" in recording.notes[0]


def test_a_flac_that_does_not_state_its_length_is_counted(sounding, encoded):
    data = bytearray(encoded(sounding(2.0, 16_000), 16_000, "FLAC/PCM_16"))
    data[21] &= 0xF0  # the upper 4 of the 36 bits that state the number of samples
    data[22:26] = bytes(4)
    recording = read(bytes(data))
    # libsndfile fails at the end of such a file together with its last sample.
    assert recording.channels[0].length in (31_999, 32_000)
    assert len(recording.channels[0].read()) == recording.channels[0].length
    assert recording.notes == ()


def test_a_sound_that_shrinks_while_it_is_read(tmp_path):
    path = tmp_path / "sound.wav"
    path.write_bytes(wav())
    recording = read(path)
    path.write_bytes(wav(PCM[:1000]))
    with pytest.raises(FormatError, match="500 of 4000 samples from 0 s"):
        recording.channels[0].read()


def test_a_sound_that_goes_away_while_it_is_read(tmp_path):
    path = tmp_path / "sound.wav"
    path.write_bytes(wav())
    recording = read(path)
    path.unlink()
    with pytest.raises(FormatError, match="cannot be read"):
        recording.channels[0].read()


@pytest.mark.parametrize("kind", KINDS[:3])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_damage_anywhere_ends_in_a_typed_error_or_a_recording(sounding, encoded, kind, data):
    whole = bytearray(encoded(sounding(0.5, 8000), 8000, kind))
    for _ in range(data.draw(st.integers(1, 4))):
        # Most of what matters stands at the beginning.
        at = data.draw(st.integers(0, min(len(whole), data.draw(st.sampled_from((64, 10**9)))) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    del whole[data.draw(st.integers(8, 10**6)) :]
    with contextlib.suppress(ArsisError):
        for channel in read(bytes(whole)).channels:
            values = channel.read(0.0, 100.0)
            assert np.isfinite(values[~np.isnan(values)]).all()
