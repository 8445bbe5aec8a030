"""The leak gate: asserts, before training and before evaluation, that nothing held out can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from gnnrec.data.membership import among
from gnnrec.data.parts import PARTS, TRAIN
from gnnrec.errors import GnnrecError

if TYPE_CHECKING:
    from collections.abc import Collection

    from torch import Tensor
    from torch_geometric.data import HeteroData

    from gnnrec.data.edges import Edges, IdArray
    from gnnrec.data.split import Phase, Split

    EdgeType = tuple[str, str, str]


LOOKED_AT = 2**16
"""Negatives that are looked up at the most."""


class LeakError(GnnrecError):
    """Something held out can be seen; the figures would be worth nothing."""


def check_graph(graph: HeteroData, split: Split, phase: Phase) -> None:
    """Check that a phase's graph tells nothing that the phase does not know, in either direction.

    Each edge of a behaviour or a relation, which go by their types and names, is one that the phase knows; fewer are no
    fault. No other edge between a user and an item is an interaction that the phase does not propagate over: held out
    or, in training, supervision alone. What a graph derives itself between other types (items that are alike) cannot
    be checked edge by edge, and passes.

    Args:
        graph: Its node i of a type is row i of that type's table in `split.interactions`.
        split: Says what is known.
        phase: Whose graph it is.

    Raises:
        LeakError: An edge is not known; the message says how many, and names the first.
    """
    observed, interactions = split.observed(phase), split.interactions.edges.keys
    hidden = interactions[~among(interactions, observed.edges.keys)]
    known = {each.edge_type: (each.source, each.target) for each in observed.relations}
    known |= {("user", name, "item"): (each.users, each.items) for name, each in observed.behaviours.items()}
    for edge_type in graph.edge_types:
        forward, ends = _forward(edge_type, cast("Tensor", graph[edge_type].edge_index).cpu().numpy(), known)
        source, _, target = forward
        if forward in known:
            keys, allowed = (sources * observed.count(target) + targets for sources, targets in (ends, known[forward]))
            unknown = keys[~among(keys, allowed)]
            if len(unknown):
                raise LeakError(
                    f"{len(unknown)} edges of ({', '.join(edge_type)}) are propagated over in the {phase} phase, which "
                    f"does not know them; the first is {_named(unknown[0], source, target, split)}"
                )
        elif (source, target) == ("user", "item"):
            keys = ends[0] * observed.count(target) + ends[1]
            part, leaked = _of_one_part(keys[among(keys, hidden)], split)
            if len(leaked):
                raise LeakError(
                    f"{len(leaked)} {part} edges are propagated over in the {phase} phase, as "
                    f"({', '.join(edge_type)}); the first is {_named(leaked[0], source, target, split)}"
                )


def _forward(edge_type: EdgeType, ends: IdArray, known: Collection[EdgeType]) -> tuple[EdgeType, IdArray]:
    """An edge type and its edges, int64 [2, E], turned as behaviours and relations are, and users before items."""
    source, name, target = edge_type
    turned = (target, name.removeprefix("rev_"), source)
    if edge_type not in known and (turned in known or (source, target) == ("item", "user")):
        return turned, ends[::-1]
    return edge_type, ends


def _of_one_part(hidden: IdArray, split: Split) -> tuple[str, IdArray]:
    """The keys of hidden pairs that are in one part, and what it is called; the rest of train is supervision alone."""
    part = split.part[np.searchsorted(split.interactions.edges.keys, hidden)]
    chosen = min({*part.tolist()} - {TRAIN}, default=TRAIN)
    return "supervision" if chosen == TRAIN else PARTS[chosen], hidden[part == chosen]


def check_negatives(users: Tensor, items: Tensor, split: Split, avoid: Edges, *, what: str) -> None:
    """Check that none of some negatives is a pair that they avoid; of more than `LOOKED_AT`, of as many evenly spread.

    A sampler that knows what to avoid errs nowhere, and one that does not errs everywhere: some tell as much as all.

    Raises:
        LeakError: One is; the message says how many, and names the first.
    """
    keys = users.cpu().numpy().ravel() * avoid.num_items + items.cpu().numpy().ravel()
    keys = keys[:: -(-len(keys) // LOOKED_AT) or 1]
    wrong = keys[among(keys, avoid.sorted()[0].keys)]
    if len(wrong):
        raise LeakError(
            f"{len(wrong)} of {len(keys)} {what} are known interactions; the first is "
            f"{_named(wrong[0], 'user', 'item', split)}"
        )


def _named(key: int, source_type: str, target_type: str, split: Split) -> str:
    """The two ends of an edge by their original ids."""
    tables = split.interactions.tables
    source, target = divmod(int(key), len(tables[target_type]))
    ends = ((source_type, source), (target_type, target))
    return " and ".join(f"{node_type} {tables[node_type][node_type].iloc[node]}" for node_type, node in ends)
