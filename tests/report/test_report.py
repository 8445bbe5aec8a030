from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import torch
from toys import movielens_like, small_recipe, split_by_hand

from gnnrec import Run, UsageError, load_recipe, run
from gnnrec.data.parts import HELD_OUT
from gnnrec.data.size import Size
from gnnrec.evaluation.evaluator import Evaluator
from gnnrec.modelling.scoring import Scoring
from gnnrec.report.baselines import baselines, obstacle_to
from gnnrec.report.content import gather, long_tail
from gnnrec.report.curves import curves
from gnnrec.report.embedding_map import embedding_map, principal_plane
from gnnrec.report.groups import grouped, score_distribution
from gnnrec.report.page import run_page
from gnnrec.report.side_by_side import put_side_by_side
from gnnrec.report.subject import Subject
from gnnrec.testing import checkerboard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor

    from gnnrec import Edges

HEAVY = 6
"""From this user on, six interactions are in train and one is in val; before it, four and three."""


class RightForHeavyUsers(Scoring):
    """Gives items of the user's own parity 1 where the user is heavy, and -1 where not; others the contrary."""

    by_history = by_item = ""
    pairs_of_rows = True

    def __init__(self) -> None:
        self.device, self.num_items = torch.device("cpu"), 16
        self.item = torch.arange(32.0).view(16, 2) ** 2

    def score(self, users: Tensor) -> Tensor:
        same = (users[:, None] + torch.arange(16)) % 2 == 0
        return torch.where(same == (users[:, None] >= HEAVY), 1.0, -1.0)

    def score_pairs(self, edge_label_index: Tensor) -> Tensor:
        users, items = edge_label_index
        return self.score(users)[torch.arange(len(users)), items]

    def score_histories(self, histories: Edges) -> Tensor:
        raise NotImplementedError

    def score_grown(self, users: Tensor, histories: Edges) -> Tensor:
        raise NotImplementedError

    def similarity(self, item: int) -> Tensor:
        raise NotImplementedError


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """The checkerboard split by hand, and a scoring that is right for heavy users alone.

    A user's eight items in ascending order: `tttt` `vvv` and a test one for the light, `ttttt` `v`, a test one and
    `t` for the heavy. So the light users' test items (14 and 15) have three training interactions each, from heavy
    users, and the heavy users' test items (12 and 13) have none.
    """
    folder = tmp_path_factory.mktemp("by hand")
    recipe = small_recipe(movielens_like(folder / "data"), evaluation__k=[3, 5])
    light = [*["train"] * 4, "val", "val", "val", "test"]
    heavy = [*["train"] * 5, "val", "test", "train"]
    parts = light * HEAVY + heavy * (12 - HEAVY)
    split = split_by_hand(checkerboard(), parts, ["ms" if part == "train" else "" for part in parts])
    scoring = RightForHeavyUsers()
    evaluators = {part: Evaluator(split, part, recipe.evaluation, recipe.split.seed) for part in HELD_OUT}
    judged = evaluators["test"].judge(scoring)
    return Subject(
        directory=folder / "runs" / "toy" / "20260102-030405-s0.partial",
        recipe=recipe,
        metrics={
            "best_epoch": 2,
            "val": {"auc": 0.5},
            "test": {"auc": 0.25},
            "groups": dataclasses.asdict(judged.groups),
            "seconds": {"load": 0.1, "train": 1.25, "evaluate": 0.1, "total": 2.0},
        },
        history=pd.DataFrame({"epoch": [1, 2], "train_loss": [0.5, 0.4], "val_loss": [0.6, np.nan], "lr": [1.0, 1.0]}),
        split=split,
        scoring=scoring,
        environment={
            "device": "cpu",
            "seeds": {"seed": 0, "split": 42},
            "dataset": {"source": "toy", "fingerprint": "abc"},
            "split_fingerprint": split.fingerprint,
            "command": ["/somewhere/bin/gnnrec", "run", "toy"],
            "git_commit": None,
            "python": "3.13",
            "platform": "Plan 9",
            "versions": {"torch": "2.13", "absent": None},
            "plugins": [
                {"name": "toys", "distribution": "gnnrec", "version": "1"},
                {"name": "mine", "given": "mine.py", "sha256": "0123456789abcdef"},
            ],
        },
        evaluator=evaluators.__getitem__,
    )


