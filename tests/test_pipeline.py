from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from toys import Watcher, movielens_like, small_recipe

from gnnrec import Recipe, Run, UsageError, run
from gnnrec.recipe.load import dump_recipe
from gnnrec.runs.record import read_finished_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytest_plugins = ["real_data"]

COUNTS = {
    "users": 610,
    "items": 9_724,
    "interactions": 100_836,
    "message_edges": 56_469,
    "supervision_edges": 24_201,
    "val": 10_083,
    "test": 10_083,
    "cold_users_val": 0,
    "cold_items_val": 384,
    "cold_users_test": 0,
    "cold_items_test": 402,
}


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Recipe]:
    """The recipe over the checkerboard, with overrides."""
    folder = movielens_like(tmp_path / "data")
    return lambda **overrides: small_recipe(folder, **overrides)


def without_seconds(made: Run) -> dict[str, Any]:
    return {key: value for key, value in made.metrics.items() if key not in {"seconds", "memory"}}


def history_of(made: Run) -> list[dict[str, float]]:
    lines = (made.directory / "history.jsonl").read_text().splitlines()
    return [{key: value for key, value in json.loads(line).items() if key != "seconds"} for line in lines]


def test_a_run_on_movielens_has_the_article_s_sizes_and_is_reproduced(movielens_folder: Path, tmp_path: Path) -> None:
    watcher = Watcher()
    path = str(movielens_folder)
    overrides = {"dataset.path": path, "trainer.epochs": 2, "trainer.device": "cpu"}
    first = run("movielens_sage", overrides, out=tmp_path, observers=[watcher])
    assert watcher.started[0].counts == COUNTS
    assert first.read_json("environment.json")["dataset"] == {
        "source": f"MovieLens latest-small from {movielens_folder / 'ml-latest-small.zip'}",
        "fingerprint": first.split.interactions.fingerprint,
        "used": ["edges", "table item"],
        **COUNTS,
    }
    again = run("movielens_sage", [f"{key}={value}" for key, value in overrides.items()], out=tmp_path)
    stored = run(first.directory / "recipe.yaml", out=tmp_path)
    for other in (again, stored):
        assert without_seconds(other) == without_seconds(first)
        assert history_of(other) == history_of(first)
        assert other.recipe == first.recipe
        assert other.directory != first.directory
    assert first.recipe.to_dict()["dataset"] == {"name": "movielens", "variant": ["latest-small"], "path": path}


