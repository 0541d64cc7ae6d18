"""Every storage format and layout of WFDB, held equal to the wfdb package."""

from __future__ import annotations

import numpy as np
import pytest
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.core.recording import Mark, Recording, from_array
from arsis.formats import read
from arsis.formats.wfdb.marks import SYMBOLS, load_marks, read_annotations
from arsis.formats.wfdb.samples import LAYOUTS
from arsis.formats.wfdb.write import write_annotations, write_record

rng = np.random.default_rng(7)


def _record(folder, lines, data, head="r {} 250 {}", frames=101):
    (folder / "r.dat").write_bytes(data)
    first = head.format(len(lines), frames)
    (folder / "r.hea").write_text("\n".join([first, *lines, ""]))
    return folder / "r"


def _equal(stem, **options):
    """Compare with wfdb as a whole and in pieces; return the recording."""
    truth = wfdb.rdrecord(str(stem), smooth_frames=False, **options)
    recording = read(stem)
    for channel, expected in zip(recording.channels, truth.e_p_signal, strict=True):
        np.testing.assert_array_equal(channel.read(), expected.astype(np.float32))
        first, last = channel.length // 3, channel.length // 3 + 17
        np.testing.assert_array_equal(
            channel.source(first, last), expected[first:last].astype(np.float32)
        )
    return recording


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "8"])
@pytest.mark.parametrize("frames", [101, 102, 103])
def test_random_bytes_of_every_format_decode_as_wfdb_does(tmp_path, layout, frames):
    lines = [
        f"r.dat {layout} 200(12)/mV 12 5 0 0 0 I",
        f"r.dat {layout} 1000.5(-7)/uV 12 5 0 0 0 II",
        f"r.dat {layout} -3/mmHg 12 5 0 0 0 ABP",
    ]
    data = rng.integers(0, 256, frames * 3 * 4 + 8, dtype=np.uint8)
    if layout == "311":
        data[3::4] &= 0x3F  # two bits are not in use, and wfdb minds one of them
    stem = _record(tmp_path, lines, data.tobytes(), frames=frames)
    recording = _equal(stem)
    assert [channel.unit for channel in recording.channels] == ["mV", "uV", "mmHg"]


@pytest.mark.parametrize("layout", ["16", "212", "80", "310", "8"])
def test_signals_at_several_rates_keep_their_own(tmp_path, layout):
    lines = [
        f"r.dat {layout}x4 200/mV 12 0 3 0 0 I",
        f"r.dat {layout} 10/mV 12 0 -5 0 0 II",
        f"r.dat {layout}x3 10/mV 12 0 9 0 0 III",
    ]
    data = rng.integers(0, 256, 101 * 8 * 3, dtype=np.uint8).tobytes()
    stem = _record(tmp_path, lines, data)
    truth = wfdb.rdrecord(str(stem), smooth_frames=False, physical=False).e_d_signal
    recording = read(stem)
    assert [channel.rate_hz for channel in recording.channels] == [1000, 250, 750]
    for channel, digital, gain in zip(recording.channels, truth, (200, 10, 10), strict=True):
        valid = digital != (LAYOUTS[layout].invalid or 10**9)
        expected = np.where(valid, digital / gain, np.nan).astype(np.float32)
        np.testing.assert_array_equal(channel.read(), expected)
        pieces = [piece.samples[channel.name].values for piece in recording.pieces(0.0513)]
        np.testing.assert_array_equal(np.concatenate(pieces), expected)


def test_format_8_reads_the_same_backwards(tmp_path):
    lines = ["r.dat 8 200/mV 12 0 3 0 0 I", "r.dat 8 10/mV 12 0 -5 0 0 II"]
    stem = _record(tmp_path, lines, rng.integers(0, 256, 202, dtype=np.uint8).tobytes())
    whole = [channel.read() for channel in read(stem).channels]
    fresh = read(stem)
    for start in range(90, -1, -10):
        for channel, expected in zip(fresh.channels, whole, strict=True):
            np.testing.assert_array_equal(
                channel.source(start, start + 10), expected[start : start + 10]
            )


