"""Writing that either succeeds wholly or leaves everything as it was."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from arsis.core.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_STAGES = ("part", "old")


@contextmanager
def placing(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; it becomes `path` only if nothing goes wrong.

    Whatever stops the writing (an error, a full disk, Ctrl-C), an older file at `path` stays as
    it was and nothing is left behind. Folders that are missing are made.

    Raises
    ------
    OutputError
        If the file cannot be written there.
    """
    # In the same folder, because a move between disks is a copy that can be interrupted.
    temporary = path.parent / f".{path.name[:100]}.{secrets.token_hex(6)}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)  # noqa: PTH105 (it says that it is atomic)
    except OSError as error:
        if error.filename is not None and not _concerns(error, temporary, path):
            raise  # the body failed to read something else
        raise not_written(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def placing_folder(folder: Path) -> Iterator[Path]:
    """Give a new folder to fill; it becomes `folder` only if nothing goes wrong.

    Whatever stops the filling, an older `folder` stays as it was and nothing is left behind.
    """
    draft, old = (folder.parent / f".{folder.name}.{secrets.token_hex(6)}.{s}" for s in _STAGES)
    try:
        draft.mkdir(parents=True)
        yield draft
        if folder.exists():
            folder.rename(old)
        draft.rename(folder)
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _concerns(error: OSError, temporary: Path, path: Path) -> bool:
    ours = {str(temporary), str(path), *(str(parent) for parent in path.parents)}
    return str(error.filename) in ours


def not_written(path: Path, error: OSError) -> OutputError:
    """Return the error for a place that refuses what is written there."""
    reason = error.strerror or str(error)
    advice = "Choose another place, or make room there."
    return OutputError(path, f"it cannot be written ({reason})", "a writable place", advice)
