"""gnnrec: recommenders built on graph neural networks, put together from plugins by recipes.

Importing it imports no torch. What needs torch (`run`, `load_run` and the tensor data types) is loaded when it
is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any
from warnings import warn

from gnnrec.contracts import (
    Dataset,
    Decoder,
    Encoder,
    FeatureEncoder,
    Fraction,
    GraphBuilder,
    Loss,
    Metric,
    NegativeSampler,
    Scorer,
    Splitter,
    Trainer,
)
from gnnrec.errors import (
    ContractError,
    DataError,
    GnnrecError,
    PluginError,
    RunDirectoryError,
    TrainingError,
    UsageError,
)
from gnnrec.hookspecs import hookimpl
from gnnrec.version import __version__

if TYPE_CHECKING:
    from gnnrec.comparison.compare import compare
    from gnnrec.interactions import Availability, Edges, FeatureBlock, Interactions
    from gnnrec.pipeline import run
    from gnnrec.ranked_lists import Catalogue, RankedLists
    from gnnrec.recipe.faults import RecipeError
    from gnnrec.recipe.load import load_recipe
    from gnnrec.recipe.schema import Recipe
    from gnnrec.registry import load_plugin
    from gnnrec.saved_run import Run, load_run
    from gnnrec.split import Split
    from gnnrec.training import Batch, Checkpoint, EpochRecord, Fit, RunEnd, RunStart, TrainingTask

_LAZY = {
    "Availability": "gnnrec.interactions",
    "Batch": "gnnrec.training",
    "Checkpoint": "gnnrec.training",
    "Catalogue": "gnnrec.ranked_lists",
    "Edges": "gnnrec.interactions",
    "EpochRecord": "gnnrec.training",
    "FeatureBlock": "gnnrec.interactions",
    "Fit": "gnnrec.training",
    "Interactions": "gnnrec.interactions",
    "RankedLists": "gnnrec.ranked_lists",
    "Recipe": "gnnrec.recipe.schema",
    "RecipeError": "gnnrec.recipe.faults",
    "Run": "gnnrec.saved_run",
    "RunEnd": "gnnrec.training",
    "RunStart": "gnnrec.training",
    "Split": "gnnrec.split",
    "TrainingTask": "gnnrec.training",
    "compare": "gnnrec.comparison.compare",
    "load_plugin": "gnnrec.registry",
    "load_recipe": "gnnrec.recipe.load",
    "load_run": "gnnrec.saved_run",
    "run": "gnnrec.pipeline",
}

__all__ = [
    "Availability",
    "Batch",
    "Catalogue",
    "Checkpoint",
    "ContractError",
    "DataError",
    "Dataset",
    "Decoder",
    "Edges",
    "Encoder",
    "EpochRecord",
    "FeatureBlock",
    "FeatureEncoder",
    "Fit",
    "Fraction",
    "GnnrecError",
    "GraphBuilder",
    "Interactions",
    "Loss",
    "Metric",
    "NegativeSampler",
    "PluginError",
    "RankedLists",
    "Recipe",
    "RecipeError",
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
    "UsageError",
    "__version__",
    "compare",
    "hookimpl",
    "load_plugin",
    "load_recipe",
    "load_run",
    "run",
]


_RENAMED: dict[str, str] = {}
"""Names that were public, and those that took their place; the old ones go with the next minor version."""


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        warn(f"gnnrec.{name} is now gnnrec.{_RENAMED[name]}", DeprecationWarning, stacklevel=2)
        return getattr(import_module(__name__), _RENAMED[name])
    if name not in _LAZY:
        raise AttributeError(f"module 'gnnrec' has no attribute '{name}'")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return __all__
