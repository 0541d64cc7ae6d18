"""A spectrogram in, heart rate and its variability out: the net that others published, mended.

Theirs had a head that could die (ReLU), targets of sizes a million apart, and answered the mean.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

FREQUENCIES, SEGMENTS = 129, 38
WIDTHS = (16, 32, 64, 64)
HIDDEN = 128
DROPOUT = 0.3
HALVINGS = 2 ** len(WIDTHS)
FIRST_STRIDE = (2, 1)
"""Pitches of 4 Hz are closer than the lobe of the window that they were seen through."""


class TwoHeads(nn.Module):
    """Four convolutions, each halving time and pitch, and one positive number for each head.

    Inputs and outputs are scaled by what `fit` was shown, so all sizes are near 1 inside.
    """

    mean: Tensor
    spread: Tensor
    usual: Tensor

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, behind in zip((1, *WIDTHS[:-1]), WIDTHS, strict=True):
            stride = 1 if layers else FIRST_STRIDE
            layers += [
                nn.Conv2d(before, behind, 3, stride, padding=1, bias=False),
                nn.BatchNorm2d(behind),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
        pitches = -(-FREQUENCIES // FIRST_STRIDE[0])
        held = WIDTHS[-1] * (pitches // HALVINGS) * (SEGMENTS // HALVINGS)
        self.body = nn.Sequential(
            *layers, nn.Flatten(), nn.Linear(held, HIDDEN), nn.ReLU(), nn.Dropout(DROPOUT)
        )
        self.heads = nn.Linear(HIDDEN, 2)
        self.register_buffer("mean", torch.zeros(FREQUENCIES, 1))
        self.register_buffer("spread", torch.ones(FREQUENCIES, 1))
        self.register_buffer("usual", torch.ones(2))
        # Softplus of this is 1: the untrained net answers what is usual.
        nn.init.constant_(self.heads.bias, math.log(math.e - 1))
        nn.init.normal_(self.heads.weight, std=0.01)

    def fit(self, loud: Tensor, target: Tensor) -> None:
        """Take the scales from training windows: (window, 129, 38), (window, 2)."""
        level = _levelled(loud)
        self.mean = level.mean((0, 2), keepdim=False)[:, None]
        self.spread = level.std((0, 2)).clamp_min(1e-3)[:, None]
        self.usual = target.nanmean(0)

    def forward(self, loud: Tensor) -> Tensor:
        """(batch, 129, 38) logarithm of power -> (batch, 2) heart rate and SDNN, always > 0."""
        x = (_levelled(loud) - self.mean) / self.spread
        positive: Tensor = nn.functional.softplus(self.heads(self.body(x[:, None]))) * self.usual
        return positive


def _levelled(loud: Tensor) -> Tensor:
    """Take out how loud the window is as a whole: a stethoscope's gain says nothing."""
    return loud - loud.mean((1, 2), keepdim=True)
