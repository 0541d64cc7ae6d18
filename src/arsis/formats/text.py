"""The text of a file that is small enough to be read whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsis.core.errors import FormatError

if TYPE_CHECKING:
    from arsis.formats.source import Source


def text_of(source: Source, where: str, most: int, too_large: tuple[str, str]) -> str:
    """Return the text of a file of at most `most` bytes.

    `too_large`: what is expected of a larger one, and what to do about it.

    Raises
    ------
    FormatError
        If the file is larger, or no UTF-8 text.
    """
    with source.open() as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise FormatError(where, f"more than {most} bytes", *too_large)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"bytes that are no UTF-8 text ({error.reason}), at {error.start}"
        raise FormatError(where, found, "text", "Export it again, as plain UTF-8 text.") from error
