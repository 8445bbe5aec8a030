from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from toys import interactions, pairs_of

from gnnrec import DataError, Interactions, RecipeError, load_recipe
from gnnrec.data.draws import interaction_hashes
from gnnrec.testing import checkerboard
from gnnrec_splits.random_link import RandomLink


def grid(count: int) -> Interactions:
    return interactions([(i // 20, i % 20) for i in range(count)], (count + 19) // 20, 20)


@given(
    count=st.integers(40, 400),
    val=st.sampled_from([0.05, 0.1, 0.25]),
    test=st.sampled_from([0.05, 0.1, 0.3]),
    disjoint=st.sampled_from([0.0, 0.1, 0.3, 0.9]),
    seed=st.integers(0, 2**32),
)
def test_every_interaction_has_one_part_and_sizes_are_as_documented(
    count: int, val: float, test: float, disjoint: float, seed: int
) -> None:
    data = grid(count)
    split = RandomLink(val=val, test=test, disjoint_train=disjoint, seed=seed).split(data)
    parts = [pairs_of(split.edges(part)) for part in ("train", "val", "test")]
    assert sum(map(len, parts)) == count
    assert set.union(*parts) == pairs_of(data.edges)
    in_train = count - int(val * count) - int(test * count)
    assert list(map(len, parts)) == [in_train, int(val * count), int(test * count)]
    message, supervision = pairs_of(split.message_edges), pairs_of(split.supervision_edges)
    assert message | supervision == parts[0]
    if disjoint:
        assert not message & supervision
        assert len(supervision) == int(disjoint * in_train)
    else:
        assert message == supervision == parts[0]


def test_the_article_s_sizes_come_out() -> None:
    pairs = [(i // 9_724, i % 9_724) for i in range(100_836)]
    split = RandomLink(val=0.1, test=0.1, disjoint_train=0.3).split(interactions(pairs, 11, 9_724))
    sizes = [len(some) for some in (split.message_edges, split.supervision_edges, split.edges("val"))]
    assert sizes == [56_469, 24_201, 10_083]
    assert len(split.edges("test")) == 10_083


def test_the_same_seed_gives_the_same_split_and_another_gives_another() -> None:
    data = grid(200)
    first, again, other = (RandomLink(seed=seed).split(data) for seed in (7, 7, 8))
    for name in ("part", "message", "supervision"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
        assert not np.array_equal(getattr(first, name), getattr(other, name))


def test_the_split_is_uniform_over_interactions() -> None:
    data = grid(60)
    held_out = np.zeros(60)
    for seed in range(600):
        held_out += RandomLink(val=0.2, test=0.2, seed=seed).split(data).part == 2
    # 600 draws at 1/5 each: mean 120, deviation 9.8; chi-square with 59 degrees below its 99.9 % point.
    assert ((held_out - 120) ** 2 / (600 * 0.2 * 0.8)).sum() < 98.3


def test_a_user_whose_only_interaction_is_held_out_stays_a_node() -> None:
    pairs = [(0, item) for item in range(39)] + [(1, 39)]
    data = interactions(pairs, 2, 40)
    held_out = 0
    for seed in range(20):
        split = RandomLink(val=0.25, test=0.25, seed=seed).split(data)
        assert split.edges("train").num_users == 2
        held_out += 1 not in split.edges("train").users
    assert 0 < held_out < 20


@pytest.mark.parametrize(
    ("count", "fields", "message"),
    [
        (2, {"disjoint_train": 0}, "leaves train empty: 2 interactions give 0 train, 1 val, 1 test"),
        (1, {}, "leaves train and test empty: 1 interactions give 0 train, 1 val, 0 test"),
        (3, {}, "leaves message empty: 3 interactions give 1 train, 1 val, 1 test, 0 message, 1 supervision"),
        (9, {"val": 0.9, "test": 0.05}, "leaves train empty: 9 interactions give 0 train, 8 val, 1 test"),
    ],
)
def test_too_few_interactions_are_told_with_the_sizes_that_come_out(
    count: int, fields: dict[str, float], message: str
) -> None:
    with pytest.raises(DataError) as error:
        RandomLink(**fields).split(grid(count))
    assert str(error.value) == f"random_link {message}; ask for smaller shares, or bring more data"


def test_what_is_asked_for_is_at_least_one() -> None:
    split = RandomLink().split(grid(4))
    assert [len(split.edges(part)) for part in ("train", "val", "test")] == [2, 1, 1]
    assert (len(split.message_edges), len(split.supervision_edges)) == (1, 1)
    assert len(RandomLink().split(checkerboard()).edges("val")) == 9


def test_val_comes_first_in_the_order_of_the_hashes_and_test_next() -> None:
    data = grid(100)
    table = RandomLink(val=0.2, test=0.3, seed=3).split(data).to_table()
    hashes = interaction_hashes(data, 3, "parts")
    assert table["part"][np.argsort(hashes)].tolist() == ["val"] * 20 + ["test"] * 30 + ["train"] * 50


def test_shares_that_leave_nothing_to_train_on_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"val \+ test is 1; expected less than 1"):
        RandomLink(val=0.5, test=0.5)


@pytest.mark.parametrize("part", ["val", "test"])
def test_a_file_is_no_share(part: str) -> None:
    with pytest.raises(ValidationError, match=r"got 'test.csv'; a file of test interactions is named in the dataset"):
        RandomLink(**{part: "test.csv"})


def test_who_looks_for_a_split_by_time_is_told_of_those() -> None:
    with pytest.raises(RecipeError) as error:
        load_recipe("movielens_sage", ["split.by=time"])
    assert str(error.value) == (
        "-s split.by=time  split.by: unknown key; this split is random; name: temporal holds out what is latest of "
        "all, name: leave_last what is latest of each user"
    )
