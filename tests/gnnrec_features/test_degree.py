from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from toys import observed

from gnnrec import DataError
from gnnrec_features.degree import Degree

USERS = pd.DataFrame({"user": ["ann", "bob"]})
ITEMS = pd.DataFrame({"item": [10, 7, 3], "user": ["the maker", "of the item", "is no user"]})
GENRES = pd.DataFrame({"genre": ["Drama"]})
KNOWN = replace(observed([(0, 0), (0, 1), (1, 1)], 2, 3), tables={"user": USERS, "item": ITEMS, "genre": GENRES})


def test_training_interactions_are_counted_by_original_id() -> None:
    block = Degree().fit(ITEMS, KNOWN).encode(pd.DataFrame({"item": ["7", "8", "10", "3"]}))
    assert block.names == ("degree",)
    assert np.allclose(block.values, np.log([[3], [1], [2], [1]]))
    assert np.allclose(Degree().fit(USERS, KNOWN).encode(USERS).values, np.log([[3], [2]]))


def test_only_what_is_not_0_is_kept() -> None:
    state = Degree().fit(ITEMS, KNOWN).state()
    assert (state["column"], state["ids"], state["counts"].tolist()) == ("item", [10, 7], [1, 2])


def test_other_nodes_have_none() -> None:
    with pytest.raises(DataError) as error:
        Degree().fit(GENRES, KNOWN)
    assert str(error.value) == ("degree: genre nodes have no interactions; it is for features.user and features.item")
