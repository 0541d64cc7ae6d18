"""The table of what can be written, and the one way into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from arsis.core.errors import SettingError
from arsis.formats.csv.marks import marks_path
from arsis.formats.csv.write import write_csv
from arsis.formats.edf.write import write_edf
from arsis.formats.parquet.write import write_parquet
from arsis.formats.sound.write import write_sound
from arsis.formats.wfdb.write import write_record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from arsis.core.recording import Recording


@dataclass(frozen=True, slots=True)
class Writer:
    """One way of keeping a recording.

    Attributes
    ----------
    says
        What it is, in words for a person.
    write
        Writes a recording and returns the path by which it is read again.
    files
        The files that this may write or leave out, the first of which is read again.
    """

    says: str
    write: Callable[[Recording, Path], Path]
    files: Callable[[Path], tuple[Path, ...]]


def _record(recording: Recording, path: Path) -> Path:
    header, _, marks = _record_files(path)
    write_record(header.parent, header.stem, recording)
    if not recording.marks:
        marks.unlink(missing_ok=True)  # those of an older record of this name
    return header


def _record_files(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_suffix(ending) for ending in (".hea", ".dat", ".atr"))


def _alone(path: Path) -> tuple[Path, ...]:
    return (path,)


_WFDB = Writer("a WFDB record", _record, _record_files)

WRITERS: dict[str, Writer] = {
    "": _WFDB,
    ".hea": _WFDB,
    ".dat": _WFDB,
    ".edf": Writer("EDF+ (16 bits)", write_edf, _alone),
    ".bdf": Writer("BDF+ (24 bits)", write_edf, _alone),
    ".csv": Writer("CSV", write_csv, lambda path: (path, marks_path(path))),
    ".parquet": Writer("Parquet", write_parquet, _alone),
    ".wav": Writer("WAV (16 bits)", write_sound, _alone),
}
"""By the ending of the name; a new one is one `write.py` and one entry."""


def writer_of(path: Path) -> Writer:
    """Return the writer for a name; raises SettingError if its ending is none of the table."""
    ending = path.suffix.lower()
    if ending not in WRITERS or not path.name:
        known = ", ".join(name for name in WRITERS if name)
        expected = f"one of {known}, or no ending for a WFDB record"
        raise SettingError("the name to write", repr(path.name), expected, "Choose another name.")
    return WRITERS[ending]
