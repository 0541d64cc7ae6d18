"""What annotators wrote about the rhythm: stretches of fibrillation, flutter and all else."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arsis.core.recording import Recording

FIBRILLATION, SHORT, FLUTTER, VENTRICULAR, OTHER = "AF", "short AF", "AFL", "ventricular", "other"
KINDS = {
    "(AFIB": FIBRILLATION,
    "(AFL": FLUTTER,
    "(VT": VENTRICULAR, "(B": VENTRICULAR, "(T": VENTRICULAR, "(IVR": VENTRICULAR,
    "(VFL": VENTRICULAR,
}  # fmt: skip
"""Rhythms of the WFDB annotation standard as they are told apart here; what is not listed is
`OTHER`."""
SHORTEST_S = 30.0
"""Fibrillation that lasts less is no episode (Hindricks et al., Eur. Heart J. 42, 2021)."""


@dataclass(frozen=True)
class Stretch:
    """A time in which the annotators saw one kind of rhythm."""

    kind: str
    start_s: float
    stop_s: float

    @property
    def duration_s(self) -> float:
        """How long it lasts."""
        return self.stop_s - self.start_s


def stretches(recording: Recording) -> list[Stretch]:
    """Return the rhythms of a recording by its `+` marks, one after the other.

    The notation has room for one rhythm at a time. A ventricular one between two stretches of
    fibrillation hides it, the atria fibrillate on: it counts as fibrillation. Fibrillation of
    less than SHORTEST_S is `SHORT`. Where nobody noted a rhythm there is none to return.
    """
    marks = [m for m in recording.marks if m.label == "+" and m.note.startswith(("(", ")"))]
    edges = [*(mark.time_s for mark in marks), recording.duration_s]
    each = [
        Stretch(KINDS.get(mark.note, OTHER), *span)
        for mark, span in zip(marks, pairwise(edges), strict=True)
    ]
    joined = list(_joined(_unhidden(list(_joined(each)))))
    return [
        Stretch(SHORT, s.start_s, s.stop_s)
        if s.kind == FIBRILLATION and s.duration_s < SHORTEST_S
        else s
        for s in joined
    ]


def _unhidden(each: Sequence[Stretch]) -> Iterator[Stretch]:
    for i, s in enumerate(each):
        around = {o.kind for o in each[max(0, i - 1) : i + 2] if o is not s}
        inside = 0 < i < len(each) - 1 and around == {FIBRILLATION}
        hidden = s.kind == VENTRICULAR and inside
        yield Stretch(FIBRILLATION, s.start_s, s.stop_s) if hidden else s


def _joined(each: Sequence[Stretch] | Iterator[Stretch]) -> Iterator[Stretch]:
    for kind, group in groupby(each, lambda s: s.kind):
        members = list(group)
        yield Stretch(kind, members[0].start_s, members[-1].stop_s)
