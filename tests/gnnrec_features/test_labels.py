from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from toys import observed

from gnnrec import DataError, FeatureEncoder
from gnnrec_features.genre_onehot import GenreOneHot
from gnnrec_features.multi_hot import MultiHot
from gnnrec_features.one_hot import OneHot

NOTHING = observed([], 1, 1)


def encoded(encoder: FeatureEncoder, cells: Any, new: Any = None) -> dict[str, list[float]]:
    """Features by name: of new rows where there are some, by what was learned of the others."""
    encoding = encoder.fit(pd.DataFrame({"kind": cells}), NOTHING)
    block = encoding.encode(pd.DataFrame({"kind": cells if new is None else new}))
    return dict(zip(block.names, block.values.T.tolist(), strict=True))  # noqa: PD011 - a block is no table


def refusal(encoder: FeatureEncoder, cells: Any) -> str:
    with pytest.raises(DataError) as error:
        encoded(encoder, cells)
    return str(error.value)


@pytest.mark.parametrize("encoder", [OneHot(column="kind"), MultiHot(column="kind"), GenreOneHot(column="kind")])
@pytest.mark.parametrize(
    ("cells", "first", "second"),
    [
        (["tea", " cup ", "tea", None], "tea", "cup"),
        (pd.Categorical(["tea", "cup", "tea", None]), "tea", "cup"),
        ([7, 10, 7, None], "7", "10"),  # floats, since there is a gap
        (pd.array([7, 10, 7, None], "Int64"), "7", "10"),
        ([2**63 + 1, 2**53 + 1, 2**63 + 1, pd.NA], "9223372036854775809", "9007199254740993"),
        ([Decimal(7), Decimal(10), Decimal(7), None], "7", "10"),
        ([True, False, True, None], "true", "false"),
        (pd.array([True, False, True, None], "boolean"), "true", "false"),
        (["True", "False", "True", ""], "true", "false"),
        (["007", "7", "007", " "], "007", "7"),
    ],
    ids=["text", "category", "float", "Int64", "large", "decimal", "object bool", "boolean", "text bool", "zeros"],
)
def test_a_label_a_cell_is_one_whatever_its_type(encoder: FeatureEncoder, cells: Any, first: str, second: str) -> None:
    assert encoded(encoder, cells) == {first: [1, 0, 1, 0], second: [0, 1, 0, 0]}


@pytest.mark.parametrize(
    "cells",
    [
        ["cup|tea", "tea", None, ""],
        [["cup", "tea"], ("tea",), None, []],
        [np.array(["cup", "tea"]), np.array(["tea", None]), None, np.array([])],
        ["['cup', 'tea']", '["tea"]', None, "[]"],
    ],
    ids=["delimited", "lists", "arrays", "written lists"],
)
def test_a_cell_has_any_number_of_labels(cells: list[Any]) -> None:
    assert encoded(MultiHot(column="kind"), cells) == {"cup": [1, 0, 0, 0], "tea": [1, 1, 0, 0]}


def test_what_stands_between_labels_can_be_named_and_other_brackets_are_text() -> None:
    assert encoded(MultiHot(column="kind", separator=", "), ["[a, b", "b", "[REC]"]) == {
        "[REC]": [0, 0, 1],
        "[a": [1, 0, 0],
        "b": [1, 1, 0],
    }
    assert encoded(MultiHot(column="kind", separator=";"), ["[7, 10]", "7;true", [True]]) == {
        "10": [1, 0, 0],
        "7": [1, 1, 0],
        "true": [0, 1, 1],
    }


@pytest.mark.parametrize("new", [["7", "8", None], [7, 8, None], [7.0, 8.0, np.nan]])
def test_labels_of_new_rows_meet_by_what_they_say_and_unknown_ones_leave_no_trace(new: list[Any]) -> None:
    assert encoded(OneHot(column="kind"), [7, 10], new) == {"10": [0, 0, 0], "7": [1, 0, 0]}


def test_what_was_learned_is_the_labels_in_alphabetical_order() -> None:
    encoding = GenreOneHot().fit(pd.DataFrame({"genres": ["tea|cup", "ale"]}), NOTHING)
    assert json.dumps(encoding.state()) == '{"names": ["ale", "cup", "tea"]}'


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([1.5, 2.0], "holds numbers that are not whole, such as 1.5; use {name: numeric, columns: [kind]}"),
        ([1, np.inf], "holds numbers that are not whole, such as inf; use {name: numeric, columns: [kind]}"),
        (
            pd.to_datetime(["2001-01-01", None]),
            ("holds dates, such as 2001-01-01 00:00:00; make it a column of years or days, for the encoder numeric"),
        ),
        (
            [date(2001, 1, 1)],
            "holds dates, such as 2001-01-01; make it a column of years or days, for the encoder numeric",
        ),
        ([b"tea"], "holds cells of type bytes, such as b'tea'; labels are text, whole numbers or booleans"),
        (
            [{"id": 1}],
            "holds lists or records in one another, such as {'id': 1}; labels are text, whole numbers or booleans",
        ),
        (
            [None, " "],
            "is empty for all 2 nodes that training knows; leave it out",
        ),
        (
            ["a", "b", "c"],
            (
                "has 3 different labels, and each would be a feature; at_most allows 2. Raise it, or use {name: text, "
                "column: kind} for words, {name: numeric, columns: [kind]} for numbers"
            ),
        ),
    ],
)
def test_what_is_no_column_of_labels_is_refused(cells: Any, message: str) -> None:
    for encoder in (OneHot(column="kind", at_most=2), MultiHot(column="kind", at_most=2)):
        assert refusal(encoder, cells) == f"{encoder.name}: column 'kind' {message}"


@pytest.mark.parametrize("cell", [["a", "b"], "['a', 'b']"])
def test_lists_are_no_categories(cell: Any) -> None:
    expected = f"one_hot: column 'kind' holds lists, such as {cell}; use {{name: multi_hot, column: kind}}"
    assert refusal(OneHot(column="kind"), [cell]) == expected


@pytest.mark.parametrize("cell", ["['a' 'b']", "[{'id': 1, 'name': 'a'}]"])
def test_lists_in_another_notation_are_refused(cell: str) -> None:
    expected = f"holds lists as text that is not read, such as {cell}; write a|b of ['a', 'b']"
    assert refusal(MultiHot(column="kind"), ["['a']", cell]) == f"multi_hot: column 'kind' {expected}"


def test_a_column_that_is_not_there_is_refused_with_the_nearest() -> None:
    assert refusal(OneHot(column="kinds"), [1]) == "one_hot: the table has no column 'kinds'; did you mean 'kind'?"


def test_labels_from_which_nothing_can_be_learned_are_told(caplog: pytest.LogCaptureFixture) -> None:
    assert encoded(MultiHot(column="kind"), ["b|a", "a|b"]) == {"a": [1, 1], "b": [1, 1]}
    encoded(OneHot(column="kind"), [1991, 1992, None])
    encoded(OneHot(column="kind"), ["a", "a", None])
    assert caplog.messages == [
        "multi_hot: column 'kind' is a, b for all 2 nodes that training knows; leave it out",
        (
            "one_hot: column 'kind' has each of its 2 labels once, so that no two nodes share one; leave it out, or "
            "use {name: numeric, columns: [kind]} for numbers"
        ),
    ]
