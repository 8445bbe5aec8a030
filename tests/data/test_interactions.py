from __future__ import annotations

import hashlib
import logging
import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import edges, pairs_of

from gnnrec import ContractError, DataError, Edges, Interactions, Relation


def log_of(*rows: tuple[object, ...], columns: tuple[str, ...] = ("user", "item")) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))


def test_ids_become_contiguous_in_the_order_of_the_original_ids() -> None:
    data = Interactions.from_log(log_of((30, "b"), (10, "c"), (20, "a"), (10, "a")), source="toy")
    assert data.users["user"].tolist() == [10, 20, 30]
    assert data.items["item"].tolist() == ["a", "b", "c"]
    assert data.edges.users.tolist() == [0, 0, 1, 2]
    assert data.edges.items.tolist() == [0, 2, 0, 1]
    assert (data.edges.num_users, data.edges.num_items, len(data)) == (3, 3, 4)
    assert (data.edges.time, data.edges.weight, data.parts, data.filtered) == (None, None, None, None)


@pytest.mark.parametrize(
    ("columns", "rows", "weight", "which"),
    [
        (
            ("user", "item", "weight", "time"),
            (("b", "y", 1.0, 10), ("a", "x", 2.0, 8), ("b", "y", 3.0, 9)),
            1.0,
            "latest",
        ),
        (("user", "item", "weight"), (("b", "y", 1.0), ("a", "x", 2.0), ("b", "y", 3.0)), 3.0, "last"),
    ],
)
def test_duplicates_are_merged_into_the_latest_and_counted_in_a_warning(
    columns: tuple[str, ...],
    rows: tuple[tuple[object, ...], ...],
    weight: float,
    which: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        data = Interactions.from_log(log_of(*rows, columns=columns), source="toy")
    assert caplog.messages == [f"toy: 1 duplicate interactions merged: the {which} counts"]
    assert data.edges.users.tolist() == [0, 1]
    assert data.edges.weight is not None
    assert data.edges.weight.tolist() == [2.0, weight]
    assert data.edges.weight.dtype == np.float32


def test_all_that_is_known_of_an_interaction_is_sorted_with_it() -> None:
    columns = ("user", "item", "time", "weight", "part")
    rows = ((2, 7, 30, 3.0, "test"), (1, 9, 20, 2.0, "val"), (1, 7, 10, 1.0, "train"))
    data = Interactions.from_log(log_of(*rows, columns=columns), source="toy")
    assert data.edges.keys.tolist() == [0, 1, 2]
    assert data.edges.time is not None
    assert data.edges.time.tolist() == [10, 20, 30]
    assert data.edges.time.dtype == np.int64
    assert data.edges.weight is not None
    assert data.edges.weight.tolist() == [1.0, 2.0, 3.0]
    assert data.parts is not None
    assert data.parts.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (log_of(), "toy: there are no interactions in it"),
        (log_of((1, 5), (2, None), (3, None)), "toy: 2 rows have no item id; the first is row 2"),
        (log_of((None, 5)), "toy: 1 rows have no user id; the first is row 1"),
        (
            log_of((1, 5, 9.0), (2, 5, None), columns=("user", "item", "time")),
            "toy: 1 rows have no time; the first is row 2",
        ),
        (log_of((1, 5, np.inf), columns=("user", "item", "weight")), "toy: 1 weights are not finite"),
        (
            log_of((1, 5, "train"), (2, 5, "dev"), columns=("user", "item", "part")),
            "toy: 1 rows are in a part that is none, such as 'dev'; parts are called train, val, test",
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


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (log_of((1,), columns=("user",)), "a log has a column 'item'; got user"),
        (log_of((1, 5, 1.5), columns=("user", "item", "time")), "time of a log is whole seconds; got float64"),
        (
            log_of((1, 5, pd.Timestamp(0)), columns=("user", "item", "time")),
            f"time of a log is whole seconds; got {pd.Series([pd.Timestamp(0)]).dtype}",
        ),
        (
            log_of((1, 5, "good"), columns=("user", "item", "weight")),
            f"weight of a log is numbers; got {pd.Series(['good']).dtype}",
        ),
    ],
)
def test_a_log_of_other_types_is_refused(log: pd.DataFrame, message: str) -> None:
    with pytest.raises(ContractError) as error:
        Interactions.from_log(log, source="toy")
    assert str(error.value) == message


def test_of_rows_of_one_time_the_greatest_weight_counts_in_whatever_order_they_stand() -> None:
    rows = [(1, 5, 7, 4.0, "val"), (1, 5, 7, 2.0, "train"), (1, 6, 8, 1.0, "test")]
    columns = ("user", "item", "time", "weight", "part")
    one, other = (Interactions.from_log(log_of(*some, columns=columns), source="") for some in (rows, rows[::-1]))
    assert one.fingerprint == other.fingerprint
    assert one.edges.weight is not None
    assert one.edges.weight.tolist() == [4.0, 1.0]