def test_metrics_by_activity_are_those_of_light_and_of_heavy_users(subject: Subject) -> None:
    found = gather(subject).by_activity
    assert found is not None
    assert (found.labels, found.sizes) == (["4", "6"], ["6 users, 6 test interactions"] * 2)
    assert found.means == {"recall@3": [0.0, 1.0], "ndcg@3": [0.0, 1.0]}


def test_metrics_by_popularity_are_those_of_cold_items_and_of_others(subject: Subject) -> None:
    found = gather(subject).by_popularity
    assert found is not None
    assert (found.labels, found.sizes) == (["cold", "3"], ["6 users, 6 test interactions"] * 2)
    assert found.means == {"recall@3": [1.0, 0.0], "ndcg@3": [1.0, 0.0]}


def test_without_recall_and_ndcg_or_groups_there_is_nothing_of_groups(subject: Subject) -> None:
    assert grouped([{"label": "4", "users": 6, "interactions": 6, "metrics": {"hit@3": 0.5}}], 3) is None
    old = {name: value for name, value in subject.metrics.items() if name != "groups"}
    content = gather(dataclasses.replace(subject, metrics=old))
    assert (content.by_activity, content.by_popularity) == (None, None)
    assert 'id="groups"' in run_page(subject)
    assert 'id="groups"' not in run_page(dataclasses.replace(subject, metrics=old))


def test_scores_of_positives_and_negatives_are_told_apart(subject: Subject) -> None:
    found, of = score_distribution(subject)
    assert of == "12 of 12 test interactions"
    assert len(found.centres) == 60
    assert found.centres[0] == pytest.approx(-1.0, abs=0.02)
    positives, negatives = found.shares["test positives"], found.shares["negatives"]
    # Every other user's score is turned round: half of the positives are at -1, half at 1.
    assert (positives[0], positives[-1], sum(positives)) == (0.5, 0.5, 1.0)
    assert sum(negatives) == pytest.approx(1.0)


