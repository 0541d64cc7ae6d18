"""Writing a recording as a table of text."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from arsis.formats.csv.marks import marks_path, write_marks
from arsis.formats.place import placing
from arsis.formats.titles import rows_of, titles_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from arsis.core.recording import Recording

_ROWS = 65_536


def write_csv(recording: Recording, path: Path) -> Path:
    """Write a recording as CSV: a column `time [s]` and one per channel, such as `II [mV]`.

    Gaps become empty cells; values read back as the same float32. Marks go into a second table
    beside it, `NAME.marks.csv`.

    Raises
    ------
    SettingError
        If the channels differ in rate or length, or there are none.
    OutputError
        If the file cannot be written.
    """
    rate_hz, length = rows_of(recording)
    template = "%.6f" + ",%.9g" * len(recording.channels) + "\n"  # 9 digits hold any float32
    with placing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as out:
        _write_comments(recording, rate_hz, out.write)
        csv.writer(out, lineterminator="\n").writerow(titles_of(recording))
        for start in range(0, length, _ROWS):
            stop = min(start + _ROWS, length)
            columns = [channel.source(start, stop) for channel in recording.channels]
            rows = np.column_stack([np.arange(start, stop) / rate_hz, *columns])
            text = template * (stop - start) % tuple(rows.ravel().tolist())
            out.write(text.replace(",nan", ","))
    write_marks(recording.marks, marks_path(path))
    return path


def _write_comments(recording: Recording, rate_hz: float, write: Callable[[str], object]) -> None:
    if rate_hz != round(rate_hz):
        # Times of six decimals do not tell 511.56 from 511.562 samples per second.
        write(f"# rate_hz: {rate_hz!r}\n")
    if recording.subject:
        write(f"# subject: {' '.join(recording.subject.split())}\n")
    if recording.start:
        write(f"# start: {recording.start.isoformat()}\n")