def test_relations_behaviours_and_tables_stand_in_one_order() -> None:
    data = toy()
    backwards = toy(relations=data.relations[::-1], tables=dict(reversed(data.tables.items())))
    assert [each.key for each in backwards.relations] == ["item-has-genre", "item-is-genre"]
    assert list(backwards.tables) == ["user", "item", "genre"]


def test_a_log_with_a_column_that_means_nothing_is_refused() -> None:
    with pytest.raises(ContractError) as error:
        Interactions.from_log(log_of((1, 5, 9), columns=("user", "item", "rating")), source="toy")
    assert str(error.value) == "a log has the columns user, item, time, weight, part; got rating as well"


def toy(**changed: object) -> Interactions:
    """Two users, two items and three genres, with everything that there can be."""
    everything = {
        "edges": Edges(np.array([0, 1]), np.array([0, 1]), 2, 2, np.array([5, 6]), np.array([1, 2], np.float32)),
        "tables": {
            "user": pd.DataFrame({"user": ["a", "b"]}),
            "item": pd.DataFrame({"item": [7, 8], "genres": [["x"], ["x", "y"]]}),
            "genre": pd.DataFrame({"genre": ["x", "y", "z"]}),
        },
        "relations": (
            Relation("item", "has", "genre", np.array([1, 0, 1]), np.array([1, 0, 0])),
            Relation("item", "is", "genre", np.array([0]), np.array([2]), None, np.array([1]), np.array([9])),
        ),
        "behaviours": {"view": Edges(np.array([1, 0, 1]), np.array([0, 1, 0]), 2, 2)},
        "parts": np.array([0, 2], np.int8),
    }
    return Interactions(**(everything | changed))


def test_the_fingerprint_is_a_digest_of_each_part() -> None:
    data = toy()
    assert list(data.fingerprint) == [
        *("edges", "time", "weight", "parts", "table user", "table item", "table genre"),
        *("relation item-has-genre", "relation item-is-genre", "behaviour view"),
    ]
    ids = [hashlib.sha256(text).hexdigest() for text in (b"user 2\0a\0b\0", b"item 2\x007\x008\0")]
    pairs = hashlib.sha256(struct.pack("<2q", 0, 3)).hexdigest()
    assert (
        data.fingerprint["edges"] == hashlib.sha256("".join(f"{each}\0" for each in (*ids, pairs)).encode()).hexdigest()
    )
    assert data.fingerprint["parts"] == hashlib.sha256(b"\0\2").hexdigest()


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ({"source": "elsewhere", "chosen": {"variant": "x"}}, set()),
        (
            {"edges": Edges(np.array([0, 1]), np.array([1, 0]), 2, 2, None, np.array([1, 2], np.float32))},
            {"edges", "time"},
        ),
        ({"parts": np.array([0, 1], np.int8)}, {"parts"}),
        ({"behaviours": {}}, {"behaviour view"}),
        (
            {"relations": (Relation("item", "has", "genre", np.array([0, 1, 1]), np.array([0, 0, 1])),)},
            {"relation item-is-genre"},
        ),
        (
            {
                "tables": toy().tables
                | {"item": pd.DataFrame({"item": [7, 8], "genres": [("x",), np.array(["x", "z"])]})}
            },
            {"table item"},
        ),
        (
            {"tables": toy().tables | {"user": pd.DataFrame({"user": ["a", "c"]})}},
            {"edges", "table user", "behaviour view"},
        ),
    ],
)
def test_a_digest_changes_with_its_part_alone(changed: dict[str, object], differs: set[str]) -> None:
    before, after = toy().fingerprint, toy(**changed).fingerprint
    assert {part for part in before | after if before.get(part) != after.get(part)} == differs


def test_ids_and_lists_are_digested_as_they_are_told_and_not_as_they_are_held() -> None:
    one = toy(tables=toy().tables | {"item": pd.DataFrame({"item": ["7", "8"], "genres": [["x"], ["x", "y"]]})})
    other = toy(tables=toy().tables | {"item": pd.DataFrame({"item": [7, 8], "genres": [np.array(["x"]), ("x", "y")]})})
    assert one.fingerprint == other.fingerprint


def test_what_is_missing_is_digested_alike_whatever_holds_it() -> None:
    one, other = (
        toy(tables=toy().tables | {"item": pd.DataFrame({"item": [7, 8], "year": years})}).fingerprint
        for years in (pd.array([1990, None], "Int64"), np.array([1990, None]))
    )
    assert one == other


def test_the_fingerprint_knows_where_users_end_and_items_begin() -> None:
    one, other = log_of((1, 34), (2, 34)), log_of((1, 4), (23, 4))
    assert Interactions.from_log(one, source="").fingerprint != Interactions.from_log(other, source="").fingerprint


