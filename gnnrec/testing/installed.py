"""Every installed component, ready to be checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from gnnrec.contract.kinds import CONTRACTS
from gnnrec.plugin.registry import installed

if TYPE_CHECKING:
    from gnnrec.contract.component import Component


@dataclass(frozen=True)
class InstalledComponent:
    """A component class that a plugin contributes.

    Attributes:
        kind: Its kind.
        component: The class.
        instance: With default fields; None where some field has no default.
        plugin: Who contributes it.
    """

    kind: str
    component: type[Component]
    instance: Component | None
    plugin: str

    def __str__(self) -> str:
        """A readable id for a parametrised test."""
        return f"{self.kind}-{self.component.component_name()}"


def installed_components(kind: str | None = None, plugin: str | None = None) -> tuple[InstalledComponent, ...]:
    """Every component of every plugin that loaded.

    Args:
        kind: Only of this kind.
        plugin: Only those that this plugin contributes, by the name of its entry point.

    >>> [str(each) for each in installed_components("decoder", "gnnrec_decoders")[:2]]
    ['decoder-dot', 'decoder-cosine']
    """
    registry = installed()
    found = (
        InstalledComponent(each, component, _ready(component), registry.owner(component).name)
        for each in CONTRACTS
        for component in registry.components(each).values()
    )
    return tuple(each for each in found if kind in {None, each.kind} and plugin in {None, each.plugin})


def _ready(component: type[Component]) -> Component | None:
    try:
        return component.model_validate({})
    except ValidationError:
        return None
