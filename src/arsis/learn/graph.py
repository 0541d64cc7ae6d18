"""A net as an ONNX graph of one batch shape, without a trace of the machine that made it."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from arsis.core.errors import BundleError
from arsis.infer.bundle import BATCH
from arsis.nets.boosted import Boosted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from arsis.nets import Shape


class Tuple(nn.Module):
    """A net whose answers are a tuple in the order of the targets, as an ONNX graph has them."""

    def __init__(self, net: nn.Module, targets: Sequence[str]) -> None:
        super().__init__()
        self.net, self.targets = net, tuple(targets)

    def forward(self, x: Tensor, context: Tensor) -> tuple[Tensor, ...]:
        """(batch, channel, time), (batch, feature) -> (batch, class) of each target."""
        answers = self.net(x, context)
        return tuple(answers[target] for target in self.targets)


def to_onnx(net: nn.Module, shape: Shape) -> bytes:
    """Return a net as an ONNX graph for `BATCH` windows: x and context in, each target out.

    Raises
    ------
    BundleError
        If the net cannot be traced.
    """
    given = (
        torch.zeros(BATCH, shape.channels, shape.time),
        torch.zeros(BATCH, len(shape.features)),
    )
    for part in net.modules():
        if isinstance(part, Boosted):
            part.describe()
    with _silence():
        program = torch.onnx.export(
            Tuple(net, list(shape.classes)).eval(),
            given,
            input_names=["x", "context"],
            output_names=list(shape.classes),
            dynamo=True,
            verbose=False,
            external_data=False,
        )
    if program is None:
        raise BundleError("net", "no ONNX graph", "a net that can be traced", "See its forward.")
    model = program.model_proto
    _forget_origin(model)
    graph: bytes = model.SerializeToString(deterministic=True)
    return graph


def _forget_origin(model: Any) -> None:
    """Take out where on somebody's machine each node was traced."""
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (
        *model.graph.input,
        *model.graph.output,
        *model.graph.value_info,
        *model.graph.initializer,
    ):
        del value.metadata_props[:]
        value.doc_string = ""
    del model.graph.metadata_props[:], model.metadata_props[:]
    del model.graph.value_info[:]
    model.doc_string = model.graph.doc_string = ""


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep the exporter's chatter off the screen: it logs, warns and prints, all harmless."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
