"""From what a data set knows to what counts: filters, one after the other, each telling what it takes away."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gnnrec.data.interactions import Interactions
from gnnrec.errors import ContractError, DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger("gnnrec")


class Filtering(Protocol):
    """What is asked of a filter."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def apply(self, interactions: Interactions) -> Interactions:
        """The interactions that count."""


def apply_filters(interactions: Interactions, filters: Iterable[Filtering]) -> Interactions:
    """The interactions that count.

    Raises:
        DataError: Nothing is left, or a weight that is left is not more than 0.
        ContractError: A filter gave no interactions, or more of them.
    """
    for each in filters:
        before, interactions = interactions, each.apply(interactions)
        _check(each, before, interactions)
        logger.info(
            "filter %s took away %s of %s interactions, %s users and %s items",
            each.name,
            f"{len(before) - len(interactions):,}",
            f"{len(before):,}",
            f"{before.edges.num_users - interactions.edges.num_users:,}",
            f"{before.edges.num_items - interactions.edges.num_items:,}",
        )
    weight = interactions.edges.weight
    if weight is not None and (weight <= 0).any():
        first = int(np.flatnonzero(weight <= 0)[0])
        user = interactions.users["user"].iloc[interactions.edges.users[first]]
        item = interactions.items["item"].iloc[interactions.edges.items[first]]
        raise DataError(
            f"{interactions.source}: {int((weight <= 0).sum())} interactions have a weight that is not more than 0; "
            f"the first is {weight[first]:g}, of user {user} and item {item}. Filter them out "
            "(filters: [{name: min_rating, at_least: …}]), or leave the column out of the dataset"
        )
    return interactions


def _check(each: Filtering, before: Interactions, after: Interactions) -> None:
    if not isinstance(after, Interactions):
        raise ContractError(f"filter '{each.name}' gives interactions; got {type(after).__name__}")
    if len(after) > len(before):
        raise ContractError(f"filter '{each.name}' made {len(after):,} interactions of {len(before):,}; it takes away")
    if not len(after):
        raise DataError(f"filter {each.name} leaves none of the {len(before):,} interactions; ask for less")
