"""Where two things differ: tensors, arrays, tables, graphs, modules, and what is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData

TOLERANCE = 1e-5
"""How far float32 results may differ that were summed in another order, absolute and relative."""


def difference(first: Any, second: Any, tolerance: float = 0.0, at: str = "") -> str | None:
    """Where two things differ first, in words; None where they are equal.

    Args:
        first: Anything.
        second: The same kind of thing.
        tolerance: How far floating-point numbers may differ, absolute and relative.
        at: How the two are called.

    >>> difference({"a": torch.ones(2)}, {"a": torch.zeros(2)})
    'a differs by up to 1'
    >>> difference((1, "b"), (1, "c"))
    "1 is 'b', and then 'c'"
    """
    name, one, other = at or "the whole", _plain(first), _plain(second)
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return _array_difference(one, other, tolerance, name)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        named = f"{name} has {_names(one)}, and then {_names(other)}"
        return named if list(one) != list(other) else _first(one.items(), other, tolerance, at)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        counted = f"{name} has {len(one)} parts, and then {len(other)}"
        return counted if len(one) != len(other) else _first(enumerate(one), other, tolerance, at)
    if isinstance(one, float) and isinstance(other, float):
        return _array_difference(np.array(one), np.array(other), tolerance, name)
    return None if type(one) is type(other) and one == other else f"{name} is {first!r}, and then {second!r}"


def _first(parts: Any, second: Any, tolerance: float, at: str) -> str | None:
    below = (difference(part, second[key], tolerance, ".".join(filter(None, (at, _name(key))))) for key, part in parts)
    return next((found for found in below if found), None)


def _plain(value: Any) -> Any:
    """Arrays for tensors; mappings for tables, modules, graphs and dataclasses."""
    if isinstance(value, Tensor):
        dense = value.detach().cpu()
        return (dense.to_dense() if dense.layout != torch.strided else dense).numpy()
    if isinstance(value, nn.Module):
        return dict(value.state_dict())
    if isinstance(value, HeteroData):
        stores = {"": value._global_store, **value._node_store_dict, **value._edge_store_dict}  # noqa: SLF001 - all of it
        return {key: dict(store) for key, store in stores.items()}
    if isinstance(value, pd.DataFrame):
        return {str(column): value[column].to_numpy() for column in value} | {"index": value.index.to_numpy()}
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return value


def _array_difference(first: np.ndarray, second: np.ndarray, tolerance: float, name: str) -> str | None:
    if (first.dtype, first.shape) != (second.dtype, second.shape):
        return f"{name} is {first.dtype} {list(first.shape)}, and then {second.dtype} {list(second.shape)}"
    if first.dtype == object:
        return _first(enumerate(first.tolist()), second.tolist(), tolerance, name)
    if np.issubdtype(first.dtype, np.floating):
        if np.allclose(first, second, rtol=tolerance, atol=tolerance, equal_nan=True):
            return None
        with np.errstate(invalid="ignore"):
            return f"{name} differs by up to {np.nanmax(np.abs(first - second)):.3g}"
    unequal = first != second
    return f"{name} differs in {int(unequal.sum())} of {unequal.size} places" if unequal.any() else None


def _name(key: Any) -> str:
    return "__".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _names(mapping: Mapping[Any, Any]) -> str:
    return ", ".join(map(_name, mapping)) or "nothing"
