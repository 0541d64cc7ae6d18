"""Gradient boosted trees as a module: read from buffers in torch, one operator in ONNX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

OPERATOR, VERSION = "ai.onnx.ml::TreeEnsembleRegressor", 3
"""What the trees become in an ONNX graph, where it is many times quicker than walking in steps."""


@dataclass(frozen=True)
class Size:
    """How many trees there are, and how large.

    Attributes
    ----------
    rounds
        Trees for each class.
    nodes
        Most nodes of a tree.
    depth
        Most steps from a root to a leaf.
    """

    rounds: int
    nodes: int
    depth: int


class Boosted(nn.Module):
    """A sum of regression trees for each class: (batch, feature) -> logits (batch, class).

    Buffers are (class x round, node), the trees of one class one after the other. Where the
    feature of a node is at most its threshold the way goes to `low`, else to `high`; where it is
    NaN, to `low` where `unknown_low` is 1. A leaf leads to itself. Until they are loaded or
    fitted, all trees are single leaves of 0.
    """

    feature: Tensor
    threshold: Tensor
    low: Tensor
    high: Tensor
    unknown_low: Tensor
    value: Tensor
    start: Tensor

    def __init__(self, size: Size, classes: int) -> None:
        super().__init__()
        self.size, self.classes = size, classes
        self._operator: dict[str, Any] = {}
        tables = (size.rounds * classes, size.nodes)
        for name in ("feature", "unknown_low"):
            self.register_buffer(name, torch.zeros(tables, dtype=torch.int32))
        for name in ("low", "high"):
            itself = torch.arange(size.nodes, dtype=torch.int32)
            self.register_buffer(name, itself.repeat(tables[0], 1))
        for name in ("threshold", "value"):
            self.register_buffer(name, torch.zeros(tables))
        self.register_buffer("start", torch.zeros(classes))

    def describe(self) -> None:
        """Note what the operator is told; before a graph is traced, when no buffer can be read."""
        columns: dict[str, list[Any]] = {}
        for row in self._nodes():
            for name, value in row.items():
                columns.setdefault(name, []).append(value)
        self._operator = {**columns, "n_targets": self.classes}

    def forward(self, context: Tensor) -> Tensor:
        """(batch, feature) as measured, NaN = unknown -> logits (batch, class)."""
        if torch.onnx.is_in_onnx_export():
            summed: Tensor = torch.onnx.ops.symbolic(
                OPERATOR, (context,), self._operator, dtype=context.dtype,
                shape=(context.shape[0], self.classes), version=VERSION,
            )  # fmt: skip
            return summed + self.start
        trees = torch.arange(len(self.value))
        node = torch.zeros(len(context), len(trees), dtype=torch.int64)
        for _ in range(self.size.depth):
            seen = context.gather(1, self.feature[trees, node].long())
            low = (seen <= self.threshold[trees, node]) | (
                seen.isnan() & (self.unknown_low[trees, node] > 0)
            )
            node = torch.where(low, self.low[trees, node], self.high[trees, node]).long()
        each = self.value[trees, node].reshape(len(context), self.classes, self.size.rounds)
        return each.sum(2) + self.start

    def _nodes(self) -> Iterator[dict[str, Any]]:
        """Yield every node that can be reached, in the operator's words."""
        names = ("feature", "threshold", "low", "high", "unknown_low", "value")
        for tree in range(len(self.value)):
            table = {name: getattr(self, name)[tree].tolist() for name in names}
            waiting = [0]
            while waiting:
                node = waiting.pop()
                low, high = table["low"][node], table["high"][node]
                leaf = low == node
                yield {
                    "nodes_treeids": tree,
                    "nodes_nodeids": node,
                    "nodes_modes": "LEAF" if leaf else "BRANCH_LEQ",
                    "nodes_featureids": table["feature"][node],
                    "nodes_values": table["threshold"][node],
                    "nodes_truenodeids": 0 if leaf else low,
                    "nodes_falsenodeids": 0 if leaf else high,
                    "nodes_missing_value_tracks_true": table["unknown_low"][node],
                }
                if leaf:
                    yield {
                        "target_treeids": tree,
                        "target_nodeids": node,
                        "target_ids": tree // self.size.rounds,
                        "target_weights": table["value"][node],
                    }
                else:
                    waiting += [high, low]