def test_the_bytes_before_the_samples_are_left_out(tmp_path):
    lines = ["r.dat 16+24 200/mV 16 0 0 0 0 I"]
    _equal(_record(tmp_path, lines, bytes(24) + rng.bytes(202)))


def test_a_skewed_signal_is_put_back_in_time(tmp_path):
    lines = ["r.dat 16 200/mV 16 0 0 0 0 I", "r.dat 16:5 200/mV 16 0 0 0 0 II"]
    recording = _equal(_record(tmp_path, lines, rng.bytes(404)))
    assert np.isnan(recording.channels[1].read()[-5:]).all()


def test_signals_in_two_files(tmp_path):
    (tmp_path / "other.dat").write_bytes(rng.bytes(303))
    lines = ["r.dat 16 200/mV 16 0 0 0 0 I", "other.dat 212 100/mV 12 0 0 0 0 II"]
    _equal(_record(tmp_path, lines, rng.bytes(202)))


@pytest.mark.parametrize(("layout", "bits"), [("508", 7), ("516", 15), ("524", 23)])
def test_compressed_samples(tmp_path, layout, bits):
    digital = rng.integers(-(2**bits) + 1, 2**bits, (500, 2))
    digital[100:110, 1] = -(2**bits)
    wfdb.wrsamp(
        "c",
        fs=250,
        units=["mV"] * 2,
        sig_name=["I", "II"],
        d_signal=digital,
        fmt=[layout] * 2,
        adc_gain=[200.0, 100.0],
        baseline=[3, 0],
        write_dir=str(tmp_path),
    )
    recording = _equal(tmp_path / "c")
    assert np.isnan(recording.channels[1].read()).sum() == 10


def _three_segments(folder):
    """Write two segments and a gap; the second has its signals in another order and unit."""
    for name, units, names in [("s1", "mV mV", "I II"), ("s2", "mV mV", "II I")]:
        wfdb.wrsamp(
            name,
            fs=250,
            units=units.split(),
            sig_name=names.split(),
            d_signal=rng.integers(-2000, 2000, (100, 2)),
            fmt=["16"] * 2,
            adc_gain=[200.0, 100.0] if name == "s1" else [50.0, 400.0],
            baseline=[0, 7],
            write_dir=str(folder),
        )
    layout = "layout 2 250 0\n~ 0 200/mV 16 0 0 0 0 I\n~ 0 200/mV 16 0 0 0 0 II\n"
    (folder / "layout.hea").write_text(layout)
    (folder / "m.hea").write_text("m/4 2 250 250\nlayout 0\ns1 100\n~ 50\ns2 100\n")
    return folder / "m"


def test_segments_of_a_variable_layout(tmp_path):
    recording = _equal(_three_segments(tmp_path))
    assert [channel.name for channel in recording.channels] == ["I", "II"]
    assert np.isnan(recording.channels[0].read()[100:150]).all()
    assert not np.isnan(recording.channels[0].read()[150:]).any()


def test_segments_of_a_fixed_layout(tmp_path):
    _three_segments(tmp_path)
    (tmp_path / "f.hea").write_text("f/2 2 250 200\ns1 100\ns1 100\n")
    _equal(tmp_path / "f")


def test_a_segment_in_another_unit_is_converted(tmp_path):
    stem = _three_segments(tmp_path)
    before = read(stem).channels[0].read()[150:]
    header = tmp_path / "s2.hea"
    header.write_text(header.read_text().replace("mV", "uV"))
    after = read(stem).channels[0]
    assert after.unit == "mV"
    np.testing.assert_allclose(after.read()[150:], before * 1e-3, rtol=1e-6)


def test_what_we_write_reads_the_same_through_wfdb(tmp_path):
    x = rng.normal(size=(2, 400)).astype(np.float32)
    x[0, 40:50] = np.nan
    slow, fast = (
        from_array(row, rate, names=("a",), unit="mV")
        for row, rate in zip((x[0, :100], x[1]), (90.0, 360.0), strict=True)
    )
    both = Recording("both", (slow.channels[0], fast.channels[0]))
    write_record(tmp_path, "w", both)
    recording = _equal(tmp_path / "w")
    assert [channel.name for channel in recording.channels] == ["a", "a#2"]
    assert "a#2" in recording.notes[0]
    for channel, expected in zip(recording.channels, (x[0, :100], x[1]), strict=True):
        np.testing.assert_allclose(channel.read(), expected, atol=1e-4)
    header = wfdb.rdheader(str(tmp_path / "w"))
    sums = wfdb.rdrecord(str(tmp_path / "w"), physical=False, smooth_frames=False)
    assert header.checksum == [int((int(s.sum()) + 2**15) % 2**16 - 2**15) for s in sums.e_d_signal]


