"""The hooks of plugins: checked as a plugin comes, called one by one in a promised order, traced on demand."""

from __future__ import annotations

import inspect
import logging
import sys
import time
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pluggy

from gnnrec.contract import hookspecs
from gnnrec.errors import PluginError, suggestion
from gnnrec.plugin.variables import is_traced

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger(__name__)


def trace(text: str, *details: object) -> None:
    """Tell what plugins do, where `GNNREC_TRACE_PLUGINS` asks for it."""
    if is_traced():
        if not logger.isEnabledFor(logging.INFO):  # from Python, where nobody listens yet
            logger.addHandler(logging.StreamHandler())
            logger.setLevel(logging.INFO)
        logger.info(f"trace: {text}", *details)  # noqa: G004 - the prefix is no argument


@dataclass(frozen=True)
class HookCall:
    """An implementation of a hook, ready to be called.

    Attributes:
        hook: The hook's name.
        plugin: The name of the plugin that implements it.
    """

    hook: str
    plugin: str
    _implementation: pluggy.HookImpl

    @property
    def priority(self) -> int:
        """-1, 0 or 1: its turn among all implementations."""
        return self._implementation.trylast - self._implementation.tryfirst

    def __call__(self, **arguments: Any) -> Any:
        """Call it with those of the arguments that it names; what it prints goes to stderr."""
        started = time.perf_counter()
        end = "raised"
        try:
            with redirect_stdout(sys.stderr):
                answer = self._implementation.function(*(arguments[name] for name in self._implementation.argnames))
            end = "returned"
            return answer
        finally:
            trace(
                "%s of plugin '%s' %s after %.1f ms", self.hook, self.plugin, end, 1e3 * (time.perf_counter() - started)
            )


def in_order(calls: Iterable[HookCall]) -> list[HookCall]:
    """Those marked `tryfirst` before all others, those marked `trylast` after; otherwise as they come."""
    return sorted(calls, key=lambda call: call.priority)


class Hooks:
    """Plugins and what they implement.

    Implementations are called in the order in which plugins came, not last first as pluggy calls them;
    `@hookimpl(tryfirst=True)` comes before all others, `trylast=True` after.
    """

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._known = {name for name in dir(hookspecs) if self._manager.parse_hookspec_opts(hookspecs, name)}

    def register(self, plugin: object, name: str) -> tuple[str, ...]:
        """Take a plugin in and return what is deprecated about its hooks, in words.

        Raises:
            PluginError: The plugin or its name is taken, or it misspells a hook, forgets `@hookimpl`, takes an argument
                that the hook does not give, wraps a hook, or implements none.
        """
        if self._manager.has_plugin(name):
            raise PluginError(f"another plugin is called '{name}' already")
        if self._manager.is_registered(plugin):
            raise PluginError(f"it is the same object as plugin '{self._manager.get_name(plugin)}'")
        self._check_names(plugin)
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                self._manager.register(plugin, name)
        except pluggy.PluginValidationError as error:
            self.unregister(plugin)
            raise PluginError("; ".join(str(error).splitlines())) from None
        return tuple(str(warning.message) for warning in caught)

    def unregister(self, plugin: object) -> None:
        """Forget a plugin, if it is one."""
        if self._manager.is_registered(plugin):
            self._manager.unregister(plugin)

    def of(self, plugin: object) -> tuple[str, ...]:
        """The names of the hooks that a plugin implements."""
        return tuple(sorted(caller.name for caller in self._manager.get_hookcallers(plugin) or ()))

    def calls(self, hook: str, plugin: object = None) -> list[HookCall]:
        """The implementations of a hook in their order; only this plugin's, if one is given."""
        calls = [
            HookCall(hook, implementation.plugin_name, implementation)
            for implementation in getattr(self._manager.hook, hook).get_hookimpls()
            if plugin is None or implementation.plugin is plugin
        ]
        came = [name for name, _ in self._manager.list_name_plugin()]
        return in_order(sorted(calls, key=lambda call: came.index(call.plugin)))

    def _check_names(self, plugin: object) -> None:
        found = {name: self._manager.parse_hookimpl_opts(plugin, name) for name in dir(plugin)}
        marked = {options.get("specname") or name: options for name, options in found.items() if options is not None}
        for name, options in marked.items():
            if name not in self._known and not options.get("optionalhook"):
                raise PluginError(f"there is no hook '{name}'{suggestion(name, self._known)}")
            if options.get("wrapper") or options.get("hookwrapper"):
                raise PluginError(
                    f"{name} is a wrapper, but hooks are called one by one and none around another; "
                    "use a plain @hookimpl, with tryfirst or trylast for its turn"
                )
            self._check_arguments(name, getattr(plugin, name, None))
        for name in sorted(self._known - set(marked)):
            if callable(getattr(plugin, name, None)):
                raise PluginError(f"{name} is not marked as a hook; write @hookimpl above it")
        if not marked:
            raise PluginError(f"it implements no hook; known: {', '.join(sorted(self._known))}, each marked @hookimpl")

    def _check_arguments(self, hook: str, function: Any) -> None:
        """Hold what an implementation wants to be given against what the hook gives."""
        if hook not in self._known or not callable(function):
            return
        given = inspect.signature(getattr(hookspecs, hook)).parameters
        for name, parameter in inspect.signature(function).parameters.items():
            wanted = parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
            if wanted and parameter.default is parameter.empty and name not in given:
                hint = suggestion(name, given) if given else "; it gives none"
                raise PluginError(f"{hook} has no argument '{name}'{hint}")
