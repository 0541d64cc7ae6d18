"""Bytes become a Recording: the formats that can be read, and the writers.

A format is a folder, or a file where that is enough: `aecg`, `apple`, `csv`, `dicom`, `edf`,
`parquet`, `sound`, `wfdb`. In each folder `read` and `write` are where to begin. `rr` holds RR
intervals, which are no recording. The other files are what formats share: `reading` and `writing`
are the two tables, `format` is what an entry offers, `source` what is asked to be read.
"""

from __future__ import annotations

from arsis.formats.format import Format
from arsis.formats.reading import FORMATS, read

__all__ = ["FORMATS", "Format", "read"]
