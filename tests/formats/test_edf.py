"""EDF, EDF+, BDF and BDF+, as edfio and as devices write them; whatever lies in their headers."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import tracemalloc
import warnings

import edfio
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from arsis.core.errors import ArsisError, ChannelError, FormatError, SettingError, UnitError
from arsis.core.recording import Mark, Recording, from_array
from arsis.formats import read
from arsis.formats.edf import records as edf_records
from arsis.formats.edf.write import write_edf

wild = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
EACH = ("label", "", "unit", "low", "high", "first", "last", "", "count", "")
WIDTHS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
USUAL = {"unit": "uV", "low": "-3276.8", "high": "3276.7", "first": "-32768", "last": "32767"}


def signal(label, samples, **odd):
    """Return an ordinary signal: its label, (record, sample) numbers, and header fields."""
    digital = np.asarray(samples, np.int16)
    return {**USUAL, "label": label, "count": str(digital.shape[1]), **odd}, digital.astype("<i2")


def tals(*texts, size=64, label="EDF Annotations"):
    """Return an annotation signal: a text of bytes for each record."""
    raw = b"".join(text.ljust(size, b"\0") for text in texts)
    fields = {**USUAL, "label": label, "unit": "", "count": str(size // 2)}
    return fields, np.frombuffer(raw, "<i2").reshape(len(texts), -1)


def edf(*signals, **odd):
    """Return the bytes of a file, with any header field as it may be found in the wild."""
    records = len(signals[0][1]) if signals else 0
    fixed = {
        "version": "0", "patient": "X X X X", "recording": "Startdate X X X X", "date": "01.01.85",
        "time": "00.00.00", "bytes": str(256 * (len(signals) + 1)), "reserved": "",
        "records": str(records), "duration": "1", "signals": str(len(signals)), **odd,
    }  # fmt: skip
    widths = (8, 80, 80, 8, 8, 8, 44, 8, 8, 4)
    head = "".join(str(v).ljust(w) for v, w in zip(fixed.values(), widths, strict=True))
    for name, width in zip(EACH, WIDTHS, strict=True):
        head += "".join(fields.get(name, "").ljust(width) for fields, _ in signals)
    body = b"".join(
        digital[record].tobytes() for record in range(records) for _, digital in signals
    )
    return head.encode("latin-1") + body


def ramp(records, count=100, label="II", **odd):
    return signal(label, np.arange(records * count).reshape(records, count) % 30000, **odd)


def flat(**odd):
    return signal("II", np.zeros((2, 9)), **odd)


def whole(data, **told):
    return [channel.read() for channel in read(data, **told).channels]


# --- what edfio writes ---------------------------------------------------------------------------


@st.composite
def measured(draw):
    """Draw what edfio can write: signals of several rates with units and ranges, annotations."""
    seconds = draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rates = draw(st.lists(st.sampled_from([1, 2, 10, 100, 128, 250, 360]), min_size=1, max_size=4))
    scale = draw(st.sampled_from([1e-3, 1.0, 300.0, 20000.0]))
    made = [
        (f"ECG {number}", rate, np.round(rng.normal(size=seconds * rate) * scale, 3) + number)
        for number, rate in enumerate(rates)
    ]
    texts = st.text(
        st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\x14\x15"),
        min_size=1, max_size=12,
    )  # fmt: skip
    times = st.floats(0, seconds, allow_subnormal=False).map(lambda at: round(at, 6))
    lasts = st.none() | st.floats(0.001, 3).map(lambda s: round(s, 3))
    notes = draw(st.lists(st.tuples(times, lasts, texts), max_size=8))
    return made, notes


def edfio_bytes(made, notes, kind, **more):
    classes = {"edf": (edfio.Edf, edfio.EdfSignal), "bdf": (edfio.Bdf, edfio.BdfSignal)}
    file_class, signal_class = classes[kind]
    signals = [
        signal_class(x, rate, label=label, physical_dimension="uV", digital_range=DIGITAL[kind])
        for label, rate, x in made
    ]
    noted = [edfio.EdfAnnotation(*note) for note in notes]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return file_class(signals, annotations=noted, **more).to_bytes()


DIGITAL = {"edf": (-32768, 32767), "bdf": (-8388608, 8388607)}


@wild
@given(drawn=measured(), kind=st.sampled_from(["edf", "bdf"]))
def test_what_edfio_writes_reads_as_edfio_reads_it(drawn, kind):
    made, notes = drawn
    data = edfio_bytes(made, notes, kind)
    truth = (edfio.read_edf if kind == "edf" else edfio.read_bdf)(io.BytesIO(data))
    recording = read(data)
    assert recording.notes == ()
    for channel, true in zip(recording.channels, truth.signals, strict=True):
        assert (channel.name, channel.unit) == (true.label, true.physical_dimension)
        assert channel.rate_hz == pytest.approx(true.sampling_frequency, rel=1e-12)
        np.testing.assert_allclose(channel.read(), true.data, rtol=1e-6, atol=1e-9)
    found = sorted((mark.time_s, mark.duration_s, mark.label) for mark in recording.marks)
    assert found == sorted((at, lasts or 0.0, text) for at, lasts, text in truth.annotations)


@wild
@given(drawn=measured(), ending=st.sampled_from(["edf", "bdf"]))
def test_what_we_write_edfio_reads_as_we_do(drawn, ending, tmp_path):
    made, notes = drawn
    marks = tuple(Mark(at, text, lasts or 0.0) for at, lasts, text in notes)
    channels = tuple(
        from_array(x[None], rate, names=(label,), unit="uV").channels[0] for label, rate, x in made
    )
    start = dt.datetime(2003, 2, 1, 4, 5, 6, 250_000)  # noqa: DTZ001 (EDF knows no zone)
    recording = Recording("r", channels, lambda: marks, "17", start)
    path = write_edf(recording, tmp_path / f"r.{ending}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        truth = (edfio.read_edf if ending == "edf" else edfio.read_bdf)(str(path))
        theirs = sorted((a.onset, a.duration or 0.0, a.text) for a in truth.annotations)
    ours = read(path)
    assert (ours.start, ours.subject) == (start, "17")
    assert (truth.startdate, truth.starttime, truth.patient.code) == (
        start.date(), start.time(), "17",
    )  # fmt: skip
    for channel, true, (_, _, x) in zip(ours.channels, truth.signals, made, strict=True):
        np.testing.assert_allclose(channel.read(), true.data, rtol=1e-6, atol=1e-9)
        step = (true.physical_max - true.physical_min) / (2 ** (16 if ending == "edf" else 24) - 1)
        assert np.abs(true.data - x).max() <= 0.5001 * step + 1e-7 * np.abs(x).max()
    assert len(theirs) == len(notes)
    for found, (at, lasts, text) in zip(
        sorted((m.time_s, m.duration_s, m.label) for m in ours.marks), theirs, strict=True
    ):
        assert found == (pytest.approx(at, abs=1e-9), lasts, text)


def test_a_start_with_a_fraction_of_a_second_is_exact():
    data = edfio_bytes(
        [("II", 100, np.arange(100.0))], [(0.5, None, "here")], "edf",
        recording=edfio.Recording(startdate=dt.date(2020, 2, 29)),
        starttime=dt.time(23, 59, 59, 625_000),
    )  # fmt: skip
    recording = read(data)
    assert recording.start == dt.datetime(2020, 2, 29, 23, 59, 59, 625_000)  # noqa: DTZ001
    assert [(mark.time_s, mark.label) for mark in recording.marks] == [(0.5, "here")]


# --- lazy reading --------------------------------------------------------------------------------


@wild
@given(
    block=st.sampled_from([1, 700, 2500, 2**22]),
    ends=st.tuples(st.integers(0, 900), st.integers(0, 900)),
)
def test_pieces_equal_the_whole_however_large_the_records_are(block, ends, monkeypatch):
    rng = np.random.default_rng(0)
    numbers = [rng.integers(-30000, 30000, (9, count)) for count in (100, 7)]
    monkeypatch.setattr(edf_records, "_BLOCK_BYTES", block)
    texts = [f"+{at}\x14\x14\0".encode() for at in (0, 1, 2, 5, 6, 7, 20, 21, 22)]
    data = edf(signal("II", numbers[0]), tals(*texts), signal("slow", numbers[1]), reserved="EDF+D")
    quick, slow = read(data).channels
    assert (quick.length, slow.length) == (2300, 23 * 7)
    assert (quick.rate_hz, slow.rate_hz) == (100, 7)
    truth = np.full(2300, np.nan)
    for row, at in zip(numbers[0], (0, 1, 2, 5, 6, 7, 20, 21, 22), strict=True):
        truth[100 * at : 100 * at + 100] = row * 0.1
    np.testing.assert_allclose(quick.read(), truth, rtol=1e-5)
    start, stop = sorted(int(end * 2300 / 900) for end in ends)
    if start < stop:
        np.testing.assert_array_equal(quick.source(start, stop), quick.read()[start:stop])


def test_a_day_is_not_read_to_show_its_end(tmp_path):
    path = tmp_path / "day.edf"
    data = edf(ramp(1, 5000), ramp(1, 5000, "V1"), records=14_400)
    with path.open("wb") as file:
        file.write(data[: 256 * 3])
        file.truncate(256 * 3 + 14_400 * 20_000)  # 288 MB of zeros that no disk holds
    tracemalloc.start()
    recording = read(path)
    values = recording.channels[1].read(14_399.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(values) == 5000
    assert recording.duration_s == 14_400
    assert peak < 3e7


# --- times of records ----------------------------------------------------------------------------


def timed(*onsets, reserved="EDF+D", size=64):
    texts = [b"" if at is None else f"{at}\x14\x14\0".encode() for at in onsets]
    return edf(ramp(len(onsets)), tals(*texts, size=size), reserved=reserved)


def test_gaps_of_edf_d_are_gaps_and_are_said():
    recording = read(timed("+0", "+1", "+3.5", "+4.5"))
    values = recording.channels[0].read()
    assert len(values) == 550
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(values)), np.arange(200, 350))
    assert values[350] == pytest.approx(20.0)
    assert recording.notes == ("The file has 1 gaps, 1.5 s together.",)


def test_a_file_that_denies_its_gaps_is_not_believed():
    recording = read(timed("+0", "+1", "+3", reserved="EDF+C"))
    assert recording.duration_s == 4
    assert any("no gaps" in note for note in recording.notes)


def test_marks_count_from_the_first_record():
    data = edf(
        ramp(2),
        tals(b"+0.25\x14\x14\0+1.5\x150.5\x14A\x14B\x14\0", b"+1.25\x14\x14\0-1\x14early\x14\0"),
        reserved="EDF+C", date="02.03.04", time="10.20.30",
        recording="Startdate 02-MAR-2004 X X X",
    )  # fmt: skip
    recording = read(data)
    assert recording.marks == (Mark(1.25, "A", 0.5), Mark(1.25, "B", 0.5))
    assert recording.start == dt.datetime(2004, 3, 2, 10, 20, 30, 250_000)  # noqa: DTZ001
    assert "1 marks before the beginning" in recording.notes[0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (timed("+0", None, "+2"), "record 2 without a time"),
        (timed("+0", "+1", "+0.2"), "record 3 at 0.2 s, where 2 s are recorded"),
        (timed("+0", "+1e3", "+2"), "record 2 without a time"),
        (edf(ramp(2), reserved="EDF+D"), "no times of records"),
        (timed("+0", "+9999999999"), "ten years"),
    ],
)
def test_times_that_cannot_be_are_refused(data, says):
    with pytest.raises(FormatError, match=says):
        read(data)


def test_damaged_annotations_are_counted_and_the_rest_is_read():
    texts = (b"+0\x14\x14\0nonsense\0+0.5\x14N\x14\0", b"+1\x14\x14\0\xff\xfe\0")
    recording = read(edf(ramp(2), tals(*texts), reserved="EDF+C"))
    assert [mark.label for mark in recording.marks] == ["N"]
    assert recording.notes == ("2 annotations are damaged and were left out.",)


# --- headers that lie ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "cut", "seconds", "says"),
    [
        ("-1", 0, 5, "leaves the number of records open"),
        ("*", 0, 5, "leaves the number of records open"),
        ("", 30, 4, "170 bytes of another one are not read"),
        ("9", 0, 5, "states 9 records (9 s), and 5 whole records (5 s) are there"),
        ("5", 30, 4, "cut short: its header states 5 records (5 s), and 4 whole records (4 s)"),
        ("3", 0, 5, "states 3 records, and 5 whole records (5 s) are there: all are read"),
        ("3", 30, 3, "370 bytes after the 3 records"),
    ],
)
def test_a_wrong_number_of_records_is_mended_and_said(stated, cut, seconds, says):
    data = edf(ramp(5), records=stated)
    recording = read(data[: len(data) - cut])
    assert recording.duration_s == seconds
    assert says in recording.notes[0]


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (edf(ramp(2))[:700], FormatError, "188 bytes of records, of which one has 200"),
        (edf(ramp(2))[:300], FormatError, "cut off after 300 of 512 bytes"),
        (edf(ramp(2))[:100], FormatError, "cut off after 100 of 256 bytes"),
        (edf(), FormatError, "0 signals"),
        (edf(ramp(2), signals="x"), FormatError, "'x' as number of signals"),
        (edf(ramp(2), signals="-1"), FormatError, "-1 signals"),
        (edf(ramp(2), duration="0"), FormatError, "records that last '0' s"),
        (edf(ramp(2), duration="nan"), FormatError, "records that last 'nan' s"),
        (edf(ramp(2), duration="1e-9"), FormatError, "1e\\+06 Hz"),
        (edf(ramp(2), bytes="4", records="7"), FormatError, "a header of '4' bytes"),
        (edf(ramp(2, unit="")), UnitError, "channel II: no unit"),
        (edf(ramp(2, low="5", high="5")), FormatError, "no calibration .physical min 5"),
        (edf(ramp(2, first="0", last="0")), FormatError, "no calibration"),
        (edf(ramp(2, low="")), FormatError, "physical min empty"),
        (edf(flat(count="1.5")), FormatError, "samples per record of II"),
        (edf(flat(count="-1")), FormatError, "-1 samples per record of II"),
        (edf(tals(b"+0\x14\x14\0+1\x14N\x14\0", b""), duration="0"), FormatError, "annotations"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(600), FormatError, "a JPEG image"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name(data, error, says, tmp_path):
    path = tmp_path / "night.edf"
    path.write_bytes(data)
    with pytest.raises(error, match=says) as caught:
        read(path)
    assert "night" in str(caught.value)


def test_a_wrong_length_of_the_header_is_mended_where_the_file_tells():
    recording = read(edf(ramp(3), bytes="256"))
    assert recording.notes == ("The header states a length of 256; 512 fits.",)
    np.testing.assert_array_equal(recording.channels[0].read(), whole(edf(ramp(3)))[0])


def test_a_signal_without_calibration_is_left_out_and_missed_only_if_named():
    data = edf(ramp(2), ramp(2, label="SpO2", low="0", high="0"))
    recording = read(data)
    assert [channel.name for channel in recording.channels] == ["II"]
    assert "SpO2 has no calibration" in recording.notes[0]
    with pytest.raises(FormatError, match="SpO2 has no calibration"):
        read(data, channels=("SpO2",))
    with pytest.raises(ChannelError, match="V9"):
        read(data, channels=("V9",))


def test_a_unit_that_is_not_stated_has_to_be_named():
    data = edf(ramp(2, unit=""), ramp(2, label="resp", unit="Ohm"))
    assert [c.unit for c in read(data, unit="uV").channels] == ["uV", "Ohm"]
    assert [c.unit for c in read(data, channels=("resp",)).channels] == ["Ohm"]


def test_equal_labels_are_told_apart_and_empty_ones_are_numbered():
    recording = read(edf(ramp(1), ramp(1), ramp(1, label="")))
    assert [channel.name for channel in recording.channels] == ["II", "II#2", "signal 3"]


def test_a_unit_in_latin_letters_and_a_decimal_comma_are_understood():
    recording = read(edf(ramp(1, unit="µV", low="-3276,8", high="3276,7")))
    assert recording.channels[0].unit == "µV"
    assert recording.channels[0].read()[10] == pytest.approx(1.0)


def test_a_falling_scale_turns_the_signal_over():
    (rising,), (falling,) = whole(edf(ramp(1))), whole(edf(ramp(1, low="3276.7", high="-3276.8")))
    np.testing.assert_allclose(falling, -rising - 0.1, atol=1e-3)


def test_a_rate_stated_by_a_person_must_be_that_of_a_signal():
    data = edf(ramp(1), ramp(1, 20, "slow"))
    assert len(read(data, rate_hz=20.0).channels) == 2
    with pytest.raises(FormatError, match="100 Hz in the file and 50 Hz from you"):
        read(data, rate_hz=50.0)


@pytest.mark.parametrize(
    ("odd", "start", "notes"),
    [
        ({"recording": "", "date": "02.03.99", "time": "01.02.03"}, (1999, 3, 2, 1, 2, 3), 0),
        ({"recording": "", "date": "02.03.84", "time": "01:02:03"}, (2084, 3, 2, 1, 2, 3), 0),
        ({"recording": "", "date": "31.02.04", "time": "01.02.03"}, None, 1),
        ({"recording": "Startdate 02-MAR-2104 X", "date": "02.03.yy"}, (2104, 3, 2, 0, 0, 0), 0),
        ({"recording": "Startdate 02-MAR-2004 X", "date": "03.02.04"}, (2004, 3, 2, 0, 0, 0), 1),
        ({"recording": "Startdate 02-MAI-2004 X", "date": "02.05.04"}, None, 1),
        ({"recording": "Startdate X X", "date": "02.05.04"}, None, 0),
        ({"recording": "", "date": "", "time": ""}, None, 1),
    ],
)
def test_the_start_is_what_the_header_says(odd, start, notes):
    recording = read(edf(ramp(1), **odd))
    assert recording.start == (dt.datetime(*start) if start else None)  # noqa: DTZ001
    assert len(recording.notes) == notes


@pytest.mark.parametrize(
    ("patient", "reserved", "subject"),
    [
        ("MCH-0234567 F 02-MAY-1951 Haagse_Harry", "EDF+C", "MCH-0234567"),
        ("MCH-0234567 F 02-MAY-1951 Haagse_Harry", "", "MCH-0234567"),
        ("X X X X", "EDF+C", None),
        ("X F X Someone", "EDF+C", None),
        ("patient 17", "", "patient 17"),
        ("X", "", None),
        ("unknown", "", None),
        ("", "", None),
    ],
)
def test_the_subject_is_a_code_and_no_name(patient, reserved, subject):
    assert read(edf(ramp(1), patient=patient, reserved=reserved)).subject == subject


@wild
@given(
    at=st.integers(0, 767),
    put=st.binary(min_size=1, max_size=12)
    | st.sampled_from([b"-1", b"99999999", b"1e300", b"nan"]),
    cut=st.integers(0, 1500),
)
def test_any_damage_is_an_error_with_a_name_or_a_note(at, put, cut):
    data = bytearray(timed("+0", "+1", "+3", "+4"))
    data[at : at + len(put)] = put
    del data[len(data) - cut :]
    with contextlib.suppress(ArsisError):
        recording = read(bytes(data))
        for channel in recording.channels:
            values = channel.source(max(0, channel.length - 300), channel.length)
            assert values.dtype == np.float32
            assert not np.isinf(values).any()
        assert all(mark.time_s >= 0 for mark in recording.marks)


TALS = st.binary(max_size=64) | st.lists(
    st.sampled_from([
        b"+0\x14\x14\0", b"+0.5\x152\x14", b"-1", b"\x14", b"\x15", b"\0",
        b"arsis: no samples of II",
        b"arsis: end of II", b"+9999999999", b"V\x14\0",
    ]),
    max_size=8,
).map(lambda parts: b"".join(parts)[:64])  # fmt: skip


@wild
@given(raw=TALS, second=TALS)
@example(raw=b"+1\x151\x14arsis: no samples of II\x14\0", second=b"")
def test_any_bytes_as_annotations_do_no_harm(raw, second):
    with contextlib.suppress(ArsisError):
        read(edf(ramp(2), tals(raw, second), reserved="EDF+C")).channels[0].read()


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "live.edf"
    path.write_bytes(edf(ramp(4)))
    recording = read(path)
    path.write_bytes(edf(ramp(4))[:-300])
    with pytest.raises(FormatError, match="ends in record"):
        recording.channels[0].read()


# --- what the format has no place for ------------------------------------------------------------


def test_gaps_and_ends_within_a_record_survive_in_our_own_files(tmp_path):
    x = np.sin(np.arange(777) / 9)[None].astype(np.float32)
    x[0, [0, 50, 51, 776]] = np.nan
    short = from_array(x[:, :300], 50.0, names=("a name of more than 16 letters",), unit="mV")
    long = from_array(x, 100.0, names=("a name of more than 16 too",), unit="mV")
    path = write_edf(Recording("r", long.channels + short.channels), tmp_path / "r.edf")
    found = read(path)
    assert [channel.name for channel in found.channels] == ["a name of more t", "a name of m#2"]
    for channel, true in zip(found.channels, (x[0], x[0, :300]), strict=True):
        np.testing.assert_allclose(channel.read(), true, atol=3e-5)
    assert (found.marks, found.notes) == ((), ())


@pytest.mark.parametrize("ending", ["edf", "bdf"])
@pytest.mark.parametrize("values", [[0.0, 0.0], [7.25, 7.25], [np.nan, np.nan], [1e-7, -1e-7]])
def test_flat_missing_and_tiny_signals_are_written(values, ending, tmp_path):
    recording = from_array(np.array([values * 50]), 100.0, names=("II",), unit="mV")
    found = read(write_edf(recording, tmp_path / f"r.{ending}")).channels[0].read()
    np.testing.assert_allclose(found, values * 50, atol=1e-6)


def test_values_beyond_the_header_and_rates_without_a_record_are_refused(tmp_path):
    huge = from_array(np.array([[1e9, 0.0]]), 100.0, names=("II",), unit="uV")
    with pytest.raises(SettingError, match="WFDB, CSV or Parquet"):
        write_edf(huge, tmp_path / "r.edf")
    odd = [from_array(np.zeros((1, 9)), rate, names=("II",), unit="uV") for rate in (99.7123, 7.77)]
    both = Recording("r", odd[0].channels + odd[1].channels)
    with pytest.raises(SettingError, match="one by one"):
        write_edf(both, tmp_path / "r.edf")
    with pytest.raises(SettingError, match="no samples"):
        write_edf(Recording("r", ()), tmp_path / "r.edf")
    assert not list(tmp_path.iterdir())
