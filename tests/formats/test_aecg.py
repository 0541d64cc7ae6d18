"""Annotated ECGs in XML (HL7 aECG): every layout the guide allows, and what it does not."""

from __future__ import annotations

import contextlib
import io
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arsis.core.errors import ArsisError, ChannelError, FormatError, UnitError
from arsis.core.recording import Mark
from arsis.formats import read
from arsis.formats.aecg import AECG

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<AnnotatedECG xmlns="urn:hl7-org:v3" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
)
SUBJECT = (
    "<componentOf><timepointEvent><componentOf><subjectAssignment><subject><trialSubject>"
    '<id root="2.16.840.1.113883.3.4" extension="SBJ-123"/>'
    "</trialSubject></subject></subjectAssignment></componentOf></timepointEvent></componentOf>"
)


def lead(code, digits, origin='value="0" unit="uV"', scale='value="5" unit="uV"'):
    return (
        f'<component><sequence><code code="{code}" codeSystem="2.16.840.1.113883.6.24"/>'
        f'<value xsi:type="SLIST_PQ"><origin {origin}/><scale {scale}/>'
        f"<digits>{' '.join(map(str, digits))}</digits></value></sequence></component>"
    )


def times(head='value="20021122091000.000"', step='value="0.002" unit="s"', kind="ABSOLUTE"):
    return (
        f'<component><sequence><code code="TIME_{kind}"/><value xsi:type="GLIST">'
        f"<head {head}/><increment {step}/></value></sequence></component>"
    )


def one_set(*sequences):
    return f"<component><sequenceSet>{''.join(sequences)}</sequenceSet></component>"


def series(*sets, more="", code="RHYTHM", tag="series", begin="20021122091000.000"):
    return (
        f'<{tag}><code code="{code}"/><effectiveTime><low value="{begin}"/></effectiveTime>'
        f"{''.join(sets)}{more}</{tag}>"
    )


def document(*parts, before=SUBJECT):
    inner = "".join(f"<component>{part}</component>" for part in parts)
    return f"{HEAD}{before}{inner}</AnnotatedECG>".encode()


def annotation(value, low, high=None, more="", kind="ABSOLUTE", code="MDC_ECG_BEAT"):
    low = f"<low {low}/>" if low else ""
    high = f"<high {high}/>" if high else ""
    return (
        f'<component><annotation><code code="{code}"/><value xsi:type="CE" code="{value}"/>'
        '<support><supportingROI><code code="ROIPS"/><component><boundary>'
        f'<code code="TIME_{kind}"/><value xsi:type="IVL">{low}{high}</value>'
        f"</boundary></component>{more}</supportingROI></support></annotation></component>"
    )


def annotated(*annotations):
    return f"<subjectOf><annotationSet>{''.join(annotations)}</annotationSet></subjectOf>"


SIMPLE = one_set(times(), lead("MDC_ECG_LEAD_I", range(-5, 5)), lead("MDC_ECG_LEAD_AVR", range(10)))


def test_digits_scale_origin_unit_rate_start_and_subject():
    data = document(
        series(
            one_set(
                times(),
                lead("MDC_ECG_LEAD_II", [1, -2, 3], origin='value="10" unit="uV"'),
                lead("MDC_ECG_LEAD_V1", [1, -2, 3], scale='value="0.005" unit="mV"'),
                lead("MDC_ECG_LEAD_AVF", [4, 5.5, "6e1"], origin='value="0.001" unit="mV"'),
            )
        )
    )
    recording = read(data)
    assert [(c.name, c.unit, c.rate_hz) for c in recording.channels] == [
        ("II", "uV", 500.0),
        ("V1", "mV", 500.0),
        ("aVF", "uV", 500.0),
    ]
    np.testing.assert_allclose(recording.channels[0].read(), [15, 0, 25])
    np.testing.assert_allclose(recording.channels[1].read(), [0.005, -0.01, 0.015], rtol=1e-6)
    np.testing.assert_allclose(recording.channels[2].read(), [21, 28.5, 301])
    assert recording.start.isoformat() == "2002-11-22T09:10:00"
    assert recording.subject == "SBJ-123"
    assert recording.notes == ()


@pytest.mark.parametrize(
    "lead_code", ["I", "II", "III", "V1", "V6", "V3R", "X", "Z", "MLII", "CM5"]
)
def test_names_of_leads(lead_code):
    data = document(series(one_set(times(), lead(f"MDC_ECG_LEAD_{lead_code}", [1]))))
    assert read(data).channels[0].name == lead_code


