"""Hetero GraphSAGE on MovieLens as one writes it with torch_geometric alone; one epoch at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch_geometric.data import HeteroData
from torch_geometric.nn import SAGEConv, to_hetero
from torch_geometric.transforms import RandomLinkSplit, ToUndirected

if TYPE_CHECKING:
    from gnnrec.data.features import FeatureBlock
    from gnnrec.data.interactions import Interactions

CHANNELS = 64
RATED = ("user", "rates", "movie")


class _GNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = SAGEConv(CHANNELS, CHANNELS)
        self.conv2 = SAGEConv(CHANNELS, CHANNELS)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        hidden: Tensor = self.conv1(x, edge_index).relu()
        out: Tensor = self.conv2(hidden, edge_index)
        return out


class _Model(nn.Module):
    def __init__(self, data: HeteroData) -> None:
        super().__init__()
        self.movie_lin = nn.Linear(data["movie"].x.size(1), CHANNELS)
        self.user_emb = nn.Embedding(data["user"].num_nodes, CHANNELS)
        self.movie_emb = nn.Embedding(data["movie"].num_nodes, CHANNELS)
        self.gnn = to_hetero(_GNN(), metadata=data.metadata())

    def forward(self, data: HeteroData) -> Tensor:
        x = {
            "user": self.user_emb(data["user"].node_id),
            "movie": self.movie_lin(data["movie"].x) + self.movie_emb(data["movie"].node_id),
        }
        x = self.gnn(x, data.edge_index_dict)
        users, movies = data[RATED].edge_label_index
        scores: Tensor = (x["user"][users] * x["movie"][movies]).sum(dim=-1)
        return scores


class PygSage:
    """The whole program, set up and ready to train.

    Args:
        interactions: MovieLens.
        genres: Features of the movies.
        seed: Of split, negatives and weights.
    """

    def __init__(self, interactions: Interactions, genres: FeatureBlock, seed: int) -> None:
        torch.manual_seed(seed)
        edges = interactions.edges
        data = HeteroData()
        data["user"].node_id = torch.arange(edges.num_users)
        data["movie"].node_id = torch.arange(edges.num_items)
        data["movie"].x = torch.from_numpy(genres.values)
        data[RATED].edge_index = torch.stack([torch.from_numpy(edges.users), torch.from_numpy(edges.items)])
        split = RandomLinkSplit(
            num_val=0.1,
            num_test=0.1,
            disjoint_train_ratio=0.3,
            neg_sampling_ratio=2.0,
            add_negative_train_samples=True,
            edge_types=RATED,
            rev_edge_types=("movie", "rev_rates", "user"),
        )
        self.train_data, self.val_data, _ = split(ToUndirected()(data))
        self.model = _Model(self.train_data)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.002)

    def epoch(self) -> float:
        """Train one epoch, validate, and return the validation loss."""
        self.model.train()
        self.optimizer.zero_grad()
        loss = binary_cross_entropy_with_logits(self.model(self.train_data), self.train_data[RATED].edge_label)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.model.eval()
        with torch.no_grad():
            scores = self.model(self.val_data)
            return float(binary_cross_entropy_with_logits(scores, self.val_data[RATED].edge_label))