@given(order=st.permutations(range(6)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    rows = [(2, 7, 3), (1, 9, 2), (1, 7, 1), (3, 8, 9), (3, 9, 9), (2, 7, 8)]
    columns = ("user", "item", "time")
    data = [
        Interactions.from_log(log_of(*some, columns=columns), source="") for some in (rows, [rows[i] for i in order])
    ]
    assert data[0].fingerprint == data[1].fingerprint


def test_what_is_kept_is_numbered_anew_and_what_hangs_on_it_follows() -> None:
    data = Interactions(
        Edges(np.array([0, 0, 1, 2, 2]), np.array([0, 2, 1, 0, 2]), 3, 3, np.arange(5)),
        {
            "user": pd.DataFrame({"user": ["a", "b", "c"]}),
            "item": pd.DataFrame({"item": [7, 8, 9]}),
            "tag": pd.DataFrame({"tag": ["p", "q"]}),
        },
        (
            Relation("item", "tagged", "tag", np.array([0, 1, 2]), np.array([0, 1, 1]), by_user=np.array([0, 2, 1])),
            Relation("user", "trusts", "user", np.array([0, 1]), np.array([2, 2])),
        ),
        {"view": Edges(np.array([0, 1, 2]), np.array([2, 2, 1]), 3, 3)},
        np.array([0, 1, 2, 0, 1], np.int8),
    )
    kept = data.keep(np.array([True, False, False, True, True]))
    assert kept.users["user"].tolist() == ["a", "c"]
    assert kept.items["item"].tolist() == [7, 9]
    assert kept.tables["tag"]["tag"].tolist() == ["p", "q"]
    assert list(zip(kept.edges.users, kept.edges.items, kept.edges.time, kept.parts, strict=True)) == [
        *((0, 0, 0, 0), (1, 0, 3, 0), (1, 1, 4, 1)),
    ]
    tagged, trusts = kept.relations
    assert (tagged.source.tolist(), tagged.target.tolist(), tagged.by_user.tolist()) == ([0], [0], [0])
    assert (trusts.source.tolist(), trusts.target.tolist()) == ([0], [1])
    assert pairs_of(kept.behaviours["view"]) == {(0, 1)}
    # User a's item 9 is still there and was seen; user b is not there any more.
    assert pairs_of(kept.filtered) == {(0, 1)}
    assert pairs_of(kept.seen) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    again = kept.keep(np.array([True, True, False]))
    assert pairs_of(again.filtered) == set()
    assert data.keep(np.ones(5, bool)).filtered is None
    assert data.keep(np.array([True, False, False, True, True]), seen=False).filtered is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tables": {"item": pd.DataFrame({"item": [7, 8]})}}, "there is no table of users; there are tables of item"),
        ({"tables": toy().tables | {"user": pd.DataFrame()}}, "the table of users has no column 'user'; it has []"),
        ({"tables": toy().tables | {"item": toy().items.head(1)}}, "the table of items has 1 rows for 2 nodes"),
        (
            {"tables": toy().tables | {"genre": pd.DataFrame({"genre": ["x", "x", "z"]})}},
            "an original id stands twice in the table of genres",
        ),
        (
            {"edges": edges([(0, 1), (1, 0), (0, 1)], 2, 2), "parts": None},
            "an interaction stands twice; merge duplicates before",
        ),
        ({"parts": np.array([0], np.int8)}, "parts are int8 [2]; got int8 [1]"),
        ({"parts": np.array([0, 3], np.int8)}, "parts lie in 0..2 (train, val, test); got 0..3"),
        (
            {"behaviours": {"add/remove": edges([], 2, 2)}},
            "node types, relations and behaviours are called by letters, digits, _; got 'add/remove'",
        ),
        (
            {"relations": (Relation("item", "has-a", "genre", np.array([0]), np.array([0])),)},
            "node types, relations and behaviours are called by letters, digits, _; got 'has-a'",
        ),
        (
            {"relations": (Relation("item", "has", "genre", np.array([0]), np.array([0])),) * 2},
            "relation item-has-genre stands twice; join its edges before",
        ),
        (
            {
                "behaviours": {"view": edges([], 2, 2)},
                "relations": (Relation("user", "view", "item", np.array([0]), np.array([0])),),
            },
            "relation user-view-item is called like behaviour view; give it another name",
        ),
        (
            {"behaviours": {"interacts": edges([], 2, 2)}},
            "behaviour interacts is called like the interactions; give it another name",
        ),
        ({"behaviours": {"view": edges([], 3, 2)}}, "view is over other users and items than the interactions"),
        ({"filtered": edges([], 2, 3)}, "filtered is over other users and items than the interactions"),
        (
            {"relations": (Relation("item", "by", "maker", np.array([0]), np.array([0])),)},
            "relation item-by-maker: there is no table of makers",
        ),
        (
            {"relations": (Relation("item", "has", "genre", np.array([0]), np.array([3])),)},
            "relation item-has-genre: target leads to genre 3 of 3",
        ),
    ],
)
def test_interactions_are_checked_at_birth(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ContractError) as error:
        toy(**changed)
    assert str(error.value) == message
