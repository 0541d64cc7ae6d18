"""Nets: an encoder, or a whole net with a shape of its own, is one file and one entry here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch

from arsis.core.errors import SettingError
from arsis.nets.beside import Beside
from arsis.nets.boosted import Size
from arsis.nets.cnn_baseline import CnnBaseline
from arsis.nets.cnn_lstm import CnnLstm
from arsis.nets.joint import Joint
from arsis.nets.judge import Judge
from arsis.nets.leads import Leads
from arsis.nets.phases import Phases
from arsis.nets.plain import Plain
from arsis.nets.residual import Residual
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
    """Make a net: (batch, channel, time), (batch, feature) -> logits by target.

    (batch, class), or (batch, class, step) for a target of states.
    """

    def __call__(self, shape: Shape, dropout: float, /) -> nn.Module: ...


NETS: Mapping[str, MakeNet] = {
    "joint": Joint,
    "leads": Leads,
    "cnn-baseline": CnnBaseline,
    "cnn-lstm": CnnLstm,
    "residual": Residual,
}
"""Whole nets that are more than an encoder under the usual head."""

STATE_NETS: Mapping[str, MakeNet] = {
    "phases": Phases,
}
"""Nets that answer every step of a window, for targets of states."""


def build(name: str, shape: Shape, dropout: float = 0.0) -> Whole:
    """Return an untrained net by its name in `ENCODERS`, `NETS` or `STATE_NETS`.

    Raises
    ------
    SettingError
        If no net has this name, it answers otherwise than the targets ask, or windows do not fit.
    """
    if name in ENCODERS:
        return _checked(name, Whole(shape, Judge(shape, ENCODERS[name](shape.channels), dropout)))
    if name in NETS or name in STATE_NETS:
        return _checked(name, Whole(shape, {**NETS, **STATE_NETS}[name](shape, dropout)))
    known = [*ENCODERS, *NETS, *STATE_NETS]
    raise SettingError(
        "net", f"no net {name!r}", f"one of {', '.join(known)}", "Choose one of these."
    )


def _checked(name: str, net: Whole) -> Whole:
    """Refuse a net whose answers have another shape than the targets ask for."""
    shape = net.shape
    given = torch.zeros(2, shape.channels, shape.time), torch.zeros(2, len(shape.features))
    try:
        with torch.no_grad():
            said = net.eval().inner(*given)
    except RuntimeError as error:
        raise SettingError(
            "net", f"{name} for windows of {shape.time} samples ({error})",
            "a net that such windows fit into", "Choose another one, or longer windows.",
        ) from error  # fmt: skip
    net.train()
    for target in shape.classes:
        found, wanted = tuple(said[target].shape[1:]), shape.answer(target)
        if found != wanted:
            raise SettingError(
                "net", f"{name}, which answers {target} by {found} numbers a window", f"{wanted}",
                f"Choose one of {', '.join(STATE_NETS if shape.steps else [*ENCODERS, *NETS])}.",
            )  # fmt: skip
    return net


__all__ = [
    "ENCODERS", "NETS", "STATE_NETS", "Beside", "Judge", "Shape", "Size", "Whole", "build",
]  # fmt: skip
