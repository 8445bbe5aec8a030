"""How the ladder is climbed: what is run, what is shortened and what is left out, and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from toys import movielens_like, small_recipe
from written_runs import write_run

from gnnrec import DataError, TrainingError, UsageError, load_recipe
from gnnrec.contract.training import EpochRecord
from gnnrec.data.size import Size
from gnnrec.runs.record import read_finished_run
from gnnrec.runs.stopping import RunPruned
from gnnrec.tuning import budget as budgeting
from gnnrec.tuning import ladder as rungs
from gnnrec.tuning.budget import Budget
from gnnrec.tuning.choosing import Divided, choose, divide
from gnnrec.tuning.ladder import Ground, ladder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gnnrec import Recipe

NAMES = ["popularity", "item_knn", "user_knn", "ease", "chebycf", "lightgcn", "sage"]


class Runs:
    """In the place of `gnnrec.pipeline.run`: writes runs, and makes the clock go on."""

    def __init__(self, root: Path) -> None:
        self.root, self.now, self.seconds, self.epoch = root, 0.0, 1.0, 0.01
        self.done: list[tuple[str, int]] = []
        self.fails: dict[str, BaseException] = {}

    def monotonic(self) -> float:
        return self.now

    def run(self, recipe: Recipe, *, out: Path, observers: Any, go_on: Callable[[EpochRecord], bool] | None) -> Any:
        assert (out, observers) == (self.root, ())
        if recipe.name in self.fails:
            raise self.fails[recipe.name]
        epochs = 0 if recipe.trainer is None else recipe.trainer.epochs
        for epoch in range(1, epochs + 1):
            self.now += self.epoch
            if go_on is not None and not go_on(EpochRecord(epoch, 1.0, {}, 0.1, self.epoch)):
                raise RunPruned(f"stopped after epoch {epoch}")
        self.now += self.seconds
        self.done.append((recipe.name, epochs))
        value = NAMES.index(recipe.name.replace("sansa", "ease")) / 10
        seconds = {"train": epochs * self.epoch, "total": self.seconds + epochs * self.epoch}
        path = write_run(self.root, recipe={"name": recipe.name}, per_user={"ndcg@10": [value] * 3}, seconds=seconds)
        metrics = json.loads((path / "metrics.json").read_text()) | {"val": {"ndcg@10": value}}
        (path / "metrics.json").write_text(json.dumps(metrics))
        pd.DataFrame({"user": [1, 2, 3], "ndcg@10": value}).to_parquet(path / "val_per_user.parquet")
        return read_finished_run(path)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    made = Runs(tmp_path / "runs")
    monkeypatch.setattr(budgeting, "time", made)
    monkeypatch.setattr("gnnrec.pipeline.run", made.run)
    return made


@pytest.fixture
def data(tmp_path: Path) -> Divided:
    return divide(small_recipe(movielens_like(tmp_path / "data")), "ndcg@10")


def test_with_time_enough_all_are_run_from_the_cheapest_on(data: Divided, runs: Runs) -> None:
    choice = choose(data, Budget(10), out=runs.root)
    assert runs.done == [(name, 200 if name in {"lightgcn", "sage"} else 0) for name in NAMES]
    assert [row.name for row in choice.rows] == NAMES
    assert (choice.best.name, choice.chosen.name, choice.left_out) == ("sage", "sage", ())


def test_what_is_trained_shares_the_time_that_is_left(data: Divided, runs: Runs) -> None:
    runs.epoch = 1.0
    choice = choose(data, Budget(2), out=runs.root)
    notes = {row.name: row.note for row in choice.rows}
    # five seconds are gone when LightGCN has its half of 115, of which 3 go into finding out
    assert dict(runs.done)["lightgcn"] == int((0.9 * 112 / 2 - 1) / 1.0)
    assert notes["lightgcn"] == "49 of 200 epochs"
    assert 49 < dict(runs.done)["sage"] < 60
    assert notes["ease"] == ""
    assert runs.now < 120
    assert next(row for row in choice.rows if row.name == "lightgcn").recipe.to_dict()["trainer"]["epochs"] == 49


def test_rather_one_model_is_trained_than_none(data: Divided, runs: Runs) -> None:
    runs.epoch = 3.0
    choice = choose(data, Budget(1), out=runs.root)
    assert dict(runs.done)["lightgcn"] == 13  # (0.9 · 46 - 1) / 3, as half of 46 s were too few for 10
    assert [(each.name, each.for_time) for each in choice.left_out] == [("sage", True)]
    assert choice.short_of_time == ("lightgcn", "sage")
    assert runs.now < 60


def test_a_model_that_has_time_for_few_epochs_is_left_out(data: Divided, runs: Runs) -> None:
    runs.epoch = 5.0
    choice = choose(data, Budget(1), out=runs.root)
    assert [each.name for each in choice.left_out] == ["lightgcn", "sage"]
    assert choice.left_out[0].why == "there is time for 7 of 200 epochs, and fewer than 10 say nothing"
    assert runs.now <= 60 + 2 * runs.epoch


def test_without_time_for_more_popularity_is_all_there_is(data: Divided, runs: Runs) -> None:
    runs.seconds = 5.0
    choice = choose(data, Budget(0.05), out=runs.root)
    assert runs.done == [("popularity", 0)]
    assert choice.sentence == "Take popularity: nothing else was run (val ndcg@10 0.0000)."
    assert choice.short_of_time == tuple(NAMES[1:])
    assert {each.why for each in choice.left_out} == {"not begun: 0.0 s are left, and popularity took 5.0 s"}


def test_one_that_fails_is_left_out_with_the_reason(data: Divided, runs: Runs) -> None:
    runs.fails["user_knn"] = TrainingError("memory would run out: much is needed\nWhat takes less: nothing.")
    choice = choose(data, Budget(10), out=runs.root)
    assert [(each.name, each.why) for each in choice.left_out] == [("user_knn", "memory would run out: much is needed")]
    runs.fails["popularity"] = DataError("nothing is there")
    with pytest.raises(DataError, match="nothing is there"):
        choose(data, Budget(10), out=runs.root)


def test_interrupted_it_chooses_among_what_is_finished(data: Divided, runs: Runs) -> None:
    runs.fails["user_knn"] = KeyboardInterrupt()
    choice = choose(data, Budget(10), out=runs.root)
    assert choice.interrupted
    assert [row.name for row in choice.rows] == ["popularity", "item_knn"]
    assert [(each.name, each.why) for each in choice.left_out] == [(name, "interrupted") for name in NAMES[2:]]
    runs.fails["popularity"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        choose(data, Budget(10), out=runs.root)


def test_every_rung_is_over_the_same_data_split_and_evaluation(data: Divided) -> None:
    recipe = data.recipe.model_copy(update={"seed": 7})
    ground = Ground(recipe, data.split.interactions, Size(12, 16, 80), "recall@20", None, 600.0)
    found = {each.name: each.recipe for each in ladder(ground)}
    assert list(found) == NAMES
    for each in found.values():
        assert each is not None
        assert each.seed == 7
        for section in ("dataset", "filters", "features", "split", "evaluation"):
            assert getattr(each, section) == getattr(recipe, section)
    for name in ("lightgcn", "sage"):
        assert found[name] is not None
        assert found[name].to_dict()["trainer"]["monitor"] == "recall@20"


def test_where_a_dense_matrix_takes_too_much_its_sparse_kin_takes_its_place(
    data: Divided, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Ground(data.recipe, data.split.interactions, Size(12, 16, 80), "ndcg@10", 150_000_000, 600.0)
    by_name = {each.name: each for each in ladder(small)}
    assert by_name["ease"].recipe is None
    assert by_name["ease"].why.endswith("and 150 MB are free; sansa takes its place")
    assert by_name["sansa"].recipe is not None
    assert by_name["sansa"].recipe.to_dict()["scorer"]["name"] == "sansa"
    monkeypatch.setattr(rungs, "TIMED_SIDE", 64)
    large = Ground(data.recipe, data.split.interactions, Size(10**6, 10**6, 10**7), "ndcg@10", None, 600.0)
    by_name = {each.name: each for each in ladder(large)}
    assert by_name["ease"].why.endswith(" s; sansa takes its place")
    assert by_name["lightgcn"].recipe is not None
    assert by_name["lightgcn"].recipe.to_dict()["loss"]["name"] == "in_batch_softmax"
    assert by_name["lightgcn"].recipe.split == data.recipe.split
    assert by_name["sage"].why == "each epoch would score 1,000,000 users times 1,000,000 items"


def test_a_metric_that_not_all_have_is_refused_before_any_work(data: Divided) -> None:
    for metric, hint in (("ndgc@10", "; did you mean 'ndcg@10'?"), ("loss", "; known: ")):
        with pytest.raises(UsageError) as error:
            divide(data.recipe, metric)
        start = f"no validation metric that all recommenders have is called '{metric}'{hint}"
        assert str(error.value).startswith(start)


def test_where_nothing_is_validation_nothing_can_be_chosen(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    log = pd.DataFrame(
        {"user": np.repeat(range(20), 5), "item": rng.permuted(np.tile(range(10), (20, 1)), axis=1)[:, :5].ravel()}
    )
    log.assign(part=["train", "train", "train", "train", "test"] * 20).to_csv(tmp_path / "log.csv", index=False)
    dataset = {"name": "table", "path": str(tmp_path / "log.csv"), "part": "part"}
    recipe = load_recipe("baselines/popularity", {"dataset": dataset, "split": {"name": "predefined", "val": 0}})
    with pytest.raises(DataError, match="split 'predefined' holds nothing out for val, so that nothing can be chosen"):
        divide(recipe, "ndcg@10")