def test_of_scores_that_take_a_row_each_few_are_drawn_where_rows_are_long(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gnnrec.report.groups.SCORED_CELLS", 150)  # of 192; so nine pairs, three with their negatives
    assert score_distribution(subject)[1] == "3 of 12 test interactions"
    assert "Scores of 3 of 12 test interactions and of their evaluation negatives" in run_page(subject)


def test_the_long_tail_counts_items_by_rank_and_users_in_bins() -> None:
    tail = long_tail(checkerboard().edges)
    assert tail.ranks == list(range(1, 17))
    assert tail.interactions == [6] * 16
    assert (tail.users.labels, tail.users.sizes.tolist()) == (["8"], [12])


def test_the_content_says_what_the_run_was(subject: Subject) -> None:
    content = gather(subject)
    assert (content.name, content.run, content.k) == ("movielens_sage", "20260102-030405-s0", 3)
    assert content.summary == (
        "Encoder hetero_sage, decoder dot, loss bce, seed 0; epoch 2 of 3 was chosen by val loss; "
        "trained in 1.2 s on cpu."
    )
    assert content.parts == {"train, message edges": 60, "train, supervision edges": 60, "val": 24, "test": 12}
    assert (content.facts["users"], content.facts["items"], content.facts["interactions"]) == (12, 16, 96)
    assert content.environment["command"] == "gnnrec run toy"
    assert content.environment["libraries"] == "torch 2.13"
    assert content.environment["plugins"] == "toys (gnnrec 1), mine (mine.py, sha256 0123456789ab…)"
    assert content.curves is not None
    assert (content.curves.epochs, content.curves.chosen) == ([1, 2], 2)
    assert content.curves.series == {"train_loss": [0.5, 0.4], "val_loss": [0.6, None]}


def test_examples_show_a_light_a_median_and_a_heavy_user_with_their_hits(subject: Subject) -> None:
    light, median, heavy = gather(subject).users
    assert [each.kind for each in (light, median, heavy)] == ["A light user", "A median user", "A heavy user"]
    # Users in the order of their training interactions are 0 to 11, and places 1, 6 and 10 of them are taken.
    assert [each.user for each in (light, median, heavy)] == [2, 7, 11]
    assert [(each.training, each.test) for each in (light, median, heavy)] == [(4, 1), (6, 1), (6, 1)]
    # Item node 12 is the only one of its parity that user node 6 has not seen before the test.
    assert median.recommended[0].title == "Movie 113"
    assert [each.hit for each in median.recommended] == [True] + [False] * 8
    assert median.recommended[0].genres == "Comedy, Drama"
    # The most popular of them first: nodes 0, 2, 4 and 6 have six training interactions, 8 and 14 have three.
    assert median.known == ["Movie 101", "Movie 103", "Movie 105", "Movie 107", "Movie 109", "Movie 115"]
    # The wrong half of the items, of which the user has seen nothing, and then the one right item that is left.
    assert [each.hit for each in light.recommended] == [False] * 8 + [True]


def test_the_map_holds_the_most_popular_items_with_titles_and_first_genres(subject: Subject) -> None:
    found = embedding_map(subject)
    assert found is not None
    assert (len(found.x), len(found.y), found.of) == (16, 16, 16)
    assert found.titles[:3] == ["Movie 101", "Movie 102", "Movie 103"]
    assert found.groups[:3] == ["Comedy", "Horror", "Comedy"]
    assert found.explained == pytest.approx(1.0)


def test_the_plane_is_that_of_numpy_and_points_to_its_greatest_weight() -> None:
    rows = torch.randn(50, 6, generator=torch.Generator().manual_seed(1))
    plane, explained = principal_plane(rows)
    centred = (rows - rows.mean(dim=0)).double().numpy()
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(right[[0, 1], np.abs(right[:2]).argmax(axis=1)])
    np.testing.assert_allclose(plane.numpy(), (left * singular)[:, :2] * signs, atol=1e-5)
    assert explained == pytest.approx((singular[:2] ** 2).sum() / (singular**2).sum())


def test_a_scoring_without_embeddings_has_no_map(subject: Subject) -> None:
    scoring = RightForHeavyUsers()
    del scoring.item
    assert embedding_map(dataclasses.replace(subject, scoring=scoring)) is None


def test_long_histories_are_thinned_and_keep_the_chosen_epoch() -> None:
    history = pd.DataFrame({"epoch": range(1, 5002), "train_loss": 1.0, "val_loss": np.arange(5001.0)})
    found = curves(history, 4999)
    assert found is not None
    assert len(found.epochs) < 2001
    assert found.at_chosen("val_loss") == 4998.0
    assert curves(pd.DataFrame(), None) is None


def test_baselines_are_judged_like_the_run(subject: Subject) -> None:
    found, left_out = baselines(subject)
    assert [each.name for each in found] == ["Popularity", "EASE"]
    assert left_out == []
    # Four items of the other parity, six training interactions each, are ahead of any user's test item.
    assert found[0].test["recall@3"] == 0.0
    assert set(found[0].test) == {"auc", "ap", *subject.recipe.evaluation.ranking_metrics}


def test_what_is_too_large_or_not_installed_is_left_out_with_its_reason(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(baselines.__globals__, "MOST_BYTES", 20_000_000)
    monkeypatch.setitem(baselines.__globals__["SCORERS"], "oracle", "Oracle")
    found, left_out = baselines(subject)
    assert [each.name for each in found] == ["Popularity"]
    nowhere = "and no finished run of it over this split lies beside."
    needs = "(it needs 34 MB of memory; the limit is 20 MB)"
    assert left_out == [
        f"EASE is left out: fitting it over 16 items for 12 users takes too long for a report {needs}, {nowhere}",
        f"Oracle is left out: no scorer 'oracle' is installed, {nowhere}",
    ]


def test_ease_is_fitted_over_many_items_where_it_is_solved_through_few_users() -> None:
    assert obstacle_to("ease", Size(610, 9742, 100_836)) == ""
    assert obstacle_to("ease", Size(6_040, 3_500, 1_000_209)) == ""
    assert obstacle_to("ease", Size(6_040, 9_742, 1_000_209)).startswith(
        "fitting it over 9,742 items for 6,040 users takes"
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """Makes runs over the checkerboard under one root."""
    folder = tmp_path_factory.mktemp("runs")
    data = movielens_like(folder / "data")

    def make(**overrides: object) -> Run:
        return run(small_recipe(data, **overrides), out=folder / "runs")

    make.folder = folder  # type: ignore[attr-defined]
    return make


@pytest.fixture(scope="module")
def trained(made: Callable[..., Run]) -> Run:
    return made(trainer__monitor="ndcg@10")


def scorer_run(made: Callable[..., Run], scorer: str) -> Run:
    folder: Path = made.folder  # type: ignore[attr-defined]
    text = f"name: {scorer}\ndataset: {{name: movielens, path: {folder / 'data'}}}\nscorer: {{name: {scorer}}}\n"
    split = "split: {name: random_link, val: 0.1, test: 0.1, disjoint_train: 0.3, seed: 42}\n"
    (folder / f"{scorer}.yaml").write_text(text + split)
    return run(load_recipe(folder / f"{scorer}.yaml"), out=folder / "runs")


def test_a_finished_run_beside_says_the_same_as_a_baseline_fitted_here(made: Callable[..., Run], trained: Run) -> None:
    fitted, _ = baselines(Subject.of(trained))
    beside = scorer_run(made, "popularity")
    scorer_run(made, "ease")
    found, _ = baselines(Subject.of(trained))
    assert found[0].origin == f"from the finished run popularity/{beside.directory.name} over the same split"
    for here, there in zip(fitted, found, strict=True):
        assert "fitted and judged for this report" in here.origin
        assert (here.name, here.val, here.test) == (there.name, there.val, there.test)
    # A run is no baseline of its own, and a run over another split is none of anybody's.
    assert [each.name for each in baselines(Subject.of(beside))[0]] == ["EASE"]
    other, _ = baselines(Subject.of(made(split__seed=1, trainer__epochs=1)))
    assert "fitted and judged for this report" in other[0].origin


def test_side_by_side_holds_what_each_run_measured(made: Callable[..., Run], trained: Run) -> None:
    other = made(seed=1, encoder__channels=4)
    content = put_side_by_side([trained, other])
    assert content.labels == ["movielens_sage, seed 0", "movielens_sage, seed 1"]
    assert content.metrics["auc"] == [each.metrics["test"]["auc"] for each in (trained, other)]
    assert content.differences == {
        "seed": ["0", "1"],
        "encoder.channels": ["8", "4"],
        "trainer.monitor": ["ndcg@10", "loss"],
    }
    assert content.monitors == ["val_ndcg@10", "val_loss"]
    (duel,) = content.duels
    first, second = (each.per_user["ndcg@10"].to_numpy() for each in (trained, other))
    assert sum(duel.users) == duel.better + duel.equal + duel.worse == len(first)
    assert (duel.better, duel.worse) == ((second > first).sum(), (second < first).sum())


def test_runs_that_do_not_compare_are_refused(made: Callable[..., Run], trained: Run) -> None:
    other = made(split__seed=1, trainer__epochs=1)
    different = (
        f"{trained.directory} and {other.directory} were judged on different splits, so their numbers do not "
        "compare; run both with the same dataset and split sections"
    )
    for runs, message in [
        ([trained], "side by side takes two runs or more; got 1"),
        ([trained, Run(trained.directory)], f"{trained.directory} is given twice"),
        ([trained, other], different),
    ]:
        with pytest.raises(UsageError) as error:
            put_side_by_side(runs)
        assert str(error.value) == message
