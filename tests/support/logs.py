"""Logs of interactions: made at random, loaded, and told by original ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

from gnnrec import DataError, Interactions

if TYPE_CHECKING:
    from gnnrec import Filter

PAIRS = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 9)), min_size=1, max_size=50).map(sorted)
"""Pairs of user and item."""


def random_log(users: int = 40, items: int = 30, rows: int = 400) -> pd.DataFrame:
    """A log in which few users and items have many interactions: `user`, `item`, `time`, `weight`; no pair twice."""
    draw = np.random.default_rng(7)
    log = pd.DataFrame(
        {
            "user": [f"u{each:02}" for each in (users * draw.random(rows) ** 2).astype(int)],
            "item": (items * draw.random(rows) ** 2).astype(int) + 100,
            "time": draw.integers(0, 1000, rows),
            "weight": draw.integers(1, 11, rows) / 2,
        }
    )
    return log.drop_duplicates(["user", "item"])


def loaded(log: pd.DataFrame) -> Interactions:
    return Interactions.from_log(log, source="toy")


def of_pairs(pairs: list[tuple[int, int]]) -> Interactions:
    """Interactions of which nothing else is known."""
    return loaded(pd.DataFrame(pairs, columns=["user", "item"]))


def told(data: Interactions) -> list[tuple[Any, ...]]:
    """The interactions by original ids, with whatever is known of them; sorted."""
    return rows_of(data.to_table(data.edges))


def rows_of(log: pd.DataFrame) -> list[tuple[Any, ...]]:
    return sorted(log.itertuples(index=False, name=None))


def refusal(chosen: Filter, data: Interactions) -> str:
    with pytest.raises(DataError) as error:
        chosen.apply(data)
    return str(error.value)
