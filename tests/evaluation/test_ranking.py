from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch_geometric.metrics import (
    LinkPredCoverage,
    LinkPredF1,
    LinkPredMAP,
    LinkPredMetricCollection,
    LinkPredMRR,
    LinkPredNDCG,
    LinkPredPrecision,
    LinkPredRecall,
)
from toys import edges, split_by_hand
from toys import interactions as toy_interactions
from written_scorings import Told

from gnnrec.data.ranked_lists import Catalogue, RankedLists
from gnnrec.evaluation.evaluator import Evaluator
from gnnrec.evaluation.ranking import MANY_RUNS, RUN, RankingTask, top_items
from gnnrec.modelling.objective import Objective
from gnnrec.plugin.registry import installed
from gnnrec.recipe.schema import Evaluation
from gnnrec_losses.functional import softmax
from gnnrec_metrics import functional

METRICS = {name: component() for name, component in installed().components("metric").items()}


@given(seed=st.integers(0, 2**32), k=st.integers(1, 12), levels=st.integers(1, 6))
def test_top_items_are_those_of_a_stable_sort(seed: int, k: int, levels: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randint(levels, (7, 12), generator=generator).float()
    scores[torch.rand(7, 12, generator=generator) < 0.3] = -torch.inf
    values, items = top_items(scores.clone(), k)
    sorted_values, sorted_items = scores.sort(dim=1, descending=True, stable=True)
    assert torch.equal(items, sorted_items[:, :k])
    assert torch.equal(values, sorted_values[:, :k])


@given(seed=st.integers(0, 2**32), k=st.integers(1, 5), levels=st.sampled_from([2, 5, 10_000]))
def test_top_items_of_long_rows_are_those_of_a_stable_sort(seed: int, k: int, levels: int) -> None:
    size = RUN * MANY_RUNS * (k + 1) + seed % RUN
    scores = torch.randint(levels, (3, size), generator=torch.Generator().manual_seed(seed)).float()
    scores[0, : size - k] = -torch.inf
    values, items = top_items(scores.clone(), k)
    sorted_values, sorted_items = scores.sort(dim=1, descending=True, stable=True)
    assert torch.equal(items, sorted_items[:, :k])
    assert torch.equal(values, sorted_values[:, :k])


def recount(scores: np.ndarray, relevant: set[int], seen: set[int], k: int) -> dict[str, float]:
    """Metrics of one user, counted item by item."""
    order = sorted((i for i in range(len(scores)) if i not in seen), key=lambda i: (-scores[i], i))[:k]
    hits = [item in relevant for item in order]
    found = [place for place, hit in enumerate(hits, 1) if hit]
    ideal = sum(1 / np.log2(place + 1) for place in range(1, min(k, len(relevant)) + 1))
    return {
        "recall": len(found) / len(relevant),
        "precision": len(found) / k,
        "hit": float(bool(found)),
        "mrr": 1 / found[0] if found else 0.0,
        "map": sum(n / place for n, place in enumerate(found, 1)) / min(k, len(relevant)),
        "ndcg": sum(1 / np.log2(place + 1) for place in found) / ideal,
    }


@pytest.mark.parametrize("k", [1, 3, 9])
@pytest.mark.parametrize("levels", [3, 1000])
def test_metrics_equal_an_independent_recount_with_and_without_ties(k: int, levels: int) -> None:
    random = np.random.default_rng(k + levels)
    scores = random.integers(levels, size=(20, 15)).astype(np.float32)
    kind = random.choice(3, size=(20, 15), p=[0.5, 0.3, 0.2])  # nothing, seen, relevant
    seen, relevant = (edges(list(zip(*np.nonzero(kind == n), strict=True)), 20, 15) for n in (1, 2))
    task = RankingTask(relevant, seen)
    lists = task.rank(lambda users: torch.from_numpy(scores)[users], k)
    assert lists.users.tolist() == sorted(set(relevant.users.tolist()))
    catalogue = Catalogue(torch.ones(15, dtype=torch.int64), 20)
    for name in ("recall", "precision", "hit", "mrr", "map", "ndcg"):
        expected = [
            recount(scores[user], set(np.flatnonzero(kind[user] == 2)), set(np.flatnonzero(kind[user] == 1)), k)[name]
            for user in lists.users.tolist()
        ]
        np.testing.assert_allclose(METRICS[name].measure(lists, catalogue), expected, atol=1e-6, err_msg=name)  # type: ignore[attr-defined]


def test_metrics_equal_torch_geometric() -> None:
    random = np.random.default_rng(0)
    scores = torch.from_numpy(random.normal(size=(30, 40)).astype(np.float32))
    relevant = edges(
        {(int(u), int(i)) for u, i in zip(random.integers(30, size=150), random.integers(40, size=150), strict=True)},
        30,
        40,
    )
    lists = RankingTask(relevant, edges([], 30, 40)).rank(lambda users: scores[users].clone(), 10)
    assert len(lists.users) == 30
    peer = LinkPredMetricCollection(
        [
            metric(k=10)
            for metric in (LinkPredRecall, LinkPredPrecision, LinkPredMAP, LinkPredNDCG, LinkPredMRR, LinkPredF1)
        ]
        + [LinkPredCoverage(k=10, num_dst_nodes=40)]
    )
    peer.update(
        scores.topk(10).indices, torch.stack([torch.from_numpy(relevant.users), torch.from_numpy(relevant.items)])
    )
    theirs = {name.lower(): float(value) for name, value in peer.compute().items()}
    catalogue = Catalogue(torch.ones(40, dtype=torch.int64), 30)
    for name in ("recall", "precision", "map", "ndcg", "mrr", "coverage"):
        (their,) = (value for key, value in theirs.items() if name in key)
        assert float(METRICS[name].measure(lists, catalogue).mean()) == pytest.approx(their, abs=1e-6), name  # type: ignore[attr-defined]


def test_blocks_of_users_do_not_change_the_ranking(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = torch.rand(9, 11, generator=torch.Generator().manual_seed(0))
    relevant, seen = edges([(u, u) for u in range(9)], 9, 11), edges([(u, (u + 1) % 11) for u in range(9)], 9, 11)
    whole = RankingTask(relevant, seen).rank(lambda users: scores[users], 5)
    asked: list[int] = []

    def score(users: torch.Tensor) -> torch.Tensor:
        asked.append(len(users))
        return scores[users]

    monkeypatch.setattr("gnnrec.modelling.score_rows.RANKED_CELLS", 22)
    blocked = RankingTask(relevant, seen).rank(score, 5)
    assert asked == [2, 2, 2, 2, 1]
    assert torch.equal(whole.items, blocked.items)


def test_what_is_seen_is_never_listed_and_short_lists_end_in_nothing() -> None:
    seen = edges([(0, item) for item in range(1, 5)], 1, 5)
    lists = RankingTask(edges([(0, 0)], 1, 5), seen).rank(lambda users: torch.ones(len(users), 5), 3)
    assert lists.items.tolist() == [[0, -1, -1]]
    assert lists.relevant.tolist() == [[True, False, False]]
    assert float(functional.precision(lists.relevant)) == pytest.approx(1 / 3)


def test_metrics_beyond_accuracy_by_hand() -> None:
    lists = RankedLists(
        torch.arange(2), torch.tensor([[0, 1], [0, -1]]), torch.zeros(2, 2, dtype=torch.bool), torch.ones(2)
    )
    catalogue = Catalogue(torch.tensor([3, 1, 0, 0]), 3)

    def value(name: str) -> list[float] | float:
        result: list[float] | float = METRICS[name].measure(lists, catalogue).tolist()  # type: ignore[attr-defined]
        return result

    assert value("coverage") == 0.5
    assert value("popularity") == [2.0, 3.0]
    assert value("novelty") == [0.5, 0.0]  # -log2(4 / 4) = 0 and -log2(2 / 4) = 1
    assert value("personalization") == 0.5  # one item in common of k = 2


def evaluator(part: str, objective: Objective | None = None) -> Evaluator:
    data = toy_interactions([(0, 0), (0, 1), (0, 2), (1, 0), (1, 3)], 2, 6)
    split = split_by_hand(data, ["train", "val", "test", "train", "test"], ["ms", "", "", "ms", ""])
    metrics = tuple(METRICS[name] for name in ("recall", "coverage"))
    return Evaluator(split, part, Evaluation(k=(1, 2), metrics=metrics), 0, objective)  # type: ignore[arg-type]


def test_an_evaluator_masks_what_the_phase_has_seen_and_averages_over_users_with_relevant_items() -> None:
    scores = torch.tensor([[9.0, 8.0, 7.0, 0.0, 0.0, 0.0], [9.0, 8.0, 0.0, 7.0, 0.0, 0.0]])
    # User 0 has seen 0 and 1 (val), so test item 2 is first; user 1 has seen 0, and item 1 stands before test item 3.
    values, per_user, _ = evaluator("test").judge(Told(scores))  # type: ignore[arg-type]
    assert {name: values[name] for name in ("recall@1", "recall@2")} == {"recall@1": 0.5, "recall@2": 1.0}
    assert values["coverage@1"] == pytest.approx(2 / 6)
    assert per_user["user"].tolist() == [0, 1]
    assert per_user["recall@1"].tolist() == [1.0, 0.0]
    assert "coverage@1" not in per_user
    assert evaluator("val").measure(Told(scores), ["recall@1"]) == {"recall@1": 1.0}  # type: ignore[arg-type]


def test_only_what_is_asked_for_is_computed() -> None:
    scoring = Told(torch.zeros(2, 6))
    scoring.score_pairs = pytest.fail  # type: ignore[assignment]
    assert list(evaluator("test").measure(scoring, ["recall@2"])) == ["recall@2"]  # type: ignore[arg-type]


def test_everything_is_read_in_one_pass_where_pairs_are_read_off_rows() -> None:
    scores = torch.rand(2, 6, generator=torch.Generator().manual_seed(0))
    asked: list[int] = []

    class Rows(Told):
        pairs_of_rows = True

        def score(self, users: torch.Tensor) -> torch.Tensor:
            asked.extend(users.tolist())
            return super().score(users)

    scoring = Rows(scores)
    scoring.score_pairs = pytest.fail  # type: ignore[assignment]
    found = evaluator("test").judge(scoring)  # type: ignore[arg-type]
    assert sorted(asked) == [0, 1]
    told = evaluator("test").judge(Told(scores))  # type: ignore[arg-type]
    assert found.metrics == told.metrics
    assert found.per_user.equals(told.per_user)


def test_a_listwise_loss_leaves_seen_items_out_of_the_sum() -> None:
    objective = Objective(lambda scores, positives: softmax(scores, positives, 1.0), listwise=True)
    loss = evaluator("test", objective).measure(Told(torch.zeros(2, 6)), ["loss"])["loss"]  # type: ignore[arg-type]
    assert loss == pytest.approx((np.log(4) + np.log(5)) / 2)  # user 0 has seen two of six items, user 1 one


def test_per_user_values_are_a_table() -> None:
    _, per_user, _ = evaluator("test").judge(Told(torch.zeros(2, 6)))  # type: ignore[arg-type]
    assert isinstance(per_user, pd.DataFrame)
    assert per_user.columns.tolist() == ["user", "relevant", "recall@1", "recall@2"]
    assert per_user["relevant"].tolist() == [1, 1]


def test_a_list_is_level_where_all_that_it_holds_has_one_score() -> None:
    scores = torch.tensor(
        [
            [1.0, 1.0, 1.0, 0.0],  # the best two are level
            [2.0, 1.0, 1.0, 1.0],  # they are not
            [5.0, 3.0, 3.0, 3.0],  # 0 is seen, so they are
            [0.0, 0.0, 0.0, 0.0],  # all but one is seen, and one alone is no tie
        ]
    )
    seen = edges([(2, 0), (3, 0), (3, 1), (3, 2)], 4, 4)
    lists = RankingTask(edges([(user, 3) for user in range(4)], 4, 4), seen).rank(lambda users: scores[users], 2)
    assert lists.level is not None
    assert lists.level.tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (
            torch.zeros(2, 6),
            "2 of 2 judged users have one score for all of their best 2 items: they are ranked by item id alone, so",
        ),
        (torch.stack([torch.zeros(6), torch.arange(6.0)]), ""),
        (torch.arange(12.0).view(2, 6), ""),
    ],
)
def test_a_ranking_by_item_id_alone_is_told(
    scores: torch.Tensor, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    evaluator("test").judge(Told(scores))  # type: ignore[arg-type]
    assert "\n".join(caplog.messages)[: len(message) or None] == message