@pytest.mark.parametrize(
    ("step", "rate_hz"),
    [
        ('value="0.002" unit="s"', 500),
        ('value="4" unit="ms"', 250),
        ('value="1000" unit="us"', 1000),
        ('value="0.00390625" unit="s"', 256),
    ],
)
def test_increments_in_every_unit(step, rate_hz):
    data = document(series(one_set(times(step=step), lead("MDC_ECG_LEAD_I", [1, 2]))))
    assert read(data).channels[0].rate_hz == rate_hz


def test_sets_of_several_rates_and_times():
    """Three columns of 2.5 s after one another, and a rhythm strip at half the rate below."""
    begin = ["20021122091000.000", "20021122091002.500"]
    data = document(
        series(
            one_set(times(f'value="{begin[0]}"'), lead("MDC_ECG_LEAD_I", range(1250))),
            one_set(times(f'value="{begin[1]}"'), lead("MDC_ECG_LEAD_V1", range(1250))),
            one_set(
                times(f'value="{begin[0]}"', 'value="4" unit="ms"'),
                lead("MDC_ECG_LEAD_II", range(1250)),
            ),
        )
    )
    recording = read(data)
    first, second, strip = recording.channels
    assert (first.length, second.length, strip.length) == (1250, 2500, 1250)
    assert np.isnan(second.read()[:1250]).all()
    np.testing.assert_array_equal(second.read()[1250:], first.read())
    assert (strip.rate_hz, strip.duration_s) == (250, 5)


def test_a_lead_that_goes_on_after_a_pause_has_a_gap():
    parts = [
        one_set(times(f'value="2002112209100{at}.000"'), lead("MDC_ECG_LEAD_I", [at] * 500))
        for at in (0, 3, 1)
    ]
    (channel,) = read(document(series(*parts))).channels
    assert channel.length == 2000
    values = channel.read()
    np.testing.assert_array_equal(values[[0, 500, 1500]], [0, 5, 15])
    assert np.isnan(values[1000:1500]).all()
    np.testing.assert_array_equal(channel.source(400, 1600), values[400:1600])


def test_two_signals_of_one_name_and_time_are_told_apart():
    recording = read(document(series(SIMPLE, SIMPLE)))
    assert [channel.name for channel in recording.channels] == ["I", "I#2", "aVR", "aVR#2"]
    assert "I#2" in recording.notes[0]


def test_relative_times_count_from_the_series():
    relative = times('value="500" unit="ms"', 'value="2" unit="ms"', kind="RELATIVE")
    data = document(
        series(
            one_set(relative, lead("MDC_ECG_LEAD_I", range(10))),
            more=annotated(
                annotation("MDC_ECG_BEAT_V_P_C", 'value="508" unit="ms"', kind="RELATIVE")
            ),
            begin="20021122091000.000+0100",
        )
    )
    recording = read(data)
    assert recording.start.isoformat() == "2002-11-22T09:10:00.500000+01:00"
    assert recording.marks == (Mark(pytest.approx(0.008), "V", 0.0, "", "aECG"),)


def test_without_any_time_of_day_the_signals_are_read_all_the_same():
    relative = times('value="0" unit="s"', kind="RELATIVE")
    data = document(series(one_set(relative, lead("MDC_ECG_LEAD_I", [1, 2])), begin=""))
    recording = read(data)
    assert recording.start is None
    assert recording.channels[0].length == 2


def test_several_series_stand_on_one_clock():
    later = one_set(times('value="20021122091001.000"'), lead("MDC_ECG_LEAD_I", range(10)))
    (first, second) = read(document(series(SIMPLE), series(later))).channels
    assert (first.name, first.length) == ("I", 510)
    assert (second.name, second.length) == ("aVR", 10)


def test_derived_series_are_left_out_with_a_note():
    beat = series(SIMPLE, code="REPRESENTATIVE_BEAT", tag="derivedSeries", more=annotated(
        annotation("MDC_ECG_WAVC_PWAVE", 'value="1" unit="ms"', kind="RELATIVE")))  # fmt: skip
    data = document(series(SIMPLE, more=f"<derivation>{beat}</derivation>"))
    recording = read(data)
    assert [channel.name for channel in recording.channels] == ["I", "aVR"]
    assert "1 series derived" in recording.notes[0]
    assert recording.marks == ()


