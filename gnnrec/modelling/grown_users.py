"""Users whose histories go on after training: known ones keep their own rows, new ones are folded in."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from gnnrec.data.edges import Edges
from gnnrec.graph.neighbor_sampling import NeighborSampler
from gnnrec.graph.propagation import as_borne, degrees
from gnnrec.modelling.layerwise import combined, next_rows
from gnnrec.modelling.reasons import adds_up

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch_geometric.data import HeteroData

    from gnnrec.data.edges import EdgeType, IdArray
    from gnnrec.modelling.layerwise import Tables
    from gnnrec.modelling.phases import PhaseGraphs

HEARD: EdgeType = ("item", "rev_interacts", "user")
"""By what users hear of their items."""

NEW = -1
"""The row of a user who was not there in training."""

STRUCTURE = {"edge_index", "source_degree", "target_degree"}
"""What an edge type has whose edges are all alike."""


class GrownUsers:
    """Embeds users from all that they have interacted with, whatever of it came after training.

    Items are as the test graph has them: an interaction that came after it moves its user alone. A known user has the
    row of layer 0 that training gave, a new one the mean row.

    Args:
        module: The trained encoder, which goes layer by layer.
        graphs: Builds the test graph, and those with more in it.
        graph: The test graph, on the module's device.
        layers: The tables of each layer over it.
    """

    def __init__(self, module: nn.Module, graphs: PhaseGraphs, graph: HeteroData, layers: list[Tables]) -> None:
        self._module: Any = module
        self._graphs, self._graph, self._layers = graphs, graph, layers
        leading = {each for each in graph.edge_types if each[2] == "user"}
        self.in_parts = leading <= {HEARD} and all({*graph[each].keys()} <= STRUCTURE for each in leading)
        """Whether users hear of items alone, and of each alike: then no graph has to be laid out for them."""

    def new(self, histories: Edges) -> Tensor:
        """Embeddings of new users, where `in_parts`: float32 [B, D]."""
        return self._by_parts(np.full(histories.num_users, NEW), histories)

    def known(self, rows: IdArray, histories: Edges) -> Tensor:
        """Embeddings of users of the test graph: float32 [B, D].

        Args:
            rows: int64 [B], none of them twice.
            histories: All items of each, over B users; those of the test graph among them.
        """
        return self._by_parts(rows, histories) if self.in_parts else self._in_whole_graph(rows, histories)

    def shares(self, row: int, history: Edges) -> tuple[Tensor, Tensor] | None:
        """What each item adds to the embedding of one user, [H, D], and what is there without any, [D].

        None where that is not all of it: where an encoder bends what it adds up.

        Args:
            row: Of a known user; `NEW` for another.
            history: All items of this one.
        """
        if not self.in_parts:
            return None
        count, places = len(history), np.arange(len(history))
        each = replace(history, users=places, num_users=count)
        whole = self._by_parts(np.array([row]), history)[0]
        own = self._by_parts(np.array([row]), history.keep(places[:0]))[0]
        # With one edge of a target's d, an encoder takes the message d times: it stands for all of them.
        added = (self._by_parts(np.full(count, row), each, degree=count) - own) / max(1, count)
        return (added, own) if adds_up(added.sum(dim=0) + own, whole) else None

    @cached_property
    def _first_rows(self) -> Tensor:
        """Layer 0 of users, the last row that of new ones: [U + 1, D]."""
        nothing = np.zeros(0, np.int64)
        graph = self._graphs.build_with_users(Edges(nothing, nothing, 1, self._graph["item"].num_nodes))
        with torch.no_grad():
            rows: Tensor = self._module.initial_embeddings(graph.to(self._graph["user"].node_id.device))["user"]
        return rows

    @cached_property
    def _item_degrees(self) -> Tensor:
        """Of items, by what users hear of them: [I]."""
        borne = degrees(self._graph[HEARD])
        if borne is not None:
            return borne[0]
        return torch.bincount(self._graph[HEARD].edge_index[0], minlength=self._graph["item"].num_nodes)

    def _by_parts(self, rows: IdArray, histories: Edges, degree: int | None = None) -> Tensor:
        """From a graph of these users and their items alone; of users of a greater degree, if one is given."""
        part, items = self._part(histories, degree)
        count = len(rows)
        with torch.no_grad():
            layers: list[Tables] = [{"user": self._first_rows[torch.from_numpy(rows)]}]
            for layer, known in enumerate(self._layers[:-1]):
                here = {kind: table[items] if kind == "item" else table[:0] for kind, table in known.items()}
                here["user"] = layers[-1]["user"]
                layers.append({"user": self._module.propagate_layer(part, layer, here)["user"][:count]})
            return combined(self._module, layers, "user")

    def _part(self, histories: Edges, degree: int | None) -> tuple[HeteroData, Tensor]:
        """The graph of some users and their items, with what leads to the users; and the rows of the items."""
        graph, count = self._graph, histories.num_users
        device = graph["item"].node_id.device
        met, places = np.unique(histories.items, return_inverse=True)
        items = torch.from_numpy(met).to(device)
        part = type(graph)()
        for kind in graph.node_types:
            chosen = items if kind == "item" else slice(0, 0)
            part[kind].update({name: value[chosen] for name, value in graph[kind].items()})
        part["user"].node_id = torch.arange(count, device=device)
        for each in graph.edge_types:
            part[each].edge_index = graph[each].edge_index[:, :0]
            part[each].update({name: value[:0] for name, value in graph[each].items() if name not in STRUCTURE})
        if HEARD in graph.edge_types:
            ends = torch.from_numpy(np.stack([places.reshape(-1), histories.users])).to(device)
            of_items = self._item_degrees[items]
            part[HEARD].edge_index = ends
            part[HEARD].source_degree = as_borne(of_items)
            own = torch.bincount(ends[1], minlength=count) if degree is None else torch.full_like(ends[1], degree)
            part[HEARD].target_degree = as_borne(own.to(of_items.dtype))
        return part, items

    def _in_whole_graph(self, rows: IdArray, histories: Edges) -> Tensor:
        """From the test graph with what is new in the histories."""
        edges = replace(histories, users=rows[histories.users], num_users=self._graph["user"].num_nodes)
        device = self._graph["item"].node_id.device
        sampler = NeighborSampler(self._graphs.build_with_edges(edges).to(device), (-1,))
        nodes = torch.from_numpy(rows).to(device)
        with torch.no_grad():
            layers: list[Tables] = [{"user": self._layers[0]["user"][nodes]}]
            for layer, known in enumerate(self._layers[:-1]):
                tables = {**known, "user": known["user"].index_copy(0, nodes, layers[-1]["user"])}
                made = next_rows(self._module, sampler, layer, tables, "user", nodes)
                layers.append({"user": tables["user"][nodes] if made is None else made})
            return combined(self._module, layers, "user")
