"""A net that answers every step of a window: fine steps beside a coarse view of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn import functional

from arsis.core.errors import SettingError
from arsis.nets.blocks import convolution

if TYPE_CHECKING:
    from torch import Tensor

    from arsis.nets.shape import Shape

FINE, COARSE = 36, 56
"""Channels at the pace of the answers, and at half of it."""
DILATIONS = (1, 2, 4, 8, 16)
"""Together they see 2.5 s of 25 steps a second either side: several beats."""


class Phases(nn.Module):
    """Say at each step what it is.

    Halved in time where the whole rhythm is looked at by convolutions with growing gaps (Yu and
    Koltun, Multi-Scale Context Aggregation by Dilated Convolutions, 2016), then joined with the
    fine steps again (Ronneberger et al., U-Net, 2015). About 90,000 parameters, 9 million
    multiplications for a window of 300 frames. It takes no notice of the context.
    """

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.strides = {target: _stride(shape, target) for target in shape.classes}
        stride = max(self.strides.values(), default=1)
        self.stem = convolution(shape.channels, FINE, 5, stride)
        self.fine = _Fine(FINE)
        self.down = convolution(FINE, COARSE, 3, 2)
        self.coarse = nn.Sequential(*(_Wide(COARSE, gap, dropout) for gap in DILATIONS))
        self.up = nn.Conv1d(COARSE, FINE, 1)
        self.join = _Fine(FINE)
        self.heads = nn.ModuleDict(
            {target: nn.Conv1d(FINE, len(names), 1) for target, names in shape.classes.items()}
        )

    def forward(self, x: Tensor, context: Tensor) -> dict[str, Tensor]:
        """(batch, channel, time), (batch, feature) -> logits (batch, class, step) by target."""
        del context
        fine = self.fine(self.stem(x))
        coarse = self.up(self.coarse(self.down(fine))).repeat_interleave(2, 2)
        joint = self.join(functional.relu(fine + coarse[:, :, : fine.shape[2]]))
        return {target: head(joint) for target, head in self.heads.items()}


class _Fine(nn.Module):
    """Two convolutions beside nothing at all: (batch, channel, time) -> the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = convolution(channels, channels, 3)
        self.second = nn.Sequential(
            nn.Conv1d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm1d(channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, time) -> the same."""
        return functional.relu(x + self.second(self.first(x)))


class _Wide(nn.Module):
    """A convolution with gaps and one without reach, beside nothing at all."""

    def __init__(self, channels: int, gap: int, dropout: float) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv1d(channels, channels, 3, 1, gap, gap, bias=False),
            nn.BatchNorm1d(channels),
            nn.ReLU(),
            nn.Conv1d(channels, channels, 1, bias=False),
            nn.BatchNorm1d(channels),
            nn.Dropout(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, time) -> the same."""
        return functional.relu(x + self.inner(x))


def _stride(shape: Shape, target: str) -> int:
    """Return how many frames there are for each step of a target."""
    steps = shape.steps.get(target, 0)
    if not steps or shape.time % steps:
        raise SettingError(
            "net",
            f"phases, for {target} with {steps} steps in {shape.time} frames",
            "a target of states whose steps divide the frames",
            "Choose another net.",
        )
    return shape.time // steps
