"""Whether a component's methods take what its kind hands over: parameter names are part of a contract."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from gnnrec.errors import PluginError

if TYPE_CHECKING:
    from gnnrec.contract.component import Component

CHANGES = "how contracts have changed is in docs/stability.md"

VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def check_methods(component: type[Component], contract: type[Component]) -> None:
    """Hold the methods of a component against those of its contract.

    Raises:
        PluginError: One is not there, or takes something else; the message shows both signatures.
    """
    title = component.__qualname__
    if inspect.isabstract(component):
        raise PluginError(f"{title} lacks the method of its kind: {_lacking(component, contract)}")
    for method in sorted(contract.__abstractmethods__):
        wanted, got = _signature(contract, method), _signature(component, method)
        if not _takes(got, wanted):
            raise PluginError(f"{title}.{method}{got} is not what its kind asks for: {method}{wanted}; {CHANGES}")


def _lacking(component: type[Component], contract: type[Component]) -> str:
    """The methods that are not there, and those that are there instead."""
    own = {
        name
        for each in component.__mro__
        if not issubclass(contract, each)
        for name, value in vars(each).items()
        if inspect.isfunction(value) and not name.startswith("_") and not hasattr(contract, name)
    }
    missing, there = (
        ", ".join(f"{name}{_signature(component, name)}" for name in sorted(names))
        for names in (component.__abstractmethods__, own)
    )
    return f"{missing}; it has {there}; {CHANGES}" if there else missing


def _signature(owner: type[Component], method: str) -> inspect.Signature:
    """What a method takes besides `self`, without annotations."""
    parameters = list(inspect.signature(getattr(owner, method)).parameters.values())
    if not isinstance(inspect.getattr_static(owner, method), (staticmethod, classmethod)):
        parameters = parameters[1:]
    return inspect.Signature([each.replace(annotation=each.empty) for each in parameters])


def _takes(got: inspect.Signature, wanted: inspect.Signature) -> bool:
    """Whether what is wanted can be handed over in its order, each thing under its own name."""
    names = list(wanted.parameters)
    try:
        got.bind(*names)
    except TypeError:
        return False
    named = [name for name, each in got.parameters.items() if each.kind not in VARIADIC][: len(names)]
    return named == names[: len(named)]
