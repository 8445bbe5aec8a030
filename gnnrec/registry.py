"""Finds the installed plugins and holds the components they contribute."""

from __future__ import annotations

import importlib.metadata
import inspect
import os
import traceback
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import pluggy
from pydantic_core import PydanticUndefined

from gnnrec import hookspecs
from gnnrec.component import Component
from gnnrec.contracts import CONTRACTS
from gnnrec.errors import GnnrecError, PluginError, UsageError, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

DISABLE_VARIABLE = "GNNREC_DISABLE_PLUGINS"
MUTABLE = (list, dict, set, bytearray)


@dataclass(frozen=True)
class PluginRecord:
    """A plugin that was found, and what became of it."""

    name: str
    distribution: str
    version: str
    state: Literal["loaded", "disabled", "failed"]
    components: tuple[type[Component], ...] = ()
    hooks: tuple[str, ...] = ()
    error: str = ""
    details: str = ""
    """The traceback of a failure, for `--debug`."""


class Registry:
    """The components of all plugins that loaded, by kind and name, and the hooks of those plugins.

    Args:
        entry_points: What to load, in this order; a name that is taken is refused to the later one.
        disabled: Names of plugins to leave out.

    Attributes:
        plugins: What was found, and what became of it.
        not_found: Names to leave out that no plugin bears.
    """

    def __init__(self, entry_points: Iterable[importlib.metadata.EntryPoint], disabled: Iterable[str] = ()) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._components: dict[str, dict[str, type[Component]]] = {kind: {} for kind in CONTRACTS}
        self._owners: dict[type[Component], str] = {}
        disabled = set(disabled)
        self.plugins = tuple(self._load(entry_point, disabled) for entry_point in entry_points)
        self.not_found = tuple(sorted(disabled - {plugin.name for plugin in self.plugins}))

    @classmethod
    def installed(cls) -> Registry:
        """Load every installed plugin: gnnrec's own first, so that nobody displaces a built-in by its name."""
        found = importlib.metadata.entry_points(group=hookspecs.PROJECT)
        ordered = sorted(found, key=lambda point: (_distribution(point)[0] != hookspecs.PROJECT, point.name))
        names = os.environ.get(DISABLE_VARIABLE, "").split(",")
        return cls(ordered, {name.strip() for name in names if name.strip()})

    @property
    def hook(self) -> Any:
        """Calls a hook of every plugin: `registry.hook.gnnrec_commands(app=app)`."""
        return self._manager.hook

    def loaded_plugins(self) -> tuple[object, ...]:
        """The plugin objects (modules, mostly) that loaded, in order."""
        names = (plugin.name for plugin in self.plugins if plugin.state == "loaded")
        return tuple(self._manager.get_plugin(name) for name in names)

    def components(self, kind: str) -> dict[str, type[Component]]:
        """The component classes of a kind, by name."""
        return dict(self._components[kind])

    def component(self, kind: str, name: str) -> type[Component]:
        """The component class of that kind and name.

        Raises:
            UsageError: There is no such kind or component; the message names the nearest.
        """
        if kind not in CONTRACTS:
            raise UsageError(f"no kind of component is called '{kind}'{suggestion(kind, CONTRACTS)}")
        known = self._components[kind]
        if name not in known:
            raise UsageError(f"no {kind} is called '{name}'{suggestion(name, known)}")
        return known[name]

    def owner(self, component: type[Component]) -> str:
        """The name of the plugin that contributes `component`."""
        return self._owners[component]

    def _load(self, point: importlib.metadata.EntryPoint, disabled: set[str]) -> PluginRecord:
        distribution, version = _distribution(point)
        if point.name in disabled:
            return PluginRecord(point.name, distribution, version, "disabled")
        plugin: object = None
        try:
            loaded = point.load()
            self._check_new(point.name, loaded)
            plugin = loaded
            self._manager.register(plugin, name=point.name)
            self._manager.check_pending()
            refuse_wrappers(self._manager, plugin)
            components = self._contributed(plugin)
            for component in components:
                check_component(component)
                self._check_free(component, point.name, components)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin does, the others load
            if plugin is not None and self._manager.is_registered(plugin):
                self._manager.unregister(plugin)
            said = f"{type(error).__name__}: {error}" if not isinstance(error, GnnrecError) else str(error)
            return PluginRecord(point.name, distribution, version, "failed", error=said, details=traceback.format_exc())
        for component in components:
            self._components[component.kind][component.component_name()] = component
            self._owners[component] = point.name
        hooks = tuple(sorted(caller.name for caller in self._manager.get_hookcallers(plugin) or ()))
        return PluginRecord(point.name, distribution, version, "loaded", components, hooks)

    def _check_new(self, name: str, plugin: object) -> None:
        if self._manager.has_plugin(name):
            raise PluginError(f"another plugin is called '{name}' already")
        if self._manager.is_registered(plugin):
            raise PluginError(f"it is the same object as plugin '{self._manager.get_name(plugin)}'")

    def _contributed(self, plugin: object) -> tuple[type[Component], ...]:
        implementation = getattr(plugin, "gnnrec_components", None)
        return tuple(implementation()) if implementation is not None else ()

    def _check_free(self, component: type[Component], plugin: str, siblings: tuple[type[Component], ...]) -> None:
        kind, name = component.kind, component.component_name()
        taken = self._components[kind].get(name)
        if taken is not None:
            raise PluginError(
                f"{kind} '{name}' of plugin '{plugin}' is already contributed by plugin '{self._owners[taken]}'"
            )
        if sum(other.kind == kind and other.component_name() == name for other in siblings) > 1:
            raise PluginError(f"plugin '{plugin}' contributes {kind} '{name}' twice")


