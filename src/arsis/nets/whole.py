"""A whole net as it is saved: standardised inputs, the judging net, corrected outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from arsis.nets.shape import Shape

REACH = 4.0
"""Standardised context is held within this many standard deviations."""


class Whole(nn.Module):
    """A net with all that belongs to its trained state.

    The mean and spread of the context are fitted on training windows and saved with the weights,
    so that whoever answers cannot use others. Where training saw some classes more often than
    they occur, `offset_<target>` puts that right in the answer (Saerens et al., Neural
    Computation 14, 2002); it is left out while the net learns.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, shape: Shape, inner: nn.Module) -> None:
        super().__init__()
        self.shape, self.inner = shape, inner
        self.register_buffer("centre", torch.zeros(len(shape.features)))
        self.register_buffer("spread", torch.ones(len(shape.features)))
        for target, names in shape.classes.items():
            self.register_buffer(f"offset_{target}", torch.zeros(len(names)))

    def fit(self, context: Tensor) -> None:
        """Take mean and spread from training windows: (window, feature), NaN = not measured.

        What a lead that measured nothing says does not count. A feature that every lead has gets
        one mean and spread for all of them, so that leads can change places; flags stay.
        """
        values = context.double()
        for lead in self.shape.leads:
            unknown = context[:, lead.known] == 0
            values[:, list(lead.own)] = values[:, list(lead.own)].masked_fill(
                unknown[:, None], torch.nan
            )
        owned = [lead.own for lead in self.shape.leads]
        groups = [(i,) for i in self.shape.common] + list(zip(*owned, strict=True))
        for group in groups:
            centre, spread = _moments(values[:, list(group)])
            self.centre[list(group)], self.spread[list(group)] = centre, spread
        self.centre[list(self.shape.flags)] = 0.0
        self.spread[list(self.shape.flags)] = 1.0

    def correct(self, target: str, log_ratio: Tensor) -> None:
        """Correct the logits of a target by (class,) log(true share / share in training)."""
        cast("Tensor", getattr(self, f"offset_{target}")).copy_(log_ratio)

    def standard(self, context: Tensor) -> Tensor:
        """Return standardised context, 0 where not measured: (batch, feature)."""
        scaled = (context - self.centre) / self.spread
        return torch.where(scaled.isnan(), 0.0, scaled).clamp(-REACH, REACH)

    def forward(self, x: Tensor, context: Tensor) -> dict[str, Tensor]:
        """(batch, channel, time), (batch, feature) -> logits by target.

        (batch, class), or (batch, class, step) for a target of states.
        """
        logits: Mapping[str, Tensor] = self.inner(x, self.standard(context))
        if self.training:
            return dict(logits)
        return {name: logits[name] + self.offset(name) for name in self.shape.classes}

    def offset(self, target: str) -> Tensor:
        """Return what `correct` put there: (class,), or (class, 1) for a target of states."""
        offset: Tensor = getattr(self, f"offset_{target}")
        return offset.unsqueeze(1) if target in self.shape.steps else offset


def _moments(values: Tensor) -> tuple[float, float]:
    """Return mean and standard deviation of what is not NaN; (0, 1) where there is nothing."""
    known = values[~values.isnan()]
    if not len(known):
        return 0.0, 1.0
    centre = float(known.mean())
    spread = float((known - centre).square().mean().sqrt())
    # A feature that never changes says nothing; dividing by its rounding would make it shout.
    return centre, spread if spread > 1e-6 else 1.0
