"""Text files of RR intervals: units by value, titles, and everything that is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsis.core.errors import FormatError, UnitError
from arsis.formats.rr import LONGEST_S, holds_intervals, read_intervals
from arsis.formats.source import source_of

MS = b"812\n798.5\n805\n"


def read(data, unit=None):
    return read_intervals(source_of(data), unit)


def test_milliseconds_and_seconds_are_told_apart_by_their_size():
    expected = [812_000, 798_500, 805_000]
    for data in (
        MS,
        b"0.812\r\n0.7985\r\n0.805",
        b"\xef\xbb\xbf# of a strap\nRR\n812\n798.5\n\n805\n",
    ):
        np.testing.assert_array_equal(read(data).interval_us, expected)
        assert holds_intervals(source_of(data))


def test_a_title_is_passed_over_and_said():
    assert "RR [ms]" in read(b"RR [ms]\n" + MS).notes[0]
    assert read(MS).notes == ()


@given(st.lists(st.integers(250, 2500), min_size=1, max_size=50), st.sampled_from(["ms", "s"]))
def test_what_is_written_is_read(intervals_ms, unit):
    size = 1 if unit == "ms" else 1000
    data = "\n".join(repr(each / size) for each in intervals_ms).encode()
    found = read(data).interval_us
    np.testing.assert_array_equal(found, [1000 * each for each in intervals_ms])


def test_a_unit_in_doubt_is_asked_for():
    with pytest.raises(UnitError, match="--unit ms"):
        read(b"12\n13\n12\n")
    np.testing.assert_array_equal(read(b"12\n13\n", "s").interval_us, [12_000_000, 13_000_000])
    with pytest.raises(UnitError, match="unit bpm"):
        read(MS, "bpm")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"812\nbeat\n805\n", "line 2"),
        (b"RR\ntime\n805\n", "line 2"),
        (b"812\n0\n805\n", "line 2"),
        (b"812\n-3\n805\n", "line 2"),
        (b"812\nnan\n", "line 2"),
        (b"812\n1e999\n", "line 2"),
        (b"812\n61000\n805\n", f"at most {LONGEST_S:g} s"),
        (b"812\n798,5\n", "a point for the decimals"),
        (b"", "no interval"),
        (b"# nothing\n", "no interval"),
        (b"812\n\xff\xfe\n", "UTF-8"),
    ],
)
def test_what_is_no_interval_is_refused(data, says):
    with pytest.raises(FormatError, match=says):
        read(data)


def test_a_file_too_large_is_refused(monkeypatch):
    monkeypatch.setattr("arsis.formats.rr.MOST_BYTES", 8)
    with pytest.raises(FormatError, match="more than 8 bytes"):
        read(MS)


@pytest.mark.parametrize(
    "data",
    [b"0.1,0.2\n0.1,0.2\n", b"II [mV]\n0.1\n0.2\n", b"time_s,II\n0,1\n", b"\x00\x01\x02",
     b"208 2 360 650000\n208.dat 212 200 11 1024\n", b""],
)  # fmt: skip
def test_an_ecg_is_not_taken_for_intervals(data):
    assert not holds_intervals(source_of(data))
