"""Fits a recommender, and restores it from what was saved: both give scorings, phase by phase."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from gnnrec.contract.training import Batch, TrainingTask
from gnnrec.data.clearing import leads_to
from gnnrec.errors import DataError, UsageError
from gnnrec.modelling.featured_checkpoints import FeaturedCheckpoints
from gnnrec.modelling.features import Features
from gnnrec.modelling.fold_in import FoldIn
from gnnrec.modelling.leaks import check_graph, check_negatives
from gnnrec.modelling.model import Model
from gnnrec.modelling.phases import PhaseGraphs
from gnnrec.modelling.present_nodes import PresentNegatives
from gnnrec.modelling.scoring import EncodedScoring, HistoryScoring
from gnnrec.recipe.schema import ModelSections

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from torch import Tensor, nn
    from torch_geometric.data import HeteroData

    from gnnrec.contract.kinds import FeatureEncoder, Loss, NegativeSampler, Scorer
    from gnnrec.contract.training import Checkpoints, EpochRecord, TrainableModel
    from gnnrec.data.edges import Edges
    from gnnrec.data.split import Phase, Split
    from gnnrec.modelling.features import States
    from gnnrec.modelling.scoring import Scoring
    from gnnrec.randomness import Streams

logger = logging.getLogger("gnnrec")

SCORER_STREAM = "scorer"

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
        features: What the feature encoders learned, which is saved as well.
    """

    scoring: Callable[[Phase], Scoring]
    weights: Mapping[str, Tensor]
    best_epoch: int | None
    device: str
    features: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Replay:
    """What a refit goes through again.

    Attributes:
        epochs: Those that led to the chosen one, which is the last.
        weights: What it starts from; None for initial weights as in any run.
    """

    epochs: Sequence[EpochRecord]
    weights: Mapping[str, Tensor] | None = None


