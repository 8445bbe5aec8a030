"""Checks of encoders: what every one keeps, on a whole graph and on parts of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from gnnrec.testing.comparing import TOLERANCE, difference
from gnnrec.testing.encoder_case import BUILD, KINDS, EncoderCase, embed, some_batch
from gnnrec.testing.encoder_extras import EXTRA_RULES
from gnnrec.testing.every_kind import EVERY_KIND, Job, global_random_state, repeatable
from gnnrec.testing.modules import accelerators, left_behind, missing_gradients
from gnnrec.testing.rule import bound, rule
from gnnrec.testing.subgraph import neighbourhood, relabelled, shuffled_nodes
from gnnrec.testing.toy_data import toy_graph

if TYPE_CHECKING:
    from torch_geometric.data import HeteroData

    from gnnrec.contract.kinds import Encoder

DEVICE_TOLERANCE = 1e-4
"""How far two devices' results may differ."""

SEEDS = 4
"""Nodes of each type around which a subgraph is cut out."""


def _job(case: EncoderCase) -> Job:
    graph = case.fresh()

    def result() -> Any:
        module = case.component.build(graph)
        user, item = module(graph)
        (user.sum() + item.sum()).backward()
        return {"weights": module, "in training": (user, item), "in use": embed(module, graph)}

    return Job(graph, result)


@rule(BUILD)
def gives_user_and_item_embeddings(case: EncoderCase) -> str | None:
    """`forward(graph)` gives a tuple of user [U, D] and item [I, D], both float32."""
    output = case.build()(case.fresh())
    if not isinstance(output, tuple) or not all(isinstance(part, Tensor) for part in output):
        return f"a {type(output).__name__}, not a tuple of tensors"
    counts = list(case.counts)
    right = (
        len(output) == len(counts)
        and all(part.dim() == 2 and part.dtype == torch.float32 for part in output)  # noqa: PLR2004 - rows and columns
        and [len(part) for part in output] == counts
        and output[0].size(1) == output[1].size(1)
    )
    got = ", ".join(f"{part.dtype} {list(part.shape)}" for part in output)
    return None if right else f"{got} for {counts[0]} users and {counts[1]} items"


@rule(BUILD)
def gives_finite_embeddings(case: EncoderCase) -> str | None:
    """Every embedding is finite, also of nodes without edges, in training and in use."""
    module = case.build()
    trained = dict(zip(KINDS, module.train()(case.fresh()), strict=True))
    for mode, output in (("training", trained), ("use", embed(module, case.fresh()))):
        for kind, part in output.items():
            if not bool(torch.isfinite(part).all()):
                return f"in {mode}, {int((~torch.isfinite(part)).any(1).sum())} {kind} rows are not finite"
    return None


@rule(BUILD)
def gradients_reach_every_parameter(case: EncoderCase) -> str | None:
    """Every parameter that can be trained gets a finite gradient from the embeddings, or from `auxiliary_loss`."""
    module = case.build().train()
    generator = torch.Generator().manual_seed(0)
    with global_random_state(0):
        output = module(case.fresh())
        loss = torch.stack([(part * torch.randn(part.shape, generator=generator)).sum() for part in output]).sum()
        extra = getattr(module, "auxiliary_loss", None)
        if extra is not None:
            loss = loss + extra(case.fresh(), some_batch(case.fresh()), generator).sum()
    if loss.requires_grad:
        loss.backward()  # type: ignore[no-untyped-call]
    return missing_gradients(module)


@rule(BUILD)
def ignores_the_order_of_edges(case: EncoderCase) -> str | None:
    """The order in which edges stand does not matter."""
    module, generator = case.build(), torch.Generator().manual_seed(0)
    shuffled = case.fresh()
    for edge_type in shuffled.edge_types:
        ends = shuffled[edge_type].edge_index
        shuffled[edge_type].edge_index = ends[:, torch.randperm(ends.size(1), generator=generator)]
    return difference(embed(module, case.fresh()), embed(module, shuffled), TOLERANCE, "embeddings")


@rule(BUILD)
def looks_nodes_up_by_node_id(case: EncoderCase) -> str | None:
    """Embeddings of ids are looked up by `node_id`: nodes in another order get the same embeddings."""
    module = case.build()
    order = shuffled_nodes(case.fresh(), torch.Generator().manual_seed(0))
    expected = {kind: table[order[kind]] for kind, table in embed(module, case.fresh()).items()}
    return difference(expected, embed(module, relabelled(case.fresh(), order)), TOLERANCE, "embeddings")


@rule(BUILD)
def full_fan_outs_give_the_whole_graphs_answer(case: EncoderCase) -> str | None:
    """On a subgraph with full fan-outs (`hops` deep, bearing whole-graph degrees) the seeds' embeddings are the same.

    Not asked of an encoder whose `hops` is None.
    """
    hops = case.component.hops
    if hops is None:
        return None
    module, generator = case.build(), torch.Generator().manual_seed(0)
    seeds = {kind: nodes[:SEEDS] for kind, nodes in shuffled_nodes(case.fresh(), generator).items()}
    part, places = neighbourhood(case.fresh(), seeds, hops, generator)
    whole, sampled = embed(module, case.fresh()), embed(module, part)
    expected = {kind: table[seeds[kind]] for kind, table in whole.items()}
    got = {kind: table[places[kind]] for kind, table in sampled.items()}
    return difference(expected, got, TOLERANCE, "embeddings")


@rule(BUILD)
def moves_as_a_whole(case: EncoderCase) -> str | None:
    """Tensors are parameters or buffers, so that they follow the module to a device; it gives the same there."""
    module = case.build()
    expected = embed(module, case.fresh())
    behind = left_behind(module)
    if behind is not None:
        return behind
    for device in accelerators():
        got = embed(module.to(device), case.fresh().to(device))
        if any(part.device.type != device.type for part in got.values()):
            return f"on {device} it gives tensors on {', '.join(str(part.device) for part in got.values())}"
        if found := difference(expected, got, DEVICE_TOLERANCE, f"embeddings on {device}"):
            return found
    return None


@rule(BUILD)
def is_saved_as_a_whole(case: EncoderCase) -> str | None:
    """The `state_dict` holds all that was drawn or learned: loaded into a module built anew, it gives the same."""
    first, second = case.build(0), case.build(1)
    second.load_state_dict(first.state_dict())
    return difference(embed(first, case.fresh()), embed(second, case.fresh()), at="embeddings")


RULES = (
    *EVERY_KIND,
    gives_user_and_item_embeddings,
    gives_finite_embeddings,
    gradients_reach_every_parameter,
    ignores_the_order_of_edges,
    looks_nodes_up_by_node_id,
    full_fan_outs_give_the_whole_graphs_answer,
    moves_as_a_whole,
    is_saved_as_a_whole,
    *EXTRA_RULES,
    *repeatable(BUILD, _job, global_seed=True),
)


def check_encoder(component: Encoder, *, graph: HeteroData | None = None) -> None:
    """Check an encoder, as its fields are, on a toy graph or on a given one.

    Args:
        component: The encoder.
        graph: What it is built for and run on; needed where the toy graph lacks something that it wants.

    Raises:
        ContractViolation: It breaks a rule; the message says which, what was asked for and what was got.
    """
    for check in bound("encoder", RULES, EncoderCase(component, toy_graph() if graph is None else graph)):
        check()
