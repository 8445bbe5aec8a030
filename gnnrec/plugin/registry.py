"""Finds plugins and holds the components they contribute."""

from __future__ import annotations

import copy
import importlib.metadata
import os
import sys
import time
import traceback
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gnnrec.contract import hookspecs
from gnnrec.contract.kinds import CONTRACTS
from gnnrec.errors import PluginError, UsageError, suggestion
from gnnrec.plugin.component_rules import check_component
from gnnrec.plugin.failures import said
from gnnrec.plugin.hooks import HookCall, Hooks, trace
from gnnrec.plugin.sources import GivenPlugin, InstalledPlugin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gnnrec.contract.component import Component

DISABLE_VARIABLE = "GNNREC_DISABLE_PLUGINS"


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
    deprecations: tuple[str, ...] = ()
    """What it does that will not be possible for long, and what to do instead."""
    given: str = ""
    """The file or module that was named for this process alone; such a plugin has no distribution."""
    typed: str = ""
    """What was given, as it was typed."""
    sha256: str = ""
    """Of the files of a plugin that is given or installed editable, as they were when it was loaded."""

    @property
    def origin(self) -> str:
        """Distribution and version, or what was given."""
        return self.given or f"{self.distribution} {self.version}".strip()

    @property
    def maker(self) -> tuple[str, str]:
        """What a recipe is to remember: the distribution or what was given; its version, its hash or both."""
        version = f"{self.version} sha256:{self.sha256}" if self.sha256 else self.version
        return (self.given or self.distribution, version.strip())

    @property
    def fault(self) -> str:
        """Why it is left out, as the end of a sentence; empty where it is not."""
        return {"loaded": "", "disabled": f"disabled by {DISABLE_VARIABLE}", "failed": f"left out: {self.error}"}[
            self.state
        ]


class Registry:
    """The components of all plugins that loaded, by kind and name, and the hooks of those plugins.

    Args:
        entry_points: What to load, in this order; a name that is taken is refused to the later one.
        disabled: Names of plugins to leave out.
        given: Plugins that are loaded after those.

    Attributes:
        plugins: What was found, and what became of it.
        not_found: Names to leave out that no plugin bears.
    """

    def __init__(
        self,
        entry_points: Iterable[importlib.metadata.EntryPoint],
        disabled: Iterable[str] = (),
        given: Iterable[GivenPlugin] = (),
    ) -> None:
        self._hooks = Hooks()
        self._components: dict[str, dict[str, type[Component]]] = {kind: {} for kind in CONTRACTS}
        self._owners: dict[type[Component], PluginRecord] = {}
        self._loaded: dict[str, tuple[PluginRecord, InstalledPlugin | GivenPlugin]] = {}
        disabled = set(disabled)
        self._sources: tuple[InstalledPlugin | GivenPlugin, ...] = (*map(InstalledPlugin, entry_points), *given)
        self.plugins = tuple(self._load(source, disabled) for source in self._sources)
        self.not_found = tuple(sorted(disabled - {plugin.name for plugin in self.plugins}))

    @classmethod
    def installed(cls, given: Iterable[GivenPlugin] = ()) -> Registry:
        """Load every installed plugin: gnnrec's own first, so that nobody displaces a built-in by its name."""
        found = importlib.metadata.entry_points(group=hookspecs.PROJECT)
        ordered = sorted(found, key=_rank)
        names = os.environ.get(DISABLE_VARIABLE, "").split(",")
        return cls(ordered, {name.strip() for name in names if name.strip()}, given)

    def with_components(self, components: Iterable[type[Component]]) -> Registry:
        """A registry that has these components as well; they are no plugin's."""
        wider = copy.copy(self)
        known = {kind: dict(those) for kind, those in self._components.items()}
        for component in components:
            known[component.kind][component.component_name()] = component
        wider._components = known  # noqa: SLF001 - it is one of us
        return wider

    def hook_calls(self, hook: str) -> list[HookCall]:
        """The implementations of a hook, in the order in which they are to be called."""
        return self._hooks.calls(hook)

    def loaded_plugins(self) -> dict[str, object]:
        """The plugin objects (modules, mostly) that loaded, in order, by name."""
        return {name: source.plugin for name, (_, source) in self._loaded.items()}

    def components(self, kind: str) -> dict[str, type[Component]]:
        """The component classes of a kind, by name."""
        return dict(self._components[kind])

    def component(self, kind: str, name: str) -> type[Component]:
        """The component class of that kind and name.

        Raises:
            UsageError: There is no such kind or component; the message names the nearest, or the plugin that would have
                contributed it and why it does not.
        """
        if kind not in CONTRACTS:
            raise UsageError(f"no kind of component is called '{kind}'{suggestion(kind, CONTRACTS)}")
        if name not in self._components[kind]:
            hint = self.left_out(name) or suggestion(name, self._components[kind])
            raise UsageError(f"no {kind} is called '{name}'{hint}")
        return self._components[kind][name]

    def left_out(self, name: str) -> str:
        """The end of a message about a component that is not there: the plugin that has it and did not load, if any."""
        for source, plugin in zip(self._sources, self.plugins, strict=True):
            if plugin.state != "loaded" and source.may_contribute(name):
                return f"; plugin '{plugin.name}' ({plugin.origin}) has one, and is {plugin.fault}"
        return ""

    def plugin_at(self, file: str | Path) -> PluginRecord | None:
        """The stranger's plugin that a Python file is a part of, if any."""
        for record, source in self._loaded.values():
            if not source.is_own and Path(file) in source.files:
                return record
        return None

    def owner(self, component: type[Component]) -> PluginRecord:
        """The plugin that contributes `component`."""
        return self._owners[component]

    def _load(self, source: InstalledPlugin | GivenPlugin, disabled: set[str]) -> PluginRecord:
        origin = (source.name, source.distribution, source.version)
        if source.name in disabled:
            return PluginRecord(*origin, "disabled", given=source.given)
        registered = None
        try:
            self._check_not_installed(source)
            started = time.perf_counter()
            with warnings.catch_warnings():
                # pydantic warns of a field that shadows a method; it is refused below
                warnings.filterwarnings("ignore", "Field name", UserWarning)
                with redirect_stdout(sys.stderr):  # stdout is the command's answer
                    plugin = source.plugin
            trace("plugin '%s' imported after %.1f ms", source.name, 1e3 * (time.perf_counter() - started))
            deprecations = self._hooks.register(plugin, source.name)
            registered = plugin
            components = self._contributed(plugin)
            for component in components:
                check_component(component)
                self._check_free(component, source.name, components)
            sha256 = source.sha256
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin does, the others load
            if registered is not None:
                self._hooks.unregister(registered)
            return PluginRecord(
                *origin, "failed", error=said(error), details=traceback.format_exc(), given=source.given
            )
        record = PluginRecord(
            *origin,
            "loaded",
            components,
            self._hooks.of(plugin),
            deprecations=deprecations,
            given=source.given,
            typed=source.typed,
            sha256=sha256,
        )
        self._loaded[source.name] = record, source
        for component in components:
            self._components[component.kind][component.component_name()] = component
            self._owners[component] = record
        return record

    def _check_not_installed(self, source: InstalledPlugin | GivenPlugin) -> None:
        """A file that somebody names may have been packaged meanwhile."""
        if source.given and source.name in self._loaded:
            record, _ = self._loaded[source.name]
            raise PluginError(
                f"plugin '{source.name}' is installed already ({record.origin}); leave -p out, or uninstall it"
            )

    def _contributed(self, plugin: object) -> tuple[type[Component], ...]:
        contributed: list[type[Component]] = []
        for call in self._hooks.calls("gnnrec_components", plugin):
            answer = call()
            if answer is None or isinstance(answer, type):
                got = "nothing" if answer is None else f"the class {answer.__name__} itself"
                raise PluginError(f"gnnrec_components returned {got}; return a list of classes: return [MyEncoder]")
            contributed += answer
        return tuple(contributed)

    def _check_free(self, component: type[Component], plugin: str, siblings: tuple[type[Component], ...]) -> None:
        kind, name = component.kind, component.component_name()
        taken = self._components[kind].get(name)
        if taken is not None:
            owner = self._owners[taken].name
            raise PluginError(f"{kind} '{name}' of plugin '{plugin}' is already contributed by plugin '{owner}'")
        if sum(other.kind == kind and other.component_name() == name for other in siblings) > 1:
            raise PluginError(f"plugin '{plugin}' contributes {kind} '{name}' twice")


