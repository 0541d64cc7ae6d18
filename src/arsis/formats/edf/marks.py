"""Annotations of EDF+ and BDF+ (time-stamped lists, TALs) and the times of records within them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from arsis.core.recording import Mark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arsis.core.arrays import F64

Own = tuple[str, float, float]
"""The text of an annotation by which arsis describes its own file, its time and duration in s."""
GAP, END = "arsis: no samples of ", "arsis: end of "
"""Annotations by which our own files say what the format has no place for."""

_TAL = re.compile(
    rb"(?P<onset>[+-]?\d{1,10}(?:\.\d*)?)(?:\x15(?P<duration>\d{0,10}(?:\.\d*)?))?\x14(?P<texts>.*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Annotated:
    """What the annotation signals of a file hold.

    Attributes
    ----------
    onset_s
        (record,) when each record begins, since the start that the header states; NaN = not said.
    marks
        In the file's order, times since the same start; a tab divides label and note.
    own
        What our own files say about gaps and ends.
    damaged
        How many annotations cannot be understood.
    """

    onset_s: F64
    marks: tuple[Mark, ...]
    own: tuple[Own, ...]
    damaged: int


def parse(strips: Iterable[tuple[bytes, ...]]) -> Annotated:
    """Read the annotations of all records: of each record the bytes of each annotation signal."""
    onsets: list[float] = []
    marks: list[Mark] = []
    own: list[Own] = []
    damaged = 0
    for strip in strips:
        onsets.append(np.nan)
        for signal, raw in enumerate(strip):
            tals = [tal for tal in raw.split(b"\0") if tal]
            for place, tal in enumerate(tals):
                found = _TAL.fullmatch(tal)
                if found is None:
                    damaged += 1
                    continue
                onset_s, duration_s = float(found["onset"]), float(found["duration"] or 0)
                # The first list of the first annotation signal says when the record begins.
                if signal == place == 0:
                    onsets[-1] = onset_s
                for text in _texts(found["texts"]):
                    if text.startswith((GAP, END)):
                        own.append((text, onset_s, duration_s))
                        continue
                    label, _, note = text.partition("\t")
                    marks.append(Mark(onset_s, label, duration_s, note))
    return Annotated(np.array(onsets), tuple(marks), tuple(own), damaged)


def _texts(raw: bytes) -> list[str]:
    return [text for text in raw.decode("utf-8", "replace").split("\x14") if text]
