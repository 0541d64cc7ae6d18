"""A folder of somebody's own WFDB records with annotated beats, as a corpus."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from arsis.core.errors import ArsisError, CorpusError, SettingError
from arsis.core.task import FOLDER, Corpus, Split, choose
from arsis.tasks.beats.corpus import made
from arsis.tasks.beats.folder_record import Entry, alike, checked
from arsis.tasks.beats.people import licence_of, record_names, subject_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from arsis.core.recording import Recording
    from arsis.core.task import Need

SHOWN = 5


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
            entry = checked(folder, name, people, need, extension)
            _refuse_double(entry, owners)
        except ArsisError as error:
            broken.append(error)
            continue
        owners |= dict.fromkeys(entry.prints, name)
        entries.append(entry)
    return entries, broken


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
        notes=(*notes, *filter(None, (said for e in entries for said in (e.note, alike(e))))),
    )  # fmt: skip


def _open_subject(
    entries: Mapping[str, Sequence[Entry]], _folder: Path, subject: str
) -> tuple[Recording, ...]:
    return tuple(entry.open() for entry in entries[subject])


def _made(need: Need, recordings: Sequence[Recording]) -> Sequence[Iterable[Recording]]:
    """Make what can be made, of the leads that the task takes."""
    chosen = [choose(recording, need) for recording in recordings]
    return made(
        [r for r in chosen if len({(c.rate_hz, c.length, c.unit) for c in r.channels}) == 1]
    )
