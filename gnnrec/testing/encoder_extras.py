"""Checks of what an encoder's module may have besides `forward`; a module without them passes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from gnnrec.data.edges import Edges
from gnnrec.testing.comparing import TOLERANCE, difference
from gnnrec.testing.encoder_case import BUILD, KINDS, EncoderCase, some_batch
from gnnrec.testing.every_kind import global_random_state
from gnnrec.testing.rule import rule

if TYPE_CHECKING:
    from torch import nn
    from torch_geometric.data import HeteroData


@rule(BUILD)
def auxiliary_loss_is_a_scalar_drawn_from_its_generator(case: EncoderCase) -> str | None:
    """`auxiliary_loss(graph, batch, generator)` is a finite scalar; generators of the same seed give the same one."""
    module: Any = case.build().eval()  # without dropout, which draws from the global state
    if not hasattr(module, "auxiliary_loss"):
        return None
    losses = []
    for state in (1, 2):
        with global_random_state(state):
            loss = module.auxiliary_loss(case.fresh(), some_batch(case.fresh()), torch.Generator().manual_seed(0))
        if not isinstance(loss, Tensor) or loss.dim() or not bool(torch.isfinite(loss)):
            return f"{loss!r}"
        losses.append(loss)
    return difference(losses[0], losses[1], TOLERANCE, "the auxiliary loss")


@rule(BUILD)
def layer_zero_is_a_row_per_node(case: EncoderCase) -> str | None:
    """`initial_embeddings(graph)` gives layer 0: node type to [N, D], `user` and `item` among them."""
    module: Any = case.build().eval()
    if not hasattr(module, "initial_embeddings"):
        return None
    graph = case.fresh()
    initial = module.initial_embeddings(graph)
    if not isinstance(initial, Mapping) or not set(KINDS) <= set(initial):
        got = ", ".join(initial) if isinstance(initial, Mapping) else type(initial).__name__
        return f"{got}, not user and item"
    for kind, table in initial.items():
        count = graph[kind].num_nodes
        if table.dim() != 2 or len(table) != count:  # noqa: PLR2004 - rows and columns
            return f"{list(table.shape)} for {count} {kind} nodes"
    return None


@rule(BUILD)
def layers_one_by_one_give_forward(case: EncoderCase) -> str | None:
    """`initial_embeddings`, each `propagate_layer` and `combine_layers` (or the last layer) equal `forward`."""
    module: Any = case.build().eval()
    if not hasattr(module, "propagate_layer"):
        return None
    if not hasattr(module, "initial_embeddings"):
        return "it has propagate_layer, and no initial_embeddings to start from"
    if case.component.hops is None:
        return "it has propagate_layer, but the component's hops is None, so nobody knows how many layers there are"
    with torch.no_grad():
        forward, layered = module(case.fresh()), _by_layer(module, case.fresh(), case.component.hops)
    return difference(dict(zip(KINDS, forward, strict=True)), layered, TOLERANCE, "embeddings")


def _by_layer(module: nn.Module, graph: HeteroData, hops: int) -> dict[str, Tensor]:
    layered: Any = module
    tables = [layered.initial_embeddings(graph)]
    for layer in range(hops):
        tables.append(layered.propagate_layer(graph, layer, tables[-1]))
    if not hasattr(module, "combine_layers"):
        return {kind: tables[-1][kind] for kind in KINDS}
    return {kind: layered.combine_layers([each[kind] for each in tables]) for kind in KINDS}


@rule(BUILD)
def new_nodes_have_the_mean_of_layer_zero(case: EncoderCase) -> str | None:
    """In `initial_embeddings`, a node that `is_new` marks has the mean of the others' rows, whatever its `node_id`.

    Asked of modules that go layer by layer; without features, which a new node has of its own.
    """
    module: Any = case.build().eval()
    if not hasattr(module, "propagate_layer"):
        return None
    graph = case.fresh()
    for kind in KINDS:
        store = graph[kind]
        if "x" in store:
            store.x = torch.zeros_like(store.x)
        store.is_new = torch.arange(store.num_nodes) == store.num_nodes - 1
    with torch.no_grad():
        without = module.initial_embeddings(graph)
        for kind in KINDS:
            graph[kind].node_id = graph[kind].node_id.where(~graph[kind].is_new, 10**6)
        got = module.initial_embeddings(graph)
    expected = {kind: without[kind][:-1].mean(dim=0) for kind in KINDS}
    return difference(expected, {kind: got[kind][-1] for kind in KINDS}, TOLERANCE, "layer 0 of new nodes")


@rule(BUILD)
def folds_users_in(case: EncoderCase) -> str | None:
    """`fold_in(graph, histories)` gives finite user embeddings [B, D], float32."""
    module: Any = case.build().eval()
    if not hasattr(module, "fold_in"):
        return None
    num_items = case.counts[1]
    histories = Edges(np.array([0, 0, 1]), np.array([0, 2, 1]) % num_items, 2, num_items)
    with torch.no_grad():
        folded, (user, _) = module.fold_in(case.fresh(), histories), module(case.fresh())
    wanted = (2, user.size(1))
    if tuple(folded.shape) != wanted or folded.dtype != torch.float32:
        return f"{folded.dtype} {list(folded.shape)}, not float32 {list(wanted)}"
    return None if bool(torch.isfinite(folded).all()) else "embeddings that are not finite"


@rule(BUILD)
def rows_are_those_of_forward(case: EncoderCase) -> str | None:
    """`embed_rows(graph, (users, items))` equals rows of `forward` and `initial_embeddings`, its gradients too."""
    module: Any = case.build().eval()
    if not hasattr(module, "embed_rows"):
        return None
    graph = case.fresh()
    rows = tuple(torch.arange(count - 1, -1, -2) for count in case.counts)
    found = module.embed_rows(graph, rows)
    if found is None:
        return None
    got = {name: getattr(found, name) for name in ("user", "item", "initial_user", "initial_item")}
    initial = module.initial_embeddings(graph)
    wanted = dict(zip(KINDS, module(graph), strict=True)) | {f"initial_{kind}": initial[kind] for kind in KINDS}
    expected = {name: table[rows[KINDS.index(name.removeprefix("initial_"))]] for name, table in wanted.items()}
    apart = difference(expected, got, TOLERANCE, "rows")
    if apart is not None:
        return apart
    return difference(_slopes(module, expected), _slopes(module, got), TOLERANCE, "gradients of rows")


def _slopes(module: nn.Module, tables: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The gradient of each parameter, of the sum of all squares in some tables."""
    names, weights = zip(*module.named_parameters(), strict=True)
    total = torch.stack([each.square().sum() for each in tables.values()]).sum()
    return dict(zip(names, torch.autograd.grad(total, weights, materialize_grads=True), strict=True))


EXTRA_RULES = (
    auxiliary_loss_is_a_scalar_drawn_from_its_generator,
    layer_zero_is_a_row_per_node,
    layers_one_by_one_give_forward,
    new_nodes_have_the_mean_of_layer_zero,
    folds_users_in,
    rows_are_those_of_forward,
)
