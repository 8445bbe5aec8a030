"""The three as torch modules, usable without a recipe."""

import torch
from gnnrec import Batch, Edges
from gnnrec.graph.pair_sampling import UnknownPairs, popularity_weights
from gnnrec.graph.pair_scores import pair_dot
from gnnrec.graph.propagation import degrees, propagate
from torch import Generator, Tensor, nn
from torch_geometric.data import HeteroData


class PageRank(nn.Module):
    """Gasteiger et al. 2019, equation 4: Z ← (1 - α) Â Z + α H, where H are embeddings of ids; Â has no self-loops."""

    def __init__(self, num_users: int, num_items: int, channels: int, layers: int, alpha: float) -> None:
        super().__init__()
        self.user, self.item = (nn.Parameter(torch.randn(n, channels) * 0.1) for n in (num_users, num_items))
        self.layers, self.alpha = layers, alpha

    def forward(self, graph: HeteroData) -> tuple[Tensor, Tensor]:
        to_item, to_user = graph["user", "interacts", "item"], graph["item", "rev_interacts", "user"]
        user, item = home = self.user[graph["user"].node_id], self.item[graph["item"].node_id]
        for _ in range(self.layers):
            at_user = propagate(item, to_user.edge_index, len(user), "symmetric", degrees(to_user))
            at_item = propagate(user, to_item.edge_index, len(item), "symmetric", degrees(to_item))
            user, item = at_user.lerp(home[0], self.alpha), at_item.lerp(home[1], self.alpha)
        return user, item


class WeightedProduct(nn.Module):
    """He et al. 2017, equations 8 and 9: s(u, i) = Σ_d h_d p_ud q_id. The sigmoid is the loss's."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        return (user * self.weight * item).sum(-1)

    def score_all(self, user: Tensor, item: Tensor) -> Tensor:
        return user * self.weight @ item.T

    def score_pairs(self, user: Tensor, item: Tensor, edge_label_index: Tensor) -> Tensor:
        return pair_dot(user * self.weight, item, edge_label_index)


class MixedNegatives(nn.Module):
    """Yang et al. 2020: batch negatives, here drawn by popularity from all pairs, not a batch, and uniform ones."""

    def __init__(self, train: Edges, avoid: Edges, ratio: int, uniform: float) -> None:
        super().__init__()
        popular = popularity_weights(train, exponent=1.0).double()
        mixed = (1 - uniform) * popular + uniform * popular.mean()
        self.unknown, self.ratio = UnknownPairs(avoid, mixed.long().clamp(min=1)), ratio

    def forward(self, batch: Batch, generator: Generator, score: object = None) -> tuple[Tensor, Tensor]:
        users = batch.users[:, None].expand(-1, self.ratio)
        return users, self.unknown.draw_items(users, generator)
