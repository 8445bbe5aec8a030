"""Judges a scoring on one held-out part: link prediction and full ranking, under one protocol for all."""

from __future__ import annotations

import logging
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import torch

from gnnrec.data.fingerprint import digest_values
from gnnrec.data.ranked_lists import Catalogue, RankedLists
from gnnrec.evaluation.groups import Groups, by_activity, by_popularity
from gnnrec.evaluation.link import auc, average_precision, by_score, held_out_pairs
from gnnrec.evaluation.lists import as_rankings
from gnnrec.evaluation.ranking import BestItems, ListwiseLoss, RankingTask
from gnnrec.graph.embedded_batches import item_frequency
from gnnrec.modelling.leaks import check_negatives
from gnnrec.modelling.score_rows import PairScores, read_rows
from gnnrec.randomness import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from torch import Tensor

    from gnnrec.data.interactions import Interactions
    from gnnrec.data.parts import Part
    from gnnrec.data.split import Split
    from gnnrec.evaluation.candidates import Candidates
    from gnnrec.modelling.objective import Objective
    from gnnrec.modelling.score_rows import Reader
    from gnnrec.modelling.scoring import Scoring
    from gnnrec.recipe.schema import Evaluation

    Value = Callable[[Tensor, Tensor], Tensor]

logger = logging.getLogger("gnnrec")

EMBEDDED_PAIRS = 4096
"""Held-out positives that a batchwise loss is given at once."""


class Judgement(NamedTuple):
    """What a recommender was found to be worth on one part.

    Attributes:
        metrics: By name.
        per_user: The ranking metrics of each user: columns `user` (node id), `relevant`, and each metric that single
            users have.
        groups: The same metrics by users' activity and by items' popularity.
    """

    metrics: dict[str, float]
    per_user: pd.DataFrame
    groups: Groups


def warn_of_lengths(lengths: Sequence[int], num_items: int) -> None:
    """Say which metrics look at more places than there are items."""
    longer = [k for k in lengths if k > num_items]
    if longer:
        logger.info(
            "evaluation.k: there are %d items, so metrics at %s are those of all items",
            *(num_items, ", ".join(map(str, longer))),
        )


def _warn_of_level(lists: RankedLists) -> None:
    """Say that most lists are in the order of item ids."""
    if lists.level is not None and (count := int(lists.level.sum())) > len(lists.users) / 2:
        logger.warning(
            "%s of %s judged users have one score for all of their best %d items: they are ranked by item id alone, so "
            "that ranking metrics mean nothing",
            *(f"{count:,}", f"{len(lists.users):,}", lists.items.size(1)),
        )


def _tell_of_sample(asked: int, held_out: int, part: Part) -> None:
    """Say that not all held-out pairs are asked about."""
    if asked < held_out:
        logger.info(
            "auc, ap and a loss of pairs are asked of %s of the %s %s interactions, a sample, with their negatives",
            *(f"{asked:,}", f"{held_out:,}", part),
        )


