"""Hetero GraphSAGE on MovieLens as one writes it with torch_geometric alone.

    python -m benchmarks.peers.pyg_sage ml-latest-small.zip [--epochs 100]

is the whole program: it reads the archive, trains, takes the best epoch by validation loss, and prints the test AUC.
"""

from __future__ import annotations

import argparse
from copy import deepcopy
from zipfile import ZipFile

import pandas as pd
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch_geometric.data import HeteroData
from torch_geometric.nn import SAGEConv, to_hetero
from torch_geometric.transforms import RandomLinkSplit, ToUndirected

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


class SageModel(nn.Module):
    """Scores pairs of users and movies.

    Args:
        data: A graph with `node_id` of both, and `x` of movies.
    """

    def __init__(self, data: HeteroData) -> None:
        super().__init__()
        self.movie_lin = nn.Linear(data["movie"].x.size(1), CHANNELS)
        self.user_emb = nn.Embedding(data["user"].num_nodes, CHANNELS)
        self.movie_emb = nn.Embedding(data["movie"].num_nodes, CHANNELS)
        self.gnn = to_hetero(_GNN(), metadata=data.metadata())

    def forward(self, data: HeteroData) -> Tensor:
        """The scores of the pairs that `data` asks about: float32 [P]."""
        x = {
            "user": self.user_emb(data["user"].node_id),
            "movie": self.movie_lin(data["movie"].x) + self.movie_emb(data["movie"].node_id),
        }
        x = self.gnn(x, data.edge_index_dict)
        users, movies = data[RATED].edge_label_index
        scores: Tensor = (x["user"][users] * x["movie"][movies]).sum(dim=-1)
        return scores


def split(
    rated: Tensor, genres: Tensor, num_users: int, *, train_negatives: bool
) -> tuple[HeteroData, HeteroData, HeteroData]:
    """The graphs of training, validation and test, with negatives in the last two, and in training if wanted."""
    data = HeteroData()
    data["user"].node_id = torch.arange(num_users)
    data["movie"].node_id = torch.arange(len(genres))
    data["movie"].x = genres
    data[RATED].edge_index = rated
    parts: tuple[HeteroData, HeteroData, HeteroData] = RandomLinkSplit(
        num_val=0.1,
        num_test=0.1,
        disjoint_train_ratio=0.3,
        neg_sampling_ratio=2.0,
        add_negative_train_samples=train_negatives,
        edge_types=RATED,
        rev_edge_types=("movie", "rev_rates", "user"),
    )(ToUndirected()(data))
    return parts


class PygSage:
    """The model with its data, ready to train.

    Args:
        rated: Users and movies, int64 [2, E].
        genres: float32 [I, G].
        num_users: U.
        seed: Of split, negatives and weights.
    """

    def __init__(self, rated: Tensor, genres: Tensor, num_users: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.train_data, self.val_data, self.test_data = split(rated, genres, num_users, train_negatives=True)
        self.model = SageModel(self.train_data)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.002)

    def epoch(self) -> float:
        """Train one epoch, validate, and return the validation loss."""
        self.model.train()
        self.optimizer.zero_grad()
        loss = binary_cross_entropy_with_logits(self.model(self.train_data), self.train_data[RATED].edge_label)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return float(
            binary_cross_entropy_with_logits(scores_of(self.model, self.val_data), self.val_data[RATED].edge_label)
        )

    def test_auc(self) -> float:
        """Of the model as it is."""
        return float(roc_auc_score(self.test_data[RATED].edge_label, scores_of(self.model, self.test_data)))


def scores_of(model: SageModel, data: HeteroData) -> Tensor:
    """Of the pairs that a part asks about, without gradients: float32 [P]."""
    model.eval()
    with torch.no_grad():
        scores: Tensor = model(data)
    return scores


def read(archive: str) -> tuple[Tensor, Tensor, int]:
    """Users and movies int64 [2, E], genres float32 [I, G], and how many users there are."""
    with ZipFile(archive) as files:
        ratings, movies = (
            pd.read_csv(files.open(next(name for name in files.namelist() if name.endswith(f"/{table}.csv"))))
            for table in ("ratings", "movies")
        )
    genres = torch.tensor(movies["genres"].str.get_dummies("|").to_numpy("float32"))
    users, names = pd.factorize(ratings["userId"])
    places = pd.Series(range(len(movies)), movies["movieId"])
    rated = torch.stack([torch.from_numpy(users), torch.from_numpy(places[ratings["movieId"]].to_numpy())])
    return rated, genres, len(names)


def main() -> None:
    """Train, and print the test AUC of the best epoch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("--epochs", type=int, default=100)
    arguments = parser.parse_args()
    program = PygSage(*read(arguments.archive), seed=42)
    best, weights = float("inf"), program.model.state_dict()
    for _ in range(arguments.epochs):
        loss = program.epoch()
        if loss < best:
            best, weights = loss, deepcopy(program.model.state_dict())
    program.model.load_state_dict(weights)
    print(program.test_auc())


if __name__ == "__main__":
    main()
