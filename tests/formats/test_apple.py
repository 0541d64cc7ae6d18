"""The ECG of an Apple Watch, in the spellings that have been seen, and in pieces."""

from __future__ import annotations

import contextlib
import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arsis.core.errors import ArsisError, FormatError, UnitError
from arsis.formats import read

ENGLISH = """Name,Jane Roe
Date of Birth,"Jan 8, 1962"
Recorded Date,2020-01-01 10:00:00 +0100
Classification,Sinus Rhythm
Symptoms,"Rapid, pounding, or fluttering heartbeat",Fatigue
Software Version,1.90
Device,"Watch4,2"
Sample Rate,511.562 hertz


Lead,Lead I
Unit,µV

-48.673
150.141
12
"""
GERMAN = """Name
Geburtstag,"27.03.1962"
Aufzeichnungsdatum,2020-01-01 10:00:00 +0100
Klassifizierung,Sinus Rhythm
Symptome,
Softwareversion,1.13
Gerät,"Watch4,2"
Messrate,"511,562\u00a0Hertz"


Ableitung,Ableitung I
Einheit,µV

-48,673
150,141
12
"""
RENAMED = GERMAN.replace("Klassifizierung", "Ritmo").replace("Einheit", "Enhet")


@pytest.mark.parametrize(
    "text",
    [
        ENGLISH,
        GERMAN,
        RENAMED,
        ENGLISH.replace("\n", "\r\n"),
        "\ufeff" + ENGLISH,
        GERMAN.replace(",27", ";27")
        .replace("t,2", "t;2")
        .replace(",S", ";S")
        .replace("t,µ", "t;µ"),
        GERMAN.replace('"511,562\u00a0Hertz"', "511,562 Hertz"),
        ENGLISH.replace("\n\n\nLead", "\nLead"),
    ],
)
def test_one_recording_in_many_spellings(text):
    recording = read(text.encode())
    (channel,) = recording.channels
    assert (channel.name, channel.unit, channel.rate_hz) == ("I", "µV", 511.562)
    np.testing.assert_allclose(channel.read(), [-48.673, 150.141, 12], rtol=1e-6)
    zone = dt.timezone(dt.timedelta(hours=1))
    assert recording.start == dt.datetime(2020, 1, 1, 10, tzinfo=zone)
    assert recording.notes == (
        "The watch classified this recording as 'Sinus Rhythm'; arsis did not.",
    )


@pytest.mark.parametrize("text", [ENGLISH, GERMAN, ENGLISH.replace("Recorded", "Taken")])
def test_who_was_measured_is_nowhere(text):
    recording = read(text.encode())
    assert recording.subject is None
    said = repr((recording.name, recording.notes, recording.marks, recording.channels))
    assert not any(word in said for word in ("Jane", "Roe", "1962", "Fatigue", "Watch4"))


LINES = ENGLISH.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("".join(LINES[:4]), FormatError, "none of them with a rate"),
        ("".join(LINES[:8]), FormatError, "none of them with a unit"),
        ("".join(LINES[:12]), FormatError, "no values below the preamble"),
        (ENGLISH + "Name,Jane Roe\n", FormatError, "line 17, which is no number"),
        (ENGLISH + "1,5\n", FormatError, "decimal points and decimal commas"),
        (ENGLISH + "1.234,5\n", FormatError, "line 17, which is no number"),
        (ENGLISH.replace("Unit,µV\n", ""), FormatError, "none of them with a unit"),
    ],
)
def test_what_is_cut_or_mixed_is_refused_without_a_name(text, error, says):
    with pytest.raises(error, match=says) as caught:
        read(text.encode())
    assert "Jane" not in str(caught.value)


def test_what_the_person_says_is_weighed():
    without = ENGLISH.replace("Unit,µV\n", "").encode()
    assert read(without, unit="uV").channels[0].unit == "uV"
    with pytest.raises(UnitError, match="the unit µV in the file and mV from you"):
        read(ENGLISH.encode(), unit="mV")
    with pytest.raises(FormatError, match=r"511\.562 Hz in the file and 250 Hz from you"):
        read(ENGLISH.encode(), rate_hz=250)


def test_a_table_is_not_taken_for_a_watch():
    data = b"time [s],ecg [uV]\n0.0,1\n0.1,2\n"
    assert [channel.name for channel in read(data).channels] == ["ecg"]


@given(cut=st.integers(0, len(ENGLISH)), at=st.integers(0, 250), put=st.text(max_size=6))
def test_any_damage_is_an_error_with_a_name(cut, at, put):
    text = (ENGLISH[:at] + put + ENGLISH[at + len(put) :])[:cut]
    with contextlib.suppress(ArsisError):
        assert len(read(text.encode("utf-8", "replace")).channels) >= 1