def test_a_run_directory_holds_what_its_table_says(small: Callable[..., Recipe], tmp_path: Path) -> None:
    made = run(small(seed=4, split__seed=9), out=tmp_path / "runs")
    assert made.directory.parent == tmp_path / "runs" / "movielens_sage"
    assert made.directory.name.endswith("-s4")
    assert {path.name for path in made.directory.iterdir()} >= {
        "recipe.yaml",
        "environment.json",
        "history.jsonl",
        "metrics.json",
        "model.safetensors",
        "model.json",
        "users.parquet",
        "items.parquet",
        "split.parquet",
    }
    metrics = json.loads((made.directory / "metrics.json").read_text())
    assert set(metrics) == {"best_epoch", "val", "test", "groups", "seconds", "memory"}
    assert set(metrics["val"]) >= {"loss", "auc", "ap"}
    assert set(metrics["test"]) >= {"loss", "auc", "ap"}
    assert set(metrics["seconds"]) == {"load", "train", "evaluate", "total"}
    seconds = metrics["seconds"]
    assert 0 < seconds["load"] + seconds["train"] + seconds["evaluate"] <= seconds["total"] + 0.002
    assert set(metrics["memory"]) == {"peak_bytes", "estimated_bytes"}
    assert 0 < metrics["memory"]["estimated_bytes"] < metrics["memory"]["peak_bytes"]
    history = [json.loads(line) for line in (made.directory / "history.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in history] == [1, 2, 3]
    assert {tuple(line) for line in history} == {("epoch", "train_loss", "val_loss", "lr", "seconds")}
    assert {line["lr"] for line in history} == {0.002}
    assert metrics["val"]["loss"] == min(line["val_loss"] for line in history)
    assert history[metrics["best_epoch"] - 1]["val_loss"] == metrics["val"]["loss"]


def test_validation_of_each_user_is_kept_and_averages_to_that_of_the_run(
    small: Callable[..., Recipe], tmp_path: Path
) -> None:
    made = run(small(), out=tmp_path / "runs")
    per_user = read_finished_run(made.directory).val_per_user
    asked = made.split.edges("val").users
    assert per_user["user"].tolist() == made.users["user"][sorted(set(asked))].tolist()
    assert per_user["relevant"].sum() == len(asked)
    for name in ("ndcg@10", "recall@20"):
        assert per_user[name].mean() == pytest.approx(made.metrics["val"][name], abs=1e-12)


def test_the_environment_names_what_a_result_depends_on(small: Callable[..., Recipe], tmp_path: Path) -> None:
    environment = run(small(seed=4, split__seed=9), out=tmp_path).read_json("environment.json")
    assert set(environment) >= {"python", "platform", "versions", "plugins", "git_commit", "device", "dataset", "seeds"}
    assert environment["seeds"] == {"seed": 4, "split": 9}
    assert environment["device"] == "cpu"
    assert set(environment["versions"]) >= {"gnnrec", "torch", "torch_geometric", "pandas", "numpy"}
    plugins = {plugin["name"]: plugin["distribution"] for plugin in environment["plugins"]}
    assert plugins["gnnrec_encoders"] == "gnnrec"
    dataset = environment["dataset"]
    assert (dataset["users"], dataset["items"], dataset["interactions"]) == (12, 16, 96)
    assert dataset["message_edges"] + dataset["supervision_edges"] + dataset["val"] + dataset["test"] == 96


def test_the_monitored_metric_is_in_the_history(small: Callable[..., Recipe], tmp_path: Path) -> None:
    made = run(small(trainer__monitor="auc", trainer__epochs=6), out=tmp_path)
    history = history_of(made)
    assert list(history[0]) == ["epoch", "train_loss", "val_loss", "val_auc", "lr"]
    best = max(line["val_auc"] for line in history)
    assert made.metrics["val"]["auc"] == best
    assert made.metrics["best_epoch"] == 1 + [line["val_auc"] for line in history].index(best)


def test_the_seed_rules_the_run_and_the_split_s_seed_the_split(small: Callable[..., Recipe], tmp_path: Path) -> None:
    first, again, other_seed, other_split = (
        run(small(**changes), out=tmp_path) for changes in ({}, {}, {"seed": 1}, {"split__seed": 1})
    )
    assert without_seconds(again) == without_seconds(first)
    assert (first.directory / "model.safetensors").read_bytes() == (again.directory / "model.safetensors").read_bytes()
    assert history_of(other_seed) != history_of(first)
    assert (other_seed.split.part == first.split.part).all()
    assert (other_split.split.part != first.split.part).any()


def test_a_recipe_object_takes_no_overrides(small: Callable[..., Recipe], tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        run(small(), {"seed": 1}, out=tmp_path / "runs")
    assert str(error.value) == "overrides change a recipe as it is read; give a path or a name with them"
    assert not (tmp_path / "runs").exists()


def test_a_recipe_read_from_a_file_makes_the_same_run(small: Callable[..., Recipe], tmp_path: Path) -> None:
    recipe = small(seed=2)
    (tmp_path / "mine.yaml").write_text(dump_recipe(recipe).replace("name: movielens_sage", "name: mine"))
    from_file = run(tmp_path / "mine.yaml", {"trainer.epochs": 3}, out=tmp_path / "runs")
    assert from_file.directory.parent == tmp_path / "runs" / "mine"
    assert without_seconds(from_file) == without_seconds(run(recipe, out=tmp_path / "runs"))


@pytest.mark.slow
def test_movielens_sage_is_as_good_as_the_article_over_five_seeds(movielens_folder: Path, tmp_path: Path) -> None:
    made = [
        run("movielens_sage", {"dataset.path": str(movielens_folder), "seed": seed}, out=tmp_path) for seed in range(5)
    ]
    losses = [each.metrics["val"]["loss"] for each in made]
    # The article's best was 0.33696; torch_geometric with these seeds gives 0.3285 to 0.3356, 0.3317 on average.
    assert max(losses) <= 0.342
    assert sum(losses) / 5 <= 0.337
    assert min(each.metrics["test"]["auc"] for each in made) >= 0.91
