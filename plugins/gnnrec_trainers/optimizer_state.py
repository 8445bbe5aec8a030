"""An optimizer's state as named tensors and plain values, and back: what a checkpoint can hold without pickling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch.optim import Optimizer


def split_state(optimizer: Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors by `<parameter>.<name>`, and everything else."""
    state = optimizer.state_dict()
    tensors: dict[str, Tensor] = {}
    values: dict[str, Any] = {}
    for parameter, entries in state["state"].items():
        for name, value in entries.items():
            (tensors if isinstance(value, Tensor) else values)[f"{parameter}.{name}"] = value
    return tensors, {"state": values, "groups": state["param_groups"]}


def load_state(optimizer: Optimizer, tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> None:
    """Undo `split_state`."""
    state: dict[int, dict[str, Any]] = {}
    for key, value in (*tensors.items(), *values["state"].items()):
        parameter, name = key.split(".", 1)
        state.setdefault(int(parameter), {})[name] = value
    groups = [{**group, **_pairs(group)} for group in values["groups"]]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _pairs(group: Mapping[str, Any]) -> dict[str, Any]:
    """JSON made lists of tuples."""
    return {name: tuple(value) for name, value in group.items() if isinstance(value, list) and name != "params"}
