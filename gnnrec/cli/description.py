"""All that `gnnrec data describe` finds out, before anything of it is shown."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from gnnrec.cli.heard import heard
from gnnrec.data.bins import geometric_bins
from gnnrec.data.columns import describe_columns
from gnnrec.data.describe import degrees, describe_interactions
from gnnrec.data.log import MERGED
from gnnrec.data.size import Size
from gnnrec.data.tried_splits import choose_split, try_splits
from gnnrec.data.verdict import judge
from gnnrec.errors import GnnrecError
from gnnrec.recipe.first import BASELINES, first_recipe
from gnnrec.recipe.load import load_recipe
from gnnrec.runs.free_memory import free_memory
from gnnrec.runs.needed_memory import needed_memory, needs_of_shipped

if TYPE_CHECKING:
    from logging import LogRecord

    from gnnrec.contract.kinds import Dataset, Splitter
    from gnnrec.data.bins import Bins
    from gnnrec.data.columns import Column
    from gnnrec.data.tried_splits import TriedSplit
    from gnnrec.data.verdict import Verdict
    from gnnrec.plugin.registry import Registry
    from gnnrec.recipe.first import FirstRecipe
    from gnnrec.recipe.schema import Recipe
    from gnnrec.runs.needed_memory import Need

BINS = 7
"""Of the distribution of interactions per user and per item."""

LITTLE = 1_000_000_000
"""Bytes that a first try may take; and no more than half of what is free."""


@dataclass(frozen=True)
class Description:
    """What is found out.

    Attributes:
        verdict: Whether one can train.
        facts: See `describe_interactions`.
        per_node: Interactions per user and per item, in bins.
        columns: What is known of nodes.
        said: What loading said: `level` and `text`.
        splits: What each installed split does with the data.
        chosen: The split to begin with, if any.
        needs: What each shipped recipe takes.
        free: Bytes of memory; None where it is not known.
        recipe: What to begin with, unless there is nothing that can be divided.
    """

    verdict: Verdict
    facts: dict[str, str | int | float]
    per_node: dict[str, Bins]
    columns: list[Column]
    said: list[dict[str, str]]
    splits: list[TriedSplit]
    chosen: TriedSplit | None
    needs: dict[str, Need]
    free: int | None
    recipe: FirstRecipe | None

    def to_json(self) -> dict[str, Any]:
        """One object; facts stand at its top."""
        distributions = {
            name: [{"from": low, "to": high, "count": int(size)} for (low, high), size in zip(bins.bounds, bins.sizes)]  # noqa: B905
            for name, bins in self.per_node.items()
        }
        return {
            "verdict": asdict(self.verdict),
            **self.facts,
            "distributions": distributions,
            "columns": [asdict(each) for each in self.columns],
            "said": self.said,
            "splits": [asdict(each) for each in self.splits],
            "split": None if self.chosen is None else self.chosen.name,
            "memory": {"free": self.free, "needed": {name: asdict(each) for name, each in self.needs.items()}},
            "recipe": None if self.recipe is None else asdict(self.recipe),
        }


def describe_dataset(dataset: Dataset, registry: Registry) -> Description:
    """Load a data set and look at it from all sides."""
    with heard() as records:
        interactions = dataset.load()
    edges = interactions.edges
    facts, size = describe_interactions(interactions), Size.of(edges)
    if merged := sum(getattr(each, MERGED, 0) for each in records):
        facts["rows merged with others"] = merged
    splitters = _splitters(registry)
    with heard():
        tried = try_splits(interactions, splitters)
        chosen = choose_split(tried, load_recipe(BASELINES[0]).split.name)
    verdict = judge(facts, tried, chosen)
    free = free_memory()
    recipe = None
    if chosen is not None and verdict.answer != "no":

        def fits(recipe: Recipe, size: Size) -> bool:
            return needed_memory(recipe, size).amount <= (LITTLE if free is None else min(LITTLE, free / 2))

        with heard(), suppress(GnnrecError):
            recipe = first_recipe(dataset, interactions, cast("Splitter", splitters[chosen.name]), registry, fits)
    return Description(
        verdict,
        facts,
        {name: geometric_bins(counts, BINS) for name, counts in degrees(edges).items()},
        list(describe_columns(interactions.tables)),
        [_said(each) for each in records],
        tried,
        chosen,
        needs_of_shipped(size),
        free,
        recipe,
    )


def _said(record: LogRecord) -> dict[str, str]:
    return {"level": record.levelname.lower(), "text": record.getMessage()}


def _splitters(registry: Registry) -> dict[str, Splitter | str]:
    """Each installed split with its defaults, or why it has none."""
    found: dict[str, Splitter | str] = {}
    for name, component in registry.components("split").items():
        try:
            found[name] = cast("Splitter", component.model_validate({"name": name}))
        except ValidationError as error:
            wanted = ", ".join(".".join(map(str, each["loc"])) for each in error.errors())
            found[name] = f"it has no default of {wanted}"
    return found
