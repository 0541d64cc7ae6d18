"""A plain convolutional encoder: four strided convolutions, the smallest and quickest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from arsis.nets.blocks import convolution

if TYPE_CHECKING:
    from torch import Tensor


class Plain(nn.Module):
    """Four strided convolutions: (batch, channel, time) -> (batch, 32, time / 16)."""

    width = 32

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, 24, 7, 2),
            convolution(24, 24, 5, 2),
            convolution(24, 32, 5, 2),
            convolution(32, 32, 3, 2),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, time) -> (batch, 32, time / 16)."""
        out: Tensor = self.body(x)
        return out
