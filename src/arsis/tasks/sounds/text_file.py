"""The small text files of published data: tables of labels, and what is known of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arsis.core.errors import CorpusError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_BYTES = 2**22
"""Hours of phases take less; what is larger is no table of a published set."""


def text_of(path: Path, expected: str) -> str:
    """Return the text of a small file of a published set.

    Raises
    ------
    CorpusError
        If it cannot be read, is no text, or is larger than `LARGEST_BYTES`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
        if len(data) > LARGEST_BYTES:
            found = f"more than {LARGEST_BYTES} bytes"
            raise CorpusError(path, found, expected, "Check that it is the publisher's file.")
        return data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        found = getattr(error, "strerror", None) or "no text"
        raise CorpusError(path, found, expected, "Fetch it again.") from error
