from __future__ import annotations

import numpy as np
import pandas as pd

from gnnrec.data.columns import Column, describe_columns


def test_each_column_is_told_with_its_type_what_is_missing_and_how_many_differ() -> None:
    items = pd.DataFrame(
        {
            "item": [1, 2, 3, 4],
            "title": ["a", "b", "b", None],
            "year": [1990.0, np.nan, 1991.0, 1991.0],
            "price": [1.5, 2.0, 2.0, 3.0],
            "tags": [["x"], ["x"], ["x", "y"], None],
            "new": [True, False, False, False],
            "since": pd.to_datetime(["2020-01-01"] * 4),
            "empty": [None] * 4,
            "mixed": pd.Series([1, "b", "c", "d"], dtype=object),
        }
    )
    assert list(describe_columns({"user": pd.DataFrame({"user": [1]}), "item": items})) == [
        Column("item", "title", "text", 0.25, 2),
        Column("item", "year", "whole numbers", 0.25, 2),
        Column("item", "price", "numbers", 0.0, 3),
        Column("item", "tags", "lists", 0.25, 2),
        Column("item", "new", "yes or no", 0.0, 2),
        Column("item", "since", "times", 0.0, 1),
        Column("item", "empty", "nothing", 1.0, 0),
        Column("item", "mixed", "text", 0.0, 4),
    ]
