"""Parquet tables, as pandas and others write them."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import sys
import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from arsis.core.errors import ArsisError, FormatError, SettingError, UnitError
from arsis.core.recording import Mark, Recording, from_array
from arsis.formats import read
from arsis.formats.csv.write import write_csv
from arsis.formats.parquet.write import write_parquet

wild = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def table(columns, properties=None, **options):
    """Return the bytes of a Parquet file."""
    held = pa.table(columns)
    if properties is not None:
        held = held.replace_schema_metadata({b"arsis": properties})
    file = io.BytesIO()
    parquet.write_table(held, file, **options)
    return file.getvalue()


def _values(data, **told):
    return [channel.read().tolist() for channel in read(data, **told).channels]


@pytest.mark.parametrize(
    "columns",
    [
        {"time [s]": [0.0, 0.01, 0.02], "II [mV]": [1.5, 2.5, 3.5], "V1_mv": [-2, -3, -4]},
        {"II (mV)": np.float32([1.5, 2.5, 3.5]), "t_ms": [0, 10, 20], "V1 [mV]": [-2, -3, -4]},
    ],
)
def test_titles_are_those_of_a_csv(columns):
    recording = read(table(columns))
    assert [(c.name, c.unit, c.rate_hz) for c in recording.channels] == [
        ("II", "mV", 100.0),
        ("V1", "mV", 100.0),
    ]
    assert _values(table(columns)) == [[1.5, 2.5, 3.5], [-2, -3, -4]]


def test_a_unit_and_a_rate_are_never_assumed():
    with pytest.raises(FormatError, match="--rate"):
        read(table({"II [mV]": [1.0, 2.0]}))
    with pytest.raises(UnitError, match="--unit"):
        read(table({"II": [1.0, 2.0]}), rate_hz=250)
    with pytest.raises(UnitError, match="without a unit of time"):
        read(table({"time": [1.0, 2.0], "II [mV]": [1.0, 2.0]}))
    assert _values(table({"II": [1.0, 2.0]}), rate_hz=250, unit="mV") == [[1.0, 2.0]]


def test_empty_cells_and_missing_rows_are_gaps():
    at = np.delete(np.arange(60.0), 3)
    columns = {"time [s]": at / 4, "II [mV]": [1.0, None, np.inf, *at[3:].tolist()]}
    recording = read(table(columns))
    expected = [1, np.nan, np.nan, np.nan, *range(4, 60)]
    np.testing.assert_array_equal(recording.channels[0].read(), expected)
    assert recording.notes == ("1 rows are missing; they are gaps.",)


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_dates_as_times_tell_the_rate_and_the_start(zone, unit):
    stamps = pd.date_range("2024-03-01 10:00:00.5", periods=400, freq="4ms", tz=zone).as_unit(unit)
    frame = pd.DataFrame({"timestamp": stamps, "ecg_uv": np.arange(400.0)})
    file = io.BytesIO()
    frame.to_parquet(file)
    recording = read(file.getvalue())
    assert recording.channels[0].rate_hz == 250
    assert recording.channels[0].length == 400
    assert recording.start == stamps[0].to_pydatetime()
    assert (recording.start.utcoffset() is None) == (zone is None)


def test_columns_of_text_are_left_out_and_said():
    data = table({"II [mV]": [1.0, 2.0], "who": ["a", "b"], "flag": [True, False]})
    recording = read(data, rate_hz=100)
    assert [channel.name for channel in recording.channels] == ["II"]
    assert [note.split(" holds")[0] for note in recording.notes] == ["Column who", "Column flag"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (table({"who": ["a"], "when": ["b"]}), "the columns who .string., when .string."),
        (table({"II [mV]": pa.array([], pa.float32())}), "0 rows in 1 columns"),
        (table({"time [s]": [0.0, 1.0]}), "no column but time"),
        (table({"time [s]": [0.0, None, 2.0], "II [mV]": [1.0, 2.0, 3.0]}), "times that grow"),
        (table({"II [mV]": [1.0]}, b"not json"), "no JSON"),
        (table({"II [mV]": [1.0]}, b'{"rate_hz": 9, "marks": [[1]]}'), "rows of five"),
        (b"PAR1" + bytes(100), "cannot be read"),
        (b"PAR1 is how this text begins", "cannot be read"),
        (table({"II [mV]": np.arange(999.0)})[:-200], "cannot be read"),
    ],
)
def test_what_is_no_table_of_signals_is_refused(data, says):
    with pytest.raises(FormatError, match=says):
        read(data)


def test_groups_are_read_when_they_are_asked_for(tmp_path):
    path = tmp_path / "long.parquet"
    x = np.random.default_rng(0).normal(size=4_000_000).astype(np.float32)
    with parquet.ParquetWriter(path, pa.schema([("II [mV]", pa.float32())])) as out:
        for start in range(0, len(x), 100_000):
            out.write_table(pa.table({"II [mV]": x[start : start + 100_000]}))
    channel = read(path, rate_hz=250).channels[0]
    assert channel.length == len(x)
    tracemalloc.start()
    np.testing.assert_array_equal(channel.source(1_999_990, 2_100_010), x[1_999_990:2_100_010])
    assert tracemalloc.get_traced_memory()[1] < 8e6
    tracemalloc.stop()


@wild
@given(
    rate_hz=st.sampled_from([1.0, 128.0, 250.0, 511.562, 1000 / 3]),
    values=st.lists(st.floats(width=32, allow_infinity=False), min_size=2, max_size=40),
    marks=st.lists(
        st.builds(
            Mark, st.floats(0, 9), st.text(max_size=5), st.floats(0, 3), st.text(max_size=5),
            st.text(max_size=3),
        ),
        max_size=4,
    ),
)  # fmt: skip
@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_what_is_written_reads_back_bit_for_bit(ending, rate_hz, values, marks, tmp_path):
    x = np.array([values], np.float32)
    marks = sorted(marks, key=lambda mark: mark.time_s)
    start = dt.datetime(2020, 1, 2, 3, 4, 5, 6, dt.UTC)
    made = from_array(x, rate_hz, names=("II",), unit="mV").channels
    recording = Recording("r", made, lambda: tuple(marks), "17", start)
    write = {"parquet": write_parquet, "csv": write_csv}[ending]
    if any(letter in mark.label + mark.note + mark.source for mark in marks for letter in "\0\r"):
        return  # no table of text holds these
    found = read(write(recording, tmp_path / f"r.{ending}"))
    assert found.marks == tuple(marks)
    assert (found.subject, found.start, found.notes) == ("17", start, ())
    assert found.channels[0].rate_hz == rate_hz
    np.testing.assert_array_equal(found.channels[0].read(), x[0])


@wild
@given(at=st.integers(0, 2000), put=st.binary(min_size=1, max_size=8))
def test_any_damage_is_an_error_with_a_name(at, put):
    data = bytearray(table({"time [s]": np.arange(99) / 9, "II [mV]": np.arange(99.0)}))
    data[at : at + len(put)] = put
    with contextlib.suppress(ArsisError):
        read(bytes(data)).channels[0].read()


def test_without_the_extra_it_is_named(tmp_path, monkeypatch):
    data = table({"II [mV]": [1.0]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FormatError, match=r"pip install 'arsis\[tables\]'"):
        read(data)
    with pytest.raises(SettingError, match=r"pip install 'arsis\[tables\]'"):
        write_parquet(from_array(np.ones((1, 9)), 1, names=("a",), unit="mV"), tmp_path / "a")


def test_channels_of_several_rates_are_refused(tmp_path):
    odd = [from_array(np.zeros((1, 9)), rate, names=("II",), unit="uV") for rate in (9.0, 7.0)]
    both = Recording("r", odd[0].channels + odd[1].channels)
    with pytest.raises(SettingError, match="one by one"):
        write_parquet(both, tmp_path / "r.parquet")
