"""The fields by which a recipe's dataset reads tables that it is given, in place of what it names itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from gnnrec.contract.kinds import Dataset, Tables
    from gnnrec.plugin.registry import Registry
    from gnnrec.recipe.schema import Recipe


def reading(tables: Tables, own: object, registry: Registry) -> dict[str, Any]:
    """The name of a dataset that reads tables, and its fields.

    Args:
        tables: As `Dataset.reading` takes them.
        own: The name of the recipe's own dataset, which is taken if it reads tables.
        registry: What is installed.

    Raises:
        UsageError: The tables are not those that the dataset reads; or the recipe's own reads none, and of the others
            several do, or none.
    """
    datasets = {name: cast("type[Dataset]", each) for name, each in registry.components("dataset").items()}
    try:
        found = {name: fields for name, each in datasets.items() if (fields := each.reading(tables)) is not None}
    except ValueError as error:
        raise UsageError(f"data: {error}") from None
    if own in found:
        return {"name": own, **found[str(own)]}
    if len(found) > 1:
        raise UsageError(f"several datasets read tables: {', '.join(found)}; say which one in dataset.name")
    for name, fields in found.items():
        return {"name": name, **fields}
    raise UsageError("no installed dataset reads tables, so none can be given")


def with_tables(recipe: Recipe, tables: Tables, registry: Registry) -> Recipe:
    """The recipe with a dataset that reads tables; its own one's other fields stay, if it is that.

    Raises:
        UsageError: As `reading` does, or the other fields do not go with tables.
    """
    own = recipe.dataset.component_name()
    fields = reading(tables, own, registry)
    kept = recipe.dataset.model_dump(mode="json") if fields["name"] == own else {}
    try:
        dataset = registry.component("dataset", fields["name"]).model_validate({**kept, **fields})
    except ValidationError as error:
        raise UsageError(f"data: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
    return recipe.model_copy(update={"dataset": dataset})
