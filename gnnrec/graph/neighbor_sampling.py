"""Neighbour sampling on user-item graphs with torch alone: subgraphs around seeds, with a bound on edges per node."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gnnrec.errors import UsageError
from gnnrec.graph.incoming_edges import incoming_edges
from gnnrec.graph.propagation import as_borne, degrees, sums_of_weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torch import Generator
    from torch_geometric.data import HeteroData

    from gnnrec.graph.incoming_edges import IncomingEdges, LeftOut

    EdgeType = tuple[str, str, str]

UNSEEN = 2**62
"""The number of a node that was not met yet."""


@dataclass(frozen=True)
class Neighborhood:
    """What was reached from some seeds, in numbers.

    Attributes:
        rows: For each node type int64 [n], rows of the graph: the seeds first, then as they were met.
        edge_index: For each edge type int64 [2, M], numbers of `rows`; targets ascend.
        positions: For each edge type int64 [M], where each edge is in the sampler's `IncomingEdges`.
        degrees: For each edge type the whole graph's degrees, of sources [S] and of targets [T].
        nodes_per_hop: For each node type how many were new: the seeds, then for each hop.
        edges_per_hop: For each edge type how many were drawn in each hop.
    """

    rows: Mapping[str, Tensor]
    edge_index: Mapping[EdgeType, Tensor]
    positions: Mapping[EdgeType, Tensor]
    degrees: Mapping[EdgeType, tuple[Tensor, Tensor]]
    nodes_per_hop: Mapping[str, list[int]]
    edges_per_hop: Mapping[EdgeType, list[int]]


class NeighborSampler:
    """Draws subgraphs around seeds.

    Hop h expands the nodes that hop h - 1 newly met, over every edge type that ends in them (Hamilton et al. 2017,
    Algorithm 2). Several threads or forked processes may share one.

    Args:
        graph: User-item graph, not to be changed afterwards. Sampling runs on its device.
        fan_out: For each hop how many incoming edges of each edge type a node gets at the most; -1 for all.
        replace: Draw edges with replacement.

    Raises:
        UsageError: `fan_out` is empty, or has a number below -1.
    """

    def __init__(self, graph: HeteroData, fan_out: Sequence[int], *, replace: bool = False) -> None:
        if not fan_out or any(number < -1 for number in fan_out):
            raise UsageError(
                f"fan_out must hold a number of neighbours for each hop, -1 for all of them; got {list(fan_out)}"
            )
        self.graph, self.fan_out, self.replace = graph, tuple(fan_out), replace
        self.num_nodes: dict[str, int] = {kind: graph[kind].num_nodes for kind in graph.node_types}
        self.incoming: dict[EdgeType, IncomingEdges] = {
            (source, name, target): incoming_edges(
                graph[source, name, target].edge_index, self.num_nodes[source], self.num_nodes[target]
            )
            for source, name, target in graph.edge_types
        }
        self._weights: dict[EdgeType, Tensor] = {
            relation: graph[relation].edge_weight for relation in self.incoming if "edge_weight" in graph[relation]
        }
        self._degrees = {relation: self._whole_degrees(relation) for relation in self.incoming}
        # Tables of numbers at rest. Whoever samples takes one per type, or makes one; pop and append are atomic.
        self._resting: dict[str, list[Tensor]] = {kind: [] for kind in self.num_nodes}

    def sample(
        self,
        seeds: Mapping[str, Tensor],
        generator: Generator | None = None,
        exclude: tuple[Tensor, Tensor] | None = None,
    ) -> HeteroData:
        """Draw the subgraph around some seeds.

        Args:
            seeds: By node type, int64 [n], unique rows of the graph. A type may be missing.
            generator: On the graph's device.
            exclude: Users and items, int64 [B] each, rows of the graph. Where they have interacted, edges between a
                pair, of any type and in both directions, are never drawn, and degrees are those without them.

        Returns:
            Each node type has `node_id`, and `x` where the graph has it, seeds first. Each edge type has `edge_index`
            int64 [2, M] (targets ascend), what else the graph's edges have (`edge_weight`), and the degrees which its
            nodes have in the whole graph, the sums of their edges' weights: `source_degree` [S], `target_degree` [T];
            int64, or float32 where there are weights.

        Raises:
            UsageError: There is no such node type, or its seeds are not unique.
        """
        return self.subgraph(self.draw(seeds, generator, exclude))

    def subgraph(self, drawn: Neighborhood) -> HeteroData:
        """What `sample` gives, for what `draw` gave."""
        part = type(self.graph)()
        for kind, rows in drawn.rows.items():
            whole = self.graph[kind]
            part[kind].node_id = whole.node_id.index_select(0, rows)
            if "x" in whole:
                part[kind].x = whole.x.index_select(0, rows)
        for relation, edge_index in drawn.edge_index.items():
            store, whole = part[relation], self.graph[relation]
            store.edge_index = edge_index
            edges = None
            for name, values in whole.items():
                if name not in {"edge_index", "source_degree", "target_degree"}:
                    edges = self.incoming[relation].edge_ids[drawn.positions[relation]] if edges is None else edges
                    store[name] = values.index_select(0, edges)
            store.source_degree, store.target_degree = map(as_borne, drawn.degrees[relation])
        return part

    def draw(
        self,
        seeds: Mapping[str, Tensor],
        generator: Generator | None = None,
        exclude: tuple[Tensor, Tensor] | None = None,
    ) -> Neighborhood:
        """The same in numbers: nothing of the graph but its edges is looked at."""
        left_out = {} if exclude is None else self._find(*exclude)
        met = {kind: self._number_seeds(kind, seeds) for kind in self._known(seeds)}
        drawn: dict[EdgeType, list[tuple[Tensor, Tensor, Tensor]]] = {relation: [] for relation in self.incoming}
        for fan_out in self.fan_out:
            newly = {kind: numbers.newly_met() for kind, numbers in met.items()}
            for relation, incoming in self.incoming.items():
                source, _, target = relation
                begin, rows = newly[target]
                without = left_out.get(relation)
                edges = incoming.draw(
                    rows,
                    fan_out,
                    generator,
                    replace=self.replace,
                    left_out=without,
                    places=None if without is None else met[target].of(without.targets) - begin,
                )
                sources = met[source].add(incoming.sources.index_select(0, edges.positions).long())
                targets = torch.repeat_interleave(
                    torch.arange(begin, begin + len(rows), device=rows.device), edges.counts, output_size=len(sources)
                )
                drawn[relation].append((sources, targets, edges.positions))
        return self._finish(met, drawn, left_out)

    def _whole_degrees(self, relation: EdgeType) -> tuple[Tensor, Tensor]:
        """Degrees of all sources [S] and targets [T]: those that the edge type bears, or what its edges add up to."""
        incoming, known = self.incoming[relation], degrees(self.graph[relation])
        if known is not None:
            return known
        if relation not in self._weights:
            return incoming.out_degree, incoming.in_degree
        ends, counts = self.graph[relation].edge_index, (incoming.out_degree, incoming.in_degree)
        of_source, of_target = (
            sums_of_weights(ids, self._weights[relation], len(count)) for ids, count in zip(ends, counts, strict=True)
        )
        return of_source, of_target

    def _known(self, seeds: Mapping[str, Tensor]) -> Iterable[str]:
        if unknown := seeds.keys() - self.num_nodes.keys():
            raise UsageError(
                f"seeds are named by node type, {' or '.join(self.num_nodes)}; got {', '.join(sorted(unknown))}"
            )
        return self.num_nodes

    def _number_seeds(self, kind: str, seeds: Mapping[str, Tensor]) -> _Numbers:
        device = next(iter(self.incoming.values())).start.device
        numbers = _Numbers(self._table(kind, device))
        given = seeds.get(kind, torch.empty(0, dtype=torch.int64, device=device))
        numbers.add(given)
        if numbers.count < len(given):
            raise UsageError(f"seeds must be unique; of {len(given)} {kind} seeds {numbers.count} are different")
        return numbers

    def _table(self, kind: str, device: torch.device) -> Tensor:
        try:
            return self._resting[kind].pop()
        except IndexError:
            return torch.full((self.num_nodes[kind],), UNSEEN, device=device)

    def _find(self, users: Tensor, items: Tensor) -> dict[EdgeType, LeftOut]:
        interactions = self.incoming.get(("user", "interacts", "item"))
        if interactions is not None:  # of a pair that is not propagated over, what is there may be known
            propagated = interactions.find(users, items)
            users, items = propagated.sources, propagated.targets
        ends = {"user": users, "item": items}
        return {
            relation: incoming.find(ends[relation[0]], ends[relation[2]])
            for relation, incoming in self.incoming.items()
            if {relation[0], relation[2]} == ends.keys()
        }

    def _finish(
        self,
        met: Mapping[str, _Numbers],
        drawn: Mapping[EdgeType, list[tuple[Tensor, Tensor, Tensor]]],
        left_out: Mapping[EdgeType, LeftOut],
    ) -> Neighborhood:
        rows = {kind: numbers.rows() for kind, numbers in met.items()}
        degrees_here = {}
        for relation, (of_sources, of_targets) in self._degrees.items():
            source, _, target = relation
            of_source, of_target = of_sources.index_select(0, rows[source]), of_targets.index_select(0, rows[target])
            if relation in left_out:
                without, weight = left_out[relation], None
                if relation in self._weights:
                    weight = self._weights[relation][self.incoming[relation].edge_ids[without.positions]]
                met[source].subtract(of_source, without.sources, weight)
                met[target].subtract(of_target, without.targets, weight)
            degrees_here[relation] = of_source, of_target
        for kind, numbers in met.items():
            self._resting[kind].append(numbers.cleared(rows[kind]))
        edge_index, positions = {}, {}
        for relation, hops in drawn.items():
            sources, targets, places = zip(*hops, strict=True)
            edge_index[relation] = torch.cat([*sources, *targets]).view(2, -1)
            positions[relation] = torch.cat(places)
        return Neighborhood(
            rows,
            edge_index,
            positions,
            degrees_here,
            {kind: numbers.per_hop() for kind, numbers in met.items()},
            {relation: [len(sources) for sources, _, _ in hops] for relation, hops in drawn.items()},
        )


class _Numbers:
    """Numbers the nodes of one type in the order in which they are first met, without sorting.

    Args:
        table: int64 [N], `UNSEEN` throughout.
    """

    def __init__(self, table: Tensor) -> None:
        self.table = table
        self.count = 0
        self._met: list[Tensor] = []
        self._ends: list[int] = []

    def add(self, nodes: Tensor) -> Tensor:
        """Number these nodes, int64 [M], where they are new; the numbers of all of them, int64 [M]."""
        # Each new node first takes the least index at which it stands: a minimum does not depend on the order of
        # writing, so that numbers are the same on any number of threads and any device.
        index = torch.arange(self.count, self.count + len(nodes), device=nodes.device)
        self.table.scatter_reduce_(0, nodes, index, "amin")
        first = (self.table.index_select(0, nodes) == index).nonzero().flatten()
        new = nodes.index_select(0, first)
        self.table.scatter_(0, new, index[: len(new)])
        self._met.append(new)
        self.count += len(new)
        return self.table.index_select(0, nodes)

    def of(self, nodes: Tensor) -> Tensor:
        """The numbers of these nodes, `UNSEEN` for those that were not met: int64 [M]."""
        return self.table.index_select(0, nodes)

    def newly_met(self) -> tuple[int, Tensor]:
        """The nodes met since this was asked last, int64 [n], and the number of the first of them."""
        begin = self._ends[-1] if self._ends else 0
        self._ends.append(self.count)
        return begin, self.rows()[begin:]

    def rows(self) -> Tensor:
        """All nodes by their number: int64 [n]."""
        return torch.cat(self._met)

    def per_hop(self) -> list[int]:
        """How many nodes were new: the seeds, then in each hop."""
        return [end - begin for begin, end in pairwise([0, *self._ends, self.count])]

    def subtract(self, degree: Tensor, nodes: Tensor, weight: Tensor | None) -> None:
        """Take the weight (1 where it is None) off the degree [n], by number, each time that a node is in `nodes`."""
        numbers = self.of(nodes)
        met = numbers < UNSEEN
        numbers = numbers[met]
        off = torch.ones_like(numbers) if weight is None else weight[met]
        degree.index_add_(0, numbers, off.to(degree.dtype), alpha=-1)

    def cleared(self, rows: Tensor) -> Tensor:
        """The table as it was given."""
        return self.table.index_fill_(0, rows, UNSEEN)
