"""The graph of all that is known: interactions, further behaviours, and relations between nodes of any types."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gnnrec_graphs.interaction_graph import InteractionGraph

if TYPE_CHECKING:
    from collections.abc import Collection

    from torch_geometric.data import HeteroData

    from gnnrec import Observed


class Relational(InteractionGraph):
    """Interactions, behaviours and relations, each as an edge type of its own with its reverse, over nodes of any type.

    Behaviours are weighed as interactions are, where they have what is looked at; a relation by its own weights, where
    it has some.
    """

    uses: ClassVar[tuple[str, ...]] = ("tables", "relations", "behaviours")

    name: Literal["relational"] = "relational"

    relations: tuple[str, ...] | None = None
    """The names of the relations that are taken; all where it is left out."""

    behaviours: tuple[str, ...] | None = None
    """The names of the further kinds of interaction that are taken; all where it is left out."""

    def build(self, observed: Observed) -> HeteroData:
        """Node i of a type is row i of its table and of its features; node types are those that edges lead to.

        Raises:
            DataError: A relation or a behaviour is not there, or there is none at all; there are no weights, or no
                times, to weigh by; or a weight is negative.
        """
        from gnnrec import DataError
        from gnnrec_graphs.layout import add_edges, add_nodes, interactions

        names = self._chosen(self.relations, {each.name: None for each in observed.relations}, "relation")
        behaviours = self._chosen(self.behaviours, observed.behaviours, "behaviour")
        if not names and not behaviours:
            raise DataError(
                "graph 'relational': there are no relations and no behaviours to put beside the interactions; "
                "graph.name: bipartite has these alone"
            )
        beside = {name: observed.behaviours[name] for name in behaviours}
        weighting = self.weighting(observed, *beside.values())
        graph = interactions(observed, weighting, reverse=self.reverse)
        for name, edges in beside.items():
            weight = weighting.where_known(edges, f"behaviour '{name}'", observed.tables)
            add_edges(graph, ("user", name, "item"), edges.users, edges.items, weight, reverse=self.reverse)
        for relation in observed.relations:
            if relation.name in names:
                for node_type in {relation.source_type, relation.target_type} - set(graph.node_types):
                    add_nodes(graph, observed, node_type)
                add_edges(
                    graph, relation.edge_type, relation.source, relation.target, relation.weight, reverse=self.reverse
                )
        return graph

    def _chosen(self, wanted: tuple[str, ...] | None, there: Collection[str], what: str) -> tuple[str, ...]:
        if wanted is None:
            return tuple(there)
        from gnnrec import DataError
        from gnnrec.errors import suggestion

        for name in wanted:
            if name not in there:
                hint = suggestion(name, there) if there else f"; they have no {what}s at all"
                raise DataError(f"graph.{what}s: the data have no {what} '{name}'{hint}")
        return wanted
