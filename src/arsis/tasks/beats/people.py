"""Which records a folder holds, who was measured in each, and under what licence."""

from __future__ import annotations

import csv
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from arsis.core.errors import ArsisError, CorpusError
from arsis.formats.text import text_of

if TYPE_CHECKING:
    from pathlib import Path

RECORDS, SUBJECTS, LICENCE = "RECORDS", "subjects.csv", "LICENSE.txt"
LARGEST_BYTES = 2**22
"""Of a list or a table: those of a hundred thousand records are smaller."""
_PERSON = re.compile(
    r"#\s*(?:patient|subject)(?:\s+(?:id|no\.?|number))?\s*[:=#]?\s*(?P<who>[\w.-]*\d[\w.-]*)\s*",
    re.IGNORECASE,
)
Names = tuple[tuple[str, ...], tuple[ArsisError, ...]]


def record_names(folder: Path) -> Names:
    """Return the records of a folder, and what its list names that is not there.

    The file RECORDS lists them, folders below included; without it every header counts.

    Raises
    ------
    CorpusError
        If it is no folder or holds no record.
    """
    if not folder.is_dir():
        raise CorpusError(folder, "no folder", "a folder of WFDB records", "Check --corpus.")
    listed = folder / RECORDS
    if not listed.is_file():
        names = sorted(path.stem for path in folder.glob("*.hea"))
        gone: list[ArsisError] = []
    else:
        lines = dict.fromkeys(line.strip() for line in _text(listed).splitlines())
        wanted = [line for line in lines if line]
        names = [line for line in wanted if _inside(line) and (folder / f"{line}.hea").is_file()]
        gone = [_gone(listed, line) for line in wanted if line not in set(names)]
    if not names:
        raise CorpusError(
            folder, "no WFDB record", "records (.hea, .dat) with annotated beats (.atr)",
            "Name the folder that holds the .hea files, or their RECORDS.",
        )  # fmt: skip
    return tuple(names), tuple(gone)


def subject_table(folder: Path) -> dict[str, str] | None:
    """Return who was measured in each record as subjects.csv says; None where there is none.

    Raises
    ------
    CorpusError
        If its columns are not record and subject, or it gives a record to two people.
    """
    path = folder / SUBJECTS
    if not path.is_file():
        return None
    rows = csv.DictReader(_text(path).splitlines(), skipinitialspace=True)
    columns = [name.strip() for name in rows.fieldnames or ()]
    if not {"record", "subject"} <= set(columns):
        raise CorpusError(
            path, f"the columns {', '.join(columns) or 'none'}", "record and subject",
            "Name the columns in the first line.",
        )  # fmt: skip
    rows.fieldnames = columns
    people: dict[str, str] = {}
    for number, row in enumerate(rows, 2):
        record, subject = (row["record"] or "").strip(), (row["subject"] or "").strip()
        if not record or not subject or people.get(record, subject) != subject:
            raise CorpusError(
                path, f"line {number}: record {record!r}, subject {subject!r}",
                "one subject for each record", "Mend the line.",
            )  # fmt: skip
        people[record] = subject
    return people


def subject_in(header: Path) -> str:
    """Return who was measured as a line of a header says ("# patient 7"), or ""."""
    for line in text_of(header.read_bytes()).splitlines():
        said = _PERSON.fullmatch(line.strip())
        if said:
            return f"patient {said['who']}"
    return ""


def licence_of(folder: Path) -> str:
    """Return the first line of the folder's licence, or that it states none."""
    path = folder / LICENCE
    lines = _text(path).split("\n") if path.is_file() else []
    first = next((" ".join(line.split()) for line in lines if line.strip()), "")
    return f"{first[:100]} (its {LICENCE})" if first else "licence unknown"


def _inside(line: str) -> bool:
    path = PurePosixPath(line)
    return line.isprintable() and not path.is_absolute() and ".." not in path.parts


def _gone(listed: Path, line: str) -> ArsisError:
    advice = f"Fetch it, or take it out of {RECORDS}."
    return CorpusError(listed, f"record {line[:80]!r}, which is not there", "its .hea", advice)


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES or b"\0" in data:
        raise CorpusError(path, "no small text", f"at most {LARGEST_BYTES} bytes", "Check it.")
    return text_of(data)
