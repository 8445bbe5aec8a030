from __future__ import annotations

import hashlib
import logging
import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import edges, interactions

from gnnrec import ContractError, DataError, Edges, FeatureBlock, Interactions


def log_of(*rows: tuple[object, ...], columns: tuple[str, ...] = ("user", "item")) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))


def test_ids_become_contiguous_in_the_order_of_the_original_ids() -> None:
    data = Interactions.from_log(log_of((30, "b"), (10, "c"), (20, "a"), (10, "a")), source="toy")
    assert data.users["user"].tolist() == [10, 20, 30]
    assert data.items["item"].tolist() == ["a", "b", "c"]
    assert data.edges.users.tolist() == [2, 0, 1, 0]
    assert data.edges.items.tolist() == [1, 2, 0, 0]
    assert (data.edges.num_users, data.edges.num_items, len(data)) == (3, 3, 4)
    assert data.timestamps is None
    assert data.ratings is None


def test_duplicates_are_merged_into_the_last_row_and_counted_in_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    rows = (("b", "y", 1.0, 7), ("a", "x", 2.0, 8), ("b", "y", 3.0, 9), ("b", "y", 4.0, 10))
    with caplog.at_level(logging.WARNING):
        data = Interactions.from_log(log_of(*rows, columns=("user", "item", "rating", "timestamp")), source="toy")
    assert caplog.messages == ["toy: 2 duplicate interactions merged"]
    assert data.edges.users.tolist() == [0, 1]
    assert data.ratings is not None
    assert data.ratings.tolist() == [2.0, 4.0]
    assert data.ratings.dtype == np.float32
    assert data.timestamps is not None
    assert data.timestamps.tolist() == [8, 10]
    assert data.timestamps.dtype == np.int64


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (log_of(), "toy: there are no interactions in it"),
        (log_of((1, 5), (2, None), (3, None)), "toy: 2 rows have no item id; the first is row 2"),
        (log_of((None, 5)), "toy: 1 rows have no user id; the first is row 1"),
        (
            log_of((1, 5, 9.0), (2, 5, None), columns=("user", "item", "timestamp")),
            "toy: 1 rows have no timestamp; the first is row 2",
        ),
    ],
)
def test_a_log_without_rows_or_with_missing_values_is_refused(log: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError) as error:
        Interactions.from_log(log, source="toy")
    assert str(error.value) == message


def test_tables_are_put_in_the_order_of_nodes_and_lack_what_never_interacted() -> None:
    known = pd.DataFrame({"item": [9, 7, 5, 6], "title": ["nine", "seven", "five", "six"]})
    data = Interactions.from_log(log_of((1, 7), (1, 5), (2, 8)), items=known, source="toy")
    assert data.items["item"].tolist() == [5, 7, 8]
    assert data.items["title"].tolist()[:2] == ["five", "seven"]
    assert pd.isna(data.items["title"].iloc[2])


def test_a_table_that_names_an_id_twice_is_refused() -> None:
    known = pd.DataFrame({"item": [7, 8, 7], "title": ["a", "b", "c"]})
    with pytest.raises(DataError) as error:
        Interactions.from_log(log_of((1, 7)), items=known, source="toy")
    assert str(error.value) == "toy: item 7 stands twice in the table of items"


@given(
    pairs=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), unique=True),
    users=st.lists(st.integers(0, 5), max_size=8),
)
def test_items_of_users_are_those_a_loop_finds(pairs: list[tuple[int, int]], users: list[int]) -> None:
    rows, items = edges(pairs, 6, 5).items_of(np.array(users, np.int64))
    expected = [(row, item) for row, user in enumerate(users) for other, item in pairs if other == user]
    assert list(zip(rows.tolist(), items.tolist(), strict=True)) == expected


def test_the_key_of_a_pair_is_its_place_in_the_matrix() -> None:
    assert edges([(0, 2), (1, 0), (2, 3)], 3, 4).keys.tolist() == [2, 4, 11]


def test_the_fingerprint_digests_ids_and_pairs() -> None:
    data = Interactions.from_log(log_of(("a", 5), ("b", 6)), source="here")
    expected = hashlib.sha256(b"user 2\0a\0b\0item 2\x005\x006\0" + struct.pack("<2q", 0, 3)).hexdigest()
    assert data.fingerprint == expected


def test_the_fingerprint_changes_with_who_interacted_with_what_and_with_nothing_else() -> None:
    rows = [(1, 5), (2, 6), (2, 5)]
    base = Interactions.from_log(log_of(*rows), source="here").fingerprint
    titled = pd.DataFrame({"item": [5, 6], "title": ["five", "six"]})
    assert Interactions.from_log(log_of(*rows), items=titled, source="there").fingerprint == base
    for other in ([(1, 5), (2, 6)], [(1, 6), (2, 6), (2, 5)], [(1, 5), (3, 6), (3, 5)], [(1, 5), (2, 7), (2, 5)]):
        assert Interactions.from_log(log_of(*other), source="here").fingerprint != base


def test_the_fingerprint_knows_where_users_end_and_items_begin() -> None:
    one, other = log_of((1, 34), (2, 34)), log_of((1, 4), (23, 4))
    assert Interactions.from_log(one, source="").fingerprint != Interactions.from_log(other, source="").fingerprint


@pytest.mark.parametrize(
    ("users", "items", "message"),
    [
        (np.array([0, 1], np.int32), np.array([0, 1]), "users of edges are int64 [E]; got int32 [2]"),
        (np.array([[0, 1]]), np.array([0, 1]), "users of edges are int64 [E]; got int64 [1, 2]"),
        (np.array([0, 1]), np.array([0, 3]), "items of edges lie in 0..2; got 0..3"),
        (np.array([-1, 1]), np.array([0, 1]), "users of edges lie in 0..1; got -1..1"),
        (np.array([0, 1]), np.array([0]), "edges have 2 users but 1 items"),
    ],
)
def test_edges_are_checked_at_birth(users: np.ndarray, items: np.ndarray, message: str) -> None:
    with pytest.raises(ContractError) as error:
        Edges(users, items, 2, 3)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((3, 2)), "a feature block is float32 [N, F]; got float64 [3, 2]"),
        (np.zeros(3, np.float32), "a feature block is float32 [N, F]; got float32 [3]"),
        (np.zeros((3, 1), np.float32), "1 feature columns but 2 names"),
        (np.array([[0, np.inf]], np.float32), "a feature block has values that are not finite"),
    ],
)
def test_a_feature_block_is_checked_at_birth(values: np.ndarray, message: str) -> None:
    with pytest.raises(ContractError) as error:
        FeatureBlock(values, ("a", "b"))
    assert str(error.value) == message


def test_interactions_are_checked_at_birth() -> None:
    good = interactions([(0, 0), (1, 1)], 2, 2)
    users, items = good.users, good.items
    wrong = [
        ((users[[]], items, good.edges), "the table of users has no column 'user'; it has []"),
        ((users, items.head(1), good.edges), "the table of items has 1 rows for 2 nodes"),
        ((users, items.assign(item=7), good.edges), "an original id stands twice in the table of items"),
        ((users, items, edges([(0, 1), (0, 1)], 2, 2)), "an interaction stands twice; merge duplicates before"),
        ((users, items, good.edges, np.zeros(3, np.int64)), "3 timestamps for 2 interactions"),
        ((users, items, good.edges, None, np.zeros(1, np.float32)), "1 ratings for 2 interactions"),
    ]
    for arguments, message in wrong:
        with pytest.raises(ContractError) as error:
            Interactions(*arguments)
        assert str(error.value) == message
