from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from toys import interactions

from gnnrec import ContractError, DataError
from gnnrec.data.lookup import nodes_of

if TYPE_CHECKING:
    from gnnrec import Interactions

DATA = interactions([(0, 0), (1, 1), (2, 2)], 3, 3)
"""Users 1 to 3, items 101 to 103."""


def beside(source: list[object], target: list[object], **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"source": source, "target": target, **columns})


def with_tags(**columns: object) -> Interactions:
    table = beside([103, 101, 103], ["slow", "funny", "funny"], **columns)
    return DATA.with_relation(table, "item", "has_tag", "tag")


def test_nodes_are_found_by_original_ids_and_new_types_numbered_in_alphabetical_order() -> None:
    data = with_tags(by_user=[3, 1, 2], time=[30, 10, 20], weight=[0, 0.5, 2])
    assert data.tables["tag"].to_dict("list") == {"tag": ["funny", "slow"]}
    (tags,) = data.relations
    assert tags.edge_type == ("item", "has_tag", "tag")
    assert (tags.source.tolist(), tags.target.tolist()) == ([0, 2, 2], [0, 0, 1])
    known = (tags.by_user, tags.time, tags.weight)
    assert [None if each is None else each.tolist() for each in known] == [[0, 1, 2], [10, 20, 30], [0.5, 2, 0]]
    (bare,) = with_tags().relations
    assert (bare.by_user, bare.time, bare.weight) == (None, None, None)


def test_a_table_that_is_there_is_kept_and_a_second_relation_comes_beside_the_first() -> None:
    tags = pd.DataFrame({"tag": ["slow", "dull", "funny"], "length": [4, 4, 5]})
    data = replace(DATA, tables={**DATA.tables, "tag": tags})
    data = data.with_relation(beside([101, 102], ["funny", "slow"]), "item", "has_tag", "tag")
    data = data.with_relation(beside([1], [3]), "user", "trusts", "user")
    assert data.tables["tag"] is tags
    assert [(each.key, each.source.tolist(), each.target.tolist()) for each in data.relations] == [
        ("item-has_tag-tag", [0, 1], [2, 0]),
        ("user-trusts-user", [0], [2]),
    ]


@pytest.mark.parametrize(("ids", "made"), [([10, 9, 10], [9, 10]), (["10", "9", "b"], ["10", "9", "b"])])
def test_numbers_are_numbered_in_their_order(ids: list[object], made: list[object]) -> None:
    assert DATA.with_relation(beside([101] * 3, ids), "item", "in", "list").tables["list"]["list"].tolist() == made


def test_ids_meet_by_what_they_say() -> None:
    numbers, text = pd.Series([7, 10]), pd.Series(["7", "nan"])
    assert nodes_of(pd.Series(["10", "7", "007", None]), numbers).tolist() == [1, 0, -1, -1]
    assert nodes_of(pd.Series([10.0, np.nan, 7.0]), numbers).tolist() == [1, -1, 0]
    assert nodes_of(pd.Series([np.nan, 7]), text).tolist() == [-1, 0]


@pytest.mark.parametrize(
    ("changed", "told", "left"),
    [
        ({"source": [101, 999, 103, 102]}, "items", 3),
        ({"by_user": [1.0, np.nan, 2.0, 8.0]}, "users", 2),
        ({"source": [101, 999, 103, 102], "by_user": [1, 2, 3, 8]}, "items or users", 2),
    ],
)
def test_rows_that_lead_nowhere_are_left_out_aloud(
    changed: dict[str, list[object]], told: str, left: int, log: pytest.LogCaptureFixture
) -> None:
    table = beside([101, 102, 103, 102], ["a", "b", "a", "b"], by_user=[1, 2, 3, 1]).assign(**changed)
    (relation,) = DATA.with_relation(table, "item", "has_tag", "tag").relations
    assert len(relation) == left
    assert [record.getMessage() for record in log.records] == [
        f"{4 - left} of 4 rows of relation item-has_tag-tag lead to unknown {told}; left out"
    ]


def test_more_rows_that_lead_nowhere_are_refused_unless_that_is_meant(log: pytest.LogCaptureFixture) -> None:
    table = beside(["i101", "i102", 103], ["a", "b", "a"])
    with pytest.raises(DataError) as error:
        DATA.with_relation(table, "item", "has_tag", "tag")
    assert str(error.value) == (
        "2 of 3 rows of relation item-has_tag-tag lead to unknown items, such as 'i101' in source; more than 0.5 of "
        "them is no oversight: is that another column, or are ids written in another way than those of items "
        "(101, 102, 103, …)?"
    )
    assert len(DATA.with_relation(table, "item", "has_tag", "tag", most_unknown=0.7).relations[0]) == 1
    assert len(log.records) == 1


@pytest.mark.parametrize("weight", [[1.0, -2.0, np.nan], ["1", "-2.0", "many"], [0.0, -2.0, np.inf]])
def test_weights_that_are_none_are_refused(weight: list[object]) -> None:
    with pytest.raises(DataError) as error:
        with_tags(weight=weight)
    assert str(error.value) == (
        "2 of 3 weights of relation item-has_tag-tag are negative or not finite; the first is -2.0, of item 101 "
        "and tag funny"
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            beside([101], ["a"]).rename(columns={"target": "tag"}),
            (
                "the table of relation item-has_tag-tag has the columns source, target, by_user, time, weight, the "
                "first two at least; got source, tag"
            ),
        ),
        (
            beside([101], ["a"], time=[0.5]),
            "time of relation item-has_tag-tag is whole seconds since 1970; got float64",
        ),
    ],
)
def test_a_table_of_another_shape_is_refused(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(ContractError) as error:
        DATA.with_relation(table, "item", "has_tag", "tag")
    assert str(error.value) == message


def test_a_relation_starts_from_nodes_that_there_are() -> None:
    with pytest.raises(ContractError) as error:
        DATA.with_relation(beside(["a"], [101]), "tag", "tags", "item")
    assert str(error.value) == "relation tag-tags-item: there is no table of tags; there are those of user, item"
