"""The leak gate: asserts, before training and before evaluation, that nothing held out can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from gnnrec.data.parts import PARTS
from gnnrec.data.split import KNOWN
from gnnrec.errors import GnnrecError

if TYPE_CHECKING:
    from torch import Tensor
    from torch_geometric.data import HeteroData

    from gnnrec.data.edges import Edges, IdArray
    from gnnrec.data.split import Phase, Split


class LeakError(GnnrecError):
    """Something held out can be seen; the figures would be worth nothing."""


def check_graph(graph: HeteroData, split: Split, phase: Phase) -> None:
    """Check that no held-out interaction is an edge of a phase's graph, in either direction.

    In training, no edge is propagated over that is supervision alone, either.

    Raises:
        LeakError: One is; the message says how many, and names the first.
    """
    hidden: dict[str, IdArray] = {part: split.edges(part).keys for part in PARTS if part not in KNOWN[phase]}
    if phase == "train":
        hidden["supervision"] = split.interactions.edges.keys[split.supervision & ~split.message]
    num_items = split.interactions.edges.num_items
    for edge_type in graph.edge_types:
        source, _, target = edge_type
        if {source, target} != {"user", "item"}:
            continue
        ends = cast("Tensor", graph[edge_type].edge_index).cpu()
        users, items = ends if source == "user" else ends.flip(0)
        keys = users.numpy() * num_items + items.numpy()
        known = _of_their_own(edge_type, split, phase)
        if known is not None:
            unknown = keys[~np.isin(keys, known)]
            if len(unknown):
                raise LeakError(
                    f"{len(unknown)} edges of ({', '.join(edge_type)}) are propagated over in the {phase} phase, which "
                    f"does not know them; the first is {_named(unknown[0], split)}"
                )
            continue
        for part, held_out in hidden.items():
            leaked = keys[np.isin(keys, held_out)]
            if len(leaked):
                raise LeakError(
                    f"{len(leaked)} {part} edges are propagated over in the {phase} phase, as "
                    f"({', '.join(edge_type)}); the first is {_named(leaked[0], split)}"
                )


def _of_their_own(edge_type: tuple[str, str, str], split: Split, phase: Phase) -> IdArray | None:
    """The pairs that a phase knows of a behaviour or a relation between users and items; None for another edge type."""
    name = edge_type[1].removeprefix("rev_")
    observed, num_items = split.observed(phase), split.interactions.edges.num_items
    if name in observed.behaviours:
        return observed.behaviours[name].keys
    for relation in observed.relations:
        if relation.name == name and {relation.source_type, relation.target_type} == {"user", "item"}:
            ends = (relation.source, relation.target)
            users, items = ends if relation.source_type == "user" else ends[::-1]
            return users * num_items + items
    return None


def check_negatives(users: Tensor, items: Tensor, split: Split, avoid: Edges, *, what: str) -> None:
    """Check that none of some negatives is a pair that they avoid.

    Raises:
        LeakError: One is; the message says how many, and names the first.
    """
    keys = users.cpu().numpy().ravel() * avoid.num_items + items.cpu().numpy().ravel()
    wrong = keys[np.isin(keys, avoid.keys)]
    if len(wrong):
        raise LeakError(f"{len(wrong)} {what} are known interactions; the first is {_named(wrong[0], split)}")


def _named(key: int, split: Split) -> str:
    user, item = divmod(int(key), split.interactions.edges.num_items)
    data = split.interactions
    return f"user {data.users['user'].iloc[user]} and item {data.items['item'].iloc[item]}"
