"""Writing a recording as a Parquet table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import SettingError
from arsis.formats.parquet.read import PROPERTIES
from arsis.formats.place import placing
from arsis.formats.titles import rows_of, titles_of

if TYPE_CHECKING:
    from pathlib import Path

    from arsis.core.recording import Recording

_ROWS = 2**18


def write_parquet(recording: Recording, path: Path) -> Path:
    """Write a recording as Parquet: a column `time [s]` and one per channel, such as `II [mV]`.

    Gaps become empty cells; values stay the same float32. Subject, start, rate and marks are kept
    as JSON in the file's properties.

    Raises
    ------
    SettingError
        If the channels differ in rate or length, there are none, or the extra [tables] is missing.
    OutputError
        If the file cannot be written.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        advice = "Install it: pip install 'arsis[tables]'."
        raise SettingError(path.name, "no pyarrow", "the extra [tables]", advice) from error
    rate_hz, length = rows_of(recording)
    time, *titles = titles_of(recording)
    fields = [pa.field(time, pa.float64()), *(pa.field(title, pa.float32()) for title in titles)]
    schema = pa.schema(fields, metadata={PROPERTIES: _properties(recording, rate_hz)})
    with placing(path) as temporary, parquet.ParquetWriter(temporary, schema) as out:
        for start in range(0, length, _ROWS):
            stop = min(start + _ROWS, length)
            values = [channel.source(start, stop) for channel in recording.channels]
            columns = [np.arange(start, stop) / rate_hz, *values]
            # What is no number is an empty cell, as in every other table.
            arrays = [pa.array(each, from_pandas=True) for each in columns]
            out.write_table(pa.table(arrays, schema=schema), row_group_size=_ROWS)
    return path


def _properties(recording: Recording, rate_hz: float) -> bytes:
    held = {
        "subject": recording.subject,
        "start": recording.start.isoformat() if recording.start else None,
        "rate_hz": rate_hz,
        "marks": [
            (mark.time_s, mark.duration_s, mark.label, mark.note, mark.source)
            for mark in recording.marks
        ],
    }
    return json.dumps(held).encode()
