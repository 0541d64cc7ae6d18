"""Annotation files of WFDB records (annot(5) of the WFDB Applications Guide, G. Moody)."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arsis.core.errors import FormatError
from arsis.core.recording import Mark
from arsis.formats.source import read_file

if TYPE_CHECKING:
    from pathlib import Path

EXPERTS = "atr"
OTHERS = ("ecg", "qrs", "man", "ari", "ann", "epi", "pu", "wabp", "wqrs", "gqrs", "sqrs", "xqrs")
"""Extensions of annotators other than the reference one; read if there is just one of them."""

# The standard's codes for kinds of annotation, in their order; a space = not in use.
_CODES = ' NLRaVFJASEj/Q~ | sT*D"=pB^t+u?![]en@xf()r'
SYMBOLS = {code: symbol for code, symbol in enumerate(_CODES) if symbol != " "}
_NOTE, SKIP, _NUM, _SUB, _CHAN, AUX = 22, 59, 60, 61, 62, 63
_LAST_CODE = 49
_OTHER_ADVICE = "The file is damaged or of another kind: fetch it again, or move it away."
_PRINTABLE = bytes(range(32, 127)) + b"\t\r\n"
# annot(5): a zero, a letter, the time, a serial number, and eight bytes that tapes left unused.
_AHA = 16
_AHA_CODES = frozenset(b"NVFREPQOU[]!~?|S")
_RESOLUTION = re.compile(r"## time resolution: (\d+\.?\d*)")
_DEFINITION = re.compile(r"(\d+) (\S+)(?: .*)?")


@dataclass(slots=True)
class _Entry:
    """One annotation as the file holds it: when, of which kind, with which text."""

    at: int
    code: int
    aux: bytes = field(default=b"")

    @property
    def note(self) -> str:
        return self.aux.decode("utf-8", "replace").rstrip("\0")

    @property
    def defines(self) -> bool:
        """Whether it says something about the file and not about the recording."""
        return self.at == 0 and self.code == _NOTE and bool(self.aux)


def load_marks(header: Path, rate_hz: float, keep: object = None) -> tuple[Mark, ...]:
    """Return the annotations beside a record's header, the reference ones (.atr) first of all.

    `rate_hz` is the record's; `keep` only has to live as long as this can be called.
    """
    del keep
    path = _annotator(header)
    return () if path is None else read_annotations(path, rate_hz)


def read_annotations(path: Path, rate_hz: float) -> tuple[Mark, ...]:
    """Read an annotation file; `rate_hz` is the record's, unless the file states its own.

    Raises
    ------
    FormatError
        If the file ends in the middle of an annotation, or is of another kind.
    """
    data = read_file(path)
    _check_dialect(data, path)
    entries = _entries(data, path)
    symbols = dict(SYMBOLS)
    for entry in entries:
        if entry.defines:
            if (stated := _RESOLUTION.fullmatch(entry.note)) and float(stated[1]) > 0:
                rate_hz = float(stated[1])
            elif own := _DEFINITION.fullmatch(entry.note):
                symbols[int(own[1])] = own[2]
    unknown = {entry.code for entry in entries} - symbols.keys() - set(range(_LAST_CODE + 1))
    if unknown:
        found = f"annotations of the code {min(unknown)}"
        raise FormatError(path, found, f"codes up to {_LAST_CODE}", _OTHER_ADVICE)
    source = path.suffix[1:]
    return tuple(
        Mark(entry.at / rate_hz, symbols.get(entry.code, str(entry.code)), 0.0, entry.note, source)
        for entry in entries
        if entry.code and not entry.defines
    )


def _check_dialect(data: bytes, path: Path) -> None:
    """Raise FormatError for what other programs keep under the names of annotation files."""
    expected = "annotations in the MIT format"
    if data and not data.translate(None, _PRINTABLE):
        # Every annotation file ends in zeros, so that none is text.
        line = data.decode().strip().splitlines() or [""]
        advice = "Turn text into annotations with `wrann` of the WFDB tools, or move it away."
        raise FormatError(path, f"text that begins {line[0][:40]!r}", expected, advice)
    if len(data) >= 2 * _AHA and not len(data) % _AHA and not any(data[::_AHA]):
        codes = set(data[1::_AHA])
        if codes <= _AHA_CODES:
            found = "annotations in the 16-byte format of the AHA database"
            advice = "Convert them with `a2m` of the WFDB tools: their times count from elsewhere."
            raise FormatError(path, found, expected, advice)


def _annotator(header: Path) -> Path | None:
    beside = [header.with_suffix(f".{name}") for name in (EXPERTS, *OTHERS)]
    present = [path for path in beside if path.is_file()]
    if present and (present[0] == beside[0] or len(present) == 1):
        return present[0]
    return None


def _entries(data: bytes, path: Path) -> list[_Entry]:
    words = array("H", data[: len(data) // 2 * 2])
    if array("H", b"\1\0")[0] != 1:
        words.byteswap()  # the file's order is the small end first
    size = len(words)
    words.extend((0, 0, 0))  # so that what is cut off can be looked at
    out: list[_Entry] = []
    at, index = 0, 0
    while words[index] and index < size:
        code, value = words[index] >> 10, words[index] & 0x3FF
        index += 1
        if code == SKIP:
            at += _signed(words[index], words[index + 1])
            index += 2
        elif code == AUX:
            if out:
                out[-1].aux = data[2 * index : 2 * index + value]
            index += (value + 1) // 2
            if index > size:
                break
        elif code < SKIP:
            at += value
            out.append(_Entry(at, code))
        # What is left (NUM, SUB, CHAN) qualifies an annotation in ways that a Mark has not.
    if index >= size:  # a whole file ends with an empty word
        raise FormatError(
            path,
            f"a file that is cut off after {len(out)} annotations",
            "an end mark",
            "Fetch the file again, or move it away to read the record without it.",
        )
    return out


def _signed(high: int, low: int) -> int:
    step = (high << 16) | low
    return step - 2**32 if step >= 2**31 else step
