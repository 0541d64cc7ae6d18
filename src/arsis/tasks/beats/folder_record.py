"""One record of somebody's own folder: whether it can be used, and as whose."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from arsis import formats
from arsis.core.errors import CorpusError, FormatError
from arsis.core.sameness import prints
from arsis.core.task import choose
from arsis.formats.wfdb.marks import read_annotations
from arsis.formats.wfdb.record import read_header
from arsis.tasks.beats.classes import AAMI, OTHER_MARKS
from arsis.tasks.beats.corpus import CORPORA, events
from arsis.tasks.beats.people import subject_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from arsis.core.recording import Recording
    from arsis.core.task import Need

LARGEST_ANNOTATIONS = 2**26
"""Bytes; a day of beats with their texts takes a hundredth of it."""
LATE_S = 1.0
"""Annotations may stand so long behind the last sample; later ones belong to another record."""
STRANGE = 0.5
"""Where more of the symbols are unknown, the file was not written in this dialect."""


@dataclass(frozen=True)
class Entry:
    """One record of a folder that can be used.

    Attributes
    ----------
    name, subject
        Path in the folder without its ending, and who was measured.
    header, annotations
        Its files.
    prints
        Of its channels.
    note
        What its owner should know of it, or "".
    """

    name: str
    subject: str
    header: Path
    annotations: Path
    prints: tuple[str, ...]
    note: str = ""

    def open(self) -> Recording:
        """Return the recording with its annotated beats, samples still unread."""
        return _open(self.name, self.header, self.annotations, self.subject)


def checked(
    folder: Path, name: str, people: Mapping[str, str] | None, need: Need, extension: str
) -> Entry:
    """Read a record wholly; `people` says whose it is, where a table of the folder does.

    Raises
    ------
    ArsisError
        That says why it cannot be used.
    """
    header, annotations = folder / f"{name}.hea", folder / f"{name}.{extension}"
    if people is not None and name not in people:
        raise CorpusError(
            header, "no line in subjects.csv", "a subject for every record",
            "Add it, so that nobody is in two parts.",
        )  # fmt: skip
    _refuse_text(annotations)
    recording = _open(name, header, annotations, "")
    choose(recording, need)
    note = _strange(recording, annotations)
    last_s = recording.marks[-1].time_s
    if last_s > recording.duration_s + LATE_S:
        raise CorpusError(
            annotations, f"annotations until {last_s:.0f} s of {recording.duration_s:.0f} s",
            "those of this record, in the MIT format of the WFDB standard",
            "Check that header, signals and annotations belong together.",
        )  # fmt: skip
    subject = people[name] if people is not None else subject_in(header) or name
    return Entry(name, subject, header, annotations, prints(recording), note)


def _open(name: str, header: Path, annotations: Path, subject: str) -> Recording:
    recording = formats.read(header)
    rate_hz = read_header(header).rate_hz
    if rate_hz is None:  # read above would have refused it
        raise FormatError(header, "no rate", "one", "State it in the header.")
    marks = partial(read_annotations, annotations, rate_hz)
    return replace(recording, name=name, subject=subject, load_marks=marks)


def _refuse_text(path: Path) -> None:
    """Refuse a file of annotations as text, which could be taken for binary ones."""
    if path.stat().st_size > LARGEST_ANNOTATIONS:
        raise FormatError(
            path, f"more than {LARGEST_ANNOTATIONS} bytes", "annotations", "Name another ending."
        )
    with path.open("rb") as file:
        head = file.read(64)
    if len(head) >= 16 and all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in head):
        raise FormatError(
            path, "text", "annotations in the MIT format of the WFDB standard",
            "Turn it into that format (wrann of the WFDB programs does).",
        )  # fmt: skip


def _strange(recording: Recording, path: Path) -> str:
    """Return a note about symbols that are not of the standard, or "".

    Raises
    ------
    CorpusError
        If most are strange, or there is no beat.
    """
    symbols = Counter(mark.label for mark in recording.marks)
    strange = {s: n for s, n in symbols.items() if s not in AAMI and s not in OTHER_MARKS}
    listed = ", ".join(f"{symbol!r} {count} times" for symbol, count in sorted(strange.items()))
    if sum(strange.values()) > STRANGE * symbols.total():
        raise CorpusError(
            path, f"{listed} among {symbols.total()} annotations",
            "symbols of the WFDB standard", "It may be of another dialect: AHA, or one's own.",
        )  # fmt: skip
    if not events(recording):
        held = ", ".join(f"{s!r} {n} times" for s, n in sorted(symbols.items())) or "nothing"
        raise CorpusError(
            path, held, f"beats ({' '.join(AAMI)})", "Name another ending with --annotations."
        )
    if not strange:
        return ""
    return f"{path}: {listed}; arsis knows no such symbol, and takes it for no beat."


def alike(entry: Entry) -> str:
    """Return a note about a record that is called like a published one and is not it, or ""."""
    for corpus in CORPORA.values():
        known = corpus.prints.get(entry.header.stem)
        if known and not set(known) & set(entry.prints):
            return (
                f"{entry.header}: called like a record of {corpus.name}, with other samples. If it "
                "is a copy at another rate, leave it out: that cannot be seen from the samples."
            )
    return ""
