"""gnnrec: recommenders built on graph neural networks, put together from plugins by recipes.

Importing it imports nothing heavy: each name is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gnnrec.plugin.moved_modules import MOVED, tell_of_moved_modules, told
from gnnrec.version import __version__

if TYPE_CHECKING:
    from gnnrec.comparison.compare import compare
    from gnnrec.contract.blending import Blending, HeldOut
    from gnnrec.contract.hookspecs import hookimpl
    from gnnrec.contract.kinds import (
        Dataset,
        Decoder,
        Encoder,
        FeatureEncoder,
        Filter,
        Fraction,
        GraphBuilder,
        Loss,
        Metric,
        NegativeSampler,
        Scorer,
        Splitter,
        Trainer,
    )
    from gnnrec.contract.training import (
        Batch,
        Checkpoint,
        EmbeddedBatch,
        EpochRecord,
        Fit,
        RunEnd,
        RunStart,
        TrainingTask,
    )
    from gnnrec.contract.tuned import Tuned, TunedAmong
    from gnnrec.data.edges import Edges, Relation
    from gnnrec.data.features import Encoding, FeatureBlock
    from gnnrec.data.interactions import Availability, Interactions
    from gnnrec.data.observed import Observed
    from gnnrec.data.ranked_lists import Catalogue, RankedLists
    from gnnrec.data.split import Split
    from gnnrec.errors import (
        ContractError,
        DataError,
        GnnrecError,
        PluginError,
        RunDirectoryError,
        TrainingError,
        UsageError,
    )
    from gnnrec.pipeline import run
    from gnnrec.plugin.registry import load_plugin
    from gnnrec.recipe.faults import RecipeError
    from gnnrec.recipe.load import load_recipe
    from gnnrec.recipe.schema import Recipe
    from gnnrec.runs.saved import Run, load_run
    from gnnrec.tuning.tune import tune

_LAZY = {
    "Availability": "gnnrec.data.interactions",
    "Batch": "gnnrec.contract.training",
    "Blending": "gnnrec.contract.blending",
    "Catalogue": "gnnrec.data.ranked_lists",
    "Checkpoint": "gnnrec.contract.training",
    "ContractError": "gnnrec.errors",
    "DataError": "gnnrec.errors",
    "Dataset": "gnnrec.contract.kinds",
    "Decoder": "gnnrec.contract.kinds",
    "Edges": "gnnrec.data.edges",
    "Encoder": "gnnrec.contract.kinds",
    "Encoding": "gnnrec.data.features",
    "EmbeddedBatch": "gnnrec.contract.training",
    "EpochRecord": "gnnrec.contract.training",
    "FeatureBlock": "gnnrec.data.features",
    "FeatureEncoder": "gnnrec.contract.kinds",
    "Filter": "gnnrec.contract.kinds",
    "Fit": "gnnrec.contract.training",
    "Fraction": "gnnrec.contract.kinds",
    "GnnrecError": "gnnrec.errors",
    "GraphBuilder": "gnnrec.contract.kinds",
    "HeldOut": "gnnrec.contract.blending",
    "Interactions": "gnnrec.data.interactions",
    "Loss": "gnnrec.contract.kinds",
    "Metric": "gnnrec.contract.kinds",
    "NegativeSampler": "gnnrec.contract.kinds",
    "Observed": "gnnrec.data.observed",
    "PluginError": "gnnrec.errors",
    "RankedLists": "gnnrec.data.ranked_lists",
    "Recipe": "gnnrec.recipe.schema",
    "RecipeError": "gnnrec.recipe.faults",
    "Relation": "gnnrec.data.edges",
    "Run": "gnnrec.runs.saved",
    "RunDirectoryError": "gnnrec.errors",
    "RunEnd": "gnnrec.contract.training",
    "RunStart": "gnnrec.contract.training",
    "Scorer": "gnnrec.contract.kinds",
    "Split": "gnnrec.data.split",
    "Splitter": "gnnrec.contract.kinds",
    "Trainer": "gnnrec.contract.kinds",
    "TrainingError": "gnnrec.errors",
    "TrainingTask": "gnnrec.contract.training",
    "Tuned": "gnnrec.contract.tuned",
    "TunedAmong": "gnnrec.contract.tuned",
    "UsageError": "gnnrec.errors",
    "compare": "gnnrec.comparison.compare",
    "hookimpl": "gnnrec.contract.hookspecs",
    "load_plugin": "gnnrec.plugin.registry",
    "load_recipe": "gnnrec.recipe.load",
    "load_run": "gnnrec.runs.saved",
    "run": "gnnrec.pipeline",
    "tune": "gnnrec.tuning.tune",
}

__all__ = [
    "Availability",
    "Batch",
    "Blending",
    "Catalogue",
    "Checkpoint",
    "ContractError",
    "DataError",
    "Dataset",
    "Decoder",
    "Edges",
    "EmbeddedBatch",
    "Encoder",
    "Encoding",
    "EpochRecord",
    "FeatureBlock",
    "FeatureEncoder",
    "Filter",
    "Fit",
    "Fraction",
    "GnnrecError",
    "GraphBuilder",
    "HeldOut",
    "Interactions",
    "Loss",
    "Metric",
    "NegativeSampler",
    "Observed",
    "PluginError",
    "RankedLists",
    "Recipe",
    "RecipeError",
    "Relation",
    "Run",
    "RunDirectoryError",
    "RunEnd",
    "RunStart",
    "Scorer",
    "Split",
    "Splitter",
    "Trainer",
    "TrainingError",
    "TrainingTask",
    "Tuned",
    "TunedAmong",
    "UsageError",
    "__version__",
    "compare",
    "hookimpl",
    "load_plugin",
    "load_recipe",
    "load_run",
    "run",
    "tune",
]


_RENAMED: dict[str, str] = {}
"""Names that were public, and those that took their place; the old ones go with the next minor version."""


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        from warnings import warn

        warn(f"gnnrec.{name} is now gnnrec.{_RENAMED[name]}", DeprecationWarning, stacklevel=2)
        return getattr(import_module(__name__), _RENAMED[name])
    if name in MOVED:
        raise AttributeError(told(name))
    if name not in _LAZY:
        raise AttributeError(f"module 'gnnrec' has no attribute '{name}'")
    return getattr(import_module(_LAZY[name]), name)


tell_of_moved_modules()


def __dir__() -> list[str]:
    return __all__
