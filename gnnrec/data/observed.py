"""What may be known at one point: the one thing that graphs, features, samplers and scorers are built of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from gnnrec.data.edges import renumbered_side_information

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from gnnrec.data.edges import Edges, Mask, Relation, Renumbering
    from gnnrec.data.features import FeatureBlock


@dataclass(frozen=True)
class Observed:
    """What may be known at one point of a run, and nothing else.

    Attributes:
        edges: The interactions that may be known, with time and weight where the data have them.
        tables: Node type to table; row i = node i. `user` and `item` are always there in a run.
        relations: Side information, cleared of what is later or tells of what is held out.
        behaviours: Further kinds of interaction by name, cleared likewise.
        features: Of the node types that have some, where they are encoded already (for graphs).
        new: `user` and `item` to bool [N], which of them training does not know; a missing type has no new nodes. They
            receive messages and send none: whatever edges a graph has from them are taken out of it.
    """

    edges: Edges
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    behaviours: Mapping[str, Edges] = field(default_factory=dict)
    features: Mapping[str, FeatureBlock] = field(default_factory=dict)
    new: Mapping[str, Mask] = field(default_factory=dict)

    def count(self, node_type: str) -> int:
        """How many nodes of a type there are."""
        own = {"user": self.edges.num_users, "item": self.edges.num_items}
        return own[node_type] if node_type in own else len(self.tables[node_type])

    def only(self, nodes: Mapping[str, Renumbering]) -> Self:
        """What is known of the nodes that stay, under new numbers.

        Args:
            nodes: Of `user` and `item`.
        """
        return replace(
            self,
            edges=self.edges.renumbered(nodes["user"], nodes["item"]),
            features={},
            new={kind: mask[nodes[kind].stays] for kind, mask in self.new.items()},
            **renumbered_side_information(nodes, self.tables, self.relations, self.behaviours),
        )
