"""Finds plugins and holds the components they contribute."""

from __future__ import annotations

import copy
import sys
import time
import traceback
import warnings
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gnnrec.contract import hookspecs
from gnnrec.contract.kinds import CONTRACTS
from gnnrec.errors import PluginError, UsageError, suggestion
from gnnrec.plugin.component_rules import check_component
from gnnrec.plugin.failures import said
from gnnrec.plugin.hooks import HookCall, Hooks, in_order, trace
from gnnrec.plugin.memory import Memory, recall, remember
from gnnrec.plugin.record import PluginRecord
from gnnrec.plugin.sources import GivenPlugin, InstalledPlugin, RememberedPlugin
from gnnrec.plugin.variables import disabled_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from importlib.metadata import EntryPoint

    from gnnrec.contract.component import Component


Source = InstalledPlugin | RememberedPlugin | GivenPlugin
"""Where a plugin comes from."""


class Registry:
    """The components of all plugins that loaded, by kind and name, and the hooks of those plugins.

    Args:
        plugins: What to load, in this order; a name that is taken is refused to the later one. A remembered one is
            loaded when a kind that it contributes is first asked for, and not held against the rules again.
        disabled: Names of plugins to leave out.
        given: Plugins that are loaded after those.

    Attributes:
        not_found: Names to leave out that no plugin bears.
    """

    def __init__(
        self,
        plugins: Iterable[EntryPoint | Source],
        disabled: Iterable[str] = (),
        given: Iterable[GivenPlugin] = (),
    ) -> None:
        self._hooks = Hooks()
        self._components: dict[str, dict[str, type[Component]]] = {kind: {} for kind in CONTRACTS}
        self._owners: dict[type[Component], PluginRecord] = {}
        self._loaded: dict[str, tuple[PluginRecord, Source]] = {}
        self._disabled = set(disabled)
        self._sources: tuple[Source, ...] = (*map(_source, plugins), *given)
        self._records: dict[Source, PluginRecord] = {}
        self._waiting = {source: source.kinds for source in self._sources if isinstance(source, RememberedPlugin)}
        for source in self._sources:
            if source not in self._waiting:
                self._records[source] = self._load(source)
        self.not_found = tuple(sorted(self._disabled - {source.name for source in self._sources}))

    @classmethod
    def installed(cls, given: Collection[GivenPlugin] = ()) -> Registry:
        """Load every installed plugin: gnnrec's own first, so that nobody displaces a built-in by its name."""
        memory = recall()
        own = [RememberedPlugin(name, *known) for name, known in memory.own.items()] if memory is not None else []
        if memory is not None and memory.alone:
            return cls(own, disabled_names(), given)
        from importlib.metadata import entry_points

        found = sorted(map(InstalledPlugin, entry_points(group=hookspecs.PROJECT)), key=_rank)
        if memory is not None:
            return cls([*own, *(plugin for plugin in found if not plugin.is_own)], disabled_names(), given)
        return cls(found, disabled_names(), given)

    @property
    def plugins(self) -> tuple[PluginRecord, ...]:
        """What was found, and what became of it."""
        self._load_waiting()
        return tuple(self._records[source] for source in self._sources)

    def remember_own(self) -> None:
        """Leave to the next start what is known of gnnrec's own plugins, if they are in order and add no commands.

        Not where plugins are given: whoever starts next need not find modules where those are found.
        """
        if any(source.given for source in self._sources):
            return
        own = {source: self._records[source] for source in self._sources if source.is_own}
        commands = {call.plugin for call in self.hook_calls("gnnrec_commands")}
        if all(record.state == "loaded" and record.name not in commands for record in own.values()):
            kinds = {each: sorted({component.kind for component in record.components}) for each, record in own.items()}
            known = {source.name: (source.module, kinds[source]) for source in own}
            remember(Memory(known, len(own) == len(self._sources)), [file for each in own for file in each.files])

    def with_components(self, components: Iterable[type[Component]]) -> Registry:
        """A registry that has these components as well; they are no plugin's."""
        self._load_waiting()
        wider = copy.copy(self)
        known = {kind: dict(those) for kind, those in self._components.items()}
        for component in components:
            known[component.kind][component.component_name()] = component
        wider._components = known  # noqa: SLF001 - it is one of us
        return wider

    def hook_calls(self, hook: str) -> list[HookCall]:
        """The implementations of a hook, in the order in which they are to be called."""
        place = {source.name: index for index, source in enumerate(self._loaded_sources())}
        return in_order(sorted(self._hooks.calls(hook), key=lambda call: place[call.plugin]))

    def loaded_plugins(self) -> dict[str, object]:
        """The plugin objects (modules, mostly) that loaded, in order, by name."""
        return {source.name: source.plugin for source in self._loaded_sources()}

    def components(self, kind: str) -> dict[str, type[Component]]:
        """The component classes of a kind, by name."""
        self._load_waiting(kind)
        return dict(self._components[kind])

    def component(self, kind: str, name: str) -> type[Component]:
        """The component class of that kind and name.

        Raises:
            UsageError: There is no such kind or component; the message names the nearest, or the plugin that would have
                contributed it and why it does not.
        """
        if kind not in CONTRACTS:
            raise UsageError(f"no kind of component is called '{kind}'{suggestion(kind, CONTRACTS)}")
        known = self.components(kind)
        if name not in known:
            hint = self.left_out(name) or suggestion(name, known)
            raise UsageError(f"no {kind} is called '{name}'{hint}")
        return known[name]

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

    def _loaded_sources(self) -> list[Source]:
        """Where the plugins that loaded come from, in order; of two with one name only one has."""
        self._load_waiting()
        return [source for source in self._sources if self._records[source].state == "loaded"]

    def _load_waiting(self, kind: str | None = None) -> None:
        """Load what was put off: the plugins that contribute a kind, or all of them."""
        for source, kinds in list(self._waiting.items()):
            if kind is None or kind in kinds:
                del self._waiting[source]
                self._records[source] = self._load(source)

    def _load(self, source: Source) -> PluginRecord:
        origin = (source.name, source.distribution, source.version)
        if source.name in self._disabled:
            return PluginRecord(*origin, "disabled", given=source.given)
        registered = None
        if any(source.name == waiting.name for waiting in self._waiting):
            self._load_waiting()  # the name is theirs
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
                if not isinstance(source, RememberedPlugin):
                    check_component(component)
                if not source.is_own:
                    self._load_waiting(component.kind)
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

    def _check_not_installed(self, source: Source) -> None:
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


def _source(plugin: EntryPoint | Source) -> Source:
    return plugin if isinstance(plugin, Source) else InstalledPlugin(plugin)


def _rank(plugin: InstalledPlugin) -> tuple[bool, str, str]:
    """By name; of two with one name always the same comes first, in whatever order the disk has them."""
    return not plugin.is_own, plugin.name, plugin.distribution
