"""The building stones that encoders share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Return convolution, batch norm and ReLU.

    (batch, inputs, time) -> (batch, outputs, time / stride)
    """
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm1d(outputs),
        nn.ReLU(),
    )


class Residual(nn.Module):
    """Two convolutions beside a short cut.

    (batch, inputs, time) -> (batch, outputs, time / stride);
    He et al., Deep Residual Learning for Image Recognition, 2016, in one dimension.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.first = convolution(inputs, outputs, kernel, stride)
        self.second = nn.Sequential(
            nn.Conv1d(outputs, outputs, kernel, 1, kernel // 2, bias=False),
            nn.BatchNorm1d(outputs),
        )
        # One output per `stride` samples needs the same grid as the strided convolution beside it.
        self.short = nn.Sequential(
            nn.Conv1d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm1d(outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, time) -> (batch, outputs, time / stride)."""
        out: Tensor = self.second(self.first(x)) + self.short(x)
        return functional.relu(out)


def places(encoder: nn.Module, channels: int, time: int) -> int:
    """Return how many places an encoder leaves of `time` samples."""
    learning = encoder.training
    with torch.no_grad():
        encoded: Tensor = encoder.eval()(torch.zeros(1, channels, time))
    encoder.train(learning)
    return encoded.shape[-1]


CONTEXT = 32
"""Width of what `context_net` makes of a window's features."""


def context_net(features: int, dropout: float) -> nn.Sequential:
    """Return the small net beside every encoder: (batch, feature) -> (batch, CONTEXT)."""
    return nn.Sequential(
        nn.Linear(features, 64), nn.ReLU(), nn.Dropout(dropout), nn.Linear(64, CONTEXT), nn.ReLU()
    )
