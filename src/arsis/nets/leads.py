"""One encoder for every lead: leads share its weights, so any one of them is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from arsis.core.errors import SettingError
from arsis.nets.blocks import places
from arsis.nets.plain import Plain

if TYPE_CHECKING:
    from torch import Tensor

    from arsis.nets.shape import Shape

REACH = 4.0
"""Windows are held within this many heights of the QRS."""


class Leads(nn.Module):
    """Judge each lead by itself, then take the mean and maximum over those that measured.

    Which lead comes first, and how many there are, does not matter to it.
    """

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        if not shape.leads:
            raise SettingError(
                "net", "leads, for a task whose features name no leads",
                "features lead1_known, ...", "Choose another net.",
            )  # fmt: skip
        self.leads = shape.leads
        self.planes = shape.channels // len(shape.leads)
        self.common = list(shape.common)
        self.encoder = Plain(self.planes)
        length = places(self.encoder, self.planes, shape.time)
        self.reduce = nn.Sequential(
            nn.Flatten(), nn.Dropout(dropout), nn.Linear(self.encoder.width * length, 40), nn.ReLU()
        )
        self.describe = nn.Sequential(nn.Linear(40 + len(shape.leads[0].own), 48), nn.ReLU())
        self.rhythm = nn.Sequential(
            nn.Linear(len(self.common), 64),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(64, 32),
            nn.ReLU(),
        )
        self.joint = nn.Sequential(nn.Linear(2 * 48 + 32, 64), nn.ReLU(), nn.Dropout(dropout))
        self.heads = nn.ModuleDict(
            {target: nn.Linear(64, len(names)) for target, names in shape.classes.items()}
        )

    def forward(self, x: Tensor, context: Tensor) -> dict[str, Tensor]:
        """(batch, channel, time), (batch, feature) -> logits (batch, class) by target."""
        count = len(self.leads)
        wave = x.clamp(-REACH, REACH).reshape(-1, self.planes, x.shape[2])
        own = torch.stack([context[:, list(lead.own)] for lead in self.leads], 1)
        known = torch.stack([context[:, lead.known] for lead in self.leads], 1).unsqueeze(2)
        one = self.describe(torch.cat([self.reduce(self.encoder(wave)), own.flatten(0, 1)], 1))
        # After a ReLU nothing is below 0, so a lead set to 0 is never the maximum of known ones.
        every = one.reshape(-1, count, one.shape[1]) * known
        mean = every.sum(1) / known.sum(1).clamp(min=1.0)
        parts = [mean, every.amax(1), self.rhythm(context[:, self.common])]
        joint = self.joint(torch.cat(parts, 1))
        return {target: head(joint) for target, head in self.heads.items()}
