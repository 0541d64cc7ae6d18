"""Nets: an encoder, or a whole net with a shape of its own, is one file and one entry here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from arsis.core.errors import SettingError
from arsis.nets.joint import Joint
from arsis.nets.judge import Judge
from arsis.nets.leads import Leads
from arsis.nets.plain import Plain
from arsis.nets.shape import Shape
from arsis.nets.small import Small
from arsis.nets.whole import Whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import nn

    from arsis.nets.judge import Encoder

ENCODERS: Mapping[str, Callable[[int], Encoder]] = {
    "small": Small,
    "plain": Plain,
}
"""Name -> factory(channels) of a module (batch, channel, time) -> (batch, width, time)."""


class MakeNet(Protocol):
    """Make a net: (batch, channel, time), (batch, feature) -> logits (batch, class) by target."""

    def __call__(self, shape: Shape, dropout: float, /) -> nn.Module: ...


NETS: Mapping[str, MakeNet] = {
    "joint": Joint,
    "leads": Leads,
}
"""Whole nets that are more than an encoder under the usual head."""


def build(name: str, shape: Shape, dropout: float = 0.0) -> Whole:
    """Return an untrained net by its name in `ENCODERS` or `NETS`.

    Raises
    ------
    SettingError
        If no net has this name.
    """
    if name in ENCODERS:
        return Whole(shape, Judge(shape, ENCODERS[name](shape.channels), dropout))
    if name in NETS:
        return Whole(shape, NETS[name](shape, dropout))
    raise SettingError(
        "net", f"no net {name!r}", f"one of {', '.join([*ENCODERS, *NETS])}", "Choose one of these."
    )


__all__ = ["ENCODERS", "NETS", "Judge", "Shape", "Whole", "build"]
