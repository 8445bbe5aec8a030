from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from surprise import alike, surprise
from torch import Generator, Tensor
from toys import edges

from gnnrec import ContractError, DataError
from gnnrec.graph.pair_sampling import UnknownPairs, popularity_weights, share_of

KNOWN = [(0, 0), (0, 1), (0, 4), (1, 2), (2, 0), (2, 1), (2, 2), (2, 3)]
"""Of a grid of four users and five items: 12 pairs are unknown, user 2 knows all but item 4, user 3 knows none."""

WEIGHTS = [3, 1, 2, 7, 5]
"""Of the five items."""

MILLION = 1_000_000


def seeded(seed: int) -> Generator:
    return Generator().manual_seed(seed)


Grid = tuple[tuple[int, int], list[tuple[int, int]]]

GRIDS = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda size: st.tuples(
        st.just(size), st.lists(st.tuples(st.integers(0, size[0] - 1), st.integers(0, size[1] - 1)), max_size=40)
    )
)


@given(grid=GRIDS, seed=st.integers(0, 2**32))
def test_a_known_pair_is_never_drawn_and_every_unknown_one_can_be(grid: Grid, seed: int) -> None:
    (num_users, num_items), known = grid
    unknown = {(user, item) for user in range(num_users) for item in range(num_items)} - set(known)
    assume(unknown)
    pairs = UnknownPairs(edges(known, num_users, num_items))
    users, items = pairs.draw_pairs((60 * len(unknown),), seeded(seed))
    # The chance that one of 36 pairs is missed in 60 draws for each is below 1e-24.
    assert set(zip(users.tolist(), items.tolist(), strict=True)) == unknown
    some = torch.tensor(sorted({user for user, _ in unknown})).repeat(60 * num_items)
    items = pairs.draw_items(some, seeded(seed))
    assert set(zip(some.tolist(), items.tolist(), strict=True)) == unknown


def test_a_user_who_knows_all_items_but_one_gets_that_one() -> None:
    items = UnknownPairs(edges(KNOWN, 4, 5)).draw_items(torch.full((100,), 2), seeded(0))
    assert items.tolist() == [4] * 100


def test_duplicates_among_the_known_pairs_do_no_harm() -> None:
    plain, twice = (UnknownPairs(edges(known, 4, 5)) for known in (KNOWN, KNOWN[::-1] + KNOWN))
    assert twice.num_unknown == plain.num_unknown == 12
    for one, other in zip(plain.draw_pairs((50,), seeded(3)), twice.draw_pairs((50,), seeded(3)), strict=True):
        assert torch.equal(one, other)


def test_with_nothing_known_everything_is_drawn() -> None:
    users, items = UnknownPairs(edges([], 2, 2)).draw_pairs((40_000,), seeded(0))
    assert surprise(users * 2 + items, alike([0, 1, 2, 3])) < 1


def test_a_user_who_knows_every_item_is_told_of() -> None:
    pairs = UnknownPairs(edges([(0, 0), (0, 1), (1, 0), (2, 0), (2, 1)], 3, 2))
    with pytest.raises(DataError) as error:
        pairs.draw_items(torch.tensor([0, 1, 0, 2]), seeded(0))
    assert str(error.value) == (
        "2 users have interacted with every item, so no negative keeps the user; use negatives.corrupt: pair, or a "
        "split that leaves them something unseen"
    )
    assert pairs.draw_items(torch.tensor([1, 1]), seeded(0)).tolist() == [1, 1]
    users, items = pairs.draw_pairs((20,), seeded(0))
    assert set(zip(users.tolist(), items.tolist(), strict=True)) == {(1, 1)}


def test_a_full_matrix_has_no_negatives() -> None:
    with pytest.raises(DataError) as error:
        UnknownPairs(edges([(0, 0), (0, 1)], 1, 2))
    assert str(error.value).startswith("every user has interacted with every item: there are no negatives, and")


def test_the_same_generator_seed_gives_the_same_draw() -> None:
    pairs, users = UnknownPairs(edges(KNOWN, 4, 5)), torch.tensor([0, 1, 3] * 20)
    for draw in (
        lambda seed: pairs.draw_pairs((60,), seeded(seed))[1],
        lambda seed: pairs.draw_items(users, seeded(seed)),
    ):
        assert torch.equal(draw(5), draw(5))
        assert not torch.equal(draw(5), draw(6))


