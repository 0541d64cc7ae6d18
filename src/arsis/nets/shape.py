"""What a net must fit: the windows that come in and the classes that go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Shape:
    """The sizes of what goes into a net and comes out.

    Attributes
    ----------
    channels, time
        Of a window.
    features
        Names of the context, in order.
    classes
        Names of the classes of each target.
    """

    channels: int
    time: int
    features: tuple[str, ...]
    classes: Mapping[str, tuple[str, ...]]
