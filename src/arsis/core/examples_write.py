"""Writing examples: array after array grows on disk, and the folder appears when all is in."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from arsis.core.errors import CorpusError
from arsis.core.examples import ARRAYS, INDEX, LAYOUT, fingerprint_of

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import IO

    import numpy.typing as npt

    from arsis.core.examples import Origin
    from arsis.core.windows import Output, Windows

_OF_RECORDING = {"recording", "subject", "made"}
"""Arrays that say the same of every window of a recording."""


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


class Writer:
    """Write examples recording by recording; the folder appears, whole, when all are in.

    Use it in a `with` block: when that ends by an error, nothing is left behind.
    """

    def __init__(self, folder: Path, origin: Origin) -> None:
        self.folder, self.origin = folder, origin
        self.recordings: list[str] = []
        self.subjects: list[str] = []
        self._draft = folder.with_name(f".{folder.name}.{os.getpid()}")
        names = ARRAYS | {f"y.{target}": np.int64 for target in origin.targets}
        self._columns = {
            name: Column(self._draft / f"{name}.npy", kind) for name, kind in names.items()
        }

    def __enter__(self) -> Self:
        shutil.rmtree(self._draft, ignore_errors=True)
        self._draft.mkdir(parents=True)
        return self

    def append(
        self, name: str, subject: str, windows: Windows, labels: Output, made: int = 0
    ) -> None:
        """Add the windows of a recording, or some of them, with labels by target.

        (window,), or (window, step) for a target of states; `made`: its
        group, 0 = measured.
        """
        if name not in self.recordings:
            self.recordings.append(name)
        if subject not in self.subjects:
            self.subjects.append(subject)
        count = len(windows)
        values: dict[str, npt.ArrayLike] = {
            name: getattr(windows, name) for name in ARRAYS if name not in _OF_RECORDING
        }
        values["recording"] = np.full(count, self.recordings.index(name))
        values["subject"] = np.full(count, self.subjects.index(subject))
        values["made"] = np.full(count, made, np.int8)
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
            "fingerprint": fingerprint_of(
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
