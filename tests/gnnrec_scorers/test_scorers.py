from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from scorer_toys import SIZE, checkerboard, edges_of, histories, uneven

from gnnrec import Observed
from gnnrec_scorers import BSPM, EASE, EDLAE, GFCF, IALS, SANSA, ChebyCF, ItemKNN, Popularity, Random, RP3Beta, UserKNN
from gnnrec_scorers.random_module import splitmix64_

if TYPE_CHECKING:
    from torch import Tensor, nn

    from gnnrec import Scorer

SCORERS = [
    Popularity(),
    Random(),
    ItemKNN(neighbours=4),
    UserKNN(neighbours=9),
    RP3Beta(neighbours=4),
    EASE(l2=1.0),
    EDLAE(l2=1.0, dropout=0.3),
    SANSA(l2=1.0),
    IALS(factors=4, regularization=0.1, alpha=2.0),
    ChebyCF(rank=4),
    GFCF(rank=4),
    BSPM(rank=4),
]


def named(scorer: Scorer) -> str:
    return scorer.name


every_scorer = pytest.mark.parametrize("scorer", SCORERS, ids=named)


def fit(scorer: Scorer, matrix: Tensor, seed: int = 0) -> nn.Module:
    return scorer.fit(Observed(edges_of(matrix)), torch.Generator().manual_seed(seed))


def top(scores: Tensor, known: Tensor) -> list[int]:
    return scores.masked_fill(known > 0, -torch.inf).argmax(dim=1).tolist()


@pytest.mark.parametrize("scorer", SCORERS[2:], ids=named)
def test_the_one_item_that_is_missing_comes_first(scorer: Scorer) -> None:
    known = checkerboard()
    assert top(fit(scorer, known)(histories(known)), known) == list(range(SIZE))


@pytest.mark.parametrize("scorer", SCORERS[2:], ids=named)
def test_a_user_that_was_never_seen_is_scored_from_the_history(scorer: Scorer) -> None:
    newcomer = torch.zeros(2, SIZE)
    newcomer[0, [0, 2, 4, 6]], newcomer[1, [3, 5, 7, 9]] = 1.0, 1.0
    assert top(fit(scorer, checkerboard())(histories(newcomer)), newcomer) == [8, 1]


@every_scorer
def test_scores_are_float32_and_belong_to_the_caller(scorer: Scorer) -> None:
    known = histories(uneven())
    fitted = fit(scorer, uneven())
    first = fitted(known)
    expected = first.clone()
    assert first.dtype == torch.float32
    assert first.shape == (12, 8)
    first.fill_(-torch.inf)
    assert torch.equal(fitted(known), expected)


@every_scorer
def test_how_users_are_divided_into_blocks_does_not_matter(scorer: Scorer) -> None:
    matrix = uneven()
    fitted = fit(scorer, matrix)
    whole = fitted(histories(matrix))
    for size in (1, 5):
        blocks = torch.cat([fitted(histories(block)) for block in matrix.split(size)])
        torch.testing.assert_close(blocks, whole, rtol=1e-5, atol=1e-6)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(fitted(histories(matrix[order])), whole[order], rtol=1e-5, atol=1e-6)


@every_scorer
def test_an_empty_history_has_finite_scores(scorer: Scorer) -> None:
    fitted = fit(scorer, uneven())
    for users in (1, 3):
        scores = fitted(histories(torch.zeros(users, 8)))
        assert scores.shape == (users, 8)
        assert scores.isfinite().all()
    assert fitted(histories(uneven()))[11].isfinite().all()


@every_scorer
def test_the_same_generator_gives_the_same_scores_and_only_it_decides(scorer: Scorer) -> None:
    known = histories(uneven())
    with torch.random.fork_rng():
        torch.manual_seed(3)
        first = fit(scorer, uneven())(known)
        torch.manual_seed(4)
        again = fit(scorer, uneven())(known)
    assert torch.equal(first, again)
    assert torch.equal(first, fit(scorer, uneven(), seed=1)(known)) == scorer.deterministic


