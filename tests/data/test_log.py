"""A log is merged as sorting it as a whole and grouping its rows would merge it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnnrec.data.log import merged_log
from gnnrec.data.parts import PARTS

REPEATS: Any = ("first", "last", "sum", "count", "mean")

ROWS = st.lists(
    st.tuples(
        st.integers(-2, 3),
        st.sampled_from(["b", "a", "c"]),
        st.integers(0, 3),
        st.integers(0, 4).map(lambda value: value / 2),
        st.sampled_from(["train", "val", "test"]),
    ),
    min_size=1,
    max_size=30,
)


def naive(log: pd.DataFrame, repeats: str) -> pd.DataFrame:
    """Rows in time's order, one of each pair, and what its rows weigh together."""
    deciding = [column for column in ("time", "weight", "part") if column in log]
    in_time = log.sort_values(deciding, kind="stable") if "time" in log else log
    taken = in_time.drop_duplicates(["user", "item"], keep="first" if repeats == "first" else "last")
    if repeats in {"sum", "count", "mean"}:
        groups = log.assign(weight=log.get("weight", 1.0)).groupby(["user", "item"])["weight"]
        together = groups.size() if repeats == "count" else groups.agg(repeats)
        pairs = pd.MultiIndex.from_frame(taken[["user", "item"]])
        taken = taken.assign(weight=together.reindex(pairs).to_numpy())
    return taken.sort_values(["user", "item"]).reset_index(drop=True)


@given(ROWS, st.sets(st.sampled_from(["time", "weight", "part"])), st.sampled_from(REPEATS))
def test_it_is_what_sorting_and_grouping_give(rows: list[tuple[Any, ...]], known: set[str], repeats: Any) -> None:
    if repeats in {"sum", "mean"}:
        known |= {"weight"}
    log = pd.DataFrame(rows, columns=["user", "item", "time", "weight", "part"])[["user", "item", *sorted(known)]]
    merged, wanted = merged_log(log, "a log", repeats), naive(log, repeats)
    assert merged.user_ids[merged.users].tolist() == wanted["user"].tolist()
    assert merged.item_ids[merged.items].tolist() == wanted["item"].tolist()
    found = {"time": merged.time, "weight": merged.weight, "part": merged.parts}
    for name, values in found.items():
        assert (values is not None) == (name in wanted), name
        if values is not None and name == "part":
            assert [PARTS[place] for place in values] == wanted[name].tolist()
        elif values is not None:
            assert np.allclose(values, wanted[name].to_numpy(np.float64)), name
    assert merged.users.dtype == merged.items.dtype == np.int64


@pytest.mark.parametrize("upside_down", [False, True])
def test_how_rows_are_ordered_changes_nothing_where_there_are_times(upside_down: bool) -> None:
    log = pd.DataFrame(
        {"user": [1, 1, 1, 2], "item": [5, 5, 5, 5], "time": [3, 3, 1, 9], "weight": [1.0, 2.0, 7.0, 4.0]}
    )
    merged = merged_log(log[::-1] if upside_down else log, "a log")
    assert (merged.time.tolist(), merged.weight.tolist()) == ([3, 9], [2.0, 4.0])  # type: ignore[union-attr]
