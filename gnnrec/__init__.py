"""gnnrec: recommenders built on graph neural networks, put together from plugins by recipes.

Importing it imports no torch. What needs torch (`run`, `load_run` and the tensor data types) is loaded when it
is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
    RunDirectoryError,
    TrainingError,
    UsageError,
)
from gnnrec.hookspecs import hookimpl
from gnnrec.version import __version__

if TYPE_CHECKING:
    from gnnrec.comparison import compare
    from gnnrec.interactions import Availability, Edges, FeatureBlock, Interactions
    from gnnrec.pipeline import run
    from gnnrec.ranked_lists import Catalogue, RankedLists
    from gnnrec.recipe.faults import RecipeError
    from gnnrec.recipe.load import load_recipe
    from gnnrec.recipe.schema import Recipe
    from gnnrec.saved_run import Run, load_run
    from gnnrec.split import Split

_LAZY = {
    "Availability": "gnnrec.interactions",
    "Catalogue": "gnnrec.ranked_lists",
    "Edges": "gnnrec.interactions",
    "FeatureBlock": "gnnrec.interactions",
    "Interactions": "gnnrec.interactions",
    "RankedLists": "gnnrec.ranked_lists",
    "Recipe": "gnnrec.recipe.schema",
    "RecipeError": "gnnrec.recipe.faults",
    "Run": "gnnrec.saved_run",
    "Split": "gnnrec.split",
    "compare": "gnnrec.comparison",
    "load_recipe": "gnnrec.recipe.load",
    "load_run": "gnnrec.saved_run",
    "run": "gnnrec.pipeline",
}

__all__ = [
    "Availability",
    "Catalogue",
    "ContractError",
    "DataError",
    "Dataset",
    "Decoder",
    "Edges",
    "Encoder",
    "FeatureBlock",
    "FeatureEncoder",
    "Fraction",
    "GnnrecError",
    "GraphBuilder",
    "Interactions",
    "Loss",
    "Metric",
    "NegativeSampler",
    "RankedLists",
    "Recipe",
    "RecipeError",
    "Run",
    "RunDirectoryError",
    "Scorer",
    "Split",
    "Splitter",
    "Trainer",
    "TrainingError",
    "UsageError",
    "__version__",
    "compare",
    "hookimpl",
    "load_recipe",
    "load_run",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'gnnrec' has no attribute '{name}'")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return __all__