_GIVEN: dict[str, GivenPlugin] = {}
"""What `load_plugin` was given in this process."""


@cache
def installed() -> Registry:
    """The registry of this process: what is installed and what `load_plugin` was given, loaded once."""
    return Registry.installed(_GIVEN.values())


def load_plugin(plugin: str | Path) -> PluginRecord:
    """Load a plugin that is not installed, for this process alone; `gnnrec -p` does the same for a command.

    Args:
        plugin: A Python file, or the name of an importable module. Given again, a file is read again; a module is not,
            as Python has it.

    Returns:
        What the plugin contributes.

    Raises:
        PluginError: There is no such plugin, or it breaks a rule; nothing is loaded then. A note has its traceback.
    """
    if not str(plugin).strip(". "):
        raise PluginError(f"plugin '{plugin}' cannot be loaded: expected a .py file, or the name of a module")
    source = GivenPlugin(str(plugin))
    if not source.is_file:
        source = _GIVEN.get(source.name, source)
    before, module = dict(_GIVEN), sys.modules.get(source.name)
    _GIVEN[source.name] = source
    installed.cache_clear()
    record = next(each for each in reversed(installed().plugins) if each.name == source.name and each.given)
    if record.state != "loaded":
        _GIVEN.clear()
        _GIVEN.update(before)
        installed.cache_clear()
        if source.is_file and module is not None:
            sys.modules[source.name] = module
        elif source.is_file:
            sys.modules.pop(source.name, None)
        error = PluginError(f"plugin '{plugin}' cannot be loaded: {record.error or record.fault}")
        error.add_note(record.details)
        raise error
    return record


def _rank(point: importlib.metadata.EntryPoint) -> tuple[bool, str, str]:
    """By name; of two with one name always the same comes first, in whatever order the disk has them."""
    plugin = InstalledPlugin(point)
    return not plugin.is_own, plugin.name, plugin.distribution
