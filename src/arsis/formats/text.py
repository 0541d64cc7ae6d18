"""The text of files: small ones read whole, and bytes of which no encoding is stated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsis.core.errors import FormatError

if TYPE_CHECKING:
    from arsis.formats.source import Source


def text_of(data: bytes) -> str:
    """Return bytes as text: UTF-8, or Latin-1 as older recorders write their µV."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def begins_as_text(source: Source) -> str | None:
    """Return the text of the first bytes of a file; None = it is no UTF-8 text."""
    if b"\0" in source.head:
        return None
    try:  # the last letter of a long beginning may be cut
        return source.head.decode("utf-8-sig", "ignore" if len(source.head) > 4096 else "strict")
    except UnicodeDecodeError:
        return None


def whole_text(source: Source, most: int, too_large: tuple[str, str]) -> str:
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
        raise FormatError(source.where, f"more than {most} bytes", *too_large)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"bytes that are no UTF-8 text ({error.reason}), at {error.start}"
        advice = "Export it again, as plain UTF-8 text."
        raise FormatError(source.where, found, "text", advice) from error
