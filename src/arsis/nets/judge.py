"""The usual net: an encoder of the waveform beside a small net of the rhythm, and a joint head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

import torch
from torch import nn

from arsis.nets.blocks import CONTEXT, context_net, places

if TYPE_CHECKING:
    from torch import Tensor

    from arsis.nets.shape import Shape


class Encoder(Protocol):
    """A module (batch, channel, time) -> (batch, width, time); time may shrink."""

    width: int


class Judge(nn.Module):
    """Say what each window is, from its waveform and its context.

    The encoded waveform is pooled to its mean, its maximum and its value about the place where
    the net learns to look (at first the middle).
    """

    def __init__(self, shape: Shape, encoder: Encoder, dropout: float) -> None:
        super().__init__()
        self.encoder = cast("nn.Module", encoder)
        length = places(self.encoder, shape.channels, shape.time)
        middle = (torch.arange(length) - (length - 1) / 2) / max(1.0, length / 8)
        self.look = nn.Parameter(-0.5 * middle**2)
        self.rhythm = context_net(len(shape.features), dropout)
        self.joint = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(3 * encoder.width + CONTEXT, 64),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.heads = nn.ModuleDict(
            {target: nn.Linear(64, len(names)) for target, names in shape.classes.items()}
        )

    def forward(self, x: Tensor, context: Tensor) -> dict[str, Tensor]:
        """(batch, channel, time), (batch, feature) -> logits (batch, class) by target."""
        wave = self.encoder(x)
        looked = (wave * self.look.softmax(0)).sum(2)
        parts = [wave.mean(2), wave.amax(2), looked, self.rhythm(context)]
        joint = self.joint(torch.cat(parts, 1))
        return {target: head(joint) for target, head in self.heads.items()}
