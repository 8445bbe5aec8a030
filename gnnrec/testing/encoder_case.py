"""An encoder, the graph that it is checked on, and what it gives there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from gnnrec.contract.training import Batch
from gnnrec.testing.every_kind import global_random_state
from gnnrec.testing.toy_data import toy_graph

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch_geometric.data import HeteroData

    from gnnrec.contract.kinds import Encoder

BUILD = "gnnrec.contract.kinds.Encoder.build"

KINDS = ("user", "item")
"""What a module gives embeddings of, in this order."""


@dataclass(frozen=True)
class EncoderCase:
    """An encoder and the graph that it is checked on.

    Attributes:
        component: Its fields are checked as they are.
        graph: Whole, on CPU; nodes in order, with features of both types and reverse edges if not said otherwise.
    """

    component: Encoder
    graph: HeteroData = field(default_factory=toy_graph)

    def fresh(self) -> HeteroData:
        """A copy of the graph, so that a module that writes into it spoils no other check."""
        return self.graph.clone()

    @property
    def counts(self) -> tuple[int, int]:
        """How many users and items there are."""
        return self.graph["user"].num_nodes, self.graph["item"].num_nodes

    def build(self, seed: int = 0) -> nn.Module:
        """The module, its initial weights drawn from `seed`."""
        with global_random_state(seed):
            module: nn.Module = self.component.build(self.fresh())
        return module


def embed(module: nn.Module, graph: HeteroData) -> dict[str, Tensor]:
    """What the module gives when it is used, without dropout: user [U, D] and item [I, D]."""
    module.eval()
    with torch.no_grad():
        return dict(zip(KINDS, module(graph), strict=True))


def some_batch(graph: HeteroData) -> Batch:
    """The edges of `graph` as a batch."""
    users, items = graph["user", "interacts", "item"].edge_index
    return Batch(torch.arange(len(users)), users, items, epoch=1)
