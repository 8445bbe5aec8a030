from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import edges

from gnnrec import ContractError, Edges, Relation


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
    ("time", "weight", "message"),
    [
        (np.zeros(1, np.int64), None, "time of edges is int64 [2]; got int64 [1]"),
        (np.zeros(2), None, "time of edges is int64 [2]; got float64 [2]"),
        (None, np.ones(2), "weight of edges is float32 [2]; got float64 [2]"),
        (None, np.array([1, np.nan], np.float32), "1 weights of edges are not finite"),
    ],
)
def test_times_and_weights_are_checked_at_birth(
    time: np.ndarray | None, weight: np.ndarray | None, message: str
) -> None:
    with pytest.raises(ContractError) as error:
        Edges(np.array([0, 1]), np.array([0, 1]), 2, 2, time, weight)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"source": np.array([0])}, "relation item-has-genre has 1 sources but 2 in target"),
        ({"target": np.array([0, -1])}, "target of relation item-has-genre are at least 0; got -1..0"),
        ({"by_user": np.array([0])}, "relation item-has-genre has 2 sources but 1 in by_user"),
        ({"time": np.zeros(3, np.int64)}, "time of relation item-has-genre is int64 [2]; got int64 [3]"),
        ({"weight": np.array([0, np.inf], np.float32)}, "1 weights of relation item-has-genre are not finite"),
    ],
)
def test_relations_are_checked_at_birth(fields: dict[str, np.ndarray], message: str) -> None:
    whole = {"source": np.array([0, 1]), "target": np.array([0, 1])}
    with pytest.raises(ContractError) as error:
        Relation("item", "has", "genre", **(whole | fields))
    assert str(error.value) == message


def test_edges_that_are_joined_know_what_both_know() -> None:
    one = Edges(np.array([0]), np.array([1]), 2, 2, np.array([5]), np.ones(1, np.float32))
    both = one.joined(replace(one, time=None))
    assert (both.users.tolist(), both.items.tolist(), both.time) == ([0, 0], [1, 1], None)
    assert both.weight is not None
    assert both.weight.tolist() == [1, 1]
