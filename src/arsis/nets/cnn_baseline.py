"""The plain CNN that most notebooks about the Kaggle heartbeat file begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

    from arsis.nets.shape import Shape


class CnnBaseline(nn.Module):
    """Four pairs of convolutions without padding, a global maximum, two dense layers.

    Layer for layer the public 2018 baseline (CVxTz, ECG_Heartbeat_Classification), begun as its
    library begins (Glorot and Bengio 2010): 254,901 parameters for windows of one channel and five
    classes. The context is not used, and the shares that are dropped are its own.
    """

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        del dropout
        layers: list[nn.Module] = []
        width, pairs = shape.channels, ((16, 5, 0.1), (32, 3, 0.1), (32, 3, 0.1), (256, 3, 0.2))
        for number, (filters, kernel, dropped) in enumerate(pairs):
            for _ in range(2):
                layers += [nn.Conv1d(width, filters, kernel), nn.ReLU()]
                width = filters
            last = number == len(pairs) - 1
            layers += [nn.AdaptiveMaxPool1d(1) if last else nn.MaxPool1d(2), nn.Dropout(dropped)]
        self.body = nn.Sequential(
            *layers, nn.Flatten(), nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU()
        )
        self.heads = nn.ModuleDict(
            {target: nn.Linear(64, len(names)) for target, names in shape.classes.items()}
        )
        # Without batch norm it hardly begins to learn from torch's own, smaller start.
        for layer in self.modules():
            if isinstance(layer, nn.Conv1d | nn.Linear) and layer.bias is not None:
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, _context: Tensor) -> dict[str, Tensor]:
        """(batch, channel, time), (batch, feature) -> logits (batch, class) by target."""
        said = self.body(x)
        return {target: head(said) for target, head in self.heads.items()}