def test_beats_and_waves_become_marks():
    stamp = 'value="20021122091000.{}"'.format
    of_lead = '<component><boundary><code code="MDC_ECG_LEAD_V1"/></boundary></component>'
    wave = {"code": "MDC_ECG_WAVC"}
    data = document(
        series(
            SIMPLE,
            more=annotated(
                annotation("MDC_ECG_BEAT_NORMAL", stamp("002")),
                annotation("MDC_ECG_WAVC_PWAVE", stamp("004"), stamp("010"), of_lead, **wave),
                annotation("MDC_ECG_WAVC_QRSWAVE", stamp("012"), stamp("018"), **wave),
                annotation("MDC_ECG_BEAT_PACED", None, stamp("006")),
                '<component><annotation><code code="MDC_ECG_TIME_PD_QT"/>'
                '<value xsi:type="PQ" value="400" unit="ms"/></annotation></component>',
            ),
        )
    )
    found = [(round(m.time_s, 6), m.label, round(m.duration_s, 6), m.note, m.source)
             for m in read(data).marks]  # fmt: skip
    assert found == [
        (0.002, "N", 0.0, "", "aECG"),
        (0.004, "PWAVE", 0.006, "V1", "aECG"),
        (0.006, "/", 0.0, "", "aECG"),
        (0.012, "QRSWAVE", 0.006, "", "aECG"),
    ]


def test_a_beat_without_a_time_stands_where_its_complex_does():
    wave = annotation("MDC_ECG_WAVC_PWAVE", 'value="20021122091000.002"', code="MDC_ECG_WAVC")
    qrs = annotation("MDC_ECG_WAVC_QRSWAVE", 'value="20021122091000.008"', code="MDC_ECG_WAVC")
    beat = (
        '<component><annotation><code code="MDC_ECG_BEAT"/>'
        f'<value xsi:type="CE" code="MDC_ECG_BEAT_V_P_C"/>{wave}{qrs}</annotation></component>'
    )
    marks = read(document(series(SIMPLE, more=annotated(beat)))).marks
    assert sorted((round(mark.time_s, 6), mark.label) for mark in marks) == [
        (0.002, "PWAVE"),
        (0.008, "QRSWAVE"),
        (0.008, "V"),
    ]


def test_annotations_outside_the_signals_are_left_out_with_a_note():
    late = annotation("MDC_ECG_BEAT_NORMAL", 'value="20021122092000.000"')
    recording = read(document(series(SIMPLE, more=annotated(late))))
    assert recording.marks == ()
    assert "1 annotations stand outside" in recording.notes[0]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_every_encoding_that_expat_knows(encoding):
    text = document(series(SIMPLE)).decode()
    name = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "latin-1": "ISO-8859-1"}[encoding]
    assert len(read(text.replace("UTF-8", name).encode(encoding)).channels) == 2


def test_a_prefix_and_comments_do_not_matter():
    text = document(series(SIMPLE)).decode()
    text = text.replace("<", "<h:").replace("<h:/", "</h:").replace("<h:?", "<?")
    text = text.replace("xmlns=", "xmlns:h=").replace("?>", "?><!-- AnnotatedECG -->")
    assert len(read(text.encode()).channels) == 2


def test_a_unit_that_is_missing_must_be_told():
    data = document(series(one_set(times(), lead("MDC_ECG_LEAD_I", [2], scale='value="5"'))))
    with pytest.raises(UnitError, match="no unit"):
        read(data)
    assert read(data, unit="uV").channels[0].read() == [10]


def test_channels_are_chosen_by_the_names_of_leads():
    assert [c.name for c in read(document(series(SIMPLE)), channels=("aVR",)).channels] == ["aVR"]
    with pytest.raises(ChannelError, match="no channel named V9"):
        read(document(series(SIMPLE)), channels=("V9",))


