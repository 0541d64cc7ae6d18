"""A short CNN under an LSTM, as one of the systems that inspired arsis has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

    from arsis.nets.shape import Shape


class CnnLstm(nn.Module):
    """Two convolutions, an LSTM of 32 over what they leave of the time, and a dense layer.

    The layers and the shares dropped are the original's, except that its recurrent dropout (0.2)
    has no counterpart in torch's LSTM and its penalty on the dense layer is the optimiser's
    weight decay. The context is not used.
    """

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        del dropout
        self.body = nn.Sequential(
            nn.Conv1d(shape.channels, 32, 3), nn.ReLU(), nn.BatchNorm1d(32), nn.MaxPool1d(2),
            nn.Dropout(0.3), nn.Conv1d(32, 64, 3), nn.ReLU(), nn.MaxPool1d(2), nn.Dropout(0.4),
        )  # fmt: skip
        self.memory = nn.LSTM(64, 32, batch_first=True)
        self.dense = nn.Sequential(nn.Dropout(0.3), nn.Linear(32, 32), nn.ReLU(), nn.Dropout(0.3))
        self.heads = nn.ModuleDict(
            {target: nn.Linear(32, len(names)) for target, names in shape.classes.items()}
        )
        self._begin()

    def _begin(self) -> None:
        """Begin as the original's library does, whose LSTM remembers at first.

        It has to: what it answers from stands behind the padding of a short beat.
        """
        for layer in self.modules():
            if isinstance(layer, nn.Conv1d | nn.Linear) and layer.bias is not None:
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)
        width = self.memory.hidden_size
        parts = dict(self.memory.named_parameters())
        nn.init.xavier_uniform_(parts["weight_ih_l0"])
        nn.init.orthogonal_(parts["weight_hh_l0"])
        nn.init.zeros_(parts["bias_hh_l0"])
        nn.init.zeros_(parts["bias_ih_l0"])
        nn.init.ones_(parts["bias_ih_l0"][width : 2 * width])  # the gate that forgets

    def forward(self, x: Tensor, _context: Tensor) -> dict[str, Tensor]:
        """(batch, channel, time), (batch, feature) -> logits (batch, class) by target."""
        steps = self.body(x).transpose(1, 2)
        said = self.dense(self.memory(steps)[0][:, -1])
        return {target: head(said) for target, head in self.heads.items()}
