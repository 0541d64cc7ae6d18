"""A whole net as it is saved: standardised inputs, the judging net, corrected outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from arsis.nets.shape import Shape

REACH = 8.0
"""Standardised context is held within this many standard deviations."""


class Whole(nn.Module):
    """A net with all that belongs to its trained state.

    The mean and spread of the context are fitted on training windows and saved with the weights,
    so that whoever answers cannot use others. Where training saw some classes more often than
    they occur, `offset.<target>` puts that right in the answer (Saerens et al., Neural
    Computation 14, 2002); it is zero while the net learns.
    """

    def __init__(self, shape: Shape, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.targets = tuple(shape.classes)
        self.register_buffer("centre", torch.zeros(len(shape.features)))
        self.register_buffer("spread", torch.ones(len(shape.features)))
        for target, names in shape.classes.items():
            self.register_buffer(f"offset_{target}", torch.zeros(len(names)))

    def fit(self, context: Tensor) -> None:
        """Take mean and spread from training windows: (window, feature), NaN = not measured."""
        known = ~context.isnan()
        count = known.sum(0).clamp(min=1)
        centre = torch.where(known, context, 0.0).double().sum(0) / count
        squares = torch.where(known, context - centre, 0.0).double().square().sum(0) / count
        spread = squares.sqrt()
        self.centre = centre.float()
        # A feature that never changes says nothing; dividing by its rounding would make it shout.
        self.spread = torch.where(spread > 1e-6, spread, torch.ones_like(spread)).float()

    def offset(self, target: str, log_ratio: Tensor) -> None:
        """Correct the logits of a target by (class,) log(true share / share in training)."""
        cast("Tensor", getattr(self, f"offset_{target}")).copy_(log_ratio)

    def standard(self, context: Tensor) -> Tensor:
        """Return standardised context, 0 where not measured: (batch, feature)."""
        scaled = (context - self.centre) / self.spread
        return torch.where(scaled.isnan(), 0.0, scaled).clamp(-REACH, REACH)

    def forward(self, x: Tensor, context: Tensor) -> dict[str, Tensor]:
        """(batch, channel, time), (batch, feature) -> logits (batch, class) by target."""
        logits: Mapping[str, Tensor] = self.inner(x, self.standard(context))
        if self.training:
            return dict(logits)
        return {name: logits[name] + getattr(self, f"offset_{name}") for name in self.targets}
