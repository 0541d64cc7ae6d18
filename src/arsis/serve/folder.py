"""The files of one answer, put into their folder all together or not at all."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from arsis.core.errors import OutputError
from arsis.serve.answers import as_csv, as_json, csv_text, text_of
from arsis.serve.presenters import presenter_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from arsis.infer.predict import Prediction

EXTENSION = "arsis"
"""Of the annotation file: `wfdb.rdann(record, "arsis")` reads it."""


def place_of(out: Path, name: str, count: int) -> Path:
    """Return the folder for one of `count` recordings: `out` itself, or one below it."""
    return out if count == 1 else out / file_name(name)


def file_name(name: str) -> str:
    """Return a record's name as a harmless file name.

    Examples
    --------
    >>> file_name("../odd name")
    'odd_name'
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_") or "recording"


def write(prediction: Prediction, source: str, folder: Path) -> Path:
    """Write the report, the JSON, the tables and the annotations; return the report's path.

    Everything is written beside the folder first and moved in at the end, so that an
    interruption or a full disk leaves an earlier answer as it was.

    Raises
    ------
    OutputError
        If the folder cannot be made or written to.
    """
    put(folder, lambda desk: _fill(prediction, source, desk))
    return folder / "report.html"


def put(folder: Path, fill: Callable[[Path], None]) -> None:
    """Have a desk filled with files, and move them all into a folder.

    Raises
    ------
    OutputError
        If the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".arsis-", dir=folder) as desk:
            fill(Path(desk))
            for file in sorted(Path(desk).iterdir()):
                file.replace(folder / file.name)
    except OSError as error:
        raise OutputError(
            folder,
            f"it cannot be written ({error.strerror or error})",
            "a folder with free space",
            "Choose another folder with --out, or free some space.",
        ) from error


def _fill(prediction: Prediction, source: str, desk: Path) -> None:
    from arsis.formats.wfdb.write import write_annotations

    shown, recording = presenter_of(prediction), prediction.recording
    with (desk / "result.json").open("w", encoding="utf-8") as file:
        file.writelines(text_of(as_json(prediction, source)))
    (desk / shown.table_name).write_text(as_csv(prediction), encoding="utf-8")
    if shown.episodes:
        episodes = csv_text(shown.episodes(prediction))
        (desk / "episodes.csv").write_text(episodes, encoding="utf-8")
    (desk / "report.html").write_text(shown.report(prediction, source), encoding="utf-8")
    rate_hz = recording.channels[0].rate_hz
    write_annotations(desk, file_name(recording.name), EXTENSION, shown.marks(prediction), rate_hz)
