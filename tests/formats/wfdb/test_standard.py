"""Sample files of every format written here by the standard's words (signal(5), header(5))."""

from __future__ import annotations

import struct
import subprocess
import sys

import numpy as np
import pytest
import wfdb

from arsis.formats import read

rng = np.random.default_rng(11)


def bits_310(values):
    """Two words of 16 bits: a sample in the upper ten of the lower eleven bits of each, and five
    bits of the third sample at the top of each, the low ones first."""
    out = b""
    for first, second, third in np.asarray(values).reshape(-1, 3) & 0x3FF:
        low, high = third & 0x1F, third >> 5
        out += struct.pack("<HH", low << 11 | first << 1, high << 11 | second << 1)
    return out


def bits_311(values, spare=0):
    """Three samples of ten bits from the lowest bit of four bytes on; two bits are spare."""
    out = b""
    for first, second, third in np.asarray(values).reshape(-1, 3) & 0x3FF:
        out += struct.pack("<I", first | second << 10 | third << 20 | spare << 30)
    return out


def bits_212(values):
    out = b""
    for first, second in np.asarray(values).reshape(-1, 2) & 0xFFF:
        out += bytes((first & 0xFF, first >> 8 | second >> 8 << 4, second & 0xFF))
    return out


def low_three_bytes(values):
    return b"".join(int(value).to_bytes(3, "little", signed=True) for value in values)


WRITTEN = {
    "16": (16, lambda values: np.asarray(values).astype("<i2").tobytes()),
    "24": (24, low_three_bytes),
    "32": (32, lambda values: np.asarray(values).astype("<i4").tobytes()),
    "61": (16, lambda values: np.asarray(values).astype(">i2").tobytes()),
    "80": (8, lambda values: (np.asarray(values) + 128).astype("u1").tobytes()),
    "160": (16, lambda values: (np.asarray(values) + 32768).astype("<u2").tobytes()),
    "212": (12, bits_212),
    "310": (10, bits_310),
    "311": (10, bits_311),
}


def _record(folder, layout, data, *, frames, signals=1, more=""):
    (folder / "r.dat").write_bytes(data)
    line = f"r.dat {layout} 1/mV 16 0 0 0 0 S\n"
    (folder / "r.hea").write_text(f"r {signals} 250 {frames}\n{more or line * signals}")
    return folder / "r"


@pytest.mark.parametrize("layout", list(WRITTEN))
def test_every_format_on_bytes_of_the_standard(tmp_path, layout):
    bits, write = WRITTEN[layout]
    top = 2 ** (bits - 1)
    values = rng.integers(-top + 1, top, 120)
    values[:3] = top - 1, 1 - top, -1
    channel = read(_record(tmp_path, layout, write(values), frames=120)).channels[0]
    values = values.astype(np.float32)
    np.testing.assert_array_equal(channel.read(), values)
    for start, stop in ((1, 2), (2, 5), (7, 119), (119, 120)):
        np.testing.assert_array_equal(channel.source(start, stop), values[start:stop])


@pytest.mark.parametrize("layout", list(WRITTEN))
def test_the_lowest_number_of_every_format_is_no_sample(tmp_path, layout):
    bits, write = WRITTEN[layout]
    values = np.array([1, -(2 ** (bits - 1)), 2, 3, 4, 5])
    found = read(_record(tmp_path, layout, write(values), frames=6)).channels[0].read()
    np.testing.assert_array_equal(found, [1, np.nan, 2, 3, 4, 5])


def test_format_8_counts_from_the_initial_value_in_any_pieces(tmp_path):
    first = np.cumsum(rng.integers(-128, 128, 400))
    second = np.cumsum(rng.integers(-128, 128, 400))
    data = np.stack([np.diff(first, prepend=0), np.diff(second, prepend=0)], axis=1)
    lines = "r.dat 8 1/mV 12 0 100 0 0 I\nr.dat 8 1/mV 12 0 -7 0 0 II\n"
    stem = _record(tmp_path, "8", data.astype("i1").tobytes(), frames=400, signals=2, more=lines)
    fresh = read(stem)
    for start, stop in ((390, 400), (0, 7), (200, 333), (201, 202)):
        for channel, true in zip(fresh.channels, (first + 100, second - 7), strict=True):
            np.testing.assert_array_equal(channel.source(start, stop), true[start:stop])


@pytest.mark.parametrize("spare", [1, 2, 3])
def test_the_spare_bits_of_311_say_nothing(tmp_path, spare):
    values = rng.integers(-511, 512, 30)
    data = bits_311(values, spare)
    np.testing.assert_array_equal(
        read(_record(tmp_path, "311", data, frames=30)).channels[0].read(), values
    )


def test_the_lowest_bits_of_310_say_nothing(tmp_path):
    values = rng.integers(-511, 512, 30)
    data = bytearray(bits_310(values))
    data[::2] = bytes(byte | 1 for byte in data[::2])
    found = read(_record(tmp_path, "310", bytes(data), frames=30)).channels[0].read()
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize("layout", ["16", "212", "310"])
def test_signals_of_different_skews_are_put_back_in_time(tmp_path, layout):
    frames, skews = 60, (0, 3, 11)
    bits, write = WRITTEN[layout]
    top = 2 ** (bits - 1)
    file = rng.integers(-top + 1, top, (frames, 3))
    lines = "".join(f"r.dat {layout}:{skew} 1/mV 12 0 0 0 0 S{skew}\n" for skew in skews)
    stem = _record(tmp_path, layout, write(file.ravel()), frames=frames, signals=3, more=lines)
    recording = read(stem)
    for column, skew in enumerate(skews):
        true = np.full(frames, np.nan)
        true[: frames - skew] = file[skew:, column]
        found = recording.channels[column]
        np.testing.assert_array_equal(found.read(), true)
        np.testing.assert_array_equal(found.source(40, 55), true[40:55])


