from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import loaded, random_log, rows_of, told

from gnnrec_filters.sample_users import SampleUsers

LOG = random_log()
COUNT = LOG["user"].nunique()


def users_of(log: pd.DataFrame, count: int, seed: int = 0) -> set[str]:
    return set(SampleUsers(users=count, seed=seed).apply(loaded(log)).users["user"])


@pytest.mark.parametrize("count", [1, 10, COUNT])
def test_so_many_users_are_kept_with_all_that_they_have(count: int) -> None:
    data = SampleUsers(users=count).apply(loaded(LOG))
    kept = LOG[LOG["user"].isin(data.users["user"])]
    assert len(data.users) == count
    assert told(data) == rows_of(kept)
    assert data.items["item"].tolist() == sorted(set(kept["item"]))


@given(st.permutations(range(len(LOG))))
def test_neither_the_order_of_rows_nor_the_kind_of_id_changes_who_is_drawn(order: list[int]) -> None:
    assert users_of(LOG.iloc[order], 10) == users_of(LOG, 10)
    numbered = LOG.assign(user=LOG["user"].str[1:].astype(int))
    assert users_of(numbered, 10) == {int(user) for user in users_of(numbered.astype({"user": str}), 10)}


def test_more_users_are_these_and_others_and_another_seed_draws_others() -> None:
    assert users_of(LOG, 5) < users_of(LOG, 12)
    assert users_of(LOG, 12) != users_of(LOG, 12, seed=1)


def test_every_user_is_drawn_as_often_as_any_other() -> None:
    drawn = pd.Series([user for seed in range(400) for user in users_of(LOG, 10, seed)]).value_counts()
    expected = 400 * 10 / COUNT
    assert len(drawn) == COUNT
    assert ((drawn - expected) ** 2 / expected).sum() < 75  # chi squared of 38 degrees exceeds it once in 3,000


def test_where_there_are_not_so_many_all_are_kept_and_that_is_said(log: pytest.LogCaptureFixture) -> None:
    data = loaded(LOG)
    assert SampleUsers(users=COUNT).apply(data).fingerprint == data.fingerprint
    assert log.messages == []
    assert SampleUsers(users=5000).apply(data).fingerprint == data.fingerprint
    assert log.messages == [f"sample_users is to keep 5,000 users, but there are {COUNT}: all are kept"]
