"""A WFDB record as one file: its header, signals and annotations in a zip."""

from __future__ import annotations

import shutil
import stat
import tempfile
import weakref
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from arsis.core.errors import FormatError
from arsis.formats.format import Format
from arsis.formats.source import LARGEST_BYTES, Source, Told
from arsis.formats.wfdb.read import WFDB, read_record
from arsis.formats.wfdb.record import read_header

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arsis.core.recording import Recording

MOST_FILES = 10_000
_BLOCK = 2**20
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class _Unpacked:
    """A temporary folder that goes when nothing refers to it any more."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="arsis-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


def recognise(source: Source) -> bool:
    """Say whether this is a zip archive."""
    return source.head.startswith(b"PK\x03\x04")


def read(source: Source, told: Told) -> Recording:
    """Unpack a zip into a temporary folder and open the record in it."""
    unpacked = _Unpacked()
    with source.open() as file:
        try:
            with zipfile.ZipFile(file) as archive:
                _unpack(archive, unpacked.folder, source.name)
        except (*_DAMAGED, ValueError) as error:
            advice = "Make the zip again, without a password."
            raise FormatError(source.name, f"{error}", "an undamaged zip", advice) from error
        except OSError as error:
            found = f"a zip that cannot be unpacked ({error.strerror or error})"
            advice = "Make room in the folder for temporary files."
            raise FormatError(source.name, found, "room for its files", advice) from error
    return read_record(_header(unpacked.folder, source.name), told, keep=unpacked)


def _unpack(archive: zipfile.ZipFile, folder: Path, where: str) -> None:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        found = f"a zip of {len(entries)} files"
        raise FormatError(where, found, f"at most {MOST_FILES}", "Zip one record only.")
    left = LARGEST_BYTES
    for entry in entries:
        target = folder / _plain_name(entry, where)
        if target.exists():
            found = f"two files called {target.name}"
            raise FormatError(where, found, "one record", "Zip the files of one record.")
        left -= _copy(archive, entry, target, left, where)


def _plain_name(entry: zipfile.ZipInfo, where: str) -> str:
    """Return an entry's name without folders; refuse one that would lead anywhere else."""
    path = PurePosixPath(entry.filename)
    outside = path.is_absolute() or ".." in path.parts
    if outside or any(mark in entry.filename for mark in "\\:\0") or not path.name:
        found = f"a file called {entry.filename!r} in the zip"
        raise FormatError(where, found, "plain names", "Zip the record's files by themselves.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        found = f"a link called {entry.filename!r} in the zip"
        raise FormatError(where, found, "files", "Zip the files that it points to.")
    return path.name


def _copy(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int, where: str
) -> int:
    """Unpack one file and return its size, counted and not as the zip states it."""
    size = 0
    with archive.open(entry) as packed, target.open("wb") as out:
        while block := packed.read(_BLOCK):
            size += len(block)
            if size > left:
                found = f"a zip of more than {LARGEST_BYTES} bytes"
                advice = "Unpack it and give the path of the record."
                raise FormatError(where, found, "a smaller one", advice)
            out.write(block)
    return size


def _header(folder: Path, where: str) -> Path:
    """Return the header of the one record; its segments have headers of their own."""
    headers = {path.stem: path for path in sorted(folder.glob("*.hea"))}
    if len(headers) > 1:
        for name in _segments(headers.values()):
            headers.pop(name, None)
    if len(headers) != 1:
        found = f"the records {', '.join(headers)}" if headers else "no header (.hea)"
        raise FormatError(
            where, f"a zip with {found}", "one WFDB record", "Zip the files of one record."
        )
    return next(iter(headers.values()))


def _segments(headers: Iterable[Path]) -> set[str]:
    return {name for path in headers for name, _ in read_header(path).segments}


def _example(folder: Path) -> Path:
    header = WFDB.example(folder)
    path = folder / "example.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(folder.glob(f"{header.stem}.*")):
            if part != path:
                archive.write(part, part.name)
    return path


ZIP = Format(
    says="a zip of all files of one WFDB record",
    recognise=recognise,
    read=read,
    example=_example,
    one_file=True,
)
