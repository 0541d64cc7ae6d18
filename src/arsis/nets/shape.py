"""What a net must fit: the windows that come in and the classes that go out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OF_LEAD = re.compile(r"lead(\d+)_(.+)")
FLAG = "known"


@dataclass(frozen=True)
class Lead:
    """Where one lead stands in a window and its context.

    Attributes
    ----------
    channels
        First channel of the window, and the one behind the last.
    own
        Features that describe this lead; every lead has the same, in the same order.
    known
        The feature that says whether the lead measured anything (1) or not (0).
    """

    channels: tuple[int, int]
    own: tuple[int, ...]
    known: int


@dataclass(frozen=True)
class Shape:
    """The sizes of what goes into a net and comes out.

    Attributes
    ----------
    channels, time
        Of a window.
    features
        Names of the context, in order; `lead1_...` belong to the first lead, `lead1_known` says
        whether it measured anything, and so on. Channels are divided evenly among the leads.
    classes
        Names of the classes of each target.
    steps
        How many steps of a window are answered one by one, for each target of states; the other
        targets are answered once a window.
    """

    channels: int
    time: int
    features: tuple[str, ...]
    classes: Mapping[str, tuple[str, ...]]
    steps: Mapping[str, int] = field(default_factory=dict)

    def answer(self, target: str) -> tuple[int, ...]:
        """Return the shape of what a net says of one window: (class,) or (class, step)."""
        count = (len(self.classes[target]),)
        return (*count, self.steps[target]) if target in self.steps else count

    @cached_property
    def leads(self) -> tuple[Lead, ...]:
        """The leads, in order; none where the features name none."""
        numbers = sorted({int(m[1]) for m in map(_OF_LEAD.fullmatch, self.features) if m})
        each = self.channels // max(1, len(numbers))
        places = {name: index for index, name in enumerate(self.features)}
        leads = []
        for order, number in enumerate(numbers):
            prefix, flag = f"lead{number}_", f"lead{number}_{FLAG}"
            own = [places[n] for n in self.features if n.startswith(prefix) and n != flag]
            leads.append(Lead((order * each, (order + 1) * each), tuple(own), places[flag]))
        return tuple(leads)

    @cached_property
    def common(self) -> tuple[int, ...]:
        """The features that belong to no lead."""
        return tuple(i for i, n in enumerate(self.features) if not _OF_LEAD.fullmatch(n))

    @cached_property
    def flags(self) -> tuple[int, ...]:
        """The features that are 0 or 1 and stay so."""
        return tuple(i for i, n in enumerate(self.features) if n.endswith(f"_{FLAG}"))
