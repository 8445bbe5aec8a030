"""What each phase propagates over: the graphs made after the table of phases."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from gnnrec.data.features import FeatureBlock
from gnnrec.errors import DataError
from gnnrec.graph.new_nodes import mark, silence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch_geometric.data import HeteroData

    from gnnrec.contract.kinds import Encoder, GraphBuilder
    from gnnrec.data.edges import Edges, EdgeType, IdArray, Mask, Relation
    from gnnrec.data.new_items import NewItems
    from gnnrec.data.observed import Observed
    from gnnrec.data.split import Phase, Split
    from gnnrec.modelling.features import Features

logger = logging.getLogger("gnnrec")


class PhaseGraphs:
    """Builds the graph of each phase: what the builder lays out of what the phase may know, and the encoder reads.

    Attributes:
        new: Which users and items have no interaction in training, bool [N] each.
        unlearned: Which of them have no embedding of their own: users, and items that are not there in training.

    Args:
        builder: Lays out the graphs.
        encoder: Says which edge types it does not read.
        features: Of the node types that have some.
        split: What each phase may know.
        new_send: Let nodes that training does not know send messages, as runs of format 1 did.
    """

    def __init__(
        self, builder: GraphBuilder, encoder: Encoder, features: Features, split: Split, *, new_send: bool = False
    ) -> None:
        self._builder, self._encoder, self._features, self._split = builder, encoder, features, split
        nobody = {kind: np.zeros_like(mask) for kind, mask in split.new.items()}
        self.new = nobody if new_send else split.new
        # An item that is there and that nobody took has learned from being a negative.
        self.unlearned = (
            nobody if new_send else {"user": split.new["user"], "item": split.absent.get("item", nobody["item"])}
        )

    def build(self, phase: Phase) -> HeteroData:
        """The graph of a phase; what is known and not used is said when it is that of training."""
        observed = replace(self._split.observed(phase), features=self._features.blocks, new=self.new)
        if phase == "train":  # which asks nothing of them
            return self._laid_out(observed, {}, training=True)
        return self._laid_out(observed, self.unlearned)

    def build_with_users(self, histories: Edges) -> HeteroData:
        """The test graph and new users, the last: with their histories as edges, and zeros for features.

        Of new users nothing else is known: the table has rows without values. Where edges have a weight, or a time,
        theirs have the history's; if it has none, the mean weight and the latest time.
        """
        observed, count = self._split.observed("test"), histories.num_users
        edges, users = observed.edges, observed.edges.num_users + count
        added = replace(histories, users=histories.users + edges.num_users, num_users=users)
        return self._laid_out(
            replace(
                observed,
                edges=replace(edges, num_users=users).joined(added.told_as(edges)),
                tables={**observed.tables, "user": observed.tables["user"].reindex(range(users))},
                behaviours={name: replace(each, num_users=users) for name, each in observed.behaviours.items()},
                features=_padded(self._features.blocks, "user", count),
                new=_and_more(self.new, "user", count),
            ),
            _and_more(self.unlearned, "user", count),
        )

    def build_with_edges(self, edges: Edges) -> HeteroData:
        """The test graph and more interactions between its nodes; what it has already stays as it is."""
        observed = self._split.observed("test")
        added = edges.keep(~np.isin(edges.keys, observed.edges.keys))
        more = observed.edges.joined(added.told_as(observed.edges))
        return self._laid_out(
            replace(observed, edges=more, features=self._features.blocks, new=self.new), self.unlearned
        )

    def build_with_items(self, items: NewItems) -> HeteroData:
        """The test graph and new items, the last: with their links and interactions as edges, and their features.

        Raises:
            DataError: Nothing is known of one: it has no feature, and no edge that the graph bears.
        """
        observed, count = self._split.observed("test"), len(items)
        edges, first = observed.edges, observed.edges.num_items
        items = items.after(first)
        table = pd.concat([observed.tables["item"], items.table.astype(object)], ignore_index=True)
        blocks, featured = dict(self._features.blocks), np.zeros(count, bool)
        if "item" in blocks:
            own, of_nothing = (
                self._features.encode("item", each) for each in (items.table, items.table[:1].reindex([-1]))
            )
            featured = (own.values != of_nothing.values).any(axis=1)  # noqa: PD011 - blocks are no tables
            values = np.concatenate([blocks["item"].values, own.values])  # noqa: PD011 - blocks are no tables
            blocks["item"] = FeatureBlock(values, own.names)
        graph = self._laid_out(
            replace(
                observed,
                edges=replace(edges, num_items=first + count).joined(items.edges.told_as(edges)),
                tables={**observed.tables, "item": table},
                relations=tuple(
                    _longer(each, items.links[each.key]) if each.key in items.links else each
                    for each in observed.relations
                ),
                behaviours={name: replace(each, num_items=first + count) for name, each in observed.behaviours.items()},
                features=blocks,
                new=_and_more(self.new, "item", count),
            ),
            _and_more(self.unlearned, "item", count),
        )
        self._refuse_unknown(graph, items.table["item"], first, featured)
        return graph

    def _refuse_unknown(self, graph: HeteroData, ids: pd.Series[Any], first: int, featured: Mask) -> None:
        """Nothing can be said of new items (from row `first` on) that hear nothing and have no features (bool [n])."""
        heard = np.zeros(graph["item"].num_nodes, bool)
        for edge_type in graph.edge_types:
            if edge_type[2] == "item":
                heard[graph[edge_type].edge_index[1].numpy()] = True
        unknown = ids[~(heard[first:] | featured)]
        if len(unknown):
            data = self._split.interactions
            says = [column for column in data.items.columns if column != "item"]
            says += [each.name for each in data.relations if each.source_type == "item"]
            raise DataError(
                f"nothing that this run looks at is known of {len(unknown)} of {len(ids)} new items, the first is "
                f"{unknown.iloc[0]}; it knows the columns {', '.join([*says, 'users'])}"
            )

    def _laid_out(self, observed: Observed, unlearned: Mapping[str, Mask], *, training: bool = False) -> HeteroData:
        graph = self._builder.build(observed)
        unread = take_out_unread(graph, self._encoder)
        if training:
            self._tell(unread, graph)
        silence(graph, {kind: torch.from_numpy(mask) for kind, mask in observed.new.items()})
        mark(graph, {kind: torch.from_numpy(mask) for kind, mask in unlearned.items()})
        return graph

    def _tell(self, unread: Sequence[EdgeType], graph: HeteroData) -> None:
        """Say which relations and features have no say, in either direction."""
        read = {_one_way(edge_type) for edge_type in graph.edge_types}
        lost = sorted({"-".join(_one_way(edge_type)) for edge_type in unread if _one_way(edge_type) not in read})
        if lost:
            logger.warning("encoder '%s' does not read %s", self._encoder.name, ", ".join(lost))
        for node_type in self._features.blocks.keys() - set(graph.node_types):
            logger.warning("features of %s are not used: no %s nodes are read", node_type, node_type)


def take_out_unread(graph: HeteroData, encoder: Encoder) -> tuple[EdgeType, ...]:
    """Take out of a graph, in place, the edge types that an encoder does not read, which are given back.

    So are node types that nothing leads to any more.
    """
    unread = encoder.unread(graph.edge_types)
    for edge_type in unread:
        del graph[edge_type]
    ends = {end for source, _, target in graph.edge_types for end in (source, target)}
    for node_type in {*graph.node_types} - ends - {"user", "item"}:
        del graph[node_type]
    return unread


def _one_way(edge_type: EdgeType) -> EdgeType:
    source, name, target = edge_type
    return (target, name.removeprefix("rev_"), source) if name.startswith("rev_") else edge_type


def _longer(relation: Relation, links: tuple[IdArray, IdArray]) -> Relation:
    """The relation and some links more, of mean weight; nobody in particular made those, at no particular time."""
    source, target = links
    weight = relation.weight
    if weight is not None:
        weight = np.append(weight, np.full(len(source), weight.mean() if len(weight) else 1, np.float32))
    return replace(
        relation,
        source=np.append(relation.source, source),
        target=np.append(relation.target, target),
        weight=weight,
        by_user=None,
        time=None,
    )


def _and_more(masks: Mapping[str, Mask], node_type: str, count: int) -> dict[str, Mask]:
    """The masks, true for so many nodes more of a type."""
    return {**masks, node_type: np.append(masks[node_type], np.ones(count, bool))}


def _padded(blocks: Mapping[str, FeatureBlock], node_type: str, count: int) -> dict[str, FeatureBlock]:
    """The blocks with rows of zeros after those of one node type, if it has some."""
    padded = dict(blocks)
    if node_type in blocks:
        block = blocks[node_type]
        padded[node_type] = FeatureBlock(np.pad(block.values, ((0, count), (0, 0))), block.names)
    return padded
