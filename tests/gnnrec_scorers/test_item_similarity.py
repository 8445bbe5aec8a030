from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scorer_toys import edges_of, histories, uneven

from gnnrec import Observed
from gnnrec_scorers import ItemKNN, RP3Beta
from gnnrec_scorers.co_occurrence import co_occurrence
from gnnrec_scorers.item_similarity import ItemSimilarity, cosines, nearest, walks

# Items 0 and 1 have two common users, 0 and 2 one, 1 and 2 one; they have 3, 2 and 2 users.
MATRIX = torch.tensor([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 1]]).float()


def dense(similarity: ItemSimilarity) -> torch.Tensor:
    """S [I, I]: row j is what an item j in a history gives to each item."""
    return similarity(histories(torch.eye(similarity.num_items)))


def test_cosines_with_shrinkage_are_as_by_hand() -> None:
    [(items, similar)] = cosines(edges_of(MATRIX), shrinkage=2.0)
    by_hand = torch.tensor(
        [
            [3 / (3 + 2), 2 / (6**0.5 + 2), 1 / (6**0.5 + 2)],
            [2 / (6**0.5 + 2), 2 / (2 + 2), 1 / (2 + 2)],
            [1 / (6**0.5 + 2), 1 / (2 + 2), 2 / (2 + 2)],
        ]
    )
    assert items.tolist() == [0, 1, 2]
    torch.testing.assert_close(similar, by_hand)


def test_asymmetric_cosines_of_weighed_users_are_those_of_dense_matrices() -> None:
    matrix = uneven().double()
    counts, activity = matrix.sum(0).clamp(min=1), matrix.sum(1).clamp(min=1)
    common = matrix.T @ torch.diag(activity**-0.5) @ matrix
    expected = (common / (torch.outer(counts**0.2, counts**0.5) + 3.0)).fill_diagonal_(0.0)
    scorer = ItemKNN(neighbours=8, shrinkage=3.0, item_power=0.2, user_power=0.5)
    fitted = scorer.fit(Observed(edges_of(uneven())), torch.Generator())
    torch.testing.assert_close(dense(fitted).double(), expected.T, rtol=1e-5, atol=1e-7)


def test_item_knn_sums_the_cosines_to_the_nearest_known_items() -> None:
    train = edges_of(MATRIX)
    known = histories(torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))
    near, far = 2 / (6**0.5 + 2), 1 / (6**0.5 + 2)
    both = ItemKNN(neighbours=2, shrinkage=2.0).fit(Observed(train), torch.Generator())(known)
    torch.testing.assert_close(both, torch.tensor([[near, near, far + 0.25], [far, 0.25, 0.0]]))
    # Item 2 is nearest to nobody; its own nearest is item 1.
    one = ItemKNN(neighbours=1, shrinkage=2.0).fit(Observed(train), torch.Generator())(known)
    torch.testing.assert_close(one, torch.tensor([[near, near, 0.25], [0.0, 0.0, 0.0]]))


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (0.7, 0.4), (0.0, 1.0), (2.0, 0.5)])
def test_rp3beta_is_two_steps_of_a_walk_computed_densely(alpha: float, beta: float) -> None:
    matrix = uneven().double()
    steps = [side / side.sum(1, keepdim=True).clamp(min=1) for side in (matrix.T, matrix)]
    walk = torch.linalg.multi_dot([step**alpha * (step > 0) for step in steps]) / matrix.sum(0).clamp(min=1) ** beta
    walk.fill_diagonal_(0.0)
    fitted = RP3Beta(alpha=alpha, beta=beta, neighbours=8).fit(Observed(edges_of(uneven())), torch.Generator())
    torch.testing.assert_close(fitted(histories(uneven())).double(), matrix @ walk, rtol=1e-5, atol=1e-7)


def test_a_walk_with_alpha_one_and_beta_zero_is_a_probability() -> None:
    [(_, walk)] = walks(edges_of(uneven()), 1.0, 0.0)
    torch.testing.assert_close(walk.sum(dim=1), torch.tensor([1.0] * 7 + [0.0]))


def test_rp3beta_leads_from_each_item_to_its_best_ones_only() -> None:
    train = edges_of(uneven())
    fully, shortly = (RP3Beta(neighbours=count).fit(Observed(train), torch.Generator()) for count in (8, 2))
    everything = dense(fully)
    best = torch.zeros(8, 8).scatter(1, everything.topk(2, dim=1).indices, 1.0)
    torch.testing.assert_close(dense(shortly), everything * best)


def test_item_knn_compares_each_item_with_its_nearest_only() -> None:
    train = edges_of(uneven())
    fully, shortly = (ItemKNN(neighbours=count).fit(Observed(train), torch.Generator()) for count in (8, 2))
    everything = dense(fully)
    best = torch.zeros(8, 8).scatter(0, everything.topk(2, dim=0).indices, 1.0)
    torch.testing.assert_close(dense(shortly), everything * best)


def test_an_item_is_no_neighbour_of_itself_nor_of_one_without_common_users() -> None:
    items, others, values = nearest(cosines(edges_of(uneven()), 0.0), neighbours=8)
    assert (items != others).all()
    assert 7 not in {*items.tolist(), *others.tolist()}
    assert (values > 0).all()


@given(
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    seed=st.integers(0, 99),
    block_cells=st.integers(1, 40),
    weighted=st.booleans(),
)
def test_co_occurrence_is_the_dense_product_however_it_is_divided(
    shape: tuple[int, int], seed: int, block_cells: int, weighted: bool
) -> None:
    generator = torch.Generator().manual_seed(seed)
    matrix = (torch.rand(shape, generator=generator) < 0.4).float()
    weights = torch.rand(shape[0], generator=generator) if weighted else None
    blocks = list(co_occurrence(edges_of(matrix), weights, block_cells=block_cells))
    assert torch.cat([items for items, _ in blocks]).tolist() == list(range(shape[1]))
    expected = matrix.T @ (matrix if weights is None else matrix * weights[:, None])
    torch.testing.assert_close(torch.cat([rows for _, rows in blocks]), expected)


def test_similarities_do_not_depend_on_the_size_of_blocks() -> None:
    train = edges_of(uneven())
    for whole, parts in (
        (cosines(train, 1.0), cosines(train, 1.0, block_cells=24)),
        (walks(train, 0.7, 0.4), walks(train, 0.7, 0.4, block_cells=24)),
    ):
        for one, other in zip(nearest(whole, 3), nearest(parts, 3), strict=True):
            torch.testing.assert_close(one, other)
