"""UltraGCN as a module, usable without a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor
from torch.nn.functional import logsigmoid

from gnnrec.graph.sparse import PerTensor, incidence, product
from gnnrec_encoders.interactions import USER_TO_ITEM
from gnnrec_encoders.mf_module import MFModule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch_geometric.data import HeteroData

    from gnnrec.contract.training import Batch

BLOCK_CELLS = 2**23
"""Pairs of items that are compared at once: 32 MiB of float32."""

_kept = PerTensor()
"""What is the same in each step, for as long as the graph lives."""


class UltraGCNModule(MFModule):
    """Mao et al. 2021: embeddings without propagation, and a loss that asks of them what infinitely many layers would.

    The paper's loss is L_O + λ L_C + γ L_I (equation 13). L_O, without a weight, is the recipe's; this gives the rest.
    Both are means over a batch's positives where the paper sums, of inner products, whatever the recipe's decoder. The
    negatives of L_C are drawn among all items, once for all positives of a batch.

    Args:
        num_embeddings: See `NodeEmbeddings`.
        channels: D.
        init_std: See `NodeEmbeddings`.
        constraint: Weight of L_C, λ.
        negatives: R, drawn for L_C.
        negative_weight: Weight of the mean over these negatives, in L_C.
        item_constraint: Weight of L_I, γ.
        neighbours: Items that an item is compared with at the most, K.
    """

    def __init__(
        self,
        num_embeddings: Mapping[str, int],
        channels: int,
        init_std: float,
        *,
        constraint: float,
        negatives: int,
        negative_weight: float,
        item_constraint: float,
        neighbours: int,
    ) -> None:
        super().__init__({}, num_embeddings, channels, init_std)
        self.constraint, self.negatives, self.negative_weight = constraint, negatives, negative_weight
        self.item_constraint, self.neighbours = item_constraint, neighbours

    def auxiliary_loss(self, graph: HeteroData, batch: Batch, generator: Generator) -> Tensor:
        """λ L_C + γ L_I over a batch's positives: a scalar.

        Args:
            graph: Whole; its interactions say what is asked of embeddings.
            batch: Its `users` and `items` are rows of `graph`.
            generator: Draws negatives; on the graph's device.
        """
        tables = self.initial_embeddings(graph)
        user, item = tables["user"][batch.users], tables["item"]  # [B, D], [I, D]
        drawn = torch.randint(len(item), (self.negatives,), generator=generator, device=item.device)
        weight = user_item_weights(graph)
        kept = weight[0][batch.users] * weight[1][batch.items] * logsigmoid((user * item[batch.items]).sum(1))  # [B]
        refused = torch.outer(weight[0][batch.users], weight[1][drawn]) * logsigmoid(-user @ item[drawn].T)  # [B, R]
        loss = -self.constraint * (kept.mean() + self.negative_weight * refused.mean())
        near, alike = (each[batch.items] for each in nearest_items(graph, self.neighbours))  # [B, K]
        shared = alike * logsigmoid(torch.einsum("bd,bkd->bk", user, item[near]))
        return loss - self.item_constraint * shared.sum(1).mean()


def user_item_weights(graph: HeteroData) -> tuple[Tensor, Tensor]:
    """Equation 6, β_ui = 1 / d_u sqrt((d_u + 1) / (d_i + 1)), as two factors: of users [U], of items [I].

    Kept while the graph lives.
    """
    edge_index = graph[USER_TO_ITEM].edge_index
    sizes = graph["user"].num_nodes, graph["item"].num_nodes

    def weights() -> tuple[Tensor, Tensor]:
        of_user, of_item = (
            torch.bincount(ends, minlength=size).float() for ends, size in zip(edge_index, sizes, strict=True)
        )
        return (of_user + 1).sqrt() / of_user.clamp(min=1), (of_item + 1).rsqrt()

    made: tuple[Tensor, Tensor] = _kept.get(edge_index, ("weights", sizes), weights)
    return made


def nearest_items(graph: HeteroData, count: int) -> tuple[Tensor, Tensor]:
    """The items that an item is taken together with the most, and how much each counts; kept while the graph lives.

    Equation 11, with G_ij the users of both i and j and g_i = Σ_j G_ij: ω_ij = G_ij / (g_i - G_ii) sqrt(g_i / g_j). An
    item is none of its own; 0 where there are fewer.

    Returns:
        Items int64 [I, K] and their ω, float32 [I, K].
    """
    edge_index = graph[USER_TO_ITEM].edge_index
    sizes = graph["user"].num_nodes, graph["item"].num_nodes

    def nearest() -> tuple[Tensor, Tensor]:
        found = _nearest_of(edge_index.cpu(), sizes, min(count, sizes[1]))
        return found[0].to(edge_index.device), found[1].to(edge_index.device)

    made: tuple[Tensor, Tensor] = _kept.get(edge_index, (count, sizes), nearest)
    return made


def _nearest_of(edge_index: Tensor, sizes: tuple[int, int], count: int) -> tuple[Tensor, Tensor]:
    num_users, num_items = sizes
    users, items = torch.unique(edge_index, dim=1)
    by_item = incidence(items, users, (num_items, num_users))
    degree = torch.bincount(items, minlength=num_items).float()
    total = product(by_item, torch.bincount(users, minlength=num_users).float()[:, None]).flatten()  # g
    scale = total.sqrt() / (total - degree).clamp(min=1)
    chosen, weights = [], []
    for block in torch.split(torch.arange(num_items), max(1, BLOCK_CELLS // max(num_items, num_users))):
        known = torch.zeros(num_users, len(block))
        inside = (items >= block[0]) & (items <= block[-1])
        known[users[inside], items[inside] - block[0]] = 1.0
        weight = product(by_item, known).T * scale[block, None] * total.clamp(min=1).rsqrt()  # [b, I]
        weight[torch.arange(len(block)), block] = 0.0
        top = weight.topk(count)
        chosen.append(top.indices)
        weights.append(top.values)
    return torch.cat(chosen), torch.cat(weights)
