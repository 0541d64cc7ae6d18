"""What a net learns from: windows of many recordings with their labels, kept in one folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from arsis.core.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import IO

    import numpy.typing as npt

    from arsis.core.arrays import F32, F64, I64, Bool
    from arsis.core.windows import Output, Windows

INDEX = "examples.json"
LAYOUT = 2
"""Grows when the files of a folder change their meaning."""


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
        (window,) class numbers by target; -1 = not scored.
    recording, subject
        (window,) positions in `recordings` and `subjects`.
    made
        (window,) whether nobody measured it (simulated, spliced): to learn from, never to score.
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
    made: Bool
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
            arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
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

    def rows(self, subjects: Iterable[str], made: bool = False) -> I64:
        """Return the numbers of the measured windows of these subjects, ascending: (row,).

        `made`: with those made of their recordings.

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
        if not made:
            theirs &= ~self.made
        return np.flatnonzero(theirs).astype(np.int64)

    def verify(self) -> None:
        """Read everything and compare it with the fingerprint; raises CorpusError if it differs."""
        digests = {
            path.stem: hashlib.sha256(np.load(path).tobytes()).hexdigest()
            for path in self.folder.glob("*.npy")
        }
        if _combine(digests) != self.fingerprint:
            raise _damaged(self.folder, "arrays that are not those that were written")


@dataclass
class Column:
    """One array on disk that grows row by row, in the .npy format."""

    path: Path
    dtype: npt.DTypeLike
    shape: tuple[int, ...] = ()
    rows: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    file: IO[bytes] | None = None

    def append(self, values: npt.ArrayLike) -> None:
        """Write rows behind those already there."""
        array = np.ascontiguousarray(values, self.dtype)
        if self.file is None:
            self.shape = array.shape[1:]
            self.file = self.path.open("wb")
            self._header()
        if array.shape[1:] != self.shape:
            raise CorpusError(
                self.path,
                f"windows of shape {array.shape[1:]}",
                f"the shape of the windows before them, {self.shape}",
                "Prepare every recording with one version of the task.",
            )
        self.file.write(array.tobytes())
        self.digest.update(array.tobytes())
        self.rows += len(array)

    def close(self) -> None:
        """State the true number of rows in the header."""
        if self.file is not None:
            self.file.seek(0)
            self._header()
            self.file.close()

    def _header(self) -> None:
        # numpy pads the header so that the first axis can grow without moving the data.
        header = {
            "descr": np.lib.format.dtype_to_descr(np.dtype(self.dtype)),
            "fortran_order": False,
            "shape": (self.rows, *self.shape),
        }
        np.lib.format.write_array_header_1_0(cast("IO[bytes]", self.file), header)


_ARRAYS: dict[str, npt.DTypeLike] = {
    "x": np.float32,
    "context": np.float32,
    "quality": np.float32,
    "event_s": np.float64,
    "mask": np.bool_,
    "recording": np.int64,
    "subject": np.int64,
    "made": np.bool_,
}
_OF_RECORDING = {"recording", "subject", "made"}
"""Arrays that say the same of every window of a recording."""


class Writer:
    """Write examples recording by recording; the folder appears, whole, when all are in.

    Use it in a `with` block: when that ends by an error, nothing is left behind.
    """

    def __init__(self, folder: Path, origin: Origin) -> None:
        self.folder, self.origin = folder, origin
        self.recordings: list[str] = []
        self.subjects: list[str] = []
        self._draft = folder.with_name(f".{folder.name}.{os.getpid()}")
        names = _ARRAYS | {f"y.{target}": np.int64 for target in origin.targets}
        self._columns = {
            name: Column(self._draft / f"{name}.npy", kind) for name, kind in names.items()
        }

    def __enter__(self) -> Self:
        shutil.rmtree(self._draft, ignore_errors=True)
        self._draft.mkdir(parents=True)
        return self

    def append(
        self, name: str, subject: str, windows: Windows, labels: Output, made: bool = False
    ) -> None:
        """Add the windows of a recording, or some of them, with (window,) labels by target.

        `made`: nobody measured it.
        """
        if name not in self.recordings:
            self.recordings.append(name)
        if subject not in self.subjects:
            self.subjects.append(subject)
        count = len(windows)
        values: dict[str, npt.ArrayLike] = {
            name: getattr(windows, name) for name in _ARRAYS if name not in _OF_RECORDING
        }
        values["recording"] = np.full(count, self.recordings.index(name))
        values["subject"] = np.full(count, self.subjects.index(subject))
        values["made"] = np.full(count, made)
        for target in self.origin.targets:
            values[f"y.{target}"] = labels[target]
        for key, column in self._columns.items():
            column.append(values[key])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for column in self._columns.values():
            column.close()
        try:
            if kind is None:
                self._finish()
        finally:
            shutil.rmtree(self._draft, ignore_errors=True)

    def _finish(self) -> None:
        if not self.recordings:
            raise CorpusError(
                self.folder, "no recordings", "at least one", "Name recordings that exist."
            )
        index = {
            "layout": LAYOUT,
            "origin": asdict(self.origin),
            "recordings": self.recordings,
            "subjects": self.subjects,
            "windows": self._columns["x"].rows,
            "fingerprint": _combine(
                {name: column.digest.hexdigest() for name, column in self._columns.items()}
            ),
        }
        text = json.dumps(index, indent=1, ensure_ascii=False) + "\n"
        (self._draft / INDEX).write_text(text, encoding="utf-8")
        if self.folder.exists():
            old = self.folder.with_name(f".{self.folder.name}.old.{os.getpid()}")
            self.folder.rename(old)
            self._draft.rename(self.folder)
            shutil.rmtree(old)
        else:
            self._draft.rename(self.folder)


def _combine(digests: Mapping[str, str]) -> str:
    lines = "\n".join(f"{name} {digest}" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _damaged(folder: Path, found: str) -> CorpusError:
    return CorpusError(
        folder,
        found,
        f"a folder of examples with its {INDEX}",
        "Prepare the examples again.",
    )