@every_scorer
def test_the_order_of_the_interactions_does_not_matter(scorer: Scorer) -> None:
    train = edges_of(uneven())
    order = torch.randperm(len(train), generator=torch.Generator().manual_seed(5)).numpy()
    shuffled = type(train)(train.users[order], train.items[order], train.num_users, train.num_items)
    scores = [
        scorer.fit(Observed(some), torch.Generator().manual_seed(0))(histories(uneven())) for some in (train, shuffled)
    ]
    torch.testing.assert_close(*scores, rtol=1e-5, atol=1e-6)


@every_scorer
def test_what_was_learned_is_in_buffers_and_nothing_is_trained(scorer: Scorer) -> None:
    fitted = fit(scorer, uneven())
    assert list(fitted.parameters()) == []
    assert list(fitted.buffers()) != []


def test_popularity_counts_training_interactions() -> None:
    matrix = torch.tensor([[1, 0, 1, 0], [0, 0, 1, 0], [1, 1, 1, 0]]).float()
    scores = fit(Popularity(), matrix)(histories(torch.tensor([[0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]])))
    assert scores.tolist() == [[2.0, 1.0, 3.0, 0.0]] * 2


def test_random_scores_are_uniform_and_differ_between_users_items_and_seeds() -> None:
    matrix = (torch.rand(200, 1000, generator=torch.Generator().manual_seed(6)) < 0.05).float()
    scores = fit(Random(), matrix)(histories(matrix))
    assert scores.min() >= 0
    assert scores.max() < 1
    share = torch.histc(scores, bins=20, min=0, max=1) / scores.numel()
    torch.testing.assert_close(share, torch.full((20,), 0.05), rtol=0.03, atol=0)
    other_seed = fit(Random(), matrix, seed=1)(histories(matrix))
    correlation = torch.corrcoef(torch.stack([scores[0], scores[1], other_seed[0]]))
    assert correlation.fill_diagonal_(0.0).abs().max() < 0.12
    assert torch.corrcoef(scores[:, :2].T)[0, 1].abs() < 0.25


def test_one_item_more_or_less_changes_a_users_random_scores() -> None:
    fitted = fit(Random(), checkerboard())
    scores = fitted(histories(torch.eye(SIZE) + torch.eye(SIZE).roll(1, 1)))
    assert len({tuple(row) for row in scores.tolist()}) == SIZE


def test_random_scores_of_one_users_only_item_for_another_are_not_shared() -> None:
    scores = fit(Random(), checkerboard())(histories(torch.eye(SIZE)))
    assert (scores == scores.T).sum() == SIZE  # the diagonal


def test_hashes_are_the_published_outputs_of_splitmix64() -> None:
    # The generator seeded with 1234567; it steps by 0x9E3779B97F4A7C15, which is this as a signed number.
    states = 1234567 + torch.arange(4) * (0x9E3779B97F4A7C15 - 2**64)
    published = (6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431)
    assert splitmix64_(states).tolist() == [output - 2**64 if output >= 2**63 else output for output in published]


@every_scorer
def test_a_scorer_with_one_user_and_one_item_works(scorer: Scorer) -> None:
    assert fit(scorer, torch.ones(1, 1))(histories(torch.ones(1, 1))).isfinite().all()


def test_what_is_stored_and_for_which_scorers_seeds_count() -> None:
    assert [scorer.name for scorer in SCORERS if scorer.stored] == ["ials", "chebycf", "gf_cf", "bspm"]
    assert [scorer.name for scorer in SCORERS if not scorer.deterministic] == [
        "random",
        "ials",
        "chebycf",
        "gf_cf",
        "bspm",
    ]


@pytest.mark.parametrize("scorer", SCORERS[2:-1], ids=named)
@pytest.mark.parametrize("shape", [(3, 4), (3, 1), (1, 5)])
def test_without_interactions_and_without_a_history_scores_are_zero(scorer: Scorer, shape: tuple[int, int]) -> None:
    alone = torch.eye(*shape)  # a filter may leave something of what is seen itself
    assert not fit(scorer, torch.zeros(shape))(histories(alone)).masked_fill(alone > 0, 0.0).any()
    assert not fit(scorer, torch.ones(shape))(histories(torch.zeros(shape))).any()
