"""Waveforms in DICOM files: read, with annotations that name samples; not written.

Needs pydicom (the extra [dicom]), which is imported when such a file is read.
"""

from __future__ import annotations

from arsis.formats.dicom.read import DICOM

__all__ = ["DICOM"]
