from __future__ import annotations

import json
import logging
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from toys import Watcher, movielens_like, small_recipe
from written_runs import ENVIRONMENT, write_run

from gnnrec import RunDirectoryError, UsageError, hookimpl, load_recipe, load_run, pipeline
from gnnrec.comparison.compare import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec import Recipe
    from gnnrec.comparison.leaderboard import Comparison
    from gnnrec.contract.training import RunStart

    Scorer = Callable[..., Recipe]

SCORER = """\
dataset: {{name: movielens, path: {data}, variant: [100k, latest-small]}}
split: {{name: random_link, disjoint_train: 0}}
scorer: {{name: {name}}}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return movielens_like(tmp_path / "data")


@pytest.fixture
def scorer(data: Path, tmp_path: Path) -> Scorer:
    """A recipe with a scorer over the checkerboard, with overrides."""

    def scorer(name: str, **overrides: Any) -> Recipe:
        path = tmp_path / f"{name}.yaml"
        path.write_text(SCORER.format(data=data, name=name))
        return load_recipe(path, {key.replace("__", "."): value for key, value in overrides.items()})

    return scorer


def directories(comparison: Comparison) -> dict[str, list[str]]:
    return {row.entry.label: [str(run.directory) for run in row.entry.runs] for row in comparison.rows}


def seeds(comparison: Comparison) -> dict[str, list[int]]:
    return {row.entry.label: [run.seed for run in row.entry.runs] for row in comparison.rows}


def no_run(*_: Any, **__: Any) -> None:
    raise AssertionError("what is done is done again")


def change_environment(run: str, **changes: Any) -> None:
    path = load_run(run).directory / "environment.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_what_learned_the_checkerboard_is_first(scorer: Scorer, tmp_path: Path) -> None:
    made = compare([scorer("random"), scorer("item_knn")], seeds=3, out=tmp_path / "runs")
    assert seeds(made) == {"item_knn": [0], "random": [0, 1, 2]}
    best, chance = made.rows
    # Items of a user's parity were met together with the user's own; others never.
    assert (best.mean, best.interval) == (1.0, (1.0, 1.0))
    assert 0 < chance.mean < 0.8
    assert chance.sd is not None
    assert chance.sd > 0
    assert chance.difference_interval is not None
    assert chance.difference_interval[1] < 0
    assert chance.p_value is not None
    assert chance.p_value < 0.05
    assert made.users == len(load_run(directories(made)["random"][0]).per_user)


def test_what_is_done_is_not_done_again(
    data: Path, scorer: Scorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recipes = [small_recipe(data, trainer__epochs=1, seed=2), scorer("random")]
    first = compare(recipes, out=tmp_path)
    assert seeds(first) == {"movielens_sage": [2], "random": [0]}
    monkeypatch.setattr(pipeline, "run", no_run)
    with caplog.at_level(logging.INFO, "gnnrec"):
        second = compare(recipes, out=tmp_path)
    assert second.to_dict() == first.to_dict()
    lying = directories(first)
    assert [message for message in caplog.messages if "done already" in message] == [
        f"movielens_sage, seed 2: done already, {lying['movielens_sage'][0]}",
        f"random, seed 0: done already, {lying['random'][0]}",
    ]


def test_more_seeds_run_only_the_new_ones(scorer: Scorer, tmp_path: Path) -> None:
    first = compare(scorer("random"), seeds=2, out=tmp_path)
    watcher = Watcher()
    second = compare(scorer("random"), seeds=3, out=tmp_path, observers=[watcher])
    assert [start.recipe.seed for start in watcher.started] == [2]
    assert directories(second)["random"][:2] == directories(first)["random"]


def test_everything_is_run_again_where_that_is_wanted_and_the_latest_is_taken(scorer: Scorer, tmp_path: Path) -> None:
    (first,) = directories(compare(scorer("random"), out=tmp_path))["random"]
    (second,) = directories(compare(scorer("random"), out=tmp_path, fresh=True))["random"]
    assert second != first
    assert directories(compare(scorer("random"), out=tmp_path)) == {"random": [second]}


@pytest.mark.parametrize(
    "made_with", ["{gnnrec: 0.0.1}", "{gnnrec: '0.0.1, then HERE'}", "{gnnrec: HERE sha256:abc}", "{}", "{other: '1'}"]
)
def test_a_run_made_with_something_else_is_not_taken(scorer: Scorer, tmp_path: Path, made_with: str) -> None:
    (first,) = directories(compare(scorer("random"), out=tmp_path))["random"]
    stored = Path(first) / "recipe.yaml"
    before, _, last = stored.read_text().rpartition("made_with:\n")
    assert last == f"  gnnrec: {version('gnnrec')}\n"
    stored.write_text(before + "made_with: " + made_with.replace("HERE", version("gnnrec")))
    (second,) = directories(compare(scorer("random"), out=tmp_path))["random"]
    assert second != first


def test_a_run_by_another_gnnrec_is_not_taken_and_plugins_that_give_nothing_do_not_count(
    scorer: Scorer, tmp_path: Path
) -> None:
    (first,) = directories(compare(scorer("random"), out=tmp_path))["random"]
    environment = load_run(first).environment
    change_environment(first, plugins=[*environment["plugins"], {"name": "stranger"}])
    assert directories(compare(scorer("random"), out=tmp_path)) == {"random": [first]}
    change_environment(first, versions=environment["versions"] | {"gnnrec": "0.0.1"})
    (second,) = directories(compare(scorer("random"), out=tmp_path))["random"]
    assert second != first


def test_a_run_of_another_recipe_is_not_taken(scorer: Scorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    changes = ({}, {"seed": 1}, {"split__val": 0.2}, {"evaluation__k": [5, 10]}, {"dataset__path": "data"})
    found = {directories(compare(scorer("random", **each), out=tmp_path))["random"][0] for each in changes}
    assert len(found) == len(changes)


def test_a_run_over_what_the_files_held_before_is_not_taken(scorer: Scorer, data: Path, tmp_path: Path) -> None:
    (first,) = directories(compare(scorer("random"), out=tmp_path))["random"]
    with (data / "ratings.csv").open("a") as file:
        file.write("1,102,4.0,1000000000\n")
    (second,) = directories(compare(scorer("random"), out=tmp_path))["random"]
    assert second != first


def test_an_interrupted_comparison_goes_on_from_there(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recipes = [small_recipe(data, name="a"), small_recipe(data, name="b", encoder__channels=4)]
    watcher = InterruptsRun(3)
    with caplog.at_level(logging.WARNING, "gnnrec"), pytest.raises(KeyboardInterrupt):
        compare(recipes, seeds=2, out=tmp_path, observers=[watcher])
    assert [(start.recipe.name, start.recipe.seed) for start in watcher.started] == [("a", 0), ("b", 0), ("a", 1)]
    message = "interrupted in run 3 of 4; what is finished stays, and the same call goes on from there"
    assert caplog.messages[-1] == message
    watcher = Watcher()
    made = compare(recipes, seeds=2, out=tmp_path, observers=[watcher])
    assert [(start.recipe.name, start.recipe.seed) for start in watcher.started] == [("a", 1), ("b", 1)]
    assert {label: sorted(each) for label, each in seeds(made).items()} == {"a": [0, 1], "b": [0, 1]}


class InterruptsRun(Watcher):
    """Presses Ctrl-C in the second epoch of a run, counted from 1."""

    def __init__(self, run: int) -> None:
        super().__init__(KeyboardInterrupt())
        self.run = run

    @hookimpl
    def gnnrec_run_started(self, run: RunStart) -> None:
        self.started.append(run)
        self.at = 2 if len(self.started) == self.run else 0


def test_finished_runs_are_compared_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "run", no_run)
    low = write_run(tmp_path, "20260101-000000-s0", per_user={"ndcg@10": [0.0, 0.25]})
    also_low = write_run(tmp_path, "20260101-000000-s1", per_user={"ndcg@10": [0.25, 0.0]})
    high = write_run(tmp_path, recipe={"name": "high"}, per_user={"ndcg@10": [0.5, 1.0]})
    made = compare([low, high, also_low])
    assert directories(made) == {"high": [str(high)], "sage": [str(low), str(also_low)]}
    assert (made.rows[1].mean, made.rows[1].sd, made.rows[1].interval) == (0.125, 0.0, (0.125, 0.125))
    assert made.split_fingerprints == (ENVIRONMENT["split_fingerprint"],)


def test_a_run_and_its_own_recipe_are_not_compared(scorer: Scorer, tmp_path: Path) -> None:
    recipe = scorer("random")
    (run,) = directories(compare(recipe, out=tmp_path))["random"]
    with pytest.raises(UsageError) as error:
        compare([run, recipe], out=tmp_path)
    assert str(error.value) == f"{run} is a run of random; leave one of the two out"


def test_runs_over_other_splits_are_refused_after_the_first_ones(scorer: Scorer, tmp_path: Path) -> None:
    watcher = Watcher()
    recipes = [scorer("random"), scorer("popularity", split__seed=7, split__val=0.2)]
    with pytest.raises(UsageError) as error:
        compare(recipes, seeds=3, out=tmp_path, observers=[watcher])
    assert len(watcher.started) == 2
    (first,), (other,) = (list((tmp_path / name).iterdir()) for name in ("random", "popularity"))
    assert str(error.value) == (
        f"only runs over one split can be compared; not as random ({first}):\n"
        f"  popularity: the same data are split differently, seed 7 and not 42, val 0.2 and not 0.1 ({other})"
    )


def test_recipes_over_other_data_are_refused_before_the_first_one(scorer: Scorer, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("user,item\n" + "".join(f"{user},{user * 7 % 5 + step}\n" for user in range(9) for step in range(3)))
    mine = load_recipe("baselines/popularity", {"dataset": {"name": "table", "path": str(log)}})
    watcher = Watcher()
    with pytest.raises(UsageError) as error:
        compare([mine, scorer("random")], out=tmp_path, observers=[watcher])
    assert watcher.started == []
    message = str(error.value)
    assert message.startswith(
        f"only runs over the same data can be compared: popularity is about 27 interactions of {log}, "
    )
    assert message.endswith(f"give all of them the data of one, as in\n  -s dataset.name=table -s dataset.path={log}")


def test_runs_over_other_data_are_refused(tmp_path: Path) -> None:
    data = {"source": "another file", "interactions": 95, "fingerprint": "e" * 64}
    first = write_run(tmp_path, per_user={"ndcg@10": [1.0]})
    third = write_run(tmp_path, recipe={"name": "same"}, per_user={"ndcg@10": [1.0]})
    other = write_run(
        tmp_path,
        recipe={"name": "other"},
        per_user={"ndcg@10": [1.0]},
        environment={"dataset": data, "split_fingerprint": "g" * 64},
    )
    moved = write_run(
        tmp_path, recipe={"name": "moved"}, per_user={"ndcg@10": [1.0]}, environment={"split_fingerprint": "h" * 64}
    )
    with pytest.raises(UsageError) as error:
        compare([first, other, third, moved])
    assert str(error.value) == (
        f"only runs over one split can be compared; not as sage ({first}):\n"
        "  other: the data differ, 95 interactions of another file, fingerprint eeeeeeee "
        f"and not 96 interactions of a file, fingerprint dddddddd ({other})\n"
        f"  moved: the same data are split differently, by another version ({moved})"
    )


def test_a_run_that_does_not_say_its_split_is_told(tmp_path: Path) -> None:
    first, other = (write_run(tmp_path, recipe={"name": name}, per_user={"ndcg@10": [1.0]}) for name in "ab")
    environment = json.loads((other / "environment.json").read_text())
    del environment["split_fingerprint"]
    (other / "environment.json").write_text(json.dumps(environment))
    with pytest.raises(RunDirectoryError) as error:
        compare([first, other])
    assert str(error.value) == f"{other / 'environment.json'} does not say the fingerprint of its split"


def test_values_that_are_no_common_measure_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = write_run(tmp_path, test={"loss": 0.5, "auc": 0.5})
    other = write_run(
        tmp_path,
        recipe={"name": "other", "loss": {"name": "softmax"}, "evaluation": {"negatives": 4}},
        test={"loss": 0.25, "auc": 0.5},
    )
    made = compare([first, other], metric="loss")
    assert [row.entry.label for row in made.rows] == ["other", "sage"]
    negatives = "was measured over different numbers of evaluation negatives (2, 4)"
    assert caplog.messages == ["losses of different kinds (bce, softmax) are no common measure", f"loss {negatives}"]
    caplog.clear()
    compare([first, other], metric="auc")
    assert caplog.messages == [f"auc {negatives}"]


def test_an_unknown_metric_is_told_before_anything_is_run(scorer: Scorer, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        compare(scorer("random"), out=tmp_path / "runs", metric="ndgc@10")
    assert str(error.value) == "no test metric is called 'ndgc@10'; did you mean 'ndcg@10'?"
    assert not (tmp_path / "runs").exists()
