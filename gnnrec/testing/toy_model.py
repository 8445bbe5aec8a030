"""The least model that learns the checkerboard, for the checks of trainers; it knows no plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import normalize, softplus

from gnnrec.graph.pair_sampling import UnknownPairs
from gnnrec.graph.propagation import propagate
from gnnrec.modelling.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch_geometric.data import HeteroData

    from gnnrec.contract.training import Batch, EmbeddedBatch
    from gnnrec.data.edges import Edges

CHANNELS, LAYERS, INIT_STD = 8, 2, 0.01
"""Initial embeddings are small, so that short training at a small learning rate is enough to turn them."""


class ToyEncoder(nn.Module):
    """LightGCN (He et al. 2020) in its least form, with mean aggregation and the sum of layers.

    Args:
        graph: Sizes are taken from it.
        generator: Draws the initial embeddings.
    """

    def __init__(self, graph: HeteroData, generator: Generator) -> None:
        super().__init__()
        for node_type in ("user", "item"):
            drawn = torch.randn(graph[node_type].num_nodes, CHANNELS, generator=generator) * INIT_STD
            self.register_parameter(node_type, nn.Parameter(drawn))

    def initial_embeddings(self, graph: HeteroData) -> dict[str, Tensor]:
        """Layer 0 of users and items, for trainers that weigh its rows: [N, D] each."""
        return {kind: self.get_parameter(kind)[graph[kind].node_id] for kind in ("user", "item")}

    def forward(self, graph: HeteroData) -> tuple[Tensor, Tensor]:
        """Embed every node: user [U, D], item [I, D]."""
        initial = self.initial_embeddings(graph)
        user, item = initial["user"], initial["item"]
        to_item, to_user = (
            graph[edge_type].edge_index
            for edge_type in (("user", "interacts", "item"), ("item", "rev_interacts", "user"))
        )
        users, items = user, item
        for _ in range(LAYERS):
            user, item = propagate(item, to_user, len(user)), propagate(user, to_item, len(item))
            users, items = users + user, items + item
        return users, items


class ToyDecoder(nn.Module):
    """The inner product."""

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        """Pairs: user [E, D], item [E, D] → [E]."""
        return (user * item).sum(-1)

    def score_all(self, user: Tensor, item: Tensor) -> Tensor:
        """All items: user [B, D], item [I, D] → [B, I]."""
        return user @ item.T


class ToyNegatives(nn.Module):
    """Two unknown items for each edge, uniformly; remembers what it was asked for.

    Args:
        known: Never drawn.
        every: See `NegativeSampler.build`.
        needs_score: See `NegativeSampler.build`.

    Attributes:
        asked: How often the negatives of each edge were asked for, int64 [S].
        without_score: How many calls came without a score.
    """

    asked: Tensor

    def __init__(self, known: Edges, *, every: str = "step", needs_score: bool = False) -> None:
        super().__init__()
        self.unknown = UnknownPairs(known)
        self.every, self.needs_score = every, needs_score
        self.register_buffer("asked", torch.zeros(len(known), dtype=torch.int64), persistent=False)
        self.without_score = 0

    def forward(
        self, batch: Batch, generator: Generator, score: Callable[[Tensor, Tensor], Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Users and items, each int64 [B, 2]."""
        self.asked[batch.edge_ids] += 1
        users = batch.users[:, None].expand(-1, 2)
        items = self.unknown.draw_items(users, generator)
        if score is None:
            self.without_score += 1
        else:
            score(users, items)
        return users, items


def toy_model(graph: HeteroData, seed: int = 0) -> Model:
    """Encoder and decoder, with initial weights from `seed`."""
    return Model(ToyEncoder(graph, Generator().manual_seed(seed)), ToyDecoder())


def pairwise_loss(positive: Tensor, negative: Tensor) -> Tensor:
    """BPR (Rendle et al. 2009): mean of softplus(negative - positive) over positive [B] and negative [B, R]."""
    return softplus(negative - positive[:, None]).mean()


def listwise_loss(scores: Tensor, positives: Tensor) -> Tensor:
    """Mean cross-entropy of positives int64 [2, P] against all items, scores [B, I]."""
    rows, items = positives
    return (scores.logsumexp(dim=1)[rows] - scores[rows, items]).mean()


def batchwise_loss(batch: EmbeddedBatch) -> Tensor:
    """Mean cross-entropy of positives against the batch's items, by cosines over a temperature of 0.5."""
    return listwise_loss(normalize(batch.user) @ normalize(batch.item).T / 0.5, batch.pairs)
