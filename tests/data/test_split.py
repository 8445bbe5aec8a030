from __future__ import annotations

import numpy as np
import pytest
from toys import interactions, pairs_of, split_by_hand

from gnnrec import ContractError, Split

PAIRS = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 0)]
PARTS = ["train", "val", "train", "test", "train"]


def test_parts_and_uses_select_their_edges() -> None:
    split = split_by_hand(interactions(PAIRS, 4, 3), PARTS, ["m", "", "s", "", "ms"])
    assert pairs_of(split.edges("train")) == {(0, 0), (1, 1), (2, 0)}
    assert pairs_of(split.edges("val")) == {(0, 1)}
    assert pairs_of(split.edges("train", "test")) == {(0, 0), (1, 1), (1, 2), (2, 0)}
    assert pairs_of(split.message_edges) == {(0, 0), (2, 0)}
    assert pairs_of(split.supervision_edges) == {(1, 1), (2, 0)}
    assert (split.edges("val").num_users, split.edges("val").num_items) == (4, 3)


def test_the_table_names_original_ids_and_parts() -> None:
    table = split_by_hand(interactions(PAIRS, 3, 3), PARTS, ["m", "", "s", "", "ms"]).to_table()
    assert table.columns.tolist() == ["user", "item", "part", "message", "supervision"]
    assert table.loc[3].tolist() == [2, 103, "test", False, False]
    assert table["part"].tolist() == PARTS
    assert table["supervision"].tolist() == [False, False, True, False, True]


@pytest.mark.parametrize(
    ("parts", "uses", "message"),
    [
        (
            PARTS,
            ["m", "s", "s", "", "m"],
            "each training edge is message, supervision or both, and no held-out edge is",
        ),
        (PARTS, ["m", "", "", "", "s"], "each training edge is message, supervision or both, and no held-out edge is"),
        (PARTS, ["m", "", "m", "", "m"], "the split leaves no supervision edges: there is nothing to learn from"),
        (PARTS[:4], ["m", "", "s", ""], "a split's part is int8 [5]; got int8 [4]"),
    ],
)
def test_a_split_is_checked_at_birth(parts: list[str], uses: list[str], message: str) -> None:
    with pytest.raises(ContractError) as error:
        split_by_hand(interactions(PAIRS, 3, 3), parts, uses)
    assert str(error.value).startswith(message)


def test_a_part_is_one_of_four() -> None:
    data, yes = interactions(PAIRS, 3, 3), np.ones(5, bool)
    with pytest.raises(ContractError) as error:
        Split(data, np.array([0, 0, 0, 0, 4], np.int8), yes, yes)
    assert str(error.value) == "a split's part lies in 0..3"
