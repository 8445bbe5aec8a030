"""What each phase propagates over: the table of phases, and the graphs made after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gnnrec.contract.kinds import NODE_TYPES
from gnnrec.data.interactions import Edges, FeatureBlock
from gnnrec.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch_geometric.data import HeteroData

    from gnnrec.contract.kinds import FeatureEncoder, GraphBuilder
    from gnnrec.data.interactions import IdArray
    from gnnrec.data.split import Split

Phase = Literal["train", "validate", "test"]


def phase_edges(split: Split, phase: Phase) -> Edges:
    """The edges propagated over: train's message edges, then all of train, then train and val."""
    if phase == "train":
        return split.message_edges
    return split.edges("train") if phase == "validate" else split.edges("train", "val")


class PhaseGraphs:
    """Builds the graph of each phase; features are encoded once, on training interactions alone.

    Args:
        builder: Lays out the graphs.
        features: The encoders of each node type, in order; their blocks stand side by side.
        split: Its edges say what.

    Raises:
        ContractError: A feature encoder gives another number of rows than there are nodes.
    """

    def __init__(self, builder: GraphBuilder, features: Mapping[str, Sequence[FeatureEncoder]], split: Split) -> None:
        self._builder = builder
        self._split = split
        self._features = {
            node_type: block
            for node_type in NODE_TYPES
            if (block := _encode(features.get(node_type, ()), node_type, split)) is not None
        }

    def build(self, phase: Phase) -> HeteroData:
        """The graph of a phase."""
        return self._builder.build(phase_edges(self._split, phase), self._features)

    def build_with_user(self, items: IdArray) -> HeteroData:
        """The test graph and one user more, the last: with these items (int64 [H]) as edges, and zeros for features."""
        edges = phase_edges(self._split, "test")
        users = np.append(edges.users, np.full(len(items), edges.num_users))
        wider = Edges(users, np.append(edges.items, items), edges.num_users + 1, edges.num_items)
        features = dict(self._features)
        if "user" in features:
            values, names = features["user"].values, features["user"].names
            features["user"] = FeatureBlock(np.pad(values, ((0, 1), (0, 0))), names)
        return self._builder.build(wider, features)


def _encode(encoders: Sequence[FeatureEncoder], node_type: str, split: Split) -> FeatureBlock | None:
    table = split.interactions.users if node_type == "user" else split.interactions.items
    blocks = []
    for encoder in encoders:
        block = encoder.encode(table, split.edges("train"))
        if len(block.values) != len(table):
            raise ContractError(
                f"features '{encoder.name}' gave {len(block.values)} rows for {len(table)} {node_type} nodes"
            )
        blocks.append(block)
    if not blocks:
        return None
    names = tuple(name for block in blocks for name in block.names)
    return FeatureBlock(np.concatenate([block.values for block in blocks], axis=1), names)
