"""What a net learns from: windows of many recordings with their labels, kept in one folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from arsis.core.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import numpy.typing as npt

    from arsis.core.arrays import F32, F64, I8, I64, Bool

INDEX = "examples.json"
LAYOUT = 2
"""Grows when the files of a folder change their meaning."""
ARRAYS: dict[str, npt.DTypeLike] = {
    "x": np.float32,
    "context": np.float32,
    "quality": np.float32,
    "event_s": np.float64,
    "mask": np.bool_,
    "recording": np.int64,
    "subject": np.int64,
    "made": np.int8,
}
"""Arrays that every folder has beside the labels, one file each."""


@dataclass(frozen=True)
class Origin:
    """Where examples come from.

    Attributes
    ----------
    task, version
        Whose `prepare` made the windows.
    corpus
        The published data, or "" for recordings of one's own.
    features
        Names of the context, in order.
    targets
        Names of the classes of each target.
    key
        Fingerprint of what went in (see `arsis.learn.prepare`); "" = not kept.
    """

    task: str
    version: int
    corpus: str
    features: tuple[str, ...]
    targets: Mapping[str, tuple[str, ...]]
    key: str = ""


@dataclass(frozen=True)
class Examples:
    """Labelled windows of many recordings, read from disk as they are needed.

    Attributes
    ----------
    x
        (window, channel, time)
    context
        (window, feature)
    quality, event_s
        (window,) as in `Windows`.
    mask
        (window, channel)
    y
        By target: (window,) numbers of classes, or (window, step) of states; -1 = not scored.
    recording, subject
        (window,) positions in `recordings` and `subjects`.
    made
        (window,) 0: it was measured. Otherwise the number, from 1 on, of its group of what was
        made (simulated, reshaped, with other events): to learn from, never to score.
    fingerprint
        sha256 over the contents of every array.
    """

    folder: Path
    origin: Origin
    x: F32
    context: F32
    quality: F32
    event_s: F64
    mask: Bool
    y: Mapping[str, I64]
    recording: I64
    subject: I64
    made: I8
    recordings: tuple[str, ...]
    subjects: tuple[str, ...]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.event_s)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a folder of examples; its arrays stay on disk.

        Raises
        ------
        CorpusError
            If the folder holds no examples, or a file of it is missing.
        """
        try:
            index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
            y = {name: np.load(folder / f"y.{name}.npy") for name in index["origin"]["targets"]}
        except (OSError, ValueError, KeyError) as error:
            raise _damaged(folder, str(error)) from error
        if index["layout"] != LAYOUT:
            raise _damaged(folder, f"layout {index['layout']} instead of {LAYOUT}")
        origin = Origin(**index["origin"])
        targets = {name: tuple(classes) for name, classes in origin.targets.items()}
        origin = Origin(
            origin.task, origin.version, origin.corpus, tuple(origin.features), targets, origin.key
        )
        return cls(
            folder, origin, **arrays, y=y, recordings=tuple(index["recordings"]),
            subjects=tuple(index["subjects"]), fingerprint=index["fingerprint"],
        )  # fmt: skip

    @property
    def steps(self) -> dict[str, int]:
        """How many steps a window has, for each target of states."""
        return {name: y.shape[1] for name, y in self.y.items() if y.ndim > 1}

    def rows(self, subjects: Iterable[str], made: bool = False) -> I64:
        """Return the numbers of the measured windows of these subjects, ascending: (row,).

        `made`: with those made of their recordings, and those made of nobody's.

        Raises
        ------
        CorpusError
            If a subject has no windows here.
        """
        wanted = tuple(subjects)
        missing = sorted(set(wanted) - set(self.subjects))
        if missing:
            raise CorpusError(
                self.folder,
                f"no windows of {', '.join(missing)}",
                f"subjects out of {', '.join(self.subjects)}",
                "Prepare the examples again with these recordings.",
            )
        numbers = [self.subjects.index(subject) for subject in wanted]
        theirs = np.isin(self.subject, numbers)
        if made:
            theirs |= ~np.isin(self.subject, np.unique(self.subject[self.made == 0]))
        else:
            theirs &= self.made == 0
        return np.flatnonzero(theirs).astype(np.int64)

    def verify(self) -> None:
        """Read everything and compare it with the fingerprint; raises CorpusError if it differs."""
        digests = {
            path.stem: hashlib.sha256(np.load(path).tobytes()).hexdigest()
            for path in self.folder.glob("*.npy")
        }
        if fingerprint_of(digests) != self.fingerprint:
            raise _damaged(self.folder, "arrays that are not those that were written")


def fingerprint_of(digests: Mapping[str, str]) -> str:
    """Return the sha256 over the sha256 of each array by name."""
    lines = "\n".join(f"{name} {digest}" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _damaged(folder: Path, found: str) -> CorpusError:
    return CorpusError(
        folder,
        found,
        f"a folder of examples with its {INDEX}",
        "Prepare the examples again.",
    )
