"""Residual convolutions for one window of one beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

    from arsis.nets.shape import Shape

WIDTHS = (32, 64, 96)
KERNEL = 5


class Block(nn.Module):
    """Two convolutions beside a short cut: (batch, inputs, 1, time) -> (batch, outputs, 1, ...).

    He et al., Deep Residual Learning for Image Recognition, 2016.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _convolution(inputs, outputs, stride), nn.ReLU(), _convolution(outputs, outputs, 1)
        )
        same = stride == 1 and inputs == outputs
        self.short = nn.Identity() if same else nn.Sequential(
            nn.AvgPool2d((1, stride), ceil_mode=True) if stride > 1 else nn.Identity(),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, 1, time) -> (batch, outputs, 1, time / stride)."""
        return functional.relu(self.body(x) + self.short(x))


class Residual(nn.Module):
    """A stem and three pairs of residual blocks, pooled to mean and maximum, beside the context.

    Convolutions in one dimension are written in two: with the channels last in memory the
    processor's bfloat16 is then twice as quick.
    """

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        width = WIDTHS[0]
        layers: list[nn.Module] = [_convolution(shape.channels, width, 1), nn.ReLU()]
        for outputs in WIDTHS:
            layers += [Block(width, outputs, 2), Block(outputs, outputs, 1)]
            width = outputs
        self.body = nn.Sequential(*layers)
        self.joint = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(2 * width + len(shape.features), 64), nn.ReLU(),
            nn.Dropout(dropout),
        )  # fmt: skip
        self.heads = nn.ModuleDict(
            {target: nn.Linear(64, len(names)) for target, names in shape.classes.items()}
        )
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, x: Tensor, context: Tensor) -> dict[str, Tensor]:
        """(batch, channel, time), (batch, feature) -> logits (batch, class) by target."""
        wave = self.body(x.unsqueeze(2).contiguous(memory_format=torch.channels_last)).squeeze(2)
        joint = self.joint(torch.cat([wave.mean(2), wave.amax(2), context], 1))
        return {target: head(joint) for target, head in self.heads.items()}


def _convolution(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, (1, KERNEL), (1, stride), (0, KERNEL // 2), bias=False),
        nn.BatchNorm2d(outputs),
    )
