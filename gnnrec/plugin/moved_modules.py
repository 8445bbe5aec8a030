"""Says where the modules of gnnrec 0.1 are now, to a plugin that imports one by its old name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

PACKAGE = "gnnrec"

MOVED = {
    "component": "gnnrec.contract.component",
    "contracts": "gnnrec.contract.kinds",
    "training": "gnnrec.contract.training",
    "hookspecs": "gnnrec.contract.hookspecs",
    "registry": "gnnrec.plugin.registry",
    "ranked_lists": "gnnrec.data.ranked_lists",
    "interactions": "gnnrec.data.interactions",
    "split": "gnnrec.data.split",
    "describe": "gnnrec.data.describe",
    "lookup": "gnnrec.data.lookup",
    "pair_sampling": "gnnrec.graph.pair_sampling",
    "sparse": "gnnrec.graph.sparse",
    "propagation": "gnnrec.graph.propagation",
    "pair_scores": "gnnrec.graph.pair_scores",
    "incoming_edges": "gnnrec.graph.incoming_edges",
    "neighbor_sampling": "gnnrec.graph.neighbor_sampling",
    "link_sampling": "gnnrec.graph.link_sampling",
    "layerwise": "gnnrec.modelling.layerwise",
    "model": "gnnrec.modelling.model",
    "scoring": "gnnrec.modelling.scoring",
    "fold_in": "gnnrec.modelling.fold_in",
    "phases": "gnnrec.modelling.phases",
    "leaks": "gnnrec.modelling.leaks",
    "fitting": "gnnrec.modelling.fitting",
    "run_directory": "gnnrec.runs.directory",
    "run_record": "gnnrec.runs.record",
    "run_listing": "gnnrec.runs.listing",
    "saved_run": "gnnrec.runs.saved",
    "recommending": "gnnrec.runs.recommending",
    "checkpointing": "gnnrec.runs.checkpointing",
    "resuming": "gnnrec.runs.resuming",
    "environment": "gnnrec.runs.environment",
    "observing": "gnnrec.runs.observing",
    "stopping": "gnnrec.runs.stopping",
}
"""The name of a module of 0.1 below `gnnrec`, and where it is now."""


class MovedModules:
    """An import finder that finds nothing: whoever asks for a module that has moved is told the new name."""

    @staticmethod
    def find_spec(
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG004 - the protocol of import finders
        target: ModuleType | None = None,  # noqa: ARG004
    ) -> ModuleSpec | None:
        """Leave every module to other finders.

        Raises:
            ModuleNotFoundError: It has moved.
        """
        package, _, module = name.partition(".")
        if package == PACKAGE and module in MOVED:
            raise ModuleNotFoundError(told(module))  # unnamed, or `from gnnrec import …` would swallow it
        return None


def told(module: str) -> str:
    """The message about a module that has moved, by its old name below `gnnrec`."""
    return f"{PACKAGE}.{module} is now {MOVED[module]}"


def tell_of_moved_modules() -> None:
    """Be asked, from now on, after all other finders."""
    if MovedModules not in sys.meta_path:
        sys.meta_path.append(MovedModules)
