"""What every module keeps that a component builds: it moves to a device as a whole, and is saved as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterator

REGISTERED = frozenset({"_parameters", "_buffers", "_modules"})


def accelerators() -> tuple[torch.device, ...]:
    """The devices of this machine besides its CPU."""
    found = []
    if torch.cuda.is_available():
        found.append(torch.device("cuda"))
    if torch.backends.mps.is_available():
        found.append(torch.device("mps"))
    return tuple(found)


def left_behind(module: nn.Module) -> str | None:
    """The tensors and modules that `module.to(device)` and `state_dict` would miss, in words."""
    registered = {id(tensor) for tensor in (*module.parameters(), *module.buffers())}
    known = {id(child) for child in module.modules()}
    found = [
        path
        for name, child in module.named_modules()
        for attribute, value in vars(child).items()
        if attribute not in REGISTERED
        for path, held in _held(f"{name}.{attribute}".lstrip("."), value)
        if id(held) not in registered and id(held) not in known
    ]
    if not found:
        return None
    return f"{', '.join(found)}: no parameter, buffer or child module, so it stays behind when the module moves"


def _held(path: str, value: Any) -> Iterator[tuple[str, Tensor | nn.Module]]:
    """Tensors and modules in an attribute, in plain containers too."""
    if isinstance(value, Tensor | nn.Module):
        yield path, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _held(f"{path}[{key!r}]", part)
    elif isinstance(value, list | tuple | set | frozenset):
        for position, part in enumerate(value):
            yield from _held(f"{path}[{position}]", part)


def missing_gradients(module: nn.Module) -> str | None:
    """The parameters that no gradient reached, or one that is not finite, in words."""
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad:
            continue
        if parameter.grad is None:
            return f"no gradient reaches {name} {list(parameter.shape)}"
        if not bool(torch.isfinite(parameter.grad.to_dense()).all()):
            return f"the gradient of {name} {list(parameter.shape)} is not finite"
    return None
