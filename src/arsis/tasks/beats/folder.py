"""A folder of somebody's own WFDB records with annotated beats, as a corpus."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from arsis import formats
from arsis.core.errors import ArsisError, CorpusError, FormatError, SettingError
from arsis.core.sameness import prints
from arsis.core.task import FOLDER, Corpus, Split, choose
from arsis.formats.wfdb_marks import read_annotations
from arsis.formats.wfdb_record import read_header
from arsis.tasks.beats.classes import AAMI, OTHER_MARKS
from arsis.tasks.beats.corpus import CORPORA, events
from arsis.tasks.beats.people import licence_of, record_names, subject_in, subject_table
from arsis.tasks.beats.splice import spliced

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from arsis.core.recording import Recording
    from arsis.core.task import Need

LARGEST_ANNOTATIONS = 2**26
"""Bytes; a day of beats with their texts takes a hundredth of it."""
LATE_S = 1.0
"""Annotations may stand so long behind the last sample; later ones belong to another record."""
STRANGE = 0.5
"""Where more of the symbols are unknown, the file was not written in this dialect."""
SHOWN = 5


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


def folder_corpus(folder: Path, need: Need, annotations: str = "atr") -> Corpus:
    """Return a folder's annotated records as a corpus that nobody was trained on.

    Every record with an annotation file is looked at whole. One that cannot be used is in
    `skipped`, with the reason; unknown symbols and records without annotations are in `notes`.
    A record is a subject of its own unless subjects.csv (record,subject) or a line of its header
    ("# patient 7") says who was measured. All subjects are in the test part.

    Parameters
    ----------
    need
        What the task takes.
    annotations
        Ending of the annotation files.

    Raises
    ------
    CorpusError
        If it is no folder, holds no record, none with annotations, or none that can be used.
    SettingError
        If `annotations` is no ending.
    """
    folder = Path(folder)
    if not re.fullmatch(r"[A-Za-z]\w*", annotations, re.ASCII):
        raise SettingError(
            "--annotations", repr(annotations), "the ending of the annotation files, such as atr",
            "Write it without the dot.",
        )  # fmt: skip
    names, skipped = record_names(folder)
    annotated, notes = _annotated(folder, names, annotations)
    entries, broken = _usable(folder, annotated, need, annotations)
    skipped = (*skipped, *broken)
    if not entries:
        reasons = "; ".join(str(error) for error in skipped[:SHOWN])
        raise CorpusError(
            folder, f"{len(skipped)} records, none of which can be used ({reasons})",
            "at least one", "Mend them, or name another folder.",
        )  # fmt: skip
    return _corpus(folder, entries, need, (skipped, notes))


def _annotated(
    folder: Path, names: Sequence[str], extension: str
) -> tuple[list[str], tuple[str, ...]]:
    """Return the records that have such an annotation file, and a note about the others."""
    have = [name for name in names if (folder / f"{name}.{extension}").is_file()]
    if not have:
        others = {
            path.suffix[1:]
            for name in names
            for path in (folder / name).parent.glob(f"{Path(name).name}.*")
        }
        beside = ", ".join(sorted(others - {"hea", "dat"})) or "nothing"
        raise CorpusError(
            folder, f"{len(names)} records, none with a file .{extension} (beside them: {beside})",
            "WFDB records with annotated beats", "Name another ending with --annotations.",
        )  # fmt: skip
    bare = [name for name in names if name not in set(have)]
    if not bare:
        return have, ()
    shown = ", ".join(bare[:SHOWN]) + (", ..." if len(bare) > SHOWN else "")
    return have, (f"{folder}: {len(bare)} records have no .{extension}: {shown}.",)


def _usable(
    folder: Path, names: Sequence[str], need: Need, extension: str
) -> tuple[list[Entry], list[ArsisError]]:
    """Look at every record; return those that can be used, and why the others cannot."""
    people = subject_table(folder)
    entries: list[Entry] = []
    broken: list[ArsisError] = []
    owners: dict[str, str] = {}
    for name in names:
        try:
            entry = _checked(folder, name, people, need, extension)
            _refuse_double(entry, owners)
        except ArsisError as error:
            broken.append(error)
            continue
        owners |= dict.fromkeys(entry.prints, name)
        entries.append(entry)
    return entries, broken


def _checked(
    folder: Path, name: str, people: Mapping[str, str] | None, need: Need, extension: str
) -> Entry:
    """Read a record wholly; raises an ArsisError that says why it cannot be used."""
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


def _refuse_double(entry: Entry, owners: Mapping[str, str]) -> None:
    for each in entry.prints:
        if each in owners:
            raise CorpusError(
                entry.header, f"the same samples as record {owners[each]}",
                "every recording once", "Leave one of them out.",
            )  # fmt: skip


def _corpus(
    folder: Path,
    entries: Sequence[Entry],
    need: Need,
    said: tuple[tuple[ArsisError, ...], tuple[str, ...]],
) -> Corpus:
    skipped, notes = said
    by_subject: dict[str, tuple[Entry, ...]] = {}
    for entry in entries:
        by_subject[entry.subject] = (*by_subject.get(entry.subject, ()), entry)
    name = folder.resolve().name
    return Corpus(
        name=f"folder {name}",
        licence=f"folder {name}: {licence_of(folder)}",
        cite=f"folder {name}: as its publisher asks",
        split=Split(
            f"{FOLDER}{name}", "a folder of the user's own: nobody in it was trained on",
            train=(), test=tuple(by_subject),
        ),
        open=partial(_open_subject, by_subject),
        made=partial(_made, need),
        prints={
            subject: tuple(each for entry in theirs for each in entry.prints)
            for subject, theirs in by_subject.items()
        },
        skipped=skipped,
        notes=(*notes, *filter(None, (said for e in entries for said in (e.note, _alike(e))))),
    )  # fmt: skip


def _alike(entry: Entry) -> str:
    """Return a note about a record that is called like a published one and is not it, or ""."""
    for corpus in CORPORA.values():
        known = corpus.prints.get(entry.header.stem)
        if known and not set(known) & set(entry.prints):
            return (
                f"{entry.header}: called like a record of {corpus.name}, with other samples. If it "
                "is a copy at another rate, leave it out: that cannot be seen from the samples."
            )
    return ""


def _open_subject(
    entries: Mapping[str, Sequence[Entry]], _folder: Path, subject: str
) -> tuple[Recording, ...]:
    return tuple(entry.open() for entry in entries[subject])


def _made(need: Need, recordings: Sequence[Recording]) -> Iterator[Recording]:
    """Splice what can be spliced, of the leads that the task takes."""
    for recording in recordings:
        chosen = choose(recording, need)
        if len({(c.rate_hz, c.length, c.unit) for c in chosen.channels}) == 1:
            yield from spliced(chosen)
