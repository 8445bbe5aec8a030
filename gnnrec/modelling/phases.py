"""What each phase propagates over: the graphs made after the table of phases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gnnrec.data.features import FeatureBlock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch_geometric.data import HeteroData

    from gnnrec.contract.kinds import GraphBuilder
    from gnnrec.data.edges import IdArray
    from gnnrec.data.split import Phase, Split


class PhaseGraphs:
    """Builds the graph of each phase.

    Args:
        builder: Lays out the graphs.
        features: Of the node types that have some.
        split: What each phase may know.
    """

    def __init__(self, builder: GraphBuilder, features: Mapping[str, FeatureBlock], split: Split) -> None:
        self._builder, self._features, self._split = builder, features, split

    def build(self, phase: Phase) -> HeteroData:
        """The graph of a phase."""
        return self._builder.build(replace(self._split.observed(phase), features=self._features))

    def build_with_user(self, items: IdArray) -> HeteroData:
        """The test graph and one user more, the last: with these items (int64 [H]) as edges, and zeros for features.

        Of the new user nothing else is known: the table has a row without values, and where edges have a weight, or a
        time, the new ones have the mean weight and the latest time.
        """
        observed, features = self._split.observed("test"), dict(self._features)
        edges, count = observed.edges, len(items)
        time, weight = edges.time, edges.weight
        if time is not None:
            time = np.append(time, np.full(count, time.max()))
        if weight is not None:
            weight = np.append(weight, np.full(count, weight.mean(), np.float32))
        users = np.append(edges.users, np.full(count, edges.num_users))
        wider = replace(
            edges,
            users=users,
            items=np.append(edges.items, items),
            num_users=edges.num_users + 1,
            time=time,
            weight=weight,
        )
        if "user" in features:
            values, names = features["user"].values, features["user"].names
            features["user"] = FeatureBlock(np.pad(values, ((0, 1), (0, 0))), names)
        table = observed.tables["user"]
        behaviours = {name: replace(each, num_users=wider.num_users) for name, each in observed.behaviours.items()}
        return self._builder.build(
            replace(
                observed,
                edges=wider,
                tables={**observed.tables, "user": table.reindex(range(wider.num_users))},
                behaviours=behaviours,
                features=features,
            )
        )
