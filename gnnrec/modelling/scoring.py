"""Scoring: users to scores over all items. After fitting, this is all that is known of a recommender."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from typing_extensions import override

from gnnrec.errors import UsageError
from gnnrec.graph.embedded_batches import embedded_batch
from gnnrec.graph.sparse import incidence
from gnnrec.modelling.grown_users import NEW
from gnnrec.modelling.layerwise import encode
from gnnrec.modelling.reasons import ALIKE, SHARES, Carried, adds_up, left_out, shares_of
from gnnrec.modelling.score_rows import PairScores, read_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch_geometric.data import HeteroData

    from gnnrec.contract.training import EmbeddedBatch, TrainableModel
    from gnnrec.data.edges import Edges
    from gnnrec.data.new_items import NewItems
    from gnnrec.modelling.fold_in import FoldIn


class Scoring(ABC):
    """A fitted recommender over U users and I items.

    Attributes:
        device: Where scores are computed.
        num_items: I.
        by_history: How a user who was not there in training is scored, in words.
        by_item: How similar items are found, in words.
        pairs_of_rows: Whether the score of a pair takes the scores of all items for its user, as it does unless
            `score_pairs` knows better. Where these are wanted too, the pair's is read off them (see `score_rows`), so
            that nobody is scored twice.
    """

    device: torch.device
    num_items: int
    by_history: str
    by_item: str
    pairs_of_rows = True

    @abstractmethod
    def score(self, users: Tensor) -> Tensor:
        """Scores of all items for users int64 [B]: float32 [B, I], in fresh memory."""

    def score_pairs(self, edge_label_index: Tensor) -> Tensor:
        """Scores of pairs int64 [2, P], users first: float32 [P]; the fall-back reads them off scores of all items."""
        pairs = PairScores(edge_label_index, self.num_items)
        read_rows(self.score, self.num_items, [pairs])
        return pairs.scores

    @abstractmethod
    def score_histories(self, histories: Edges) -> Tensor:
        """Scores of all items for users of whom only their items are known: float32 [B, I], a row per history user."""

    @abstractmethod
    def score_grown(self, users: Tensor, histories: Edges) -> Tensor:
        """Scores of all items for known users whose histories have gone on since: float32 [B, I].

        Args:
            users: int64 [B], none of them twice.
            histories: All items of each, over B users; those that were known already among them.
        """

    def carried(self, user: int | None, history: Edges, items: Tensor) -> Carried:
        """What of a history carried the scores of some items.

        Args:
            user: A known one's number; None for somebody else.
            history: All items of this one user.
            items: int64 [n].
        """
        if not self.by_items_alone:
            alike = [self.similarity(item)[torch.from_numpy(history.items)] for item in items.tolist()]
            return Carried(torch.stack(alike, dim=1) if alike else torch.zeros(len(history), 0), ALIKE)
        whole = self._of_history(user, history)[0, items]
        return left_out(lambda each: self._of_history(user, each), history, items, whole)

    @property
    def by_items_alone(self) -> bool:
        """Whether users are scored by nothing but their items, so that any other history of theirs is at once."""
        return True

    def _of_history(self, user: int | None, histories: Edges) -> Tensor:
        """Scores of one user with other histories: float32 [B, I]."""
        if user is None:
            return self.score_histories(histories)
        return self.score_grown(torch.full((histories.num_users,), user), histories)

    def with_new_items(self, items: NewItems) -> Scoring:  # noqa: ARG002 - for those that can
        """The same over I + n items, of which the last came after training.

        Raises:
            UsageError: It knows items by their interactions alone.
        """
        raise UsageError("this recommender knows items by their interactions alone, and new items have none")

    @abstractmethod
    def similarity(self, item: int) -> Tensor:
        """How similar every item is to one: float32 [I]."""

    def embed(self, edge_label_index: Tensor, frequency: Tensor) -> EmbeddedBatch:  # noqa: ARG002 - for those that can
        """Pairs int64 [2, B] as a batchwise loss takes them; frequency is of all items, float32 [I].

        Raises:
            UsageError: It has no embeddings.
        """
        raise UsageError("this recommender has no embeddings, so no loss of embeddings can be told")


class EncodedScoring(Scoring):
    """A trained model over one graph; the graph is encoded once, when this is made.

    Args:
        model: Encoder and decoder.
        graph: What is propagated over, on the model's device.
        fold_in: Embeds users and items that came after training.
    """

    by_history = "folded in as a new node with these edges"
    by_item = "cosine of item embeddings"
    pairs_of_rows = False

    def __init__(self, model: TrainableModel, graph: HeteroData, fold_in: FoldIn) -> None:
        was_training = model.training
        model.eval()
        try:
            self.user, self.item = (table.detach() for table in encode(model.encoder, graph))  # one may be a weight
        finally:
            model.train(was_training)
        self._model, self._fold_in = model, fold_in
        self.num_items, self.device = len(self.item), self.item.device

    @override
    def score(self, users: Tensor) -> Tensor:
        with torch.no_grad():
            return self._over_items(self.user[users.to(self.user.device)])

    @override
    def score_pairs(self, edge_label_index: Tensor) -> Tensor:
        with torch.no_grad():
            return self._model.score_pairs(self.user, self.item, edge_label_index)

    @override
    def score_histories(self, histories: Edges) -> Tensor:
        with torch.no_grad():
            return self._over_items(self._fold_in.users(histories))

    @override
    def score_grown(self, users: Tensor, histories: Edges) -> Tensor:
        with torch.no_grad():
            return self._over_items(self._fold_in.known_users(users.numpy(), histories))

    @override
    def carried(self, user: int | None, history: Edges, items: Tensor) -> Carried:
        found = self._fold_in.shares(NEW if user is None else user, history)
        if found is not None:
            shares = self._shares(*found, items)
            if shares is not None:
                return Carried(shares, SHARES)
        return super().carried(user, history, items)

    @property
    @override
    def by_items_alone(self) -> bool:
        return self._fold_in.by_items_alone

    @cached_property
    def _over_items(self) -> Callable[[Tensor], Tensor]:
        """Embeddings of users [B, D] to scores."""
        with torch.no_grad():
            return self._model.over_items(self.item)

    def _shares(self, added: Tensor, own: Tensor, items: Tensor) -> Tensor | None:
        """What each added part [H, D] has of the scores of some items: [H, n]; None where they do not add up."""
        parts, table = torch.cat([added, own[None]]), self.item[items]
        whole = parts.sum(dim=0, keepdim=True)
        with torch.no_grad():
            score, each = self._model.score_all(whole, table)[0], self._model.score_all(parts, table)
        # A cosine is a sum over parts once they are divided by the length of the whole, and not each by its own.
        for shares in (each, each * (parts.norm(dim=1) / whole.norm()).nan_to_num()[:, None]):
            if adds_up(shares.sum(dim=0), score):
                return shares[:-1]
        return None

    @override
    def with_new_items(self, items: NewItems) -> Scoring:
        wider = copy(self)
        wider.__dict__.pop("_over_items", None)
        wider.item = torch.cat([self.item, self._fold_in.items(items)])
        wider.num_items = len(wider.item)
        return wider

    @override
    def embed(self, edge_label_index: Tensor, frequency: Tensor) -> EmbeddedBatch:
        return embedded_batch(self.user, self.item, edge_label_index, frequency)

    @override
    def similarity(self, item: int) -> Tensor:
        unit = normalize(self.item)
        return unit @ unit[item]


class HistoryScoring(Scoring):
    """A closed-form scorer, which scores users from the items they know.

    Args:
        scorer: What `Scorer.fit` gave.
        known: Each user's items.
    """

    by_history = "scored from the history, like every user"
    by_item = "scores after a history of that item alone"

    def __init__(self, scorer: nn.Module, known: Edges) -> None:
        self._scorer, self._known = scorer, known
        self.num_items, self.device = known.num_items, torch.device("cpu")

    @override
    def score(self, users: Tensor) -> Tensor:
        rows, items = self._known.items_of(users.cpu().numpy())
        return self._score(rows, items, len(users))

    @override
    def score_histories(self, histories: Edges) -> Tensor:
        rows, items = histories.items_of(np.arange(histories.num_users))
        return self._score(rows, items, histories.num_users)

    @override
    def score_grown(self, users: Tensor, histories: Edges) -> Tensor:
        return self.score_histories(histories)

    @override
    def carried(self, user: int | None, history: Edges, items: Tensor) -> Carried:
        whole = self.score_histories(history)[0, items]
        return shares_of(self.score_histories, history, items, whole) or super().carried(user, history, items)

    @override
    def similarity(self, item: int) -> Tensor:
        return self._score(np.zeros(1, np.int64), np.array([item]), 1)[0]

    def _score(self, rows: np.ndarray, items: np.ndarray, count: int) -> Tensor:
        histories = incidence(torch.from_numpy(rows), torch.from_numpy(items), (count, self.num_items))
        with torch.no_grad():
            scores: Tensor = self._scorer(histories)
        return scores
