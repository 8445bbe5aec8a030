"""Folding in: embedding users and items that came after training, with the weights as they are."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from gnnrec.errors import ContractError
from gnnrec.graph.new_nodes import around_new
from gnnrec.modelling.grown_users import GrownUsers
from gnnrec.modelling.layerwise import by_layer, combined, is_layered

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn
    from torch_geometric.data import HeteroData

    from gnnrec.contract.kinds import Encoder
    from gnnrec.data.edges import Edges, IdArray
    from gnnrec.data.new_items import NewItems
    from gnnrec.modelling.layerwise import Tables
    from gnnrec.modelling.phases import PhaseGraphs

logger = logging.getLogger("gnnrec")


class FoldIn:
    """Embeds new nodes: each has the given edges and features, and the mean of its type where nodes are known by id.

    A new node receives messages and sends none. So all others are what they were without it, and where the module goes
    layer by layer the new nodes' own rows are all that is computed, layer by layer, from those of the test graph.
    Otherwise each new node, by itself, is put into the test graph, and all of that is encoded.

    Args:
        component: What `module` was built by.
        module: The trained encoder.
        graphs: Builds the test graph, and those with new nodes in it.
    """

    def __init__(self, component: Encoder, module: nn.Module, graphs: PhaseGraphs) -> None:
        self._component, self._module, self._graphs = component, module, graphs

    def users(self, histories: Edges) -> Tensor:
        """User embeddings for histories, by the module's own `fold_in(graph, histories)` if it has one: float32 [B, D].

        Args:
            histories: A user of it is a new user; its items are the known ones.

        Raises:
            ContractError: The encoder, built for one user more, differs in more than tables with a row per user.
        """
        own: Any = getattr(self._module, "fold_in", None)
        if own is not None:
            folded: Tensor = own(self._test_graph, histories)
            return folded
        if is_layered(self._module):
            if self._grown.in_parts:
                return self._grown.new(histories)
            return self._by_layer(self._graphs.build_with_users(histories), "user", histories.num_users)

        def alone(user: int) -> HeteroData:
            chosen = histories.keep(histories.users == user)
            return self._graphs.build_with_users(replace(chosen, users=np.zeros_like(chosen.users), num_users=1))

        return self._each_alone(alone, "user", histories.num_users)

    def known_users(self, rows: IdArray, histories: Edges) -> Tensor:
        """Embeddings of users of the test graph whose histories have gone on: float32 [B, D]; see `GrownUsers.known`.

        An encoder that does not go layer by layer encodes the whole graph with what is new.
        """
        if is_layered(self._module):
            return self._grown.known(rows, histories)
        edges = replace(histories, users=rows[histories.users], num_users=len(self._graphs.unlearned["user"]))
        with torch.no_grad():
            user: Tensor = self._module(self._graphs.build_with_edges(edges).to(self._device))[0]
        return user[torch.from_numpy(rows).to(user.device)]

    @property
    def by_items_alone(self) -> bool:
        """Whether users hear of nothing but their items, so that any history of theirs is embedded at once."""
        return is_layered(self._module) and self._grown.in_parts

    def shares(self, row: int, history: Edges) -> tuple[Tensor, Tensor] | None:
        """What each item of a history adds to its user's embedding, if it is a sum; see `GrownUsers.shares`."""
        return self._grown.shares(row, history) if self.by_items_alone else None

    def items(self, items: NewItems) -> Tensor:
        """Item embeddings: float32 [n, D].

        Raises:
            ContractError: As in `users`.
        """
        known = len(self._graphs.unlearned["item"])
        if any(value.dim() and len(value) == known for value in self._module.state_dict().values()):
            logger.warning(
                "encoder '%s' knows items by their ids; a new one gets the mean of their embeddings, and what its "
                "features and edges add to it",
                self._component.name,
            )
        if is_layered(self._module):
            return self._by_layer(self._graphs.build_with_items(items), "item", len(items))
        return self._each_alone(lambda row: self._graphs.build_with_items(items.only(row)), "item", len(items))

    @property
    def _device(self) -> torch.device:
        return next((parameter.device for parameter in self._module.parameters()), torch.device("cpu"))

    @cached_property
    def _test_graph(self) -> HeteroData:
        return self._graphs.build("test").to(self._device)

    @cached_property
    def _known(self) -> list[Tables]:
        """The tables of each layer over the test graph."""
        with torch.no_grad():
            return list(by_layer(self._module, self._test_graph))

    @cached_property
    def _grown(self) -> GrownUsers:
        return GrownUsers(self._module, self._graphs, self._test_graph, self._known)

    def _by_layer(self, graph: HeteroData, kind: str, count: int) -> Tensor:
        """The new nodes' rows alone, from those that the others have in each layer: float32 [count, D]."""
        module: Any = self._module
        graph = graph.to(self._device)
        part, rows = around_new(graph, kind, graph[kind].num_nodes - count)
        with torch.no_grad():
            layers: list[Tables] = [{kind: module.initial_embeddings(graph)[kind][-count:]}]
            for layer, known in enumerate(self._known[:-1]):
                here = {each: table[rows[each]] for each, table in known.items() if each != kind}
                here[kind] = torch.cat([layers[-1][kind], known[kind][rows[kind][count:]]])
                layers.append({kind: module.propagate_layer(part, layer, here)[kind][:count]})
            return combined(module, layers, kind)

    def _each_alone(self, graph_with: Callable[[int], HeteroData], kind: str, count: int) -> Tensor:
        """Each new node in a graph of its own, encoded as a whole: float32 [count, D]."""
        embedded = []
        for place in range(count):
            graph = graph_with(place)
            with torch.random.fork_rng(devices=()):
                wider = self._component.build(graph)
            known = torch.from_numpy(~self._graphs.unlearned[kind])
            wider.load_state_dict(_widened(self._module.state_dict(), wider.state_dict(), known))
            with torch.no_grad():
                output = dict(zip(("user", "item"), wider.to(self._device).eval()(graph.to(self._device)), strict=True))
            embedded.append(output[kind][-1])
        return torch.stack(embedded)


def _widened(state: dict[str, Tensor], wider: dict[str, Tensor], known: Tensor) -> dict[str, Tensor]:
    """`state`, with the mean row of the nodes that have one of their own (bool [N]) added to tables that lack a row."""
    widened = {}
    for name, value in state.items():
        wanted = wider[name].shape
        if value.shape == wanted:
            widened[name] = value
        elif value.dim() and (value.size(0) + 1, *value.shape[1:]) == tuple(wanted):
            rows = value[known.to(value.device)] if len(known) == len(value) else value
            widened[name] = torch.cat([value, rows.mean(dim=0, keepdim=True)])
        else:
            raise ContractError(f"cannot fold a node in: {name} is {list(value.shape)} and would be {list(wanted)}")
    return widened
