"""Draws that go by a hash of original ids and a seed: however rows are ordered, the same are drawn."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from gnnrec.data.edges import IdArray
    from gnnrec.data.interactions import Interactions

    Hashes = npt.NDArray[np.uint64]
    """uint64 [n]; a name for annotations."""


def interaction_hashes(interactions: Interactions, seed: int, purpose: str = "") -> Hashes:
    """A number for each interaction, uniform and independent of the others: uint64 [E].

    Args:
        interactions: Whose original ids are hashed.
        seed: Another one gives other numbers.
        purpose: What is drawn, so that two draws with one seed have nothing to do with each other.
    """
    edges = interactions.edges
    users = node_hashes(interactions.users["user"], seed, purpose)[edges.users]
    items = node_hashes(interactions.items["item"], seed, f"{purpose} item")[edges.items]
    return _mixed(users ^ _mixed(items))


def node_hashes(ids: pd.Series[Any], seed: int, purpose: str = "") -> Hashes:
    """A number for each original id, uniform and independent of the others: uint64 [N]; 7 and '7' have the same."""
    key = hashlib.sha256(f"{seed} {purpose}".encode()).digest()
    digests = b"".join(hashlib.blake2b(str(each).encode(), digest_size=8, key=key).digest() for each in ids)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def in_drawn_order(hashes: Hashes) -> IdArray:
    """The places of some hashed things in random order: int64 [n]."""
    return np.argsort(hashes, kind="stable")


def count_of(share: float, total: int) -> int:
    """How many a share of a total is: rounded down, as torch_geometric has it, and at least one.

    Floating point decides where the product is a whole number: .29 of 100 is 28.

    >>> count_of(0.1, 29), count_of(0.1, 5)
    (2, 1)
    """
    return max(1, int(share * total))


def _mixed(states: Hashes) -> Hashes:
    """The finaliser of splitmix64 (Steele et al. 2014)."""
    mixed = states.copy()
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