def test_format_0_is_a_signal_without_samples(tmp_path):
    values = np.arange(20)
    lines = "r.dat 16 1/mV 16 0 0 0 0 II\n~ 0 200/mV 12 0 0 0 0 V1\nx 0 200/mV 12 0 0 0 0 V2\n"
    data = values.astype("<i2").tobytes()
    recording = read(_record(tmp_path, "16", data, frames=20, signals=3, more=lines))
    assert [channel.name for channel in recording.channels] == ["II"]
    assert "V1 has no samples" in recording.notes[0]
    assert "V2 has no samples" in recording.notes[1]
    np.testing.assert_array_equal(recording.channels[0].read(), values)


@pytest.fixture
def segments(tmp_path):
    """A record of a layout, two segments, a null segment, and a lead that only one of them has."""
    first, second = rng.integers(-99, 99, (2, 50))
    (tmp_path / "s1.dat").write_bytes(first.astype("<i2").tobytes())
    (tmp_path / "s2.dat").write_bytes(second.astype("<i2").tobytes())
    (tmp_path / "s1.hea").write_text("s1 1 250 50\ns1.dat 16 1/mV 16 0 0 0 0 V\n")
    (tmp_path / "s2.hea").write_text("s2 1 250 50\ns2.dat 16 1/mV 16 0 0 0 0 II\n")
    null = "~ 0 1/mV 16 0 0 0 0 "
    (tmp_path / "lay.hea").write_text(f"lay 3 250 0\n{null}II\n{null}V\n{null}AVR\n")
    (tmp_path / "m.hea").write_text("m/4 3 250 130\nlay 0\ns1 50\n~ 30\ns2 50\n")
    return tmp_path / "m", first, second


def test_null_segments_are_gaps(segments):
    stem, first, second = segments
    recording = read(stem)
    gap = [np.nan] * 80
    np.testing.assert_array_equal(recording.select(("V",)).channels[0].read(), [*first, *gap])
    np.testing.assert_array_equal(recording.select(("II",)).channels[0].read(), [*gap, *second])
    pieces = [piece.samples["II"].values for piece in recording.pieces(0.1)]
    np.testing.assert_array_equal(np.concatenate(pieces), [*gap, *second])


def test_leads_stand_in_the_order_of_the_layout(segments):
    recording = read(segments[0])
    assert [channel.name for channel in recording.channels] == ["II", "V"]
    assert "AVR has no samples in any segment" in recording.notes[0]


def test_segments_of_a_fixed_layout_follow_one_another(segments):
    stem, first, _ = segments
    header = stem.parent / "f.hea"
    header.write_text("f/3 1 250 130\ns1 50\n~ 30\ns1 50\n")
    found = read(header).channels[0].read()
    np.testing.assert_array_equal(found, [*first, *[np.nan] * 30, *first])


@pytest.mark.parametrize("layout", ["16", "24", "32", "80", "212", "508", "516", "524"])
def test_what_wfdb_writes_reads_as_wfdb_reads_it(tmp_path, layout):
    bits = {"80": 8, "212": 12, "24": 24, "32": 32, "508": 8, "524": 24}.get(layout, 16)
    digital = rng.integers(-(2 ** (bits - 1)) + 1, 2 ** (bits - 1), (333, 2))
    digital[40:60, 1] = -(2 ** (bits - 1))
    wfdb.wrsamp(
        "w",
        fs=360,
        units=["mV", "uV"],
        sig_name=["II", "V1"],
        d_signal=digital,
        fmt=[layout] * 2,
        adc_gain=[200.0, 7.5],
        baseline=[0, -3],
        write_dir=str(tmp_path),
    )
    truth = wfdb.rdrecord(str(tmp_path / "w")).p_signal.astype(np.float32)
    recording = read(tmp_path / "w")
    assert [channel.unit for channel in recording.channels] == ["mV", "uV"]
    assert np.isnan(truth[40:60, 1]).all()
    for column, channel in enumerate(recording.channels):
        np.testing.assert_array_equal(channel.read(), truth[:, column])
        np.testing.assert_array_equal(channel.source(31, 200), truth[31:200, column])


def test_records_and_annotations_need_neither_wfdb_nor_pandas(tmp_path):
    wfdb.wrann("r", "atr", np.array([5, 9]), ["N", "V"], fs=250, write_dir=str(tmp_path))
    stem = _record(tmp_path, "212", bits_212(np.arange(20)), frames=20)
    code = (
        "import sys\n"
        "for name in ('wfdb', 'pandas', 'matplotlib', 'scipy', 'requests', 'pydicom'):\n"
        "    sys.modules[name] = None\n"
        "import arsis.formats as f\n"
        f"r = f.read({str(stem)!r})\n"
        "print(r.channels[0].read().sum(), [m.label for m in r.marks])\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split(None, 1) == ["190.0", "['N', 'V']\n"]
