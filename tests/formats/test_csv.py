"""Tables of text, as people and devices write them."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from arsis.core.errors import ArsisError, FormatError, SettingError, UnitError
from arsis.core.recording import Recording, from_array
from arsis.formats import read
from arsis.formats.csv.write import write_csv

wild = settings(deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _read(text, **told):
    return read(text.encode(), **told)


def _values(text, **told):
    return [channel.read().tolist() for channel in _read(text, **told).channels]


@pytest.mark.parametrize(
    "text",
    [
        "time_s,II [mV],V1 (mV)\n0.00,1.5,-2\n0.01,2.5,-3\n0.02,3.5,-4\n",
        "time [s];II [mV];V1 [mV]\n0,00;1,5;-2\n0,01;2,5;-3\n0,02;3,5;-4\n",
        "t (ms)\tII_mv\tV1_mV\n0\t1.5\t-2\n10\t2.5\t-3\n20\t3.5\t-4\n",
        "\ufefftime_ms,II [mV],V1 [mV]\r\n0,1.5,-2\r\n10,2.5,-3\r\n20,3.5,-4\r\n",
        '# by hand\n"time_s","II [mV]","V1 [mV]"\n"0.00","1.5","-2"\n0.01,2.5,-3\n\n0.02,3.5,-4',
        "II [mV],time (us),V1 [mV]\n1.5,0,-2\n# a pause\n2.5,10000,-3\n3.5,20000,-4\n",
    ],
)
def test_one_table_in_many_spellings(text):
    recording = _read(text)
    assert [(c.name, c.unit, c.rate_hz) for c in recording.channels] == [
        ("II", "mV", 100.0),
        ("V1", "mV", 100.0),
    ]
    assert _values(text) == [[1.5, 2.5, 3.5], [-2, -3, -4]]


def test_bare_numbers_need_a_rate_and_a_unit():
    with pytest.raises(FormatError, match="--rate"):
        _read("1,2\n3,4\n", unit="mV")
    with pytest.raises(UnitError, match="--unit"):
        _read("1,2\n3,4\n", rate_hz=250)
    assert _values("1,2\n3,4\n", rate_hz=250, unit="mV") == [[1, 3], [2, 4]]
    assert _values("1\n3\n", rate_hz=250, unit="mV") == [[1, 3]]


def test_a_heading_without_units_needs_one():
    text = "time_s,ecg\n0,1\n0.01,2\n"
    with pytest.raises(UnitError, match="channel ecg: no unit"):
        _read(text)
    assert _read(text, unit="uV").channels[0].unit == "uV"


def test_a_time_without_a_unit_is_not_guessed():
    with pytest.raises(UnitError, match="without a unit of time"):
        _read("time,ecg_mv\n0,1\n1,2\n")


def test_numbers_of_samples_count_at_the_rate_told():
    text = "sample,ecg_mv\n0,1\n1,2\n3,4\n"
    with pytest.raises(FormatError, match="--rate"):
        _read(text)
    np.testing.assert_array_equal(_values(text, rate_hz=250)[0], [1, 2, math.nan, 4])


@pytest.mark.parametrize("empty", ["", "NaN", " ", "NA"])
def test_empty_cells_are_gaps(empty):
    text = f"time_s,a [mV],b [mV],c [mV]\n0,{empty},{empty},{empty}\n0.1,1,{empty},2\n"
    values = np.array(_values(text))
    np.testing.assert_array_equal(values, [[math.nan, 1], [math.nan, math.nan], [math.nan, 2]])


def test_missing_rows_are_gaps_and_noted():
    rows = [f"{i / 250:.3f},{i}" for i in range(1000) if not 300 <= i < 420]
    recording = _read("time_s,ecg_mv\n" + "\n".join(rows))
    (channel,) = recording.channels
    assert (channel.rate_hz, channel.length) == (250, 1000)
    expected = np.arange(1000, dtype=np.float32)
    expected[300:420] = np.nan
    np.testing.assert_array_equal(channel.read(), expected)
    np.testing.assert_array_equal(channel.source(290, 430), expected[290:430])
    assert "120 rows are missing" in recording.notes[0]


@pytest.mark.parametrize("rate_hz", [62.4, 125, 128, 250, 360, 500, 720, 1000])
@pytest.mark.parametrize("digits", [3, 6])
def test_times_rounded_to_milliseconds_give_the_rate(rate_hz, digits):
    rows = [f"{i / rate_hz:.{digits}f},{i}" for i in range(3000)]
    recording = _read("time_s,ecg_mv\n" + "\n".join(rows))
    assert recording.channels[0].rate_hz == pytest.approx(rate_hz, rel=2e-4)
    assert recording.channels[0].length == 3000


def test_a_clock_that_runs_a_little_slow_makes_no_false_gaps():
    rows = [f"{i / 359.9:.6f},{i}" for i in range(20000)]
    (channel,) = _read("time_s,ecg_mv\n" + "\n".join(rows)).channels
    assert channel.length == 20000
    assert channel.rate_hz == pytest.approx(359.9, rel=1e-5)


def test_times_from_elsewhere_begin_at_their_first_row():
    recording = _read("time_s,ecg_mv\n100.0,1\n100.1,2\n")
    assert recording.channels[0].length == 2
    assert "100 s" in recording.notes[0]


@pytest.mark.parametrize(
    ("times", "found"),
    [
        ([0, 1, 1, 2], r"the time 1\.0 in line 4"),
        ([0, 1, 0.5, 2], r"the time 0\.5 in line 4"),
        ([0, 1, math.nan, 2], "in line 4"),
        ([0, 1, 1.1, 1.2, 1.9, 2.9, 3.0, 5.5], "not evenly spaced"),
        ([0], "a single row"),
    ],
)
def test_times_that_make_no_rate(times, found):
    text = "time_s,ecg_mv\n" + "\n".join(f"{t},1" for t in times)
    with pytest.raises(FormatError, match=found):
        _read(text)


def test_a_rate_that_contradicts_the_times():
    rows = [f"{i / 250:.3f},{i}" for i in range(1000)]
    with pytest.raises(FormatError, match="360 Hz that you state"):
        _read("time_s,ecg_mv\n" + "\n".join(rows), rate_hz=360)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("0.1,abc,2", r"'abc' in line 3, column 2 \(a \[mV\]\)"),
        ("0.1,1_0,2", "'1_0' in line 3"),
        ("0.1,1", "line 3 with 2 cells"),
        ("0.1,1,2,3", "line 3 with 4 cells"),
        ("0.1,inf,3", "inf in line 3"),
        ("0.1,1e39,3", "line 3, column 2"),
    ],
)
def test_a_wrong_cell_is_named(row, found):
    with pytest.raises(FormatError, match=found):
        _read(f"time_s,a [mV],b [mV]\n0,1,2\n{row}\n0.2,1,2\n")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "an empty file"),
        (b"a [mV],b [mV]\n", "text that begins"),
        (b"# only a comment\n", "text that begins"),
        (b'{"a": [1, 2]}', "JSON text"),
        (b"<html>1,2</html>", "a web page"),
        (b"time_s,a_mv\n0,1\n0.1,\xff\xfe\n", "unknown|begins"),
        (b"time_s\n0\n1\n", "no column but time"),
        (b",".join([b"1"] * 5000), "5000 columns"),
    ],
)
def test_what_is_no_table(data, found):
    with pytest.raises(FormatError, match=found):
        read(data, rate_hz=1.0, unit="mV")


def test_text_that_turns_to_bytes_far_below():
    data = b"time_s,a_mv\n" + b"".join(b"%.1f,1\n" % (i / 10) for i in range(20000)) + b"\xff\n"
    with pytest.raises(FormatError, match="UTF-8"):
        read(data)


def test_equal_names_are_told_apart():
    recording = _read("ecg_mv,ecg_mv\n1,2\n", rate_hz=100)
    assert [channel.name for channel in recording.channels] == ["ecg", "ecg#2"]
    assert recording.notes


def test_comments_tell_of_subject_and_start():
    text = "# subject: 17\n# start: 2024-05-01T10:00:00+02:00\necg_mv\n1\n"
    recording = _read(text, rate_hz=100)
    assert recording.subject == "17"
    assert recording.start.isoformat() == "2024-05-01T10:00:00+02:00"
    assert _read(text.replace("2024", "in"), rate_hz=100).notes


@wild
@given(
    x=arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 3), st.integers(2, 40)),
        elements=st.floats(width=32, allow_infinity=False, allow_subnormal=False),
    ),
    rate_hz=st.sampled_from([1, 31.25, 100, 128, 360, 1000]),
)
def test_what_is_written_reads_back(tmp_path, x, rate_hz):
    names = ("II", 'a "quoted", name', "µ")[: len(x)]
    recording = from_array(x, rate_hz, names=names, unit="uV")
    back = read(write_csv(recording, tmp_path / "r.csv"))
    assert [(c.name, c.unit, c.rate_hz) for c in back.channels] == [
        (name, "uV", rate_hz) for name in names
    ]
    np.testing.assert_array_equal([channel.read() for channel in back.channels], x)


def test_channels_of_several_rates_are_not_written(tmp_path):
    one = from_array(np.ones(4, np.float32), 100, names=("a",), unit="mV").channels
    two = from_array(np.ones(4, np.float32), 200, names=("b",), unit="mV").channels
    with pytest.raises(SettingError, match="different rates"):
        write_csv(Recording("x", one + two), tmp_path / "r.csv")
    assert not list(tmp_path.iterdir())


_cells = st.sampled_from(
    ["time_s", "a", "[mV]", "1", "2.5", "-3", "0", "nan", "1e9", "1e308", ",", ";"]
) | st.sampled_from(["\t", "\n", "\r\n", "#", '"', "'", "abc", "inf", "1_0", "µ", "[", "(", "_mv"])
_texts = st.lists(_cells, max_size=60).map(lambda cells: "".join(cells).encode())


@wild
@given(content=st.one_of(st.binary(max_size=300), _texts, _texts.map(lambda t: b"a [mV]\n1\n" + t)))
@pytest.mark.parametrize("told", [{}, {"rate_hz": 100.0, "unit": "mV"}])
def test_any_text_reads_or_ends_in_a_typed_error(tmp_path, content, told):
    path = tmp_path / "r.csv"
    path.write_bytes(content)
    with contextlib.suppress(ArsisError):
        for channel in read(path, **told).channels:
            assert channel.length > 0
            assert channel.source(0, 1).dtype == np.float32