def fit(
    recommender: Scorer | ModelSections,
    features: Mapping[str, Sequence[FeatureEncoder]],
    split: Split,
    streams: Streams,
    judge: Callable[[Scoring, int], Mapping[str, float]],
    epoch_ended: Callable[[EpochRecord], None],
    checkpoints: Checkpoints,
    replay: Replay | None = None,
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
        replay: What a model is trained by instead of choosing an epoch; a scorer has none.

    Raises:
        UsageError: There is something to replay, and the trainer cannot.
    """
    if isinstance(recommender, ModelSections):
        return _train(recommender, features, split, streams, judge, epoch_ended, checkpoints, replay)
    return fit_scorer(recommender, split, streams)


def fit_scorer(component: Scorer, split: Split, streams: Streams) -> Fitted:
    """Fit a recommender that needs no epochs on all of train."""
    scorer = component.fit(split.train, streams.generator(SCORER_STREAM))
    weights = dict(scorer.state_dict()) if component.stored else {}
    return Fitted(lambda phase: HistoryScoring(scorer, split.known(phase)), weights, None, "cpu")


def restore(
    recommender: Scorer | ModelSections,
    features: Mapping[str, Sequence[FeatureEncoder]],
    split: Split,
    streams: Streams,
    weights: Mapping[str, Tensor],
    states: States | None,
) -> Scoring:
    """The scoring of the test phase, from what was saved.

    Args:
        recommender: A scorer, or the sections of a model.
        features: The encoders of each node type, for a model's graphs.
        split: As it was saved.
        streams: Those of the run.
        weights: Of the model, or of a scorer that is stored.
        states: What the feature encoders learned; None where that was not saved, and they are fitted again.

    Raises:
        RuntimeError: The weights do not belong to the recommender.
    """
    if not isinstance(recommender, ModelSections):
        if not recommender.stored:
            return fit_scorer(recommender, split, streams).scoring("test")
        return HistoryScoring(recommender.restore(weights), split.known("test"))
    fitted = Features.fit(features, split) if states is None else Features.restore(features, states, split)
    of_format_1 = states is None
    graphs = PhaseGraphs(recommender.graph, recommender.encoder, fitted, split, new_send=of_format_1)
    graph = graphs.build("test")
    with streams.global_state():
        model = Model.build(recommender.encoder, recommender.decoder, graph)
    model.load_state_dict(weights)
    return EncodedScoring(model, graph, FoldIn(recommender.encoder, model.encoder, graphs))


def _avoided(negatives: NegativeSampler, split: Split) -> Edges:
    """The pairs that a negative never is, among the nodes that are there."""
    if negatives.exclude == "all":
        logger.warning("negatives.exclude: all keeps held-out positives from being negatives, and so leaks them")
        avoid = split.interactions.seen
    else:
        avoid = split.avoided
    absent = split.absent
    return avoid.keep(~leads_to(avoid.users, absent.get("user")) & ~leads_to(avoid.items, absent.get("item")))


def _with_negatives(negatives: NegativeSampler, avoid: Edges, supervision: Edges, there: int) -> Edges:
    """The supervision edges that can have negatives: where the user is kept, not those of one who knows every item.

    Args:
        negatives: Says whether the user is kept.
        avoid: The pairs that a negative never is.
        supervision: What negatives are wanted for.
        there: How many items there are in training.

    Raises:
        DataError: None can.
    """
    if negatives.corrupt == "pair":
        return supervision
    degree = np.bincount(avoid.users, minlength=avoid.num_users)  # no pair stands twice
    kept = degree[supervision.users] < there
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
    return supervision.keep(kept)


def _sampler(negatives: NegativeSampler, avoid: Edges, supervision: Edges, split: Split, streams: Streams) -> nn.Module:
    """The built sampler, over the nodes that are there in training, after a look at what it draws."""
    generator = streams.generator("negatives")
    nodes = split.present
    if nodes is None:
        sampler = negatives.build(split.train, supervision, avoid, generator)
    else:
        present, unwanted = (each.renumbered(nodes["user"], nodes["item"]) for each in (supervision, avoid))
        inside = negatives.build(split.train.only(nodes), present, unwanted, generator)
        sampler = PresentNegatives(inside, nodes)
    some = slice(0, LOOKED_AT)
    batch = Batch(
        torch.arange(len(supervision))[some],
        torch.from_numpy(supervision.users[some]),
        torch.from_numpy(supervision.items[some]),
    )
    users, items = sampler(batch, streams.generator("leak gate"))
    check_negatives(users, items, split, avoid, what="training negatives")
    return sampler


def _check_decoder(sections: ModelSections, model: Model) -> None:
    """Refuse weights of a decoder that a batchwise loss, which never asks it, would leave as they were drawn."""
    if sections.loss.batchwise and any(True for _ in model.decoder.parameters()):
        raise UsageError(
            f"loss '{sections.loss.name}' compares embeddings and never asks the decoder, so that decoder "
            f"'{sections.decoder.name}' would keep the weights that it was drawn with; use decoder.name: dot, or a "
            "loss of scores, such as sampled_softmax"
        )


def _loss(component: Loss, split: Split) -> Callable[..., Tensor]:
    """The built loss; no list that a listwise one looks at holds an item that is not there in training."""
    loss = component.build()
    if not component.listwise or "item" not in split.absent:
        return loss
    absent = torch.from_numpy(split.absent["item"])

    def over_those_present(scores: Tensor, positives: Tensor) -> Tensor:
        return loss(scores.masked_fill(absent.to(scores.device), -torch.inf), positives)

    return over_those_present


def _train(
    sections: ModelSections,
    features: Mapping[str, Sequence[FeatureEncoder]],
    split: Split,
    streams: Streams,
    judge: Callable[[Scoring, int], Mapping[str, float]],
    epoch_ended: Callable[[EpochRecord], None],
    checkpoints: Checkpoints,
    replay: Replay | None,
) -> Fitted:
    if replay is not None and not sections.trainer.replays:
        raise UsageError(
            f"trainer '{sections.trainer.name}' cannot do without validation, so its models are not refitted, and "
            "something has to be val"
        )
    fitted = Features.fit(features, split)
    states = fitted.states(features)  # before anything is trained: it has to be saved
    graphs = PhaseGraphs(sections.graph, sections.encoder, fitted, split)
    graph = graphs.build("train")
    check_graph(graph, split, "train")
    model = Model.build(sections.encoder, sections.decoder, graph)
    _check_decoder(sections, model)
    if replay is not None and replay.weights is not None:
        model.load_state_dict(replay.weights)
    supervision, sampler = split.supervision_edges, None
    if sections.negatives is not None:
        avoid = _avoided(sections.negatives, split)
        there = avoid.num_items if split.present is None else len(split.present["item"])
        supervision = _with_negatives(sections.negatives, avoid, supervision, there)
        sampler = _sampler(sections.negatives, avoid, supervision, split, streams)

    validation_graph = None
    if replay is None:
        validation_graph = graphs.build("validate")
        check_graph(validation_graph, split, "validate")

    def scored_over(graph: HeteroData, model: TrainableModel) -> Scoring:
        folded = FoldIn(sections.encoder, model.encoder, graphs)
        return EncodedScoring(model, graph.to(model.device), folded)

    def validate(model: TrainableModel, epoch: int) -> Mapping[str, float]:
        if validation_graph is None:
            raise RuntimeError("there is no validation, and the trainer asked for it")
        return judge(scored_over(validation_graph, model), epoch)

    trained = sections.trainer.fit(
        TrainingTask(
            model=model,
            graph=graph,
            supervision=supervision,
            sampler=sampler,
            loss=_loss(sections.loss, split),
            validate=validate,
            epoch_ended=epoch_ended,
            streams=streams,
            checkpoints=FeaturedCheckpoints(checkpoints, fitted),
            replay=None if replay is None else replay.epochs,
            batchwise=sections.loss.batchwise,
        )
    )

    def scoring(phase: Phase) -> Scoring:
        built = graphs.build(phase)
        check_graph(built, split, phase)
        return scored_over(built, model)

    return Fitted(scoring, model.state_dict(), trained.best.epoch, trained.device, states)
