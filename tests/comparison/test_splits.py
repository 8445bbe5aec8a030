"""Comparisons over several splits: folds, rolling windows, and seeds of the split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from toys import movielens_like

from gnnrec import UsageError, compare, run
from gnnrec.comparison.leaderboard_text import explanation
from gnnrec.comparison.splits import ONE_SPLIT, wanted_splits
from gnnrec.evaluation.statistics import resampled_interval, resampled_p_value
from gnnrec.pipeline import refit
from gnnrec.testing import toy_interactions

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec import Recipe

RECIPES = ("baselines/popularity", "baselines/item_knn", "baselines/random")


@pytest.fixture
def data(tmp_path: Path) -> dict[str, str]:
    """Overrides to a toy with times."""
    folder = movielens_like(tmp_path / "data", toy_interactions())
    return {"dataset.path": str(folder)}


@pytest.mark.slow
def test_over_folds_each_recipe_is_run_on_each_of_them(data: dict[str, str], tmp_path: Path) -> None:
    board = compare(RECIPES, overrides=data | {"split.val": 0.2}, folds=4, out=tmp_path / "runs", seeds=2)
    for row in board.rows:
        splits = [run.recipe["split"] for run in row.entry.runs]
        times = 2 if row.entry.label == "random" else 1  # the others draw nothing
        assert [split["fold"] for split in splits] == [fold for fold in range(4) for _ in range(times)]
        assert {(split["name"], split["folds"], split["val"]) for split in splits} == {("k_fold", 4, 0.2)}
    assert len(set(board.split_fingerprints)) == 4
    best, second, _ = board.rows
    over = [entry.over_splits("ndcg@10") for entry in (best.entry, second.entry)]
    assert best.mean == pytest.approx(over[0].mean())
    counts = [run.environment["dataset"] for run in best.entry.runs]
    ratio = np.mean([each["test"] / (each["interactions"] - each["test"] - each["val"]) for each in counts])
    assert best.interval == pytest.approx(resampled_interval(over[0], float(ratio)))
    assert second.difference_interval == pytest.approx(resampled_interval(over[1] - over[0], float(ratio)))
    assert second.p_value is not None
    assert second.p_value >= resampled_p_value(over[1] - over[0], float(ratio))
    assert (best.p_value, best.difference, board.users) == (None, None, None)
    assert board.to_dict()["split_fingerprint"] is None
    assert (
        explanation(board).splitlines()[0]
        == "Test metrics, means over 4 folds; sd: over folds; low, high: 95% interval;"
    )


def test_what_is_done_of_a_fold_is_not_done_again(data: dict[str, str], tmp_path: Path) -> None:
    first = compare(RECIPES[:2], overrides=data, folds=2, out=tmp_path / "runs")
    again = compare(RECIPES[:2], overrides=data, folds=2, out=tmp_path / "runs")
    lying = [[run.directory for run in row.entry.runs] for row in first.rows]
    assert [[run.directory for run in row.entry.runs] for row in again.rows] == lying


@pytest.mark.slow
def test_windows_roll_and_seeds_of_the_split_count_on_from_its_own(data: dict[str, str], tmp_path: Path) -> None:
    rolling = compare(RECIPES[:2], overrides=data, windows=2, out=tmp_path / "runs")
    for row in rolling.rows:
        splits = [run.recipe["split"] for run in row.entry.runs]
        assert [(split["name"], split["windows"], split["window"]) for split in splits] == [
            ("temporal", 2, 0),
            ("temporal", 2, 1),
        ]
    seeded = compare(RECIPES[:2], overrides=data | {"split.seed": 7}, splits=3, out=tmp_path / "runs")
    assert [run.recipe["split"]["seed"] for run in seeded.rows[0].entry.runs] == [7, 8, 9]
    assert (rolling.called, seeded.called) == ("window", "split")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"folds": 5, "windows": 3},
            "--folds and --windows contradict each other: a recipe is compared over one kind of splits",
        ),
        ({"folds": 1}, "--folds is at least 2; got 1"),
        ({"splits": 0}, "--splits is at least 2; got 0"),
    ],
)
def test_what_cannot_be_asked_for_is_told(asked: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError) as error:
        compare(RECIPES, **asked)
    assert str(error.value) == message


def test_unless_asked_there_is_one_split() -> None:
    assert wanted_splits(None, None, None) is ONE_SPLIT


def test_finished_runs_and_recipes_made_in_python_have_one_split(data: dict[str, str], tmp_path: Path) -> None:
    done = run("baselines/popularity", data, out=tmp_path / "runs")
    with pytest.raises(UsageError) as error:
        compare(["baselines/random", done.directory], overrides=data, folds=3)
    assert str(error.value) == f"--folds 3 is for recipes; {done.directory} is a finished run, over one split"
    made: Recipe = done.recipe
    with pytest.raises(UsageError, match="--folds 3 change a recipe as it is read; give a path or a name with them"):
        compare([made], folds=3)


def test_a_refit_is_compared_with_refits_alone(data: dict[str, str], tmp_path: Path) -> None:
    plain = run("baselines/popularity", data, out=tmp_path / "runs")
    refitted = run("baselines/item_knn", data | {"refit": True}, out=tmp_path / "runs")
    with pytest.raises(UsageError) as error:
        compare([plain.directory, refitted.directory])
    assert str(error.value) == "only item_knn learned from val before the test; give all of them -s refit=true, or none"


def test_a_refit_that_went_by_another_run_is_not_taken_for_a_run_of_the_recipe(
    data: dict[str, str], tmp_path: Path
) -> None:
    recipe, chosen, root = "baselines/item_knn", data | {"refit": True}, tmp_path / "runs"
    done = run(recipe, chosen, out=root)
    for on in ("train+val", "all"):
        refit(done.directory, on)
    board = compare([recipe, "baselines/popularity"], overrides=chosen, out=root)
    taken = {row.entry.label: row.entry.runs[0].directory for row in board.rows}
    assert taken["item_knn"] == done.directory


def test_a_run_is_taken_where_what_it_did_not_use_has_changed(data: dict[str, str], tmp_path: Path) -> None:
    done = run("baselines/item_knn", data, out=tmp_path / "runs")
    ratings = tmp_path / "data" / "ratings.csv"
    ratings.write_text(ratings.read_text().replace(",4.0,", ",3.5,"))
    first = compare(["baselines/item_knn", "baselines/popularity"], overrides=data, out=tmp_path / "runs")
    assert done.directory in {row.entry.runs[0].directory for row in first.rows}
    lines = ratings.read_text().splitlines()
    ratings.write_text("\n".join(lines[:-1]) + "\n")
    other = compare(["baselines/item_knn", "baselines/popularity"], overrides=data, out=tmp_path / "runs")
    assert done.directory not in {row.entry.runs[0].directory for row in other.rows}


def test_splits_that_a_seed_does_not_change_are_not_counted_several_times(data: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        compare(RECIPES[:2], overrides=data | {"split.name": "leave_last"}, splits=3, out=tmp_path / "runs")
    assert str(error.value) == (
        "popularity: split 'leave_last' gives the same parts again, so nothing is learned from several; take --folds "
        "or --windows, or one split"
    )


def test_folds_keep_the_seed_and_the_uses_of_a_recipes_own_split_unless_that_is_said(
    data: dict[str, str], tmp_path: Path
) -> None:
    chosen = data | {"split.seed": 9}
    (tmp_path / "own.yaml").write_text("extends: baselines/popularity\nsplit: {seed: 7, disjoint_train: 0.4}\n")
    for overrides, seed in ((data, 7), (chosen, 9)):
        board = compare([str(tmp_path / "own.yaml")], overrides=overrides, folds=2, out=tmp_path / "runs")
        splits = [run.recipe["split"] for run in board.rows[0].entry.runs]
        assert [(each["seed"], each["disjoint_train"]) for each in splits] == [(seed, 0.4)] * 2


def test_a_division_that_has_changed_is_another_split(data: dict[str, str], tmp_path: Path) -> None:
    first = run("baselines/item_knn", data, out=tmp_path / "first")
    path, root = tmp_path / "division.parquet", tmp_path / "runs"
    table = first.split.to_table()[["user", "item", "part"]]
    table.to_parquet(path)
    chosen = data | {"split": {"name": "predefined", "path": str(path)}}
    done = [compare(["baselines/item_knn"], overrides=chosen, out=root).rows[0].entry.runs[0]]
    table.assign(part=table["part"].replace({"val": "test", "test": "val"})).to_parquet(path)
    done += [
        compare(["baselines/item_knn"], overrides=chosen, out=tmp_path / "runs").rows[0].entry.runs[0] for _ in "12"
    ]
    assert done[1].directory != done[0].directory
    assert done[2].directory == done[1].directory


def test_other_evaluation_negatives_are_told(
    data: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    split = {"split.name": "leave_last"}
    made = [
        run(recipe, data | split | {"split.seed": seed}, out=tmp_path / "runs").directory
        for seed, recipe in enumerate(RECIPES[:2])
    ]
    compare(made, metric="ndcg@10")
    assert "auc was measured" not in caplog.text
    compare(made, metric="auc")
    assert caplog.messages[-1] == (
        "auc was measured over different evaluation negatives, of other seeds or other filters"
    )
