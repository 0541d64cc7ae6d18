"""The XML of annotated ECGs (HL7 aECG) taken apart with the standard library's expat.

Nothing that XML offers to attackers is let in: a document type, and with it every entity, is
refused; depth, size and numbers of parts are bounded. Samples become arrays while they are read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from arsis.core.errors import FormatError
from arsis.formats.source import refuse_large

if TYPE_CHECKING:
    from arsis.core.arrays import F32

LARGEST_BYTES = 512 * 1024**2
DEEPEST = 100
MOST_PARTS = 1_000_000
_BLOCK = 2**16
_TEXT = 2**20
_LARGEST = 1e30

Quantity = tuple[str, str]
"""A number as it is written, and its unit."""


@dataclass(slots=True)
class Sequence:
    """One signal or one row of times: its code, its quantities by name, and its samples."""

    code: str = ""
    quantities: dict[str, Quantity] = field(default_factory=dict)
    blocks: list[F32] = field(default_factory=list)


@dataclass(slots=True)
class Boundary:
    """What part of the signals an annotation is about: a time (by `low` and `high`) or a lead."""

    code: str = ""
    quantities: dict[str, Quantity] = field(default_factory=dict)


@dataclass(slots=True)
class Annotation:
    """One annotation: the codes of its kind and its value, its boundaries, those within it."""

    code: str = ""
    value: str = ""
    boundaries: list[Boundary] = field(default_factory=list)
    inner: list[Annotation] = field(default_factory=list)


@dataclass(slots=True)
class Series:
    """Signals taken together: what kind, since when, in sets of the same times."""

    derived: bool
    code: str = ""
    begin: str = ""
    sets: list[list[Sequence]] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """An annotated ECG."""

    begin: str = ""
    subject: str = ""
    series: list[Series] = field(default_factory=list)


def parse(file: BinaryIO, where: str) -> Document:
    """Read the XML of an annotated ECG.

    Raises
    ------
    FormatError
        If it is no well-formed XML, has a document type, is too large or too deep, or holds
        samples that are no numbers.
    """
    from xml.parsers import expat

    refuse_large(file, LARGEST_BYTES, "XML", where, "Write long recordings as WFDB.")
    reader = _Reader(where)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        while block := file.read(_BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        found = f"XML that cannot be read ({error})"
        advice = "The file was cut or damaged: export it again."
        raise FormatError(where, found, "well-formed XML", advice) from error
    return reader.document


class _Reader:
    """Takes what expat reports, and keeps what matters."""

    def __init__(self, where: str) -> None:
        self.document = Document()
        self._where = where
        self._path: list[str] = []
        self._series: list[Series] = []
        self._annotations: list[Annotation] = []
        self._sequence: Sequence | None = None
        self._text: list[str] | None = None
        self._letters = 0
        self._parts = 0

    def doctype(self, *_told: object) -> None:
        advice = "Remove the <!DOCTYPE ...> if you trust the file."
        raise FormatError(self._where, "XML with a document type", "plain XML", advice)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._path.append(name)
        if len(self._path) > DEEPEST:
            found = f"XML of more than {DEEPEST} levels"
            raise FormatError(self._where, found, "an annotated ECG", "The file is damaged.")
        match name:
            case "series" | "derivedSeries":
                self._series.append(Series(derived=name == "derivedSeries" or bool(self._series)))
                self.document.series.append(self._series[-1])
            case "sequenceSet" if self._series:
                self._series[-1].sets.append([])
            case "sequence" if self._series and self._series[-1].sets:
                self._sequence, self._text = Sequence(), None
                self._series[-1].sets[-1].append(self._sequence)
            case "annotation" if self._series:
                new, outer = Annotation(), self._annotations[-1:]
                for one in outer:
                    one.inner.append(new)
                self._annotations.append(new)
                self._series[-1].annotations.append(new)
            case "boundary" if self._annotations:
                self._annotations[-1].boundaries.append(Boundary())
            case "digits" if self._sequence is not None:
                self._text = []
            case _:
                self._value(name, attributes)
                return
        self._count()

    def end(self, _tag: str) -> None:
        name = self._path.pop()
        match name:
            case "series" | "derivedSeries":
                self._series.pop()
            case "sequence":
                self._sequence, self._text = None, None
            case "annotation" if self._annotations:
                self._annotations.pop()
            case "digits" if self._text is not None:
                self._numbers(last=True)
                self._text = None

    def text(self, letters: str) -> None:
        if self._text is None:
            return
        self._text.append(letters)
        self._letters += len(letters)
        if self._letters > _TEXT:
            self._numbers(last=False)

    def _value(self, name: str, attributes: dict[str, str]) -> None:
        """Keep what an element without children of its own says, by where it stands."""
        parent = self._path[-2] if len(self._path) > 1 else ""
        told = (attributes.get("value", ""), attributes.get("unit", ""))
        if name == "id" and parent == "trialSubject":
            self.document.subject = attributes.get("extension") or attributes.get("root", "")
        elif parent == "effectiveTime" or name == "effectiveTime":
            if name in ("low", "effectiveTime", "center") and told[0]:
                self._begun(self._path[-3 if parent == "effectiveTime" else -2 :][0], told[0])
        elif name == "code":
            self._coded(parent, attributes.get("code", ""))
        elif name == "value" and parent == "annotation" and self._annotations:
            self._annotations[-1].value = attributes.get("code", "")
        elif "boundary" in self._path[-3:-1] and self._annotations:
            if self._annotations[-1].boundaries and told[0]:
                self._annotations[-1].boundaries[-1].quantities[name] = told
        elif self._sequence is not None and parent == "value":
            self._sequence.quantities[name] = told

    def _begun(self, owner: str, when: str) -> None:
        if owner in ("series", "derivedSeries"):
            self._series[-1].begin = self._series[-1].begin or when
        elif owner == "AnnotatedECG":
            self.document.begin = self.document.begin or when

    def _coded(self, owner: str, code: str) -> None:
        if owner in ("series", "derivedSeries") and self._series:
            self._series[-1].code = code
        elif owner == "sequence" and self._sequence is not None:
            self._sequence.code = code
        elif owner == "annotation" and self._annotations:
            self._annotations[-1].code = code
        elif owner == "boundary" and self._annotations and self._annotations[-1].boundaries:
            self._annotations[-1].boundaries[-1].code = code

    def _count(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            found = f"more than {MOST_PARTS} parts"
            raise FormatError(self._where, found, "an annotated ECG", "The file is damaged.")

    def _numbers(self, *, last: bool) -> None:
        """Turn the letters that have come so far into samples, up to the last whole number."""
        assert self._text is not None
        assert self._sequence is not None
        text, rest = "".join(self._text), ""
        if not last:
            cut = max(text.rfind(blank) for blank in " \n\t\r") + 1
            text, rest = text[:cut], text[cut:]
        self._text, self._letters = [rest], len(rest)
        words = text.split()
        try:
            values = np.array(words, np.float64) if words else np.empty(0)
        except ValueError:
            values = np.full(1, np.nan)
        if self._letters > _TEXT or not (np.abs(values) < _LARGEST).all():
            found = f"samples of {self._sequence.code or 'a sequence'} that are no numbers"
            raise FormatError(
                self._where, found, "numbers", "The file is damaged: export it again."
            )
        self._sequence.blocks.append(values.astype(np.float32))
