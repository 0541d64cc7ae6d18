"""A recording of one format written in another, with what that lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arsis.core.errors import SettingError
from arsis.formats import read
from arsis.formats.kept import compare
from arsis.formats.writing import writer_of

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Group

    from arsis.core.recording import Recording


def refuse_to_harm(source: Path, target: Path, force: bool) -> None:
    """Refuse to write over what is read, or over what is there without being told to.

    Raises
    ------
    SettingError
        If a file would be replaced that must not be.
    """
    files = [path for path in writer_of(target).files(target) if path.exists()]
    own = [source.parent / f"{source.name}.hea", source, *_siblings(source)]
    for path in files:
        if any(each.exists() and path.samefile(each) for each in own):
            found, advice = f"{path}, which is read", "Choose another name."
            raise SettingError("the name to write", found, "a file of its own", advice)
    if files and not force:
        found = f"{', '.join(map(str, files))} from before"
        advice = "Choose another name, or say --force to replace it."
        raise SettingError("the name to write", found, "a name that is free", advice)


def _siblings(source: Path) -> list[Path]:
    """Return the files of a WFDB record beside the one of them that was named."""
    if not source.name or source.suffix not in {".hea", ".dat", ".atr", ""}:
        return []
    return [source.with_suffix(ending) for ending in (".hea", ".dat", ".atr")]


def convert(recording: Recording, target: Path) -> dict[str, Any]:
    """Write a recording by the ending of a name, read it back, and return what was kept.

    Raises
    ------
    SettingError
        If the format cannot hold the recording, or the ending is not known.
    OutputError
        If the files cannot be written.
    """
    writer = writer_of(target)
    written = writer.write(recording, target)
    after = read(written)
    kept = compare(recording, after)
    return {
        "name": recording.name,
        "format": writer.says,
        "files": [str(path) for path in writer.files(target) if path.exists()],
        "duration_s": recording.duration_s,
        "channels": [
            {
                "name": channel.name,
                "unit": channel.unit,
                "rate_hz": channel.rate_hz,
                "samples": channel.length,
                "largest_error": channel.largest_error,
                "gaps_changed": channel.gaps_changed,
            }
            for channel in kept.channels
        ],
        "marks": len(recording.marks),
        "lost": list(kept.lost),
        "notes": [*recording.notes, *(f"Read back: {note}" for note in after.notes)],
    }


def converted_table(found: dict[str, Any]) -> Group:
    """Return the same for the terminal."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("channel", "samples", "largest rounding error", "gaps changed"):
        table.add_column(name)
    for c in found["channels"]:
        error = f"{c['largest_error']:.3g} {c['unit']}" if c["largest_error"] else "none"
        table.add_row(c["name"], str(c["samples"]), error, str(c["gaps_changed"] or "none"))
    lines: list[Text | Table] = [
        Text(f"{found['name']} as {found['format']}, with {found['marks']} marks", "bold"),
        table,
        *(Text(f"lost: {each}", "yellow") for each in found["lost"]),
        *(Text(f"note: {note}", "yellow") for note in found["notes"]),
    ]
    if not found["lost"]:
        lines.append(Text("lost: nothing else"))
    return Group(*lines)
