"""Tells observers of a run what happens, in a promised order; one that fails is reported and does not stop the run."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pluggy

from gnnrec import hookspecs
from gnnrec.registry import refuse_wrappers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gnnrec.registry import Registry
    from gnnrec.training import EpochRecord, RunEnd, RunStart

logger = logging.getLogger(__name__)


class Observers:
    """The run hooks of all plugins and of the given objects.

    They are told in the order in which plugins loaded and objects were given, not last first as pluggy calls hooks;
    `@hookimpl(tryfirst=True)` comes before all others, `trylast=True` after.

    Args:
        registry: Its plugins are told first.
        extra: Objects with methods marked `@hookimpl`.

    Raises:
        pluggy.PluginValidationError: An object misspells a hook.
        PluginError: A hook is a wrapper.
    """

    def __init__(self, registry: Registry, extra: Iterable[object] = ()) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._turns: dict[int, int] = {}
        for turn, plugin in enumerate((*registry.loaded_plugins(), *extra)):
            self._manager.register(plugin, name=str(id(plugin)))
            refuse_wrappers(self._manager, plugin)
            self._turns[id(plugin)] = turn
        self._manager.check_pending()
        self._run: RunStart | None = None

    def run_started(self, run: RunStart) -> None:
        """Call `gnnrec_run_started`."""
        self._run = run
        self._tell("gnnrec_run_started", run=run)

    def epoch_ended(self, epoch: EpochRecord) -> None:
        """Call `gnnrec_epoch_ended`."""
        self._tell("gnnrec_epoch_ended", run=self._run, epoch=epoch)

    def run_ended(self, end: RunEnd) -> None:
        """Call `gnnrec_run_ended`, if the run had started."""
        if self._run is not None:
            self._tell("gnnrec_run_ended", run=self._run, end=end)

    def _tell(self, hook: str, **arguments: Any) -> None:
        """Call each implementation by itself, so that one that raises keeps nobody else from hearing."""
        for implementation in sorted(getattr(self._manager.hook, hook).get_hookimpls(), key=self._turn):
            try:
                implementation.function(*(arguments[name] for name in implementation.argnames))
            except Exception as error:  # noqa: BLE001 - an observer must not cost anybody a run
                observer = implementation.plugin
                name = getattr(observer, "__name__", type(observer).__name__)
                logger.warning("observer '%s' failed in %s: %s: %s", name, hook, type(error).__name__, error)

    def _turn(self, implementation: pluggy.HookImpl) -> tuple[int, int]:
        return implementation.trylast - implementation.tryfirst, self._turns[id(implementation.plugin)]
