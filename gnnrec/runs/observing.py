"""Tells observers of a run what happens, in a promised order; one that fails is reported and does not stop the run."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from gnnrec.errors import PluginError
from gnnrec.plugin.hooks import Hooks, in_order
from gnnrec.runs.stopping import RunPruned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gnnrec.contract.training import EpochRecord, RunEnd, RunStart
    from gnnrec.plugin.registry import Registry

logger = logging.getLogger(__name__)


class Observers:
    """The run hooks of all plugins and of the given objects.

    Plugins are told in the order in which they loaded, then objects in the order in which they were given;
    `@hookimpl(tryfirst=True)` comes before all others, `trylast=True` after.

    Args:
        registry: Its plugins are told first.
        extra: Objects with methods marked `@hookimpl`.
        go_on: Asked after each epoch, once all are told, whether the run is worth going on with.

    Raises:
        PluginError: An object misspells a hook, takes an argument that it is not given, wraps a hook, or has none.
    """

    def __init__(
        self,
        registry: Registry,
        extra: Iterable[object] = (),
        go_on: Callable[[EpochRecord], bool] | None = None,
    ) -> None:
        self._registry, self._hooks, self._go_on = registry, Hooks(), go_on
        names: set[str] = set()
        for turn, observer in enumerate(extra, start=1):
            if any(observer is plugin for plugin in registry.loaded_plugins().values()):
                raise PluginError(f"{observer!r} is an installed plugin, which is told anyway")
            name = getattr(observer, "__name__", type(observer).__name__)
            self._hooks.register(observer, f"{name} ({turn})" if name in names else name)
            names.add(name)
        self._run: RunStart | None = None

    def run_started(self, run: RunStart) -> None:
        """Call `gnnrec_run_started`."""
        self._run = run
        self._tell("gnnrec_run_started", run=run)

    def epoch_ended(self, epoch: EpochRecord) -> None:
        """Call `gnnrec_epoch_ended`.

        Raises:
            RunPruned: The run is not worth going on with.
        """
        self._tell("gnnrec_epoch_ended", run=self._run, epoch=epoch)
        if self._go_on is not None and not self._go_on(epoch):
            raise RunPruned(f"stopped after epoch {epoch.epoch}: it is not worth going on with")

    def run_ended(self, end: RunEnd) -> None:
        """Call `gnnrec_run_ended`, if the run had started."""
        if self._run is not None:
            self._tell("gnnrec_run_ended", run=self._run, end=end)

    def _tell(self, hook: str, **arguments: Any) -> None:
        """Call each implementation by itself, so that one that raises keeps nobody else from hearing."""
        for call in in_order([*self._registry.hook_calls(hook), *self._hooks.calls(hook)]):
            try:
                call(**arguments)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - an observer must not cost anybody a run
                logger.warning("observer '%s' failed in %s: %s: %s", call.plugin, hook, type(error).__name__, error)
