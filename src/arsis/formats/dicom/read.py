"""Waveforms in DICOM files: 12-lead, general and ambulatory ECGs, and others of their make.

DICOM PS3.3, C.10.9 (Waveform Module) and C.10.10 (Waveform Annotation Module). Files are taken
apart by pydicom, an extra; of their elements only those named below are read, and none that lies
behind the waveforms, where images have their pixels.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from arsis.core.errors import ArsisError, FormatError
from arsis.core.recording import Recording
from arsis.formats.dicom.example import write_example
from arsis.formats.dicom.groups import groups_of
from arsis.formats.dicom.marks import marks_of
from arsis.formats.format import Format
from arsis.formats.source import LARGEST_BYTES, refuse_large
from arsis.formats.stated import in_true_units
from arsis.formats.stretches import joined
from arsis.formats.timestamp import time_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arsis.formats.source import Source, Told

_MAGIC = slice(128, 132)
_SYNTAXES = {"1.2.840.10008.1.2": True, "1.2.840.10008.1.2.1": False}
"""Little-endian encodings, and whether they leave out the kinds of values (implicit)."""
_WAVEFORMS = 0x5400_0100
_WANTED = [0x0008_0016, 0x0008_002A, 0x0010_0020, 0x0040_B020, _WAVEFORMS]
"""What kind of file, when it was acquired, of whom, the annotations, the waveforms."""


def recognise(source: Source) -> bool:
    """Say whether this is a DICOM file, of whatever content."""
    return source.head[_MAGIC] == b"DICM"


def read(source: Source, told: Told) -> Recording:
    """Read the waveforms of a DICOM file; their numbers become values when they are asked for."""
    where = source.where
    with source.open() as file, _typed(where):
        dataset = _dataset(file, where)
        groups, notes = groups_of(dataset, where)
        first_s = min(group.offset_s for group in groups)
        stretches = [one for group in groups for one in group.stretches(first_s, where)]
        channels, renamed = joined(stretches, told.rate_hz, where)
        ends_s = max(channel.duration_s for channel in channels)
        marks, lost = marks_of(dataset, groups, first_s, ends_s)
        subject, begun = _text(dataset, "PatientID"), time_of(_text(dataset, "AcquisitionDateTime"))
        start = begun + timedelta(seconds=first_s) if begun else None
    recording = Recording(
        name=source.stem,
        channels=channels,
        load_marks=lambda: marks,
        subject=subject or None,
        start=start,
        notes=(*notes, *renamed, *lost),
    )
    return in_true_units(recording, told)


def _text(dataset: Any, name: str) -> str:
    value = dataset.get(name)
    return "" if value is None else str(value).strip()


@contextmanager
def _typed(where: str) -> Iterator[None]:
    """Turn whatever a damaged file makes pydicom raise or warn of into one typed error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ArsisError:
        raise
    except Exception as error:  # (pydicom has no common class of what it raises)
        found = f"a damaged DICOM file ({type(error).__name__}: {str(error)[:120]})"
        advice = "Export it again."
        raise FormatError(where, found, "one that follows the standard", advice) from error


def _dataset(file: BinaryIO, where: str) -> Any:
    """Return the elements wanted of a file."""
    try:
        from pydicom.filereader import read_dataset
    except ImportError as error:
        found, expected = "a DICOM file, and no pydicom to read it", "the extra [dicom]"
        advice = "Install it: pip install 'arsis[dicom]'."
        raise FormatError(where, found, expected, advice) from error
    refuse_large(file, LARGEST_BYTES, "a DICOM file", where, "Convert it to WFDB.")
    file.seek(_MAGIC.stop)
    meta = read_dataset(file, False, True, stop_when=lambda tag, _vr, _length: tag >> 16 != 2)
    syntax = str(meta.get("TransferSyntaxUID", "none"))
    if syntax not in _SYNTAXES:
        # A deflated file would be unpacked whole, however large it grows.
        found = f"the transfer syntax {syntax[:70]}"
        advice = "Convert it, as with `dcmconv +te` of the DCMTK."
        raise FormatError(where, found, "implicit or explicit little endian", advice)
    dataset = read_dataset(
        file,
        _SYNTAXES[syntax],
        True,
        stop_when=lambda tag, _vr, _length: tag > _WAVEFORMS,
        specific_tags=list(_WANTED),
    )
    if "WaveformSequence" not in dataset:
        kind = getattr(dataset.get("SOPClassUID"), "name", "an unknown kind")
        advice = "Choose the file of the ECG: other files hold images or reports."
        raise FormatError(where, f"DICOM without waveforms ({kind})", "a waveform", advice)
    return dataset


DICOM = Format(
    says="waveforms in a DICOM file (with the extra [dicom])",
    recognise=recognise,
    read=read,
    example=write_example,
    one_file=True,
)
