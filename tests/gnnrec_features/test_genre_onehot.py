from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from toys import observed

from gnnrec_features.genre_onehot import GenreOneHot


@pytest.mark.parametrize(
    ("cells", "names", "rows"),
    [
        (["b| a", None, "b"], ("a", "b"), [[1, 1], [0, 0], [0, 1]]),
        ([["b", "a"], np.array(["b"]), ()], ("a", "b"), [[1, 1], [0, 1], [0, 0]]),
        (pd.array([1995, None, 1990], "Int64"), ("1990", "1995"), [[0, 1], [0, 0], [1, 0]]),
    ],
    ids=["text", "lists", "numbers"],
)
def test_each_word_of_a_column_is_a_feature(cells: Any, names: tuple[str, ...], rows: list[list[int]]) -> None:
    table = pd.DataFrame({"genres": pd.Series(cells)})
    block = GenreOneHot().fit(table, observed([], 1, 1)).encode(table)
    assert (block.names, block.values.tolist()) == (names, rows)  # noqa: PD011 - a block is no table
