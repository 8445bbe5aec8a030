"""Fits a recommender, and restores it from what was saved: both give scorings, phase by phase."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from gnnrec.contract.training import Batch, TrainingTask
from gnnrec.data.interactions import Edges
from gnnrec.errors import DataError
from gnnrec.modelling.fold_in import fold_in
from gnnrec.modelling.leaks import check_graph, check_negatives
from gnnrec.modelling.model import Model
from gnnrec.modelling.phases import PhaseGraphs, phase_edges
from gnnrec.modelling.scoring import EncodedScoring, HistoryScoring
from gnnrec.recipe.schema import ModelSections

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor, nn

    from gnnrec.contract.kinds import FeatureEncoder, NegativeSampler, Scorer
    from gnnrec.contract.training import Checkpoints, EpochRecord, TrainableModel
    from gnnrec.data.split import Split
    from gnnrec.modelling.phases import Phase
    from gnnrec.modelling.scoring import Scoring
    from gnnrec.randomness import Streams

logger = logging.getLogger("gnnrec")

REFIT_STREAM = "scorer"

LOOKED_AT = 1024
"""Supervision edges whose negatives are looked at before training."""


@dataclass(frozen=True)
class Fitted:
    """A fitted recommender.

    Attributes:
        scoring: Gives the scoring of a phase.
        weights: What is saved.
        best_epoch: The chosen epoch, from 1; None where there are no epochs.
        device: Where it was fitted.
    """

    scoring: Callable[[Phase], Scoring]
    weights: Mapping[str, Tensor]
    best_epoch: int | None
    device: str


def fit(
    recommender: Scorer | ModelSections,
    features: Mapping[str, Sequence[FeatureEncoder]],
    split: Split,
    streams: Streams,
    judge: Callable[[Scoring, int], Mapping[str, float]],
    epoch_ended: Callable[[EpochRecord], None],
    checkpoints: Checkpoints,
) -> Fitted:
    """Fit a scorer or train a model.

    Args:
        recommender: A scorer, or the sections of a model.
        features: The encoders of each node type, for a model's graphs.
        split: What is learned from; a scorer learns from all of train.
        streams: All randomness.
        judge: Takes the validation scoring and the epoch (counted from 1), and gives validation metrics by name.
        epoch_ended: Is told of each epoch.
        checkpoints: Where training starts from, and where its state is kept.
    """
    if isinstance(recommender, ModelSections):
        return _train(recommender, features, split, streams, judge, epoch_ended, checkpoints)
    return fit_scorer(recommender, split, streams)


def fit_scorer(component: Scorer, split: Split, streams: Streams) -> Fitted:
    """Fit a recommender that needs no epochs on all of train."""
    scorer = component.fit(split.edges("train"), streams.generator(REFIT_STREAM))
    weights = dict(scorer.state_dict()) if component.stored else {}
    return Fitted(lambda phase: HistoryScoring(scorer, phase_edges(split, phase)), weights, None, "cpu")


def restore(
    recommender: Scorer | ModelSections,
    features: Mapping[str, Sequence[FeatureEncoder]],
    split: Split,
    streams: Streams,
    weights: Mapping[str, Tensor],
) -> Scoring:
    """The scoring of the test phase, from what was saved.

    Raises:
        RuntimeError: The weights do not belong to the recommender.
    """
    if not isinstance(recommender, ModelSections):
        if not recommender.stored:
            return fit_scorer(recommender, split, streams).scoring("test")
        return HistoryScoring(recommender.restore(weights), phase_edges(split, "test"))
    graphs = PhaseGraphs(recommender.graph, features, split)
    graph = graphs.build("test")
    with streams.global_state():
        model = Model.build(recommender.encoder, recommender.decoder, graph)
    model.load_state_dict(weights)
    return EncodedScoring(model, graph, partial(fold_in, recommender.encoder, model.encoder, graphs))


def _known(negatives: NegativeSampler, split: Split) -> Edges:
    """The pairs that a negative never is."""
    if negatives.exclude == "all":
        logger.warning("negatives.exclude: all keeps held-out positives from being negatives, and so leaks them")
        return split.interactions.edges
    return split.edges("train")


def _with_negatives(negatives: NegativeSampler, known: Edges, supervision: Edges) -> Edges:
    """The supervision edges that can have negatives: where the user is kept, not those of one who knows every item.

    Raises:
        DataError: None can.
    """
    if negatives.corrupt == "pair":
        return supervision
    degree = np.bincount(known.users, minlength=known.num_users)  # no pair stands twice
    kept = degree[supervision.users] < known.num_items
    if not kept.any():
        raise DataError(
            "every user that there is to learn from has interacted with every item, so no negative keeps the user; "
            "use negatives.corrupt: pair, or a split that leaves them something unseen"
        )
    if not kept.all():
        logger.warning(
            "%d users have interacted with every item, so their %d supervision edges have no negatives "
            "and are left out",
            len(np.unique(supervision.users[~kept])),
            (~kept).sum(),
        )
    return Edges(supervision.users[kept], supervision.items[kept], supervision.num_users, supervision.num_items)


def _sampler(negatives: NegativeSampler, known: Edges, supervision: Edges, split: Split, streams: Streams) -> nn.Module:
    """The built sampler, after a look at what it draws."""
    sampler = negatives.build(known, supervision, streams.generator("negatives"))
    some = slice(0, LOOKED_AT)
    batch = Batch(
        torch.arange(len(supervision))[some],
        torch.from_numpy(supervision.users[some]),
        torch.from_numpy(supervision.items[some]),
    )
    users, items = sampler(batch, streams.generator("leak gate"))
    check_negatives(users, items, split, what="training negatives", parts=("train",))
    return sampler


def _train(
    sections: ModelSections,
    features: Mapping[str, Sequence[FeatureEncoder]],
    split: Split,
    streams: Streams,
    judge: Callable[[Scoring, int], Mapping[str, float]],
    epoch_ended: Callable[[EpochRecord], None],
    checkpoints: Checkpoints,
) -> Fitted:
    graphs = PhaseGraphs(sections.graph, features, split)
    graph, validation_graph = graphs.build("train"), graphs.build("validate")
    check_graph(graph, split, "train")
    check_graph(validation_graph, split, "validate")
    model = Model.build(sections.encoder, sections.decoder, graph)
    folded = partial(fold_in, sections.encoder, model.encoder, graphs)
    supervision, sampler = split.supervision_edges, None
    if sections.negatives is not None:
        known = _known(sections.negatives, split)
        supervision = _with_negatives(sections.negatives, known, supervision)
        sampler = _sampler(sections.negatives, known, supervision, split, streams)

    def validate(model: TrainableModel, epoch: int) -> Mapping[str, float]:
        return judge(EncodedScoring(model, validation_graph.to(model.device), folded), epoch)

    trained = sections.trainer.fit(
        TrainingTask(
            model=model,
            graph=graph,
            supervision=supervision,
            sampler=sampler,
            loss=sections.loss.build(),
            validate=validate,
            epoch_ended=epoch_ended,
            streams=streams,
            checkpoints=checkpoints,
        )
    )

    def scoring(phase: Phase) -> Scoring:
        built = graphs.build(phase)
        check_graph(built, split, phase)
        return EncodedScoring(model, built.to(model.device), folded)

    return Fitted(scoring, model.state_dict(), trained.best.epoch, trained.device)
