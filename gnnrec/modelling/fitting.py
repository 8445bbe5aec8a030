"""Fits what a recipe describes, and restores it from what was saved: both give scorings, phase by phase."""

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
from gnnrec.evaluation.evaluator import Objective
from gnnrec.modelling.fold_in import fold_in
from gnnrec.modelling.leaks import check_graph, check_negatives
from gnnrec.modelling.model import Model
from gnnrec.modelling.phases import PhaseGraphs, phase_edges
from gnnrec.modelling.scoring import EncodedScoring, HistoryScoring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor, nn

    from gnnrec.contract.kinds import NegativeSampler
    from gnnrec.contract.training import Checkpoints, EpochRecord
    from gnnrec.data.split import Split
    from gnnrec.evaluation.evaluator import Evaluator
    from gnnrec.modelling.phases import Phase
    from gnnrec.modelling.scoring import Scoring
    from gnnrec.randomness import Streams
    from gnnrec.recipe.schema import Recipe

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


def objective(recipe: Recipe) -> Objective | None:
    """The recipe's loss as it is called; None for a closed-form scorer."""
    if recipe.scorer is not None:
        return None
    loss = recipe.model_sections().loss
    return Objective(loss.build(), loss.listwise)


def fit(
    recipe: Recipe,
    split: Split,
    streams: Streams,
    validation: Evaluator,
    epoch_ended: Callable[[EpochRecord], None],
    checkpoints: Checkpoints,
) -> Fitted:
    """Fit a scorer or train a model.

    Args:
        recipe: Says what.
        split: What is learned from; a scorer learns from all of train.
        streams: All randomness.
        validation: Judges each epoch.
        epoch_ended: Is told of each epoch.
        checkpoints: Where training starts from, and where its state is kept.
    """
    if recipe.scorer is not None:
        scorer = recipe.scorer.fit(split.edges("train"), streams.generator(REFIT_STREAM))
        weights = dict(scorer.state_dict()) if recipe.scorer.stored else {}
        return Fitted(lambda phase: HistoryScoring(scorer, phase_edges(split, phase)), weights, None, "cpu")
    return _train(recipe, split, streams, validation, epoch_ended, checkpoints)


def restore(recipe: Recipe, split: Split, streams: Streams, weights: Mapping[str, Tensor]) -> Scoring:
    """The scoring of the test phase, from what was saved.

    Raises:
        RuntimeError: The weights do not belong to the recipe.
    """
    if recipe.scorer is not None:
        if recipe.scorer.stored:
            scorer = recipe.scorer.restore(weights)
        else:
            scorer = recipe.scorer.fit(split.edges("train"), streams.generator(REFIT_STREAM))
        return HistoryScoring(scorer, phase_edges(split, "test"))
    sections = recipe.model_sections()
    graphs = PhaseGraphs(recipe, split)
    graph = graphs.build("test")
    with streams.global_state():
        model = Model.build(sections.encoder, sections.decoder, graph)
    model.load_state_dict(weights)
    return EncodedScoring(model, graph, partial(fold_in, sections.encoder, model.encoder, graphs))


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
    recipe: Recipe,
    split: Split,
    streams: Streams,
    validation: Evaluator,
    epoch_ended: Callable[[EpochRecord], None],
    checkpoints: Checkpoints,
) -> Fitted:
    sections = recipe.model_sections()
    graphs = PhaseGraphs(recipe, split)
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
    monitored = tuple(dict.fromkeys(("loss", sections.trainer.monitor)))

    def validate(model: Model, epoch: int) -> dict[str, float]:
        every = recipe.evaluation.every
        names = None if every is not None and epoch % every == 0 else monitored
        return validation.measure(EncodedScoring(model, validation_graph.to(model.device), folded), names)

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