def _entity(text):
    return text.replace(b"?>\n", b'?>\n<!DOCTYPE AnnotatedECG [<!ENTITY a "1 1 1">]>\n', 1)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (_entity(document(series(SIMPLE))), "document type"),
        (document(series(SIMPLE))[:-40], "cannot be read"),
        (document(series(SIMPLE)).replace(b"UTF-8", b"x-none"), "cannot be read"),
        (document(series(SIMPLE), before="<a>" * 120 + "</a>" * 120), "100 levels"),
        (document(), "without signals"),
        (document(series()), "without signals"),
        (document(series(one_set(times()))), "without signals"),
        (document(series(one_set(lead("MDC_ECG_LEAD_I", [1])))), "0 rows of times"),
        (document(series(one_set(times(), lead("MDC_ECG_LEAD_I", ["x"])))), "no numbers"),
        (document(series(one_set(times(), lead("MDC_ECG_LEAD_I", ["nan"])))), "no numbers"),
        (document(series(one_set(times(), lead("MDC_ECG_LEAD_I", ["1e300"])))), "no numbers"),
        (document(series(one_set(times(step='value="0" unit="s"'), lead("I", [1])))), "0 s apart"),
        (document(series(one_set(times(step='value="x" unit="s"'), lead("I", [1])))), "'x'"),
        (
            document(series(SIMPLE, one_set(times('value="2012"'), lead("MDC_ECG_LEAD_I", [1])))),
            "goes on after",
        ),
    ],
)
def test_files_that_are_refused(data, found):
    with pytest.raises(FormatError, match=found):
        read(data)


@pytest.mark.parametrize("told", ['value="0.002"', 'value="2" unit="min"', ""])
def test_an_increment_without_a_unit_of_time(told):
    data = document(series(one_set(times(step=told), lead("MDC_ECG_LEAD_I", [1]))))
    with pytest.raises(UnitError, match="s, ms or us"):
        read(data)


def test_no_scale_is_assumed():
    data = document(series(SIMPLE)).replace(b'<scale value="5" unit="uV"/>', b"")
    with pytest.raises(UnitError, match="without a scale"):
        read(data)


def test_other_xml_is_none():
    with pytest.raises(FormatError, match="XML text"):
        read(b"<?xml version='1.0'?><gpx><AnnotatedEKG/></gpx>")


def test_a_large_file_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr("arsis.formats.aecg.document.LARGEST_BYTES", 1000)
    with pytest.raises(FormatError, match="at most 1000"):
        read(document(series(SIMPLE)) + b" " * 1000)


def test_parts_without_end_are_refused(monkeypatch):
    monkeypatch.setattr("arsis.formats.aecg.document.MOST_PARTS", 50)
    with pytest.raises(FormatError, match="more than 50 parts"):
        read(document(series(SIMPLE, more="<sequenceSet/>" * 60)))


def test_samples_are_read_in_blocks_of_text(monkeypatch):
    digits = np.random.default_rng(0).integers(-30_000, 30_000, 20_000)
    data = document(series(one_set(times(), lead("MDC_ECG_LEAD_I", digits))))
    monkeypatch.setattr("arsis.formats.aecg.document._TEXT", 1000)
    np.testing.assert_array_equal(read(data).channels[0].read(), digits * 5)
    with pytest.raises(FormatError, match="no numbers"):
        read(document(series(one_set(times(), lead("MDC_ECG_LEAD_I", ["1" * 200_000])))))


def test_the_example_says_when_it_began_and_what_it_holds(tmp_path):
    recording = read(io.BytesIO(AECG.example(tmp_path).read_bytes()))
    assert recording.start.isoformat() == "2002-11-22T09:10:00"
    assert [mark.label for mark in recording.marks] == ["N"] * 7
    assert [round(mark.time_s, 6) for mark in recording.marks] == [1, 2, 3, 4, 5, 6, 7]


_ODD = ["", "-1", "0", "1e999", "nan", "9" * 30, "20021122", "ms", "x", "TIME_RELATIVE", "1e-300"]
_QUOTED = re.compile(r'"[^"]*"')
_EVERYTHING = document(
    series(
        SIMPLE,
        one_set(times('value="7" unit="ms"', kind="RELATIVE"), lead("MDC_ECG_LEAD_V2", range(5))),
        more=annotated(
            annotation("MDC_ECG_BEAT_NORMAL", 'value="20021122091000.002"'),
            annotation(
                "MDC_ECG_WAVC", 'value="3" unit="ms"', 'value="9" unit="ms"', "", "RELATIVE"
            ),
        ),
    )
).decode()


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(_ODD)), min_size=1, max_size=4))
def test_odd_attributes_are_read_or_end_in_a_typed_error(changes):
    text = _EVERYTHING
    for at, odd in changes:
        places = list(_QUOTED.finditer(text))
        place = places[at % len(places)]
        text = f'{text[: place.start()]}"{odd}"{text[place.end() :]}'
    with contextlib.suppress(ArsisError):
        recording = read(text.encode())
        for channel in recording.channels:
            channel.source(0, min(channel.length, 10**5))
        _ = recording.marks
