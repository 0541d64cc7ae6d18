"""Each row of a Kaggle heartbeat file with the patient and the second it comes from."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import TYPE_CHECKING, Any

from arsis import formats
from arsis.core.errors import FormatError
from arsis.formats.csv.heartbeats import SAMPLES, rows_in
from arsis.formats.place import placing
from arsis.tasks.beats.kaggle.classes import CLASSES
from arsis.tasks.beats.kaggle.label import given
from arsis.tasks.beats.kaggle.trace import index

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from arsis.tasks.beats.kaggle.trace import Source

HEAD = ("row", "record", "person", "time_s", "symbol", "class", "class_in_file")


def trace(file: str, data: Path, out: Path | None) -> dict[str, Any]:
    """Look up every row of a heartbeat file in the MIT-BIH Arrhythmia Database.

    Parameters
    ----------
    file
        The table: 187 samples a row, and perhaps a class.
    data
        Folder of the database.
    out
        CSV to write, a line for each row; None: only count.

    Returns
    -------
    How many rows there are, how many were found, how many of those have another class in the
    file, how many persons they are of, and rows by record.

    Raises
    ------
    FormatError
        If the file is no table of heartbeats.
    CorpusError
        If a record is missing from the folder.
    """
    recording = formats.read(file)
    marks = recording.marks
    if not given(recording):
        raise FormatError(
            file, "a recording", f"a table of heartbeats, {SAMPLES} samples a row",
            "Name mitbih_train.csv or mitbih_test.csv of the Kaggle heartbeat set.",
        )  # fmt: skip
    found = index(data).find(rows_in(recording))
    stated = [mark.label for mark in marks[:-1]]
    if out is not None:
        _write(out, found, stated)
    known = [(source, label) for source, label in zip(found, stated, strict=True) if source]
    other = sum(_name(label) not in ("", source.label) for source, label in known)
    return {
        "rows": len(found),
        "found": len(known),
        "other_class": other,
        "persons": len({source.person for source, _ in known}),
        "records": dict(sorted(Counter(source.record for source, _ in known).items())),
    }


def _name(label: str) -> str:
    """Return the name of a class by its number in the file; "" where it says none."""
    if not label.isdecimal():
        return ""
    return CLASSES[int(label)] if int(label) < len(CLASSES) else label


def _write(out: Path, found: Sequence[Source | None], stated: Sequence[str]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    for number, (source, label) in enumerate(zip(found, stated, strict=True)):
        where = (
            ("",) * 5 if source is None
            else (source.record, source.person, f"{source.time_s:.4f}", source.symbol, source.label)
        )  # fmt: skip
        writer.writerow((number, *where, _name(label)))
    with placing(out) as draft:
        draft.write_text(text.getvalue(), encoding="utf-8")
