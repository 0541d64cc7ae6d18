"""A net and boosted trees that answer as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from arsis.nets.boosted import Boosted

if TYPE_CHECKING:
    from torch import Tensor

    from arsis.nets.boosted import Size
    from arsis.nets.whole import Whole


class Beside(nn.Module):
    """The weighted geometric mean of what a net and boosted trees say.

    The net judges the waveform and the features, trees the features alone, and they are wrong
    about different windows. Trees learn from the net's draws, so what corrects its answers for
    the shares of the classes among them corrects theirs.

    Parameters
    ----------
    share
        How much the trees count: 0 = the net alone, 1 = the trees alone.
    """

    def __init__(self, net: Whole, size: Size, share: float) -> None:
        super().__init__()
        self.net, self.share, self.shape = net, share, net.shape
        self.trees = nn.ModuleDict(
            {target: Boosted(size, len(names)) for target, names in net.shape.classes.items()}
        )

    def forward(self, x: Tensor, context: Tensor) -> dict[str, Tensor]:
        """(batch, channel, time), (batch, feature) -> logits (batch, class) by target."""
        return {
            target: (1 - self.share) * said.log_softmax(1)
            + self.share * (self.trees[target](context) + self.net.offset(target)).log_softmax(1)
            for target, said in self.net(x, context).items()
        }
