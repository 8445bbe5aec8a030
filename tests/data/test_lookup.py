from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from gnnrec.data.lookup import NEW_ITEMS, find_nodes, nodes_of, require_item, require_nodes, taken_apart
from gnnrec.errors import UsageError

NUMBERS = pd.DataFrame({"user": [7, 10, -3, 9007199254740993]})
TEXTS = pd.DataFrame({"user": ["7", "007", "1_0", "True", "nan", "a, b"]})


@pytest.mark.parametrize("seven", [7, "7", 7.0, np.int8(7), np.uint64(7), np.float32(7), np.str_("7")])
def test_an_id_is_found_by_what_it_says(seven: Any) -> None:
    assert require_nodes(NUMBERS, "user", [seven]).tolist() == [0]
    assert require_nodes(TEXTS, "user", [seven]).tolist() == [0]


def test_negative_and_large_ids_are_exact() -> None:
    assert find_nodes([-3, "-3", 9007199254740993, "9007199254740993"], NUMBERS["user"]).tolist() == [2, 2, 3, 3]
    assert find_nodes([9007199254740992, 9007199254740994.0], NUMBERS["user"]).tolist() == [-1, -1]


@pytest.mark.parametrize(
    "other",
    [
        7.5,
        7.9999,
        "007",
        "07",
        " 7",
        "7 ",
        "+7",
        "7.0",
        "1_0",
        "７",
        True,
        np.True_,
        None,
        float("nan"),
        pd.NA,
        float("inf"),
        1e300,
        7 + 0j,
        "9" * 5000,
        2**70,
        b"7",
        [7],
        pd.NaT,
    ],
)
def test_nothing_else_is_the_id_of_a_number(other: Any) -> None:
    assert find_nodes([other], NUMBERS["user"]).tolist() == [-1]


def test_text_is_the_id_that_it_is() -> None:
    assert find_nodes(["007", "1_0", "True", "nan", "a, b"], TEXTS["user"]).tolist() == [1, 2, 3, 4, 5]
    assert find_nodes([True, None, float("nan"), pd.NA, 7.5, "07"], TEXTS["user"]).tolist() == [-1] * 6


def test_a_column_is_looked_up_as_a_list_is() -> None:
    assert nodes_of(pd.Series([10.0, 7.5, None, 7.0, 10.0]), NUMBERS["user"]).tolist() == [1, -1, -1, 0, 1]
    assert nodes_of(pd.Series([True, False]), pd.Series([1, 0])).tolist() == [-1, -1]


def test_what_holds_ids_in_order_is_taken() -> None:
    frame = pd.DataFrame({"user": [10, 7]}, index=[5, 5])
    for held in (frame, frame["user"], frame["user"].to_numpy(), (10, 7), iter([10, 7])):
        assert require_nodes(NUMBERS, "user", held).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["77", "007"], "no user has the id 77, 007; the nearest ids: 7"),
        ([True], "no user has the id True"),
        ([" 7"], "no user has the id ' 7'; the nearest ids: 7"),
        (7, "users are given as a list of ids, [7]; got 7"),
        ("10", "users are given as a list of ids, ['10']; got '10'"),
        (pd.DataFrame({"usr": [7]}), "a table of users has a column 'user'; did you mean 'usr'?"),
    ],
)
def test_the_wrong_ids_are_refused(ids: Any, message: str) -> None:
    with pytest.raises(UsageError) as error:
        require_nodes(NUMBERS, "user", ids)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["Nuts", "salted", "x"], """; is 'Nuts, salted' one id? In double quotes it is: '"Nuts, salted",x'"""),
        (["x", "a", "b"], """; is 'a,b' one id? In double quotes it is: 'x,"a,b"'"""),
        (["no"] * 5 + ["a", "b"], ""),
        (["Nuts", "x", "salted"], ""),
        (["x", "Nuts"], ""),
        (["salted", "Nuts"], ""),
        (["x"], ""),
        (["a", "b", *"x" * 20], """; is 'a,b' one id? In double quotes it is: '"a,b"'"""),
    ],
)
def test_an_id_with_a_comma_that_was_taken_for_two_is_told_with_what_to_type(asked: list[str], told: str) -> None:
    known = pd.Series(["x", "Nuts, salted", "a,b"])
    assert taken_apart(asked, find_nodes(asked, known), known) == told


def test_a_float_that_has_lost_digits_is_told() -> None:
    with pytest.raises(UsageError) as error:
        require_nodes(NUMBERS, "user", [9.007199254740994e15])
    assert str(error.value) == (
        "no user has the id 9007199254740994.0; the nearest ids: 9007199254740993; a float does not hold so many "
        "digits: give ids as text or whole numbers"
    )


def test_an_item_that_is_not_there_leads_to_new_items() -> None:
    table = pd.DataFrame({"item": [1, 2], "title": ["Thing 1", "Thing 2"]})
    with pytest.raises(UsageError) as error:
        require_item(table, "Thing 18")
    assert str(error.value) == (
        f"no item has the id or title 'Thing 18'; the nearest titles: Thing 1; Thing 2{NEW_ITEMS}"
    )
    assert NEW_ITEMS == (
        "; what is in no interaction of this run is recommended with gnnrec recommend RUN --new-items FILE"
    )