class Evaluator:
    """Asks every scoring the same questions about one part.

    Args:
        split: Its `val` or `test` is asked about; train (and, for test, val) is seen and masked in rankings.
        part: Which.
        evaluation: The recipe's section.
        seed: The split's seed, which rules the evaluation negatives.
        objective: The loss to report; None for a recommender that was not trained.
        candidates: What is ranked in the parts that they are for; all items where there are none. Loss, AUC and average
            precision know nothing of them.

    Attributes:
        pairs: What loss, AUC and average precision are about; where the loss is listwise, it is about lists.

    Raises:
        DataError: Every user has interacted with every item.
    """

    def __init__(
        self,
        split: Split,
        part: Part,
        evaluation: Evaluation,
        seed: int,
        objective: Objective | None = None,
        candidates: Candidates | None = None,
    ) -> None:
        seen = split.known("validate" if part == "val" else "test")
        held_out = split.edges(part)
        self.pairs = held_out_pairs(split, part, seed, evaluation.negatives)
        _tell_of_sample(self.pairs.num_positives, len(held_out), part)
        users, items = (self.pairs.divide(side)[1] for side in self.pairs.edge_label_index)
        check_negatives(users, items, split, split.interactions.seen, what="evaluation negatives")
        self._full_ranking = self._ranking = RankingTask(held_out, seen)
        if candidates is not None and part in candidates.parts:
            self._ranking = RankingTask(held_out, seen, candidates)
        self._objective = objective
        self._batches = partial(Streams(seed).generator, f"evaluation batches of {part}")
        self._lengths, self._every = evaluation.k, evaluation.every
        self._metrics = {f"{metric.name}@{k}": (metric, k) for k in evaluation.k for metric in evaluation.metrics}
        train = split.edges("train")
        self._activity = np.bincount(train.users, minlength=train.num_users)
        self._popularity = np.bincount(train.items, minlength=train.num_items)
        self._catalogue = Catalogue(torch.from_numpy(self._popularity), train.num_users)

    def asking(self, objective: Objective | None) -> Evaluator:
        """The same questions, with the loss of another objective."""
        other = copy(self)
        other._objective = objective  # noqa: SLF001 - of its own class
        return other

    @property
    def negatives_fingerprint(self) -> str:
        """A digest of the pairs that loss, AUC and average precision are about, negatives among them."""
        return digest_values(self.pairs.edge_label_index.cpu().numpy())

    @property
    def names(self) -> tuple[str, ...]:
        """Every metric that can be asked for."""
        return (*(("loss",) if self._objective else ()), "auc", "ap", *self._metrics)

    def measure(self, scoring: Scoring, names: Iterable[str] | None = None) -> dict[str, float]:
        """The metrics asked for (all if not said), and no work for others."""
        wanted = tuple(self.names if names is None else names)
        best = None if self._metrics.keys().isdisjoint(wanted) else self._best()
        values = self._measured(scoring, wanted, [] if best is None else [best])
        if best is not None:
            lists = best.lists()
            values |= {name: self._value(name, lists).mean().item() for name in wanted if name in self._metrics}
        return {name: values[name] for name in wanted}

    def measure_users(self, scoring: Scoring) -> tuple[dict[str, float], pd.DataFrame]:
        """What `measure` gives, and the ranking metrics of each user as in `Judgement.per_user`; in the same pass."""
        best = self._best()
        values = self._measured(scoring, self.names, [best])
        lists = best.lists()
        ranked = {name: self._value(name, lists) for name in self._metrics}
        values |= {name: value.mean().item() for name, value in ranked.items()}
        return {name: values[name] for name in self.names}, _per_user(lists, ranked)

    def judge_epoch(self, scoring: Scoring, epoch: int, *, monitor: str) -> dict[str, float]:
        """What a line of history says of an epoch (counted from 1): the loss and `monitor`; now and then everything.

        Everything every `evaluation.every` epochs, never where that is left out.
        """
        if self._every is not None and epoch % self._every == 0:
            return self.measure(scoring)
        return self.measure(scoring, dict.fromkeys(("loss", monitor)))

    def judge(self, scoring: Scoring) -> Judgement:
        """All metrics, those of each user and those of groups; all of one ranking, in one pass over the users.

        A warning tells of a ranking that is by item id alone for most users.
        """
        best = self._best()
        values = self._measured(scoring, self.names, [best])
        lists = best.lists()
        _warn_of_level(lists)
        found = self._of_lists(lists)
        return found._replace(metrics={**values, **found.metrics})

    def rankings(self, scoring: Scoring) -> RankedLists:
        """What is judged: the best items for each user that is asked about."""
        return self._ranking.rank(scoring.score, max(self._lengths))

    def judge_lists(self, table: pd.DataFrame, data: Interactions, source: str) -> Judgement:
        """The ranking metrics of lists that any system has made; see `lists.as_rankings`."""
        task, k = self._ranking, min(max(self._lengths), data.edges.num_items)
        return self._of_lists(task.judged(as_rankings(table, data, task, k, source)))

    def _of_lists(self, lists: RankedLists) -> Judgement:
        values = {name: self._value(name, lists) for name in self._metrics}
        of_users = {name: value for name, value in values.items() if value.dim()}
        return Judgement(
            {name: value.mean().item() for name, value in values.items()},
            _per_user(lists, values),
            Groups(
                by_activity(lists, self._activity, of_users),
                by_popularity(
                    lists,
                    self._ranking.relevant,
                    self._popularity,
                    lambda some: {name: self._value(name, some) for name in of_users},
                ),
            ),
        )

    def _value(self, name: str, lists: RankedLists) -> Tensor:
        """Per user, float64 [Q]; or, of all lists together, a scalar."""
        metric, k = self._metrics[name]
        return metric.measure(lists.cut(k), self._catalogue).double()

    def _best(self) -> BestItems:
        return BestItems(self._ranking, max(self._lengths))

    def _measured(self, scoring: Scoring, wanted: tuple[str, ...], others: Sequence[Reader]) -> dict[str, float]:
        """What is wanted of loss, AUC and average precision; in the same pass over the users others read as well."""
        values: dict[str, float] = {}
        objective = self._objective if "loss" in wanted else None
        pairwise = objective is not None and not (objective.listwise or objective.batchwise)
        readers, pairs, listwise = [*others], None, None
        if objective is not None and objective.listwise:
            listwise = ListwiseLoss(self._full_ranking, objective.loss)
            readers.insert(0, listwise)
        about_pairs = pairwise or "auc" in wanted or "ap" in wanted
        if about_pairs and scoring.pairs_of_rows:
            pairs = PairScores(self.pairs.edge_label_index, scoring.num_items)
            readers.insert(0, pairs)  # before anything is masked
        read_rows(scoring.score, scoring.num_items, readers)
        if listwise is not None:
            values["loss"] = listwise.mean()
        if objective is not None and objective.batchwise:
            values["loss"] = self._batchwise_loss(scoring, objective)
        if about_pairs:
            self.pairs = self.pairs.to(scoring.device)
            scores = scoring.score_pairs(self.pairs.edge_label_index) if pairs is None else pairs.scores
            positive, negative = self.pairs.divide(scores)
            if objective is not None and pairwise:
                values["loss"] = float(objective.loss(positive, negative))
            if "auc" in wanted or "ap" in wanted:
                counts = by_score(positive, negative)
                values |= {"auc": auc(*counts), "ap": average_precision(*counts)}
        return values

    def _batchwise_loss(self, scoring: Scoring, objective: Objective) -> float:
        """The mean over batches of the held-out positives, which are the same each time."""
        positives, items = self.pairs.positives.to(scoring.device), scoring.num_items
        frequency = item_frequency(positives[1], items)
        total = 0.0
        order = torch.randperm(self.pairs.num_positives, generator=self._batches())
        for batch in torch.split(order, EMBEDDED_PAIRS):
            some = positives[:, batch.to(scoring.device)]
            total += float(objective.loss(scoring.embed(some, frequency))) * len(batch)
        return total / positives.size(1)


def _per_user(lists: RankedLists, values: Mapping[str, Tensor]) -> pd.DataFrame:
    """The values that single users have, a row for each."""
    of_users = {name: value for name, value in values.items() if value.dim()}
    columns = {"user": lists.users, "relevant": lists.num_relevant, **of_users}
    return pd.DataFrame({name: column.numpy() for name, column in columns.items()})
