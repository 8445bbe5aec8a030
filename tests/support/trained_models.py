"""A checkerboard, a model that can learn it, and the trainer that does."""

from __future__ import annotations

from typing import Any

import pytest

from gnnrec.contract.training import EpochRecord, Fit, TrainingTask
from gnnrec.evaluation.evaluator import Evaluator
from gnnrec.modelling.model import Model
from gnnrec.modelling.objective import Objective
from gnnrec.modelling.scoring import EncodedScoring
from gnnrec.randomness import Streams
from gnnrec.recipe.schema import Evaluation
from gnnrec.testing import checkerboard
from gnnrec_decoders.dot import Dot
from gnnrec_encoders.hetero_sage import HeteroSAGE
from gnnrec_graphs.bipartite import Bipartite
from gnnrec_losses.functional import bce
from gnnrec_negatives.static import Static
from gnnrec_splits.random_link import RandomLink
from gnnrec_trainers.device_aware import DeviceAware

DATA = checkerboard()
SPLIT = RandomLink(seed=0, disjoint_train=0).split(DATA)


def task(seed: int = 0) -> tuple[TrainingTask, list[EpochRecord]]:
    """The checkerboard to learn, and the history that training will write."""
    streams, graph = Streams(seed), Bipartite().build(SPLIT.observed("train"))
    with streams.global_state():
        model = Model.build(HeteroSAGE(channels=8), Dot(), graph)
    sampler = Static(corrupt="pair", ratio=2).build(
        SPLIT.train, SPLIT.supervision_edges, SPLIT.edges("train"), streams.generator("negatives")
    )
    evaluator = Evaluator(SPLIT, "val", Evaluation(), 0, Objective(bce, listwise=False))
    validation_graph = Bipartite().build(SPLIT.observed("validate"))

    def judge(model: Model, epoch: int) -> dict[str, float]:  # noqa: ARG001 - every epoch alike
        return evaluator.measure(EncodedScoring(model, validation_graph, pytest.fail))

    history: list[EpochRecord] = []
    made = TrainingTask(
        model=model,
        graph=graph,
        supervision=SPLIT.supervision_edges,
        sampler=sampler,
        loss=bce,
        validate=judge,
        epoch_ended=history.append,
        streams=streams,
    )
    return made, history


def trained(seed: int = 0, **fields: Any) -> tuple[Fit, list[EpochRecord], TrainingTask]:
    """What training gave, its history, and what it was given."""
    given, history = task(seed)
    fit = DeviceAware(**({"device": "cpu", "learning_rate": 0.02} | fields)).fit(given)
    return fit, history, given
