"""The leak gate: asserts, before training and before evaluation, that nothing held out can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from gnnrec.errors import GnnrecError

if TYPE_CHECKING:
    from torch import Tensor
    from torch_geometric.data import HeteroData

    from gnnrec.data.interactions import IdArray
    from gnnrec.data.split import Part, Split
    from gnnrec.modelling.phases import Phase

HIDDEN: dict[Phase, tuple[Part, ...]] = {"train": ("val", "test"), "validate": ("val", "test"), "test": ("test",)}
"""The parts that a phase's graph must not hold."""


class LeakError(GnnrecError):
    """Something held out can be seen; the figures would be worth nothing."""


def check_graph(graph: HeteroData, split: Split, phase: Phase) -> None:
    """Check that no held-out interaction is an edge of a phase's graph, in either direction.

    In training, no edge is propagated over that is supervision alone, either.

    Raises:
        LeakError: One is; the message says how many, and names the first.
    """
    hidden: dict[str, IdArray] = {part: split.edges(part).keys for part in HIDDEN[phase]}
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
        for part, held_out in hidden.items():
            leaked = keys[np.isin(keys, held_out)]
            if len(leaked):
                raise LeakError(
                    f"{len(leaked)} {part} edges are propagated over in the {phase} phase, as "
                    f"({', '.join(edge_type)}); the first is {_named(leaked[0], split)}"
                )


def check_negatives(users: Tensor, items: Tensor, split: Split, *, what: str, parts: tuple[Part, ...]) -> None:
    """Check that none of some negatives is a positive of the given parts.

    Raises:
        LeakError: One is; the message says how many, and names the first.
    """
    known = split.edges(*parts)
    keys = users.cpu().numpy().ravel() * known.num_items + items.cpu().numpy().ravel()
    wrong = keys[np.isin(keys, known.keys)]
    if len(wrong):
        raise LeakError(
            f"{len(wrong)} {what} are positives of {' or '.join(parts)}; the first is {_named(wrong[0], split)}"
        )


def _named(key: int, split: Split) -> str:
    user, item = divmod(int(key), split.interactions.edges.num_items)
    data = split.interactions
    return f"user {data.users['user'].iloc[user]} and item {data.items['item'].iloc[item]}"