@cache
def installed() -> Registry:
    """The registry of what is installed, loaded once in a process."""
    return Registry.installed()


def refuse_wrappers(manager: pluggy.PluginManager, plugin: object) -> None:
    """Hold a registered plugin's hooks against the one rule that pluggy does not check.

    Raises:
        PluginError: One is a wrapper. Each implementation is called by itself, so there is nothing to wrap.
    """
    for caller in manager.get_hookcallers(plugin) or ():
        for implementation in caller.get_hookimpls():
            if implementation.plugin is plugin and (implementation.wrapper or implementation.hookwrapper):
                raise PluginError(
                    f"{caller.name} is a wrapper, but hooks are called one by one and none around another; "
                    "use a plain @hookimpl, with tryfirst or trylast for its turn"
                )


def check_component(component: object) -> None:
    """Hold a class against the rules that every component keeps.

    Raises:
        PluginError: It is no component class, lacks its method, or has a field that a recipe could not set safely.
    """
    if not (isinstance(component, type) and issubclass(component, Component)):
        raise PluginError(f"gnnrec_components returned {component!r}, which is no component class")
    title = component.__qualname__
    contract = CONTRACTS.get(getattr(component, "kind", ""))
    if contract is None or not issubclass(component, contract):
        raise PluginError(f"{title} derives from no contract; derive from Encoder, Decoder or another kind")
    component.model_rebuild()
    if inspect.isabstract(component):
        missing = ", ".join(sorted(component.__abstractmethods__))
        raise PluginError(f"{title} lacks the method of its kind: {missing}")
    name = component.model_fields["name"]
    if name.default is PydanticUndefined or get_args(name.annotation) != (name.default,):
        raise PluginError(f'{title} needs its name as a field: name: Literal["my_name"] = "my_name"')
    reserved = set(dir(contract)) - set(contract.model_fields)
    for field, info in component.model_fields.items():
        if field in reserved:
            raise PluginError(f"{title}.{field}: this name is taken by the component itself; choose another")
        mutable = _mutable_part(info.annotation)
        if mutable:
            raise PluginError(f"{title}.{field} is a {mutable}, which can change; use tuple[…, ...]")


def _mutable_part(annotation: Any) -> str:
    origin = get_origin(annotation) or annotation
    if isinstance(origin, type) and issubclass(origin, MUTABLE):
        return origin.__name__
    return next((found for part in get_args(annotation) if (found := _mutable_part(part))), "")


def _distribution(point: importlib.metadata.EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist is not None else ("", "")
