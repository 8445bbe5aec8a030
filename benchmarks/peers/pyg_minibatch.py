"""Hetero GraphSAGE on MovieLens in mini-batches, as torch_geometric's tutorial on link prediction has it."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import torch
from sklearn.metrics import roc_auc_score
from torch.nn.functional import binary_cross_entropy_with_logits
from torch_geometric.loader import LinkNeighborLoader
from torch_geometric.typing import WITH_PYG_LIB, WITH_TORCH_SPARSE

from benchmarks.peers.pyg_sage import RATED, SageModel, scores_of, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import Tensor
    from torch_geometric.data import HeteroData

FAN_OUT, BATCH, NEGATIVES = [20, 10], 128, 2

SAMPLES = WITH_PYG_LIB or WITH_TORCH_SPARSE
"""Whether torch_geometric can sample neighbourhoods: it has no sampler of its own."""


class PygMinibatch:
    """The model with its data, ready to train; where nothing samples, each step propagates over the whole graph.

    Args:
        rated: Users and movies, int64 [2, E].
        genres: float32 [I, G].
        num_users: U.
        seed: Of split, negatives and weights.
    """

    def __init__(self, rated: Tensor, genres: Tensor, num_users: int, seed: int) -> None:
        torch.manual_seed(seed)
        self.train_data, self.val_data, _ = split(rated, genres, num_users, train_negatives=False)
        self.model = SageModel(self.train_data)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.001)
        self._batches: Iterable[HeteroData] = self._sampled() if SAMPLES else _Whole(self.train_data)

    def epoch(self) -> float:
        """Train one epoch, and return the AUC of validation."""
        self.model.train()
        for batch in self._batches:
            self.optimizer.zero_grad()
            loss = binary_cross_entropy_with_logits(self.model(batch), batch[RATED].edge_label)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
        return float(roc_auc_score(self.val_data[RATED].edge_label, scores_of(self.model, self.val_data)))

    def _sampled(self) -> Iterable[HeteroData]:
        edges = self.train_data[RATED]
        loader: Iterable[HeteroData] = LinkNeighborLoader(
            data=self.train_data,
            num_neighbors=FAN_OUT,
            neg_sampling_ratio=float(NEGATIVES),
            edge_label_index=(RATED, edges.edge_label_index),
            edge_label=edges.edge_label,
            batch_size=BATCH,
            shuffle=True,
        )
        return loader


class _Whole:
    """Batches of pairs, with negatives drawn as the loader draws them, over the whole graph."""

    def __init__(self, data: HeteroData) -> None:
        self._data = data

    def __iter__(self) -> Iterator[HeteroData]:
        positives = self._data[RATED].edge_label_index
        for rows in torch.split(torch.randperm(positives.size(1)), BATCH):
            shape = (NEGATIVES * len(rows),)
            negatives = torch.stack([torch.randint(self._data[kind].num_nodes, shape) for kind in ("user", "movie")])
            batch = copy(self._data)
            batch[RATED].edge_label_index = torch.cat([positives[:, rows], negatives], dim=1)
            batch[RATED].edge_label = torch.cat([torch.ones(len(rows)), torch.zeros(shape)])
            yield batch
