"""Checks of data sets: what is loaded is numbered, typed and the same each time. They never use a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from gnnrec.data.interactions import Availability, Interactions
from gnnrec.testing.every_kind import EVERY_KIND, Job, repeatable
from gnnrec.testing.rule import bound, rule

if TYPE_CHECKING:
    from gnnrec.contract.kinds import Dataset

LOAD = "gnnrec.contract.kinds.Dataset.load"
AVAILABLE = "gnnrec.contract.kinds.Dataset.available"


@dataclass(frozen=True)
class DatasetCase:
    """A data set.

    Attributes:
        component: Its fields are checked as they are.
        load: Whether it is loaded. None: where `available()` says that what its fields ask for is at hand. A component
            with a field `variant` asks for one of these.
    """

    component: Dataset
    load: bool | None = None

    def loaded(self) -> Interactions | None:
        """What it loads; None where that would need a network, as far as one can tell."""
        return self.component.load() if self.is_loaded else None

    @property
    def is_loaded(self) -> bool:
        """Whether it may be loaded."""
        if self.load is not None:
            return self.load
        wanted: Any = getattr(self.component, "variant", None)
        wanted = (wanted,) if isinstance(wanted, str) else wanted
        at_hand = [each for each in self.component.available() if each.place is not None]
        return any(wanted is None or each.variant in wanted for each in at_hand)


def _job(case: DatasetCase) -> Job:
    return Job((), case.loaded)


@rule(AVAILABLE)
def tells_what_is_at_hand(case: DatasetCase) -> str | None:
    """`available()` gives a tuple of `Availability`."""
    found: Any = case.component.available()
    right = isinstance(found, tuple) and all(isinstance(each, Availability) for each in found)
    return None if right else f"{found!r}"


@rule(LOAD)
def gives_interactions(case: DatasetCase) -> str | None:
    """`load()` gives `Interactions`, at least one, with node ids int64 and contiguous from 0."""
    data: Any = case.loaded()
    if data is None:
        return None
    if not isinstance(data, Interactions):
        return f"a {type(data).__name__}"
    edges = data.edges
    if not len(edges):
        return "no interactions"
    for name, ids, count in (("users", edges.users, edges.num_users), ("items", edges.items, edges.num_items)):
        if ids.dtype != np.int64 or ids.min() < 0 or ids.max() >= count:
            return f"{name} are {ids.dtype} in {ids.min()}..{ids.max()}, not int64 in 0..{count - 1}"
    return None


@rule(LOAD)
def keeps_original_ids(case: DatasetCase) -> str | None:
    """Rows of all tables are numbered from 0; original ids are whole numbers or text, none twice."""
    data = case.loaded()
    if data is None:
        return None
    for column, table in data.tables.items():
        if not table.index.equals(pd.RangeIndex(len(table))):
            return f"the rows of the table of {column}s are numbered {list(table.index[:3])}…"
        ids = table[column]
        twice, missing = int(ids.duplicated().sum()), int(ids.isna().sum())
        if pd.api.types.infer_dtype(ids) not in {"integer", "string"} or twice or missing:
            return f"{column} ids such as {ids.tolist()[0]!r} ({ids.dtype}), {twice} of them twice, {missing} missing"
    return None


@rule("gnnrec.data.edges.Edges")
def types_times_and_weights(case: DatasetCase) -> str | None:
    """`time`, where known, is int64 [E]; `weight` is float32 [E] and finite; of behaviours too."""
    data = case.loaded()
    if data is None:
        return None
    for place, edges in {"edges": data.edges, **data.behaviours}.items():
        for name, dtype in (("time", np.int64), ("weight", np.float32)):
            values = getattr(edges, name)
            if values is None:
                continue
            if values.dtype != dtype or values.shape != (len(edges),):
                return f"{name} of {place} is {values.dtype} {list(values.shape)}"
            if not np.isfinite(values).all():
                return f"{int((~np.isfinite(values)).sum())} of {len(values)} in {name} of {place} are not finite"
    return None


@rule("gnnrec.data.interactions.Interactions")
def chooses_among_its_own_fields(case: DatasetCase) -> str | None:
    """What loading chose can be set in the component, so that the run's recipe reproduces it."""
    data = case.loaded()
    if data is None or not data.chosen:
        return None
    try:
        type(case.component).model_validate(case.component.model_dump() | dict(data.chosen))
    except ValidationError as error:
        return f"chosen = {dict(data.chosen)!r}, which the component refuses: {error.errors()[0]['msg']}"
    return None


@rule("gnnrec.contract.kinds.Dataset.reading")
def reads_tables_by_its_own_fields(case: DatasetCase) -> str | None:
    """`reading()` gives fields that the component has, or None."""
    fields: Any = type(case.component).reading({"interactions": "interactions.parquet"})
    if fields is None or (isinstance(fields, Mapping) and set(fields) <= set(type(case.component).model_fields)):
        return None
    return f"{fields!r}"


RULES = (
    *EVERY_KIND,
    tells_what_is_at_hand,
    reads_tables_by_its_own_fields,
    gives_interactions,
    keeps_original_ids,
    types_times_and_weights,
    chooses_among_its_own_fields,
    repeatable(LOAD, _job)[0],  # it is given nothing that it could spoil
)


def check_dataset(component: Dataset, *, load: bool | None = None) -> None:
    """Check a data set, as its fields are.

    Args:
        component: The data set.
        load: Whether it is loaded; if not said, only where `available()` says that it is at hand, so that no test waits
            for a network. A data set without `available()` is loaded with `load=True` alone.

    Raises:
        ContractViolation: It breaks a rule; the message says which, what was asked for and what was got.
    """
    for check in bound("dataset", RULES, DatasetCase(component, load)):
        check()
