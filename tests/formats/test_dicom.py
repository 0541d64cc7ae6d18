"""Waveforms in DICOM files, written with pydicom and held equal to what pydicom reads."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread, examples
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID

from arsis.core.errors import ArsisError, FormatError, UnitError
from arsis.formats import read
from arsis.formats.dicom import DICOM
from arsis.formats.dicom.example import coded

EXPLICIT, IMPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
TWELVE_LEAD = "1.2.840.10008.5.1.4.1.1.9.1.1"
AMBULATORY = "1.2.840.10008.5.1.4.1.1.9.1.3"
rng = np.random.default_rng(3)


def channel(name=("2:2", "MDC", "Lead II"), *, step=1.25, factor=1, zero=0, unit="uV", **more):
    item = Dataset()
    item.ChannelSourceSequence = coded(*name)
    if step is not None:
        item.ChannelSensitivity = step
        item.ChannelSensitivityCorrectionFactor, item.ChannelBaseline = factor, zero
    if unit:
        item.ChannelSensitivityUnitsSequence = coded(unit, "UCUM", "a unit")
    for key, value in more.items():
        setattr(item, key, value)
    return item


def group(digital, rate_hz=500, *, bits=16, kind="SS", channels=None, **more):
    """Return a multiplex group of (time, channel) numbers."""
    numbers = {(16, "SS"): "<i2", (16, "US"): "<u2", (8, "SB"): "i1", (8, "UB"): "u1",
               (32, "SL"): "<i4"}[bits, kind]  # fmt: skip
    item = Dataset()
    item.MultiplexGroupTimeOffset = 0
    item.WaveformOriginality = "ORIGINAL"
    item.NumberOfWaveformSamples, item.NumberOfWaveformChannels = digital.shape
    item.SamplingFrequency = rate_hz
    item.ChannelDefinitionSequence = Items(
        channels or [channel((f"2:{n}", "MDC", "")) for n in range(1, digital.shape[1] + 1)]
    )
    item.WaveformBitsAllocated, item.WaveformSampleInterpretation = bits, kind
    item.WaveformData = digital.astype(numbers).tobytes()
    for key, value in more.items():
        setattr(item, key, value)
    return item


def file_of(*groups, syntax=EXPLICIT, kind=TWELVE_LEAD, **more):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = UID(kind)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = UID("1.2.3")
    dataset.AcquisitionDateTime = "20130125105919.5+0100"
    dataset.PatientID, dataset.PatientName = "642341", "Nobody^Knows"
    if groups:
        dataset.WaveformSequence = Items(groups)
    for key, value in more.items():
        setattr(dataset, key, value)
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


DIGITAL = rng.integers(-3000, 3000, (200, 3))


def test_a_recorders_own_file_equals_what_pydicom_reads():
    path = examples.get_path("waveform")
    truth = dcmread(path)
    recording = read(path)
    expected = truth.waveform_array(0).astype(np.float32)
    assert [c.name for c in recording.channels] == [
        "I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6",
    ]  # fmt: skip
    for column, found in enumerate(recording.channels):
        assert (found.unit, found.rate_hz) == ("uV", 1000)
        np.testing.assert_array_equal(found.read(), expected[:, column])
        np.testing.assert_array_equal(found.source(17, 900), expected[17:900, column])
    assert recording.notes == ("The derived waveforms MEDIAN BEAT are left out.",)
    assert recording.start.isoformat() == "2013-01-25T10:59:19"
    assert recording.subject == str(truth.PatientID)
    peaks = [mark.time_s for mark in recording.marks if mark.label == "Fiducial Point"]
    assert peaks[:3] == [0.5, 0.526, 1.525]
    assert {mark.source for mark in recording.marks} == {"DICOM"}


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
@pytest.mark.parametrize(
    ("bits", "kind", "low", "high"),
    [
        (16, "SS", -(2**15), 2**15),
        (16, "US", 0, 2**16),
        (8, "SB", -(2**7), 2**7),
        (8, "UB", 0, 2**8),
        (32, "SL", -(2**31), 2**31),
    ],
)
def test_every_kind_of_number_in_either_syntax(syntax, bits, kind, low, high):
    digital = rng.integers(low, high, (101, 2))
    data = file_of(group(digital, bits=bits, kind=kind), syntax=syntax)
    for column, found in enumerate(read(data).channels):
        expected = (digital[:, column] * 1.25).astype(np.float32)
        np.testing.assert_array_equal(found.read(), expected)


def test_sensitivity_correction_baseline_and_units():
    channels = [
        channel(step=2.5, factor=0.5, zero=-7),
        channel(("2:3", "MDC", "Lead V1"), step=0.005, unit="mV"),
        channel(("5.6.3-9-61", "SCPECG", "x"), step=-1),
    ]
    recording = read(file_of(group(DIGITAL, channels=channels)))
    names = [(found.name, found.unit) for found in recording.channels]
    assert names == [("II", "uV"), ("V1", "mV"), ("III", "uV")]
    for found, step, zero, row in zip(
        recording.channels, (1.25, 0.005, -1), (-7, 0, 0), DIGITAL.T, strict=True
    ):
        np.testing.assert_allclose(found.read(), row * step + zero, rtol=1e-6)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (("2:1", "MDC", "Lead I"), "I"),
        (("2:64", "MDC", ""), "aVF"),
        (("5.6.3-9-8", "SCPECG", "Lead V6"), "V6"),
        (("MDC_ECG_LEAD_V3R", "MDC", ""), "V3R"),
        (("9-9", "99LOCAL", "Lead II (Einthoven)"), "II"),
        (("9-9", "99LOCAL", "Arterial line"), "Arterial line"),
    ],
)
def test_names_of_leads(source, name):
    data = file_of(group(DIGITAL[:, :1], channels=[channel(source)]))
    assert read(data).channels[0].name == name


def test_the_padding_value_is_a_gap():
    digital = DIGITAL.copy()
    digital[20:40, 1] = -(2**15)
    for padding in (np.int16(-(2**15)).tobytes(), None):
        more = {} if padding is None else {"WaveformPaddingValue": padding}
        found = read(file_of(group(digital, **more))).channels[1].read()
        assert np.isnan(found).sum() == (20 if padding else 0)
        assert found[0] == digital[0, 1] * 1.25


def test_groups_of_several_rates_and_beginnings():
    later = [channel(("2:3", "MDC", "Lead V1"))]
    data = file_of(
        group(DIGITAL[:, :1], 500, channels=[channel()], MultiplexGroupTimeOffset=1000),
        group(DIGITAL[:, :1], 100, channels=later, MultiplexGroupTimeOffset=1500),
        kind=AMBULATORY,
    )
    recording = read(data)
    first, second = recording.channels
    assert (first.rate_hz, first.length, second.rate_hz, second.length) == (500, 200, 100, 250)
    assert np.isnan(second.read()[:50]).all()
    np.testing.assert_array_equal(second.read()[50:], first.read())
    assert recording.start.isoformat() == "2013-01-25T10:59:20.500000+01:00"


def test_groups_that_follow_one_another_are_one_channel():
    parts = [
        group(DIGITAL[:, :1], 200, channels=[channel()], MultiplexGroupTimeOffset=ms)
        for ms in (0, 1000, 3000)
    ]
    (found,) = read(file_of(*parts)).channels
    assert found.length == 800
    assert np.isnan(found.read()[400:600]).all()
    assert not np.isnan(np.delete(found.read(), np.arange(400, 600))).any()


def test_a_channel_that_lags_stands_where_it_was_measured():
    channels = [channel(), channel(("2:3", "MDC", ""), ChannelTimeSkew=0.01)]
    first, second = read(file_of(group(DIGITAL[:, :2], 500, channels=channels))).channels
    assert (first.length, second.length) == (200, 205)
    assert np.isnan(second.read()[:5]).all()


def test_derived_groups_are_read_where_nothing_was_measured():
    recording = read(file_of(group(DIGITAL, WaveformOriginality="DERIVED")))
    assert len(recording.channels) == 3
    assert recording.notes == ()


def marked(meaning, channels=(1, 2), code="10:256", **more):
    item = Dataset()
    item.ConceptNameCodeSequence = coded(code, "MDC", meaning)
    item.ReferencedWaveformChannels = list(channels)
    for key, value in more.items():
        setattr(item, key, value)
    return item


def test_annotations_become_marks():
    items = [
        marked("R wave", TemporalRangeType="POINT", ReferencedSamplePositions=11),
        marked("QRS", TemporalRangeType="SEGMENT", ReferencedSamplePositions=[21, 41]),
        marked("P wave", (1, 0), TemporalRangeType="MULTIPOINT", ReferencedSamplePositions=[1, 51]),
        marked("T wave", TemporalRangeType="POINT", ReferencedTimeOffsets=[300]),
        marked("A beat", code="10:8336", ReferencedSamplePositions=101),
        marked("late", TemporalRangeType="POINT", ReferencedSamplePositions=9999),
        marked("of another group", (7, 1), ReferencedSamplePositions=1),
        marked("QT interval", NumericValue=400),
    ]
    recording = read(file_of(group(DIGITAL, 500), WaveformAnnotationSequence=Items(items)))
    assert [(m.time_s, m.label, m.duration_s, m.note) for m in recording.marks] == [
        (0.0, "P wave", 0.0, ""),
        (0.02, "R wave", 0.0, "II"),
        (0.04, "QRS", 0.04, "II"),
        (0.1, "P wave", 0.0, ""),
        (0.2, "V", 0.0, "II"),
        (0.3, "T wave", 0.0, "II"),
    ]
    assert "1 annotations stand outside" in recording.notes[0]


def test_no_gain_and_no_unit_is_assumed():
    with pytest.raises(UnitError, match="II is not calibrated"):
        read(file_of(group(DIGITAL[:, :1], channels=[channel(step=None)])))
    bare = file_of(group(DIGITAL[:, :1], channels=[channel(unit="")]))
    with pytest.raises(UnitError, match="no unit"):
        read(bare)
    assert read(bare, unit="uV").channels[0].unit == "uV"


def test_a_rate_that_contradicts_the_file():
    with pytest.raises(FormatError, match="500 Hz in the file and 250 Hz from you"):
        read(file_of(group(DIGITAL)), rate_hz=250)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (file_of(kind="1.2.840.10008.5.1.4.1.1.2"), r"without waveforms \(CT Image Storage\)"),
        (
            file_of(group(DIGITAL), syntax=DEFLATED),
            r"transfer syntax 1\.2\.840\.10008\.1\.2\.1\.99",
        ),
        (file_of(group(DIGITAL, WaveformSampleInterpretation="MB")), "of the kind MB"),
        (file_of(group(DIGITAL, WaveformData=b"1234")), "4 bytes of samples"),
        (file_of(group(DIGITAL, NumberOfWaveformChannels=4)), "4 channels"),
        (file_of(group(DIGITAL, SamplingFrequency=0)), "a rate of 0"),
        (file_of(group(DIGITAL))[:400], "damaged|without waveforms|cut short"),
        (bytes(128) + b"DICM", "transfer syntax none"),
    ],
)
def test_files_that_are_refused(data, found):
    with pytest.raises(FormatError, match=found):
        read(data)


def test_a_group_without_what_it_needs_is_damaged():
    broken = group(DIGITAL)
    del broken.SamplingFrequency
    with pytest.raises(FormatError, match="damaged DICOM"):
        read(file_of(broken))


def test_pixels_are_never_read():
    """What lies behind the waveforms may even be missing."""
    data = file_of(group(DIGITAL), BitsAllocated=16, PixelData=bytes(50_000))
    whole = read(data).channels[0].read()
    np.testing.assert_array_equal(read(data[:-40_000]).channels[0].read(), whole)


def test_a_large_file_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr("arsis.formats.dicom.read.LARGEST_BYTES", 1000)
    with pytest.raises(FormatError, match="at most 1000"):
        read(file_of(group(DIGITAL)))


def test_without_pydicom_the_error_names_the_extra(tmp_path):
    path = DICOM.example(tmp_path)
    code = (
        "import sys; sys.modules['pydicom'] = None\n"
        "import arsis\n"
        "from arsis.core.errors import FormatError\n"
        f"try:\n    arsis.read({str(path)!r})\n"
        "except FormatError as error:\n    print(error)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'arsis[dicom]'" in out.stdout


_ODD = [None, 0, -1, 10**9, "", "x", "1e999", "nan", [1, 2], b"", b"\0"]
_NAMES = [
    "MultiplexGroupTimeOffset",
    "NumberOfWaveformSamples",
    "NumberOfWaveformChannels",
    "SamplingFrequency",
    "WaveformBitsAllocated",
    "WaveformSampleInterpretation",
    "WaveformData",
    "WaveformPaddingValue",
    "ChannelDefinitionSequence",
]
_CHANNEL = [
    "ChannelSensitivity",
    "ChannelBaseline",
    "ChannelTimeSkew",
    "ChannelSampleSkew",
    "ChannelSourceSequence",
    "ChannelSensitivityUnitsSequence",
    "ChannelSensitivityCorrectionFactor",
]
_MARK = ["ReferencedSamplePositions", "ReferencedWaveformChannels", "ReferencedTimeOffsets"]


@settings(deadline=None, max_examples=150)
@given(name=st.sampled_from(_NAMES + _CHANNEL + _MARK), odd=st.sampled_from(_ODD))
def test_odd_values_are_read_or_end_in_a_typed_error(name, odd):
    item, note = group(DIGITAL), marked("R wave", ReferencedSamplePositions=11)
    owner = note if name in _MARK else item
    if name in _CHANNEL:
        owner = item.ChannelDefinitionSequence[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            setattr(owner, name, odd)
            data = file_of(item, WaveformAnnotationSequence=Items([note]))
        except Exception:  # noqa: BLE001 (pydicom refuses to write some of them)
            return
    with contextlib.suppress(ArsisError):
        recording = read(data)
        for found in recording.channels:
            found.source(0, min(found.length, 10**5))
        _ = recording.marks
