"""What is asked to be read: a path, bytes or an open file, with its first bytes at hand."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from arsis.core.errors import FormatError

HEAD_BYTES = 65_536
LARGEST_BYTES = 2 * 1024**3
"""What is taken in whole (bytes, an unpacked zip, a table of text) may be this large."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a person says about a file that the file itself may leave open.

    Attributes
    ----------
    unit
        The unit of the channels' values; None = as the file states it.
    rate_hz
        Samples per second; None = as the file states it.
    channels
        The channels to keep, in this order; None = all.
    """

    unit: str | None = None
    rate_hz: float | None = None
    channels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to read.

    Attributes
    ----------
    name
        Of the file, without its folder; of mere bytes what stands for it.
    head
        Its first bytes, by which its format is recognised.
    path
        Where it lies; None = only in memory.
    data
        All its bytes; None = they are read from `path`.
    """

    name: str
    head: bytes
    path: Path | None = None
    data: bytes | None = None

    @property
    def where(self) -> str:
        """What errors call it: its path, or else its name."""
        return str(self.path or self.name)

    @property
    def stem(self) -> str:
        """What an answer calls the recording when the file does not say."""
        return Path(self.name).stem

    def without_head(self) -> Source:
        """Return it without its first bytes: those of hundreds of files would fill the memory."""
        return replace(self, head=b"")

    def open(self) -> BinaryIO:
        """Return an open binary file at its beginning; raises FormatError if it cannot be read."""
        if self.data is not None:
            return io.BytesIO(self.data)
        if self.path is None:
            raise FormatError(self.name, "nothing", "a file or its bytes", "Give one of them.")
        return open_file(self.path)


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading; raises FormatError with the system's reason if that fails."""
    try:
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def read_file(path: Path, most: int = -1) -> bytes:
    """Return the first `most` bytes of a file (-1 = all); raises FormatError if that fails."""
    with open_file(path) as file:
        try:
            return file.read(most)
        except OSError as error:
            raise unreadable(path, error) from error


def refuse_large(file: BinaryIO, most: int, what: str, where: str, advice: str) -> None:
    """Raise FormatError if an open file has more than `most` bytes; go to its beginning."""
    size = file.seek(0, 2)
    file.seek(0)
    if size > most:
        raise FormatError(where, f"{what} of {size} bytes", f"at most {most}", advice)


def unreadable(path: Path, error: Exception) -> FormatError:
    """Return the error for a file that is there but cannot be read."""
    reason = getattr(error, "strerror", None) or str(error)
    advice = "Check the name and that you may read the file."
    return FormatError(path, f"it cannot be read ({reason})", "a readable file", advice)


def source_of(given: str | Path | bytes | BinaryIO) -> Source:
    """Turn what was given into a `Source`; raises FormatError if there is nothing readable."""
    if isinstance(given, bytes):
        return Source("the bytes given", given[:HEAD_BYTES], data=given)
    if isinstance(given, (str, Path)):
        return _of_path(Path(given))
    data = given.read(LARGEST_BYTES + 1)
    # Only a name that a person gave says anything: a spooled file's name is a number or empty.
    named = getattr(given, "name", None)
    name = Path(named).name if isinstance(named, str) and named else "the open file"
    if len(data) > LARGEST_BYTES:
        found = f"more than {LARGEST_BYTES} bytes"
        raise FormatError(name, found, "at most that many", "Give the path of the file instead.")
    return Source(name, data[:HEAD_BYTES], data=data)


def _of_path(path: Path) -> Source:
    path = _present(path)
    return Source(path.name, read_file(path, HEAD_BYTES), path=path)


def _present(path: Path) -> Path:
    """Return the file that a path means: itself, or the header of the record it names."""
    header = path.parent / (path.name + ".hea")
    try:
        if path.is_file():
            return path
        if header.is_file():
            return header
        if path.is_dir():
            raise _a_folder(path)
        if path.exists():
            advice = "Save the data to a file first."
            raise FormatError(path, "neither a file nor a folder", "an ordinary file", advice)
        raise _missing(path)
    except (OSError, ValueError) as error:  # a name too long, a byte that no name may hold
        raise unreadable(path, error) from error


def _a_folder(path: Path) -> FormatError:
    records = sorted(entry.stem for entry in path.glob("*.hea"))
    shown = ", ".join(str(path / name) for name in records[:5])
    more = f" and {len(records) - 5} more" if len(records) > 5 else ""
    advice = f"It holds the records {shown}{more}: name one." if records else "Name a file in it."
    return FormatError(path, "a folder", "one recording", advice)


def _missing(path: Path) -> FormatError:
    import difflib

    parent = path.parent
    if not parent.is_dir():
        return FormatError(path, f"no folder {parent}", "a file", "Check the path.")
    names = {entry.stem if entry.suffix == ".hea" else entry.name for entry in parent.iterdir()}
    near = difflib.get_close_matches(path.name, sorted(names), n=3, cutoff=0.5)
    advice = f"Did you mean {' or '.join(near)}?" if near else "Check the name and the folder."
    expected = f"{path.name}, or {path.name}.hea of a WFDB record"
    return FormatError(path, "no such file or record", expected, advice)
