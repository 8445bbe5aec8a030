"""Folding in: embedding users of whom only their items are known, with the weights as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from gnnrec.errors import ContractError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from gnnrec.contract.kinds import Encoder
    from gnnrec.data.edges import Edges
    from gnnrec.modelling.phases import PhaseGraphs


def fold_in(encoder: Encoder, module: nn.Module, graphs: PhaseGraphs, histories: Edges) -> Tensor:
    """User embeddings for histories: float32 [B, D].

    By the module's own `fold_in(graph, histories)` if it has one. Otherwise each new user, by itself so that no two
    influence each other, becomes a node of the test graph with its items as edges, zeros for features, and the mean of
    all users' own embeddings as its own.

    Args:
        encoder: The component that `module` was built by.
        module: The trained encoder.
        graphs: Builds the graph, with the new user in it.
        histories: A user of it is a new user; its items are the known ones.

    Raises:
        ContractError: The encoder, built for one user more, differs in more than tables with a row per user.
    """
    own: Any = getattr(module, "fold_in", None)
    device = next((parameter.device for parameter in module.parameters()), torch.device("cpu"))
    if own is not None:
        folded: Tensor = own(graphs.build("test").to(device), histories)
        return folded
    rows = []
    for user in range(histories.num_users):
        _, items = histories.items_of(np.array([user]))
        graph = graphs.build_with_user(items)
        with torch.random.fork_rng(devices=()):
            wider = encoder.build(graph)
        wider.load_state_dict(_widened(module.state_dict(), wider.state_dict()))
        with torch.no_grad():
            embedded, _ = wider.to(device).eval()(graph.to(device))
        rows.append(embedded[-1])
    return torch.stack(rows)


def _widened(state: dict[str, Tensor], wider: dict[str, Tensor]) -> dict[str, Tensor]:
    """`state`, with the mean row added to every table that is one row longer in `wider`."""
    widened = {}
    for name, value in state.items():
        wanted = wider[name].shape
        if value.shape == wanted:
            widened[name] = value
        elif value.dim() and (value.size(0) + 1, *value.shape[1:]) == tuple(wanted):
            widened[name] = torch.cat([value, value.mean(dim=0, keepdim=True)])
        else:
            raise ContractError(f"cannot fold a user in: {name} is {list(value.shape)} and would be {list(wanted)}")
    return widened