@given(grid=GRIDS, data=st.data())
def test_every_rank_is_one_unknown_pair_and_an_item_has_as_many_as_its_weight(grid: Grid, data: st.DataObject) -> None:
    (num_users, num_items), known = grid
    unknown = {(user, item) for user in range(num_users) for item in range(num_items)} - set(known)
    assume(unknown)
    weights = data.draw(st.lists(st.integers(1, 9), min_size=num_items, max_size=num_items))
    pairs = UnknownPairs(edges(known, num_users, num_items), torch.tensor(weights))
    ranks = [(user, item) for user, item in sorted(unknown) for _ in range(weights[item])]
    assert pairs.unknown_weight == len(ranks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "gnnrec.graph.pair_sampling.share_of", lambda whole, _: torch.arange(int(torch.as_tensor(whole).max()))
        )
        users, items = pairs.draw_pairs((pairs.unknown_weight,), seeded(0))
        assert list(zip(users.tolist(), items.tolist(), strict=True)) == ranks
        for user in {user for user, _ in unknown}:
            own = [item for owner, item in ranks if owner == user]
            assert pairs.draw_items(torch.full((len(own),), user), seeded(0)).tolist() == own


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_a_million_pairs_hold_no_known_one_and_follow_the_weights(weights: list[int] | None) -> None:
    pairs = UnknownPairs(edges(KNOWN, 4, 5), None if weights is None else torch.tensor(weights))
    users, items = pairs.draw_pairs((MILLION // 4, 4), seeded(7))
    assert users.shape == items.shape == (MILLION // 4, 4)
    assert users.dtype == items.dtype == torch.int64
    chances = {
        user * 5 + item: float((weights or [1] * 5)[item])
        for user in range(4)
        for item in range(5)
        if (user, item) not in KNOWN
    }
    assert len(chances) == 12
    assert surprise(users * 5 + items, chances) < 1


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_a_million_items_hold_no_known_one_and_follow_the_weights(weights: list[int] | None) -> None:
    pairs = UnknownPairs(edges(KNOWN, 4, 5), None if weights is None else torch.tensor(weights))
    users = torch.tensor([0, 1, 2, 3])[:, None].expand(4, MILLION // 4)
    items = pairs.draw_items(users, seeded(8))
    assert items.shape == users.shape
    assert items.dtype == torch.int64
    assert items[2].eq(4).all()  # the only one that this user does not know
    for user, unknown in ((0, [2, 3]), (1, [0, 1, 3, 4]), (3, [0, 1, 2, 3, 4])):
        assert surprise(items[user], {item: float((weights or [1] * 5)[item]) for item in unknown}) < 1


def test_weights_that_are_alike_up_to_the_bound_draw_uniformly() -> None:
    # Remainders of 62 random bits would draw the first ten of the twelve pairs twice as often as the last two.
    weights = torch.full((5,), 2**62 // 22)
    users, items = UnknownPairs(edges(KNOWN, 4, 5), weights).draw_pairs((MILLION,), seeded(0))
    unknown = [user * 5 + item for user in range(4) for item in range(5) if (user, item) not in KNOWN]
    assert surprise(users * 5 + items, alike(unknown)) < 1


def test_uniform_draws_are_the_numbers_that_they_have_always_been() -> None:
    pairs = UnknownPairs(edges(KNOWN, 4, 5))
    users, items = pairs.draw_pairs((8,), seeded(3))
    assert (users * 5 + items).tolist() == [18, 16, 3, 6, 8, 2, 2, 9]
    assert pairs.draw_items(torch.tensor([0, 0, 1, 1, 1, 3, 3, 3]), seeded(3)).tolist() == [2, 3, 0, 1, 4, 3, 4, 0]


def test_popularity_is_the_count_to_the_power_of_the_exponent() -> None:
    known = edges([(user, item) for item, count in enumerate((16, 1, 0, 4)) for user in range(count)], 16, 4)
    weights = popularity_weights(known, 0.75)
    assert weights.dtype == torch.int64
    assert weights[2] == 1
    torch.testing.assert_close(weights / weights.max(), torch.tensor([8, 1, 0, 8**0.5]) / 8)
    assert 0.999999 * 2**40 < int(weights.sum()) <= 2**40
    assert popularity_weights(known, 0.0).unique().numel() == 1
    assert popularity_weights(known, 1e6).tolist() == [2**40 - 4, 1, 1, 1]
    assert popularity_weights(edges([], 16, 4), 0.75).tolist() == [1, 1, 1, 1]


def test_popularity_leaves_room_for_very_many_users() -> None:
    known = edges([(2**30 - 1, 0), (0, 1), (1, 1)], 2**30, 3)
    assert 2**31 < int(popularity_weights(known, 1.0).sum()) < 2**32


def test_an_item_nobody_has_touched_is_drawn_only_for_who_knows_all_others() -> None:
    known = edges([(0, 0), (0, 1), (1, 1)], 3, 3)
    pairs = UnknownPairs(known, popularity_weights(known, 0.75))
    assert pairs.draw_items(torch.zeros(100, dtype=torch.int64), seeded(0)).tolist() == [2] * 100
    assert not pairs.draw_items(torch.tensor([1, 2] * MILLION), seeded(0)).eq(2).any()


def test_weighted_draws_know_who_knows_every_item_too() -> None:
    pairs = UnknownPairs(edges([(0, 0), (0, 1), (1, 0)], 2, 2), torch.tensor([2, 3]))
    with pytest.raises(DataError, match="1 users have interacted with every item, so"):
        pairs.draw_items(torch.tensor([0, 1]), seeded(0))
    assert pairs.draw_items(torch.tensor([1]), seeded(0)).tolist() == [1]


@given(whole=st.integers(1, 2**62 - 1), bits=st.integers(0, 2**62 - 1))
def test_a_share_is_the_exact_one(whole: int, bits: int) -> None:
    assert share_of(torch.tensor(whole), torch.tensor(bits)).item() == whole * bits >> 62
    assert share_of(whole, torch.tensor([2**62 - 1])).item() == whole - 1


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (torch.tensor([1, 2]), "weights of items are int64 [3]; got torch.int64 [2]"),
        (torch.ones(3), "weights of items are int64 [3]; got torch.float32 [3]"),
        (torch.tensor([1, 0, 2]), "weights of items are at least 1; the smallest is 0"),
        (
            torch.tensor([2**61, 1, 1]),
            "weights of items may add up to less than 2^62 / 2 users; they add up to 2.30584e+18",
        ),
        (
            torch.full((3,), 2**62),
            "weights of items may add up to less than 2^62 / 2 users; they add up to 1.38351e+19",
        ),
    ],
)
def test_weights_that_cannot_be_drawn_by_are_refused(weights: Tensor, message: str) -> None:
    with pytest.raises(ContractError) as error:
        UnknownPairs(edges([(0, 0)], 2, 3), weights)
    assert str(error.value) == message
