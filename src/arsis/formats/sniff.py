"""Names for what a file turns out to be when it is none of the formats."""

from __future__ import annotations

import re

_BEGINNINGS = {
    b"\xff\xd8\xff": "a JPEG image",
    b"\x89PNG": "a PNG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy array",
    b"RIFF": "a RIFF file (sound or film)",
    b"fLaC": "a FLAC sound",
    b"ID3": "an MP3 sound",
    b"OggS": "an Ogg sound",
    b"#!AMR": "an AMR sound",
    b"FORM": "an AIFF sound",
    b"MATLAB": "a MATLAB file",
    b"PARE": "an encrypted Parquet table",
    b"SQLite format 3": "an SQLite database",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"<?xml": "XML text",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
    b"{": "JSON text",
    b"[": "JSON text",
}
# Its type of number, rows, columns, no imaginary part, and the length of its name.
_MATRIX = re.compile(
    rb"[\x00\x0a\x14\x1e\x28\x32]\0{3}[^\0].\0\0.{4}\0{4}[\x02-\x40]\0{3}\w", re.DOTALL
)


def describe(head: bytes) -> str:
    """Say what the first bytes of a file look like.

    >>> describe(b"GIF89a...")
    'a GIF image'
    """
    if not head:
        return "an empty file"
    if head[4:8] == b"ftyp":
        return "an MPEG-4 file (such as M4A, in which phones keep sounds)"
    if _MATRIX.match(head):
        return "a MATLAB 4 matrix (such as a signal file of a WFDB record, read by its .hea)"
    for beginning, says in _BEGINNINGS.items():
        if head.startswith(beginning):
            return says
    if b"\0" in head:
        return "bytes of an unknown kind"
    line = head.decode("utf-8", "replace").strip().splitlines() or [""]
    return f"text that begins {line[0][:40]!r}" if line[0].isprintable() else "unknown bytes"
