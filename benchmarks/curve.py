"""Learning curves of LightGCN on MovieLens latest-small (bpr, 3 layers, 64 channels, batches of 2,048), over seeds.

gnnrec trains a recipe; the peer goes by the public implementation's arithmetic, over one matrix of all nodes, with
verified negatives of its own. Both start from weights of the same distribution and are judged by one evaluation, val
recall@20 after each epoch. The two agree where their means lie as near as seeds of one of them do.
"""

from __future__ import annotations

import tempfile
from statistics import mean
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from typing_extensions import override

import gnnrec
from benchmarks.harness import OURS, Measurement
from benchmarks.lightgcn import CHANNELS, L2, LAYERS, LEARNING_RATE, PEER
from benchmarks.peers.lightgcn import LightGCN
from benchmarks.training import BPR
from gnnrec.evaluation.evaluator import Evaluator
from gnnrec.modelling.scoring import Scoring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from gnnrec import Edges, Recipe, Split

SEEDS, QUICK_SEEDS = 3, 1

EPOCHS, QUICK_EPOCHS = 50, 4

LOOKED_AT = (0.2, 0.5, 1.0)
"""Of all epochs, after which shares a row tells how far both are."""

METRIC = "recall@20"

INIT_STD = 0.1


class Embedded(Scoring):
    """Inner products of two tables."""

    by_history = by_item = ""

    def __init__(self, user: Tensor, item: Tensor) -> None:
        self._user, self._item = user, item
        self.num_items, self.device = len(item), item.device

    @override
    def score(self, users: Tensor) -> Tensor:
        return self._user[users] @ self._item.T

    @override
    def score_histories(self, histories: Edges) -> Tensor:
        raise NotImplementedError

    @override
    def score_grown(self, users: Tensor, histories: Edges) -> Tensor:
        raise NotImplementedError

    @override
    def similarity(self, item: int) -> Tensor:
        raise NotImplementedError


def measure(quick: bool) -> Iterator[Measurement]:
    """Validation recall at some epochs, each sample that of one seed."""
    seeds, epochs = (QUICK_SEEDS, QUICK_EPOCHS) if quick else (SEEDS, EPOCHS)
    curves: dict[str, list[list[float]]] = {OURS: [], PEER: []}
    for seed in range(seeds):
        recipe = _recipe(seed, epochs)
        with tempfile.TemporaryDirectory() as folder:
            history = gnnrec.run(recipe, out=folder, test=False).history
        curves[OURS].append(history[f"val_{METRIC}"].tolist())
        curves[PEER].append(_curve_of_peer(recipe, seed, epochs))
    for share in LOOKED_AT:
        at = max(1, round(share * epochs))
        samples = {who: [curve[at - 1] for curve in each] for who, each in curves.items()}
        apart = mean(samples[OURS]) - mean(samples[PEER])
        among = max(max(each) - min(each) for each in samples.values())
        note = f"means are {apart:+.4f} apart, seeds of one up to {among:.4f}"
        yield Measurement.of(f"val {METRIC} after {at} epochs", "", samples, note=note)


def _recipe(seed: int, epochs: int) -> Recipe:
    return gnnrec.load_recipe(
        "movielens_lightgcn",
        {
            **BPR,
            "seed": seed,
            "encoder.features": False,
            "encoder.layers": LAYERS,
            "encoder.channels": CHANNELS,
            "encoder.init_std": INIT_STD,
            "decoder.name": "dot",
            "negatives.corrupt": "item",
            "negatives.ratio": 1,
            "trainer.l2": L2,
            "trainer.learning_rate": LEARNING_RATE,
            "trainer.epochs": epochs,
            "trainer.monitor": METRIC,
            "trainer.device": "cpu",
        },
    )


def _curve_of_peer(recipe: Recipe, seed: int, epochs: int) -> list[float]:
    split = recipe.split.split(recipe.dataset.load())
    judge = Evaluator(split, "val", recipe.evaluation, recipe.split.seed)
    edges, generator = split.train.edges, torch.Generator().manual_seed(seed)
    initial = INIT_STD * torch.randn(edges.num_users + edges.num_items, CHANNELS, generator=generator)
    users, items = (torch.from_numpy(each) for each in (edges.users, edges.items))
    peer = LightGCN(users, items, initial, edges.num_users, LAYERS, L2, LEARNING_RATE)
    batch: Any = recipe.model_sections().trainer
    curve = []
    for _ in range(epochs):
        for some in torch.split(torch.randperm(len(edges), generator=generator), batch.batch_size):
            peer.step(users[some], items[some], _negatives(split, users[some], generator))
        with torch.no_grad():
            nodes = peer.nodes()
        scoring = Embedded(nodes[: edges.num_users], nodes[edges.num_users :])
        curve.append(judge.measure(scoring, [METRIC])[METRIC])
    return curve


def _negatives(split: Split, users: Tensor, generator: torch.Generator) -> Tensor:
    """An item for each user that the user has not interacted with in training: int64 [B]."""
    edges = split.train.edges
    drawn = torch.randint(edges.num_items, users.shape, generator=generator)
    while True:
        taken = torch.from_numpy(np.isin(users.numpy() * edges.num_items + drawn.numpy(), edges.keys))
        if not bool(taken.any()):
            return drawn
        drawn[taken] = torch.randint(edges.num_items, (int(taken.sum()),), generator=generator)
