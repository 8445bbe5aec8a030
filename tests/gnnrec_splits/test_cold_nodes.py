from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from toys import interactions

from gnnrec import DataError
from gnnrec.data.draws import interaction_hashes, node_hashes
from gnnrec.testing import toy_interactions
from gnnrec_splits.cold_nodes import ColdItems, ColdUsers

CASES = [("item", ColdItems), ("user", ColdUsers)]
Kind = Literal["item", "user"]


@pytest.mark.parametrize(("kind", "component"), CASES)
@pytest.mark.parametrize("shown", [0.0, 0.5, 0.8])
def test_parts_are_those_of_a_table_by_hash(kind: Kind, component: Any, shown: float) -> None:
    data = toy_interactions()
    split = component(val=0.2, test=0.3, shown=shown, seed=8).split(data)
    ids = data.tables[kind][kind]
    num_val, num_test = int(0.2 * len(ids)), int(0.3 * len(ids))
    drawn = ids.iloc[np.argsort(node_hashes(ids, 8, "cold"))].tolist()
    names = dict.fromkeys(drawn, "train") | dict.fromkeys(drawn[: num_val + num_test], "test")
    names |= dict.fromkeys(drawn[:num_val], "val")
    table = data.to_table(data.edges).assign(hash=interaction_hashes(data, 8, "shown"))
    table["part"] = table[kind].map(names)
    cold = table[table["part"] != "train"].sort_values("hash")
    count = cold.groupby(kind)["part"].transform("count")
    is_shown = cold.groupby(kind).cumcount() < np.floor(shown * count)
    table.loc[cold.index[is_shown], "part"] = "shown"
    assert split.to_table()["part"].tolist() == table["part"].tolist()
    assert {name: mask.tolist() for name, mask in split.absent.items()} == {
        kind: [names[each] != "train" for each in ids]
    }
    assert split.moments == {}


@pytest.mark.parametrize(("kind", "component"), CASES)
def test_nothing_is_known_of_what_is_new_but_what_is_shown(kind: Kind, component: Any) -> None:
    split = component(val=0.2, test=0.2, shown=0.6).split(toy_interactions())
    table = split.to_table()
    cold = set(split.interactions.tables[kind][kind][split.absent[kind]])
    assert len(cold) == 2 * int(0.2 * len(split.absent[kind]))
    assert not set(table.loc[table["part"] == "train", kind]) & cold
    assert set(table.loc[table["part"] != "train", kind]) == cold
    by_node = pd.crosstab(table[kind], table["part"]).loc[sorted(cold)]
    assert ((by_node["val"] > 0) ^ (by_node["test"] > 0)).all()
    assert len(split.known("validate")) == (table["part"].isin({"train", "shown"})).sum()


def test_something_is_asked_of_every_new_user_whatever_is_shown() -> None:
    data = interactions([(user, item) for user in range(40) for item in range(1 + user % 3)], 40, 3)
    table = ColdUsers(val=0.25, test=0.25, shown=0.9999999999999999).split(data).to_table()
    cold = table[table["part"] != "train"]
    assert cold["user"].nunique() == 20
    assert cold[cold["part"] != "shown"].groupby("user")["item"].count().eq(1).all()


@pytest.mark.parametrize(("kind", "component"), CASES)
def test_shares_count_nodes_and_are_at_least_one(kind: Kind, component: Any) -> None:
    data = interactions([(user, item) for user in range(7) for item in range(7)], 7, 7)
    split = component(val=0.01, test=0.3).split(data)
    table = split.to_table()
    held_out = {part: table.loc[table["part"] == part, kind].nunique() for part in ("val", "test")}
    assert held_out == {"val": 1, "test": 2}


def test_a_share_of_train_is_only_scored() -> None:
    split = ColdItems(disjoint_train=0.25).split(toy_interactions())
    train = int((split.part == 0).sum())
    assert (split.supervision.sum(), split.message.sum()) == (train // 4, train - train // 4)


@pytest.mark.parametrize("component", [ColdItems, ColdUsers])
def test_too_few_nodes_are_told(component: Any) -> None:
    with pytest.raises(DataError) as error:
        component(shown=0).split(interactions([(0, 0), (1, 1)], 2, 2))
    assert str(error.value) == (
        f"{component.component_name()} leaves train empty: 2 interactions give 0 train, 1 val, 1 test; "
        "ask for smaller shares, or bring more data"
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"val": 0.5, "test": 0.5}, r"val \+ test is 1; expected less than 1"),
        ({"shown": 1}, "Input should be less than 1"),
        ({"shown": -0.1}, "Input should be greater than or equal to 0"),
    ],
)
@pytest.mark.parametrize("component", [ColdItems, ColdUsers])
def test_shares_that_leave_nothing_are_refused(component: Any, fields: dict[str, float], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        component(**fields)
