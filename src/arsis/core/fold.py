"""The fold: everything between bytes and answer takes pieces and carries its state along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from arsis.core.arrays import F32
    from arsis.core.recording import Mark

In = TypeVar("In", contravariant=True)  # noqa: PLC0105 - the design's own names
Out = TypeVar("Out", covariant=True)  # noqa: PLC0105


class Fold(Protocol[In, Out]):
    """A stage that takes a recording piece by piece.

    An implementation is a dataclass whose fields are its whole state, so that it can be copied
    and saved; any division of its input into pieces gives the same output.
    """

    def push(self, piece: In, /, last: bool = False) -> Out:
        """Take the next piece (the `last` one ends the recording) and return what is now known."""
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """Samples on a task's grid: sample i stands at (first + i) / rate_hz; NaN = gap.

    Attributes
    ----------
    x
        (channel, time)
    first
        Number of the first sample since the recording began.
    marks
        Marks handed on with the signal (given R peaks); those of this stretch of time.
    """

    x: F32
    first: int
    rate_hz: float
    marks: tuple[Mark, ...] = ()
