"""Tables in documents, made from run records: nobody types a figure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from arsis.core.errors import OutputError
from arsis.learn.overview import overview_table
from arsis.learn.run_folder import write_bytes
from arsis.learn.scoring.beats import rhythm_tables as rhythm
from arsis.learn.scoring.beats import tables as beats
from arsis.learn.scoring.beats.choice_tables import choice_table, decoder_table
from arsis.learn.scoring.rows import tables as rows
from arsis.learn.scoring.sounds import tables as sounds
from arsis.learn.speed import side_by_side_table, speed_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESULTS = Path("results")
_BLOCK = re.compile(r"(<!-- table:(?P<name>[a-z0-9-]+) -->\n).*?(<!-- /table -->)", re.DOTALL)


def write(paths: Sequence[Path], results: Path = RESULTS) -> list[Path]:
    """Bring the tables of documents up to date and return the documents that changed.

    A table stands between `<!-- table:NAME -->` and `<!-- /table -->`.

    Raises
    ------
    OutputError
        If a document asks for a table that there is not.
    ProtocolError
        If the records of a table are of different test sets.
    """
    drifted = check(paths, results)
    for path in drifted:
        write_bytes(path, _fresh(path, results).encode())
    return drifted


def check(paths: Sequence[Path], results: Path = RESULTS) -> list[Path]:
    """Return the documents whose tables are not what the run records say."""
    return [path for path in paths if _fresh(path, results) != path.read_text(encoding="utf-8")]


def _fresh(path: Path, results: Path) -> str:
    text = path.read_text(encoding="utf-8")

    def table(block: re.Match[str]) -> str:
        name = block["name"]
        if name not in TABLES:
            raise OutputError(
                path, f"a table called {name}", f"one of {', '.join(TABLES)}", "Mend the marker."
            )
        return f"{block[1]}{TABLES[name](results)}\n{block[3]}"

    return _BLOCK.sub(table, text)


TABLES: dict[str, Callable[[Path], str]] = {
    "overview": overview_table,
    "beats-reference": lambda results: beats.beats_table(results, "reference"),
    "beats-end-to-end": lambda results: beats.beats_table(results, "end-to-end"),
    "beats-clear": beats.clear_table,
    "beats-apart": beats.apart_table,
    "beats-records": beats.records_table,
    "beats-ec57": beats.ec57_table,
    "beats-rpeaks": beats.peaks_table,
    "beats-hrv": beats.hrv_table,
    "beats-robustness": beats.robustness_table,
    "beats-choice": choice_table,
    "beats-decoder": decoder_table,
    "rows": rows.both_table,
    "rows-random": lambda results: rows.classes_table(results, "random"),
    "rows-patients": lambda results: rows.classes_table(results, "patients"),
    "beats-rhythm": rhythm.rhythm_table,
    "beats-burden": rhythm.burden_table,
    "beats-intervals": rhythm.intervals_table,
    **sounds.TABLES,
    "speed": speed_table,
    "speed-side-by-side": side_by_side_table,
}
"""The tables that documents may ask for, by the name in their marker."""
