"""Steps of a recipe's own trainer, on any split, without a run around them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gnnrec import EpochRecord, TrainingTask
from gnnrec.modelling.model import Model
from gnnrec.randomness import Streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch_geometric.data import HeteroData

    from gnnrec import Recipe, Split

SEED = 0

BPR = {
    "loss.name": "bpr",
    "negatives.name": "dynamic",
    "negatives.every": "step",
    "trainer.batch_size": 2048,
    "trainer.learning_rate": 0.001,
    "trainer.l2": 1e-4,
    "trainer.scheduler": None,
}
"""What makes the recipe gowalla_lightgcn LightGCN as its authors trained it (He et al. 2020)."""


def steps_of(
    recipe: Recipe, split: Split, graph: HeteroData, count: int, after_each: Callable[[EpochRecord], None]
) -> TrainingTask:
    """What `recipe.trainer.fit` takes to do some steps, each an epoch of a batch of the recipe's size.

    Nothing is validated in between, and the batch is the same in each step; its negatives are what the sampler makes
    of it.

    Args:
        recipe: Its encoder, decoder, negatives and loss.
        split: What is learned from.
        graph: What is propagated over.
        count: Steps.
        after_each: Is told of each.
    """
    _, negatives, encoder, decoder, loss, trainer = recipe.model_sections()
    if negatives is None:
        raise ValueError(f"{recipe.name} has no negatives")
    streams = Streams(SEED)
    with streams.global_state():
        model = Model.build(encoder, decoder, graph)
    edges, generator = split.supervision_edges, np.random.default_rng(SEED)
    wanted = np.zeros(len(edges), bool)
    size = min(getattr(trainer, "batch_size", None) or len(edges), len(edges))
    wanted[generator.choice(len(edges), size, replace=False)] = True
    supervision = edges.keep(wanted)
    return TrainingTask(
        model=model,
        graph=graph,
        supervision=supervision,
        sampler=negatives.build(split.train, supervision, split.avoided, streams.generator("negatives")),
        loss=loss.build(),
        validate=lambda *_: {},  # which a replay does not ask for
        epoch_ended=after_each,
        streams=streams,
        replay=[EpochRecord(epoch, math.nan, {}, math.nan, 0.0) for epoch in range(1, count + 1)],
    )
