"""A compact residual encoder: about 35,000 parameters, quick on one core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from arsis.nets.blocks import Residual, convolution

if TYPE_CHECKING:
    from torch import Tensor


class Small(nn.Module):
    """A strided convolution and three residual blocks.

    (batch, channel, time) -> (batch, 48, time / 16)
    """

    width = 48

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, 24, 7, 2),
            Residual(24, 32, 5, 2),
            Residual(32, 40, 3, 2),
            Residual(40, 48, 3, 2),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, time) -> (batch, 48, time / 16)."""
        out: Tensor = self.body(x)
        return out
