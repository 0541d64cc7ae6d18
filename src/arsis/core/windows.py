"""What a net sees: windows cut from one recording, and the columns of answers they give."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arsis.core.arrays import F32, F64, Bool

Output = dict[str, "F32"]
"""What a net says of windows, by target: (window, width) or (window, width, time)."""


@dataclass(frozen=True)
class Windows:
    """Windows of one recording, without labels.

    Attributes
    ----------
    x
        (window, channel, time)
    start_s, event_s
        (window,) where the window begins, and the instant it judges (an R peak).
    quality
        (window,) 0 = noise, 1 = clean.
    mask
        (window, channel) which channels really measured something.
    context
        (window, feature)
    until_s
        Every window whose event is earlier than this is out.
    judged_us
        Microseconds of usable signal that these windows stand for: rates divide by this. A whole
        number, so that sums do not depend on how the recording was cut.
    aside
        What decoding needs and the net never sees; (window, ...) each.
    """

    x: F32
    start_s: F64
    event_s: F64
    quality: F32
    mask: Bool
    context: F32
    until_s: float
    judged_us: int
    aside: Mapping[str, F64]

    def __len__(self) -> int:
        return len(self.event_s)

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Put the windows of consecutive pushes together; at least one part is needed."""
        arrays = {
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in fields(cls)
            if f.name not in {"until_s", "judged_us", "aside"}
        }
        aside = {
            name: np.concatenate([part.aside[name] for part in parts]) for name in parts[0].aside
        }
        judged_us = sum(part.judged_us for part in parts)
        return cls(**arrays, until_s=parts[-1].until_s, judged_us=judged_us, aside=aside)


@dataclass(frozen=True)
class Answers:
    """Answers about one recording, in columns; they become objects only in JSON.

    Attributes
    ----------
    time_s, duration_s
        (answer,) an instant has duration 0.
    label
        (answer,) the best class of each.
    probability
        (answer,) calibrated, of the best class.
    probabilities
        (answer, class) calibrated, in the order of the target's names.
    value
        (answer, 2) a number and its spread, as the task's `value` says; NaN where there is none.
    reason
        (answer,) why it is unclear, or "" where it is clear.
    until_s, judged_us
        Everything earlier than `until_s` is out; microseconds of usable signal judged.
    aside
        What a summary needs and JSON does not show; (answer, ...) each.
    """

    time_s: F64
    duration_s: F64
    label: tuple[str, ...]
    probability: F32
    probabilities: F32
    value: F32
    reason: tuple[str, ...]
    until_s: float
    judged_us: int
    aside: Mapping[str, F64]

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def unclear(self) -> Bool:
        """(answer,) whether the answer is too doubtful to be relied upon."""
        return np.array([bool(reason) for reason in self.reason], bool)

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Put the answers of consecutive pushes together; at least one part is needed."""
        arrays = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("time_s", "duration_s", "probability", "probabilities", "value")
        }
        aside = {
            name: np.concatenate([part.aside[name] for part in parts]) for name in parts[0].aside
        }
        return cls(
            **arrays,
            label=tuple(label for part in parts for label in part.label),
            reason=tuple(reason for part in parts for reason in part.reason),
            until_s=parts[-1].until_s,
            judged_us=sum(part.judged_us for part in parts),
            aside=aside,
        )
