"""From recordings to examples: the windows that serving would see, with labels beside them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.errors import CorpusError
from arsis.core.examples import Examples, Origin
from arsis.core.examples_write import Writer
from arsis.core.task import ABSENT
from arsis.infer.windows import PIECE_S, windows
from arsis.learn.progress import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from arsis.core.arrays import Bool
    from arsis.core.recording import Recording
    from arsis.core.task import Task
    from arsis.core.windows import Output, Windows


def build(
    task: Task,
    recordings: Sequence[Recording],
    folder: Path,
    corpus: str = "",
    made: Sequence[Iterable[Recording]] = (),
    every: int = 1,
) -> Examples:
    """Return examples of these recordings, prepared at their annotated events.

    The folder is used again where it holds the same: the same samples and marks, prepared by a
    task that still does the same.

    Parameters
    ----------
    folder
        Of the examples; what stands there is replaced if it is not the same.
    corpus
        Name of the published data, for the record.
    made
        Groups of recordings that nobody measured so, to be learnt from and never scored.
    every
        Of the windows of a recording, every how manieth is taken.

    Raises
    ------
    CorpusError
        If a recording does not say of whom it is, or there are none.
    ChannelError, UnitError
        If a recording lacks what the task needs.
    """
    groups = [tuple(recordings), *map(tuple, made)]
    key = _key(task, groups, every)
    if (folder / "examples.json").exists():
        kept = _kept(folder)
        if kept is not None and kept.origin.key == key:
            return kept
    targets = {name: target.names for name, target in task.targets.items()}
    origin = Origin(task.name, task.version, corpus, task.features, targets, key)
    with Writer(folder, origin) as writer:
        for number, group in enumerate(groups):
            what = f", made recordings {number}" if number else ""
            for recording in shown(group, f"preparing {task.name}{what}"):
                _append(writer, task, recording, every, number)
    return Examples.open(folder)


def _append(writer: Writer, task: Task, recording: Recording, every: int, made: int) -> None:
    subject = _subject(recording)
    for part, labels in labelled(task, recording, every):
        writer.append(recording.name, subject, part, labels, made)


def labelled(task: Task, recording: Recording, every: int) -> Iterator[tuple[Windows, Output]]:
    """Yield every so manieth window of a recording with its labels, piece by piece.

    What is no example is left out, and so is a window of labelled steps of which none is known:
    nothing can be learnt from either.
    """
    seen = 0
    for part in windows(task, recording, given=True):
        labels = task.label(recording, part)
        keep = (seen + np.arange(len(part))) % every == 0
        seen += len(part)
        for values in labels.values():
            keep &= (values >= 0).any(1) if values.ndim > 1 else values != ABSENT
        yield only(part, keep), {name: values[keep] for name, values in labels.items()}


def only(part: Windows, keep: Bool) -> Windows:
    """Return some of the windows."""
    if keep.all():
        return part
    whole = {"until_s", "judged_us", "aside"}
    arrays = {f.name: getattr(part, f.name)[keep] for f in fields(part) if f.name not in whole}
    aside = {name: values[keep] for name, values in part.aside.items()}
    return replace(part, **arrays, aside=aside)


def recording_digest(recording: Recording) -> str:
    """Return the sha256 of all that examples can depend on: channels, samples and marks."""
    digest = hashlib.sha256()
    channels = [(c.name, c.unit, c.rate_hz, c.length) for c in recording.channels]
    marks = [(mark.time_s, mark.label, mark.duration_s, mark.note) for mark in recording.marks]
    digest.update(json.dumps([recording.name, recording.subject, channels, marks]).encode())
    for piece in recording.pieces(PIECE_S):
        for name in sorted(piece.samples):
            digest.update(piece.samples[name].values.tobytes())
    return digest.hexdigest()


def _key(task: Task, recordings: Sequence[Sequence[Recording]], every: int) -> str:
    """Return the fingerprint of everything that goes into examples.

    What the task does to a simulated recording is part of it, so that examples are made anew
    even where somebody changed `prepare` and forgot to count up its version.
    """
    sample = task.example(0)
    counts = [len(each) for each in recordings]
    digest = hashlib.sha256(f"{task.name} {task.version} {every} {counts}".encode())
    for part in windows(task, sample, given=True):
        digest.update(_bytes(part))
        for name, values in sorted(task.label(sample, part).items()):
            digest.update(name.encode() + values.tobytes())
    for recording in chain(*recordings):
        digest.update(recording_digest(recording).encode())
    return digest.hexdigest()


def _bytes(part: Windows) -> bytes:
    return part.x.tobytes() + part.context.tobytes() + part.event_s.tobytes()


def _kept(folder: Path) -> Examples | None:
    try:
        return Examples.open(folder)
    except CorpusError:
        return None


def _subject(recording: Recording) -> str:
    if recording.subject is None:
        raise CorpusError(
            recording.name,
            "no subject",
            "a name or number of the person measured, so that nobody is in two parts",
            "Give every recording its subject.",
        )
    return recording.subject
