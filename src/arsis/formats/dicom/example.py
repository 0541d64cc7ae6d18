"""A tiny DICOM ECG, as the tests of every format need one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from arsis.formats.example import simulated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from arsis.core.recording import Channel, Mark

KIND = "1.2.840.10008.5.1.4.1.1.9.1.2"
"""General ECG Waveform Storage."""
PADDING = -(2**15)
_STEP_MV = 0.0001
_CODES = {"II": "2:2", "V1": "2:3"}


def write_example(folder: Path) -> Path:
    """Write the simulated recording as a DICOM file of explicit little endian."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.sequence import Sequence as Items

    recording = simulated()
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = KIND
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3"
    dataset.AcquisitionDateTime = "20021122091000"
    dataset.WaveformAnnotationSequence = Items(
        [_beat(mark, recording.channels[0].rate_hz) for mark in recording.marks]
    )
    dataset.WaveformSequence = Items([_group(recording.channels)])
    path = folder / "example.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path


def coded(value: str, scheme: str, meaning: str) -> Any:
    """Return a sequence of one code."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence as Items

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Items([item])


def _group(channels: Sequence[Channel]) -> Any:
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence as Items

    item = Dataset()
    item.WaveformOriginality = "ORIGINAL"
    item.NumberOfWaveformChannels, item.NumberOfWaveformSamples = len(channels), channels[0].length
    item.SamplingFrequency = channels[0].rate_hz
    item.ChannelDefinitionSequence = Items([_channel(channel) for channel in channels])
    item.WaveformBitsAllocated, item.WaveformSampleInterpretation = 16, "SS"
    item.WaveformPaddingValue = np.int16(PADDING).tobytes()
    values = np.stack([channel.read().astype(np.float64) for channel in channels], axis=1)
    digital = np.where(np.isnan(values), PADDING, np.round(values / _STEP_MV))
    item.WaveformData = digital.astype("<i2").tobytes()
    return item


def _channel(channel: Channel) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ChannelSourceSequence = coded(_CODES[channel.name], "MDC", f"Lead {channel.name}")
    item.ChannelSensitivity = _STEP_MV
    item.ChannelSensitivityUnitsSequence = coded("mV", "UCUM", "millivolt")
    item.ChannelSensitivityCorrectionFactor, item.ChannelBaseline = 1, 0
    item.WaveformBitsStored = 16
    return item


def _beat(mark: Mark, rate_hz: float) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ConceptNameCodeSequence = coded("10:8208", "MDC", "Normal beat")
    item.ReferencedWaveformChannels = [1, 0]
    item.TemporalRangeType = "POINT"
    item.ReferencedSamplePositions = round(mark.time_s * rate_hz) + 1
    return item
