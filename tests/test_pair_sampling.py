from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Generator, Tensor
from toys import edges

from gnnrec import DataError
from gnnrec.pair_sampling import UnknownPairs

KNOWN = [(0, 0), (0, 1), (0, 4), (1, 2), (2, 0), (2, 1), (2, 2), (2, 3)]
"""Of a grid of four users and five items: 12 pairs are unknown, user 2 knows all but item 4, user 3 knows none."""

CHI_SQUARE_999 = {1: 10.83, 2: 13.82, 3: 16.27, 4: 18.47, 11: 31.26}
"""Degrees of freedom to the 99.9 % point."""


def seeded(seed: int) -> Generator:
    return Generator().manual_seed(seed)


def chi_square(drawn: Tensor, cells: list[int]) -> float:
    """Pearson's statistic of uniform draws over `cells`; a draw outside them is an error."""
    counts = torch.bincount(drawn.flatten(), minlength=max(cells) + 1)
    assert int(counts.sum()) == int(counts[cells].sum())
    expected = drawn.numel() / len(cells)
    return float(((counts[cells] - expected) ** 2 / expected).sum())


GRIDS = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda size: st.tuples(
        st.just(size), st.lists(st.tuples(st.integers(0, size[0] - 1), st.integers(0, size[1] - 1)), max_size=40)
    )
)


@given(grid=GRIDS, seed=st.integers(0, 2**32))
def test_a_known_pair_is_never_drawn_and_every_unknown_one_can_be(
    grid: tuple[tuple[int, int], list[tuple[int, int]]], seed: int
) -> None:
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


def test_pairs_are_drawn_uniformly_over_the_unknown_ones() -> None:
    users, items = UnknownPairs(edges(KNOWN, 4, 5)).draw_pairs((60_000, 2), seeded(0))
    assert users.shape == items.shape == (60_000, 2)
    assert users.dtype == items.dtype == torch.int64
    unknown = [user * 5 + item for user in range(4) for item in range(5) if (user, item) not in KNOWN]
    assert len(unknown) == 12
    assert chi_square(users * 5 + items, unknown) < CHI_SQUARE_999[11]


def test_items_are_drawn_uniformly_over_those_a_user_does_not_know() -> None:
    users = torch.tensor([[0], [1], [3]]).expand(3, 50_000)
    items = UnknownPairs(edges(KNOWN, 4, 5)).draw_items(users, seeded(1))
    assert items.shape == (3, 50_000)
    assert items.dtype == torch.int64
    for row, unknown in enumerate(([2, 3], [0, 1, 3, 4], [0, 1, 2, 3, 4])):
        assert chi_square(items[row], unknown) < CHI_SQUARE_999[len(unknown) - 1]


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
    assert chi_square(users * 2 + items, [0, 1, 2, 3]) < CHI_SQUARE_999[3]


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
    assert str(error.value) == "every user has interacted with every item: there are no negatives"


def test_the_same_generator_seed_gives_the_same_draw() -> None:
    pairs, users = UnknownPairs(edges(KNOWN, 4, 5)), torch.tensor([0, 1, 3] * 20)
    for draw in (
        lambda seed: pairs.draw_pairs((60,), seeded(seed))[1],
        lambda seed: pairs.draw_items(users, seeded(seed)),
    ):
        assert torch.equal(draw(5), draw(5))
        assert not torch.equal(draw(5), draw(6))