marks = st.lists(
    st.builds(
        Mark,
        st.integers(1, 2**31 - 1).map(lambda at: at / 360),
        st.sampled_from(sorted(set(SYMBOLS.values()))),
        note=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60),
        source=st.just("arsis"),
    ),
    max_size=20,
)


@settings(deadline=None, max_examples=40)
@given(marks)
def test_annotations_come_back_through_us_and_through_wfdb(tmp_path_factory, given_marks):
    folder = tmp_path_factory.mktemp("a")
    path = write_annotations(folder, "r", "arsis", given_marks, 360.0)
    back = read_annotations(path, 360.0)
    ordered = sorted(given_marks, key=lambda mark: mark.time_s)
    assert back == tuple(ordered)
    if not given_marks:
        return
    truth = wfdb.rdann(str(folder / "r"), "arsis")
    assert truth.fs == 360
    assert truth.symbol == [mark.label for mark in ordered]
    assert truth.aux_note == [mark.note for mark in ordered]
    np.testing.assert_array_equal(truth.sample, [round(m.time_s * 360) for m in ordered])


def test_marks_stand_at_the_rate_that_their_file_states(tmp_path):
    path = write_annotations(tmp_path, "r", "atr", [Mark(2.0, "N")], 500.0)
    assert read_annotations(path, 100.0)[0].time_s == 2.0


def test_labels_that_wfdb_does_not_know_become_comments(tmp_path):
    path = write_annotations(tmp_path, "r", "arsis", [Mark(0.0, "SVEB", note="p=0.9")], 360.0)
    (mark,) = read_annotations(path, 360.0)
    assert (mark.label, mark.note) == ('"', "SVEB p=0.9")


def test_the_reference_annotator_comes_first(tmp_path):
    header = write_record(
        tmp_path, "r", from_array(np.ones(360, np.float32), 360.0, names=("I",), unit="mV")
    )
    assert load_marks(header, 360.0) == ()
    write_annotations(tmp_path, "r", "arsis", [Mark(0.1, "V")], 360.0)
    assert load_marks(header, 360.0) == ()  # our own answers are no expert's
    write_annotations(tmp_path, "r", "qrs", [Mark(0.1, "N")], 360.0)
    assert [mark.source for mark in read(header).marks] == ["qrs"]
    write_annotations(tmp_path, "r", "ecg", [Mark(0.1, "N")], 360.0)
    assert read(header).marks == ()  # two of equal standing: neither
    write_annotations(tmp_path, "r", "atr", [Mark(0.1, "+", note="(AFIB")], 360.0)
    assert [(mark.label, mark.note) for mark in read(header).marks] == [("+", "(AFIB")]


def test_annotations_are_written_byte_for_byte_as_wfdb_writes_them(tmp_path):
    rng = np.random.default_rng(0)
    for rate_hz in (360.0, 250.0, 128.5):
        at = np.cumsum(rng.choice([3, 300, 1023, 1024, 70_000, 5_000_000], 60))
        symbols = [str(s) for s in rng.choice(["N", "V", "A", "F", "+", "~"], 60)]
        notes = [["", "x", "poor signal", "(AFIB"][i] for i in rng.integers(0, 4, 60)]
        wfdb.wrann(
            "theirs", "atr", at, symbols, aux_note=notes, fs=rate_hz, write_dir=str(tmp_path)
        )
        marks = [
            Mark(sample / rate_hz, symbol, note=note)
            for sample, symbol, note in zip(at.tolist(), symbols, notes, strict=True)
        ]
        ours = write_annotations(tmp_path, "ours", "atr", marks, rate_hz)
        assert ours.read_bytes() == (tmp_path / "theirs.atr").read_bytes()
