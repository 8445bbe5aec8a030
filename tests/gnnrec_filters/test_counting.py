from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import PAIRS, loaded, of_pairs, random_log, refusal, rows_of, told

from gnnrec import DataError
from gnnrec_filters.k_core import KCore
from gnnrec_filters.min_interactions import MinInteractions

if TYPE_CHECKING:
    from gnnrec import Filter

LEAST = st.integers(1, 4)


def thinned(log: pd.DataFrame, users: int, items: int) -> pd.DataFrame:
    """Without those who have too few, once."""
    per_user, per_item = (log.groupby(column)[column].transform("size") for column in ("user", "item"))
    return log[(per_user >= users) & (per_item >= items)]


def stable(log: pd.DataFrame, users: int, items: int) -> pd.DataFrame:
    """The core, naively."""
    while len(fewer := thinned(log, users, items)) < len(log):
        log = fewer
    return log


@pytest.mark.parametrize(("users", "items"), [(1, 1), (1, 8), (8, 1), (5, 5), (3, 9), (9, 3), (6, 6)])
def test_both_keep_what_pandas_keeps(users: int, items: int) -> None:
    log = random_log()
    once, core = thinned(log, users, items), stable(log, users, items)
    assert told(MinInteractions(users=users, items=items).apply(loaded(log))) == rows_of(once)
    assert told(KCore(users=users, items=items).apply(loaded(log))) == rows_of(core)


def test_a_core_goes_further_than_one_pass() -> None:
    log = random_log()
    assert len(stable(log, 5, 5)) < len(thinned(log, 5, 5)) < len(log)


SQUARE_WITH_A_TAIL = [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 3), (3, 4), (4, 4)]
"""Two users of the same two items; from one of them leads a path."""


def test_a_path_is_taken_away_from_its_end_on_and_a_square_stays() -> None:
    data = of_pairs(SQUARE_WITH_A_TAIL)
    assert told(KCore(users=2, items=2).apply(data)) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert told(MinInteractions(users=2, items=2).apply(data)) == [
        pair for pair in SQUARE_WITH_A_TAIL if pair != (4, 4)
    ]


@given(PAIRS, LEAST, LEAST)
def test_a_core_is_a_fixed_point_and_the_largest_one(pairs: list[tuple[int, int]], users: int, items: int) -> None:
    expected = rows_of(stable(pd.DataFrame(pairs, columns=["user", "item"]), users, items))
    core = KCore(users=users, items=items)
    if not expected:
        with pytest.raises(DataError):
            core.apply(of_pairs(pairs))
        return
    left = core.apply(of_pairs(pairs))
    assert told(left) == expected
    assert told(core.apply(left)) == expected
    assert told(MinInteractions(users=users, items=items).apply(left)) == expected


@pytest.mark.parametrize("chosen", [KCore(users=2, items=2), MinInteractions(users=2, items=2)])
@given(st.permutations(SQUARE_WITH_A_TAIL))
def test_the_order_of_rows_changes_nothing(chosen: Filter, rows: list[tuple[int, int]]) -> None:
    assert chosen.apply(of_pairs(rows)).fingerprint == chosen.apply(of_pairs(SQUARE_WITH_A_TAIL)).fingerprint


LEAVES_NONE = "leaves none of the 8 interactions"


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (KCore(users=2, items=3), f"k_core with users: 2, items: 3 {LEAVES_NONE}; users: 2, items: 2 leaves 4"),
        (KCore(users=9, items=2), f"k_core with users: 9, items: 2 {LEAVES_NONE}; users: 2, items: 2 leaves 4"),
        (KCore(users=4, items=1), f"k_core with users: 4, items: 1 {LEAVES_NONE}; users: 3, items: 1 leaves 3"),
        (
            MinInteractions(users=4),
            f"min_interactions with users: 4, items: 1 {LEAVES_NONE}; no user has more than 3, and no item more than 2",
        ),
    ],
)
def test_what_leaves_nothing_says_what_there_is(chosen: Filter, message: str) -> None:
    assert refusal(chosen, of_pairs(SQUARE_WITH_A_TAIL)) == message


def test_a_core_is_five_of_each_and_one_pass_takes_nobody_away_if_nothing_is_said() -> None:
    assert KCore() == KCore(users=5, items=5)
    data = of_pairs(SQUARE_WITH_A_TAIL)
    assert MinInteractions().apply(data).fingerprint == data.fingerprint
