"""One encoder that sees all leads at once, beside a small net of everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from arsis.nets.blocks import CONTEXT, context_net, places
from arsis.nets.plain import Plain

if TYPE_CHECKING:
    from torch import Tensor

    from arsis.nets.shape import Shape

REACH = 4.0
"""Windows are held within this many heights of the QRS."""


class Joint(nn.Module):
    """Strided convolutions over all channels, kept with their places, beside the whole context.

    About 40,000 parameters: with few patients to learn from, more of them remember patients.
    """

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.encoder = Plain(shape.channels)
        length = places(self.encoder, shape.channels, shape.time)
        self.reduce = nn.Sequential(
            nn.Flatten(), nn.Dropout(dropout), nn.Linear(self.encoder.width * length, 48), nn.ReLU()
        )
        self.rhythm = context_net(len(shape.features), dropout)
        self.joint = nn.Sequential(nn.Linear(48 + CONTEXT, 64), nn.ReLU(), nn.Dropout(dropout))
        self.heads = nn.ModuleDict(
            {target: nn.Linear(64, len(names)) for target, names in shape.classes.items()}
        )

    def forward(self, x: Tensor, context: Tensor) -> dict[str, Tensor]:
        """(batch, channel, time), (batch, feature) -> logits (batch, class) by target."""
        wave = self.reduce(self.encoder(x.clamp(-REACH, REACH)))
        joint = self.joint(torch.cat([wave, self.rhythm(context)], 1))
        return {target: head(joint) for target, head in self.heads.items()}
