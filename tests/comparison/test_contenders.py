from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from written_runs import write_run

from gnnrec import GnnrecError, RecipeError, RunDirectoryError, UsageError, load_recipe
from gnnrec.comparison.contenders import labels, read_contenders, require_metric

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[str, str], Path]

NO_TARGET = "there is no such recipe file, shipped recipe or finished run"

POPULAR = """\
dataset: {name: movielens}
split: {name: random_link}
scorer: {name: popularity}
"""


@pytest.fixture
def popular(write: Write) -> Path:
    return write("popular.yaml", POPULAR)


def refused(*targets: Any, kind: type[GnnrecError] = UsageError, **asked: Any) -> str:
    with pytest.raises(kind) as error:
        read_contenders(targets, **asked)
    return str(error.value)


def test_a_recipe_takes_part_with_its_own_seed_first() -> None:
    (only,) = read_contenders("movielens_sage", ["seed=4"], seeds=3)
    assert (only.name, only.target, only.places, only.runs) == (
        "movielens_sage",
        "movielens_sage",
        ((0, 4), (0, 5), (0, 6)),
        {},
    )
    assert [recipe.seed for recipe in only.recipes.values()] == [4, 5, 6]
    assert len({recipe.split.seed for recipe in only.recipes.values()}) == 1
    assert only.recipes[0, 5] == load_recipe("movielens_sage", {"seed": 5})


def test_a_deterministic_scorer_takes_part_once_and_a_random_one_with_each_seed(popular: Path, write: Write) -> None:
    other = write("other.yaml", POPULAR.replace("popularity", "random"))
    once, thrice = read_contenders([popular, other], seeds=3)
    assert (once.places, thrice.places) == (((0, 0),), ((0, 0), (0, 1), (0, 2)))


def test_a_recipe_is_taken_by_name_by_file_and_as_it_is(popular: Path) -> None:
    made = load_recipe(popular, {"name": "mine", "split.seed": 1})
    contenders = read_contenders(["movielens_sage", str(popular), made])
    assert labels(contenders) == ["movielens_sage", "popular", "mine"]
    assert contenders[2].recipes == {(0, 0): made}


def test_runs_of_one_recipe_are_one_contender(tmp_path: Path) -> None:
    first = write_run(tmp_path, "20260101-000000-s0", test={"auc": 0.5})
    second = write_run(tmp_path, "20260101-000000-s7")
    wider = write_run(tmp_path, "20260101-000001-s0", recipe={"encoder": {"name": "hetero_sage", "channels": 9}})
    later = write_run(tmp_path, "20260101-000002-s0", environment={"versions": {"gnnrec": "0.2.0"}})
    contenders = read_contenders([first, wider, second, later])
    assert [contender.places for contender in contenders] == [((0, 0), (0, 7)), ((0, 0),), ((0, 0),)]
    assert [run.directory for run in contenders[0].runs.values()] == [first, second]
    assert labels(contenders) == [str(first), str(wider), str(later)]


def test_recipes_of_one_name_are_told_apart(popular: Path, tmp_path: Path) -> None:
    run = write_run(tmp_path, recipe={"name": "popular"})
    assert labels(read_contenders([popular, run])) == [str(popular), str(run)]
    made = [load_recipe(popular, {"split.seed": seed}) for seed in (1, 2)]
    assert labels(read_contenders(made)) == ["popular", "popular (2)"]


def test_nothing_to_compare_is_told() -> None:
    assert refused() == "nothing to compare: name recipes, recipe files or directories of finished runs"


@pytest.mark.parametrize("seeds", [0, -1])
def test_no_seeds_are_refused(seeds: int) -> None:
    assert refused("movielens_sage", seeds=seeds) == f"--seeds is at least 1; got {seeds}"


def test_an_unknown_target_is_told_with_the_nearest(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(POPULAR)
    run = write_run(tmp_path)
    assert refused("movielens_sge") == f"movielens_sge: {NO_TARGET}; did you mean 'movielens_sage'?"
    near = tmp_path / "mien.yaml"
    assert refused(near) == f"{near}: {NO_TARGET}; did you mean '{mine}'?"
    near = run.with_name("20260102-030405-s1")
    assert refused(near) == f"{near}: {NO_TARGET}; did you mean '{run}'?"
    far = refused("zzz/zzz")
    assert far.startswith(f"zzz/zzz: {NO_TARGET}; known: ")
    assert "movielens_sage" in far
    assert refused("z" * 5000).startswith("z" * 5000 + f": {NO_TARGET}")
    assert refused("movielens_sge", near).splitlines() == [refused("movielens_sge"), refused(near)]


def test_a_run_that_cannot_take_part_is_told(tmp_path: Path) -> None:
    partial = write_run(tmp_path, "20260102-030405-s0.partial")
    assert refused(partial, kind=RunDirectoryError) == f"{partial} is a run that did not finish"
    newer = write_run(tmp_path, "20260102-030405-s1")
    (newer / "model.json").write_text('{"format": 3}')
    message = f"{newer} has format 3; this gnnrec reads formats 1 to 2: upgrade gnnrec"
    assert refused(newer, kind=RunDirectoryError) == message
    message = f"{tmp_path} is no run directory: metrics.json or model.json is missing"
    assert refused(tmp_path, kind=RunDirectoryError) == message
    assert refused(partial, tmp_path).splitlines() == [f"{partial} is a run that did not finish", message]


def test_what_is_named_twice_is_refused(popular: Path, write: Write, tmp_path: Path) -> None:
    same = "the same recipe; --seeds N varies its seed"
    assert refused("movielens_sage", "movielens_sage") == f"movielens_sage is named twice: {same}"
    copy = write("copy.yaml", POPULAR + "seed: 3\n")
    assert refused(popular, copy) == f"{popular} and {copy} are {same}"
    run = write_run(tmp_path)
    assert refused(run, run) == f"{run} is named twice: the same recipe and seed; leave one out"
    again = write_run(tmp_path, "20260102-030409-s0")
    assert refused(run, again) == f"{run} and {again} are the same recipe and seed; leave one out"


def test_every_fault_of_every_recipe_is_told_once(write: Write) -> None:
    paths = [write(f"{name}.yaml", "extends: movielens_sage\nencoder: {layers: 0}\n") for name in "ab"]
    message = refused(*paths, overrides=["sede=1"], kind=RecipeError)
    assert message.splitlines() == [
        "-s sede=1  sede: unknown key; did you mean 'seed'?",
        *(f"{path}:2:19  encoder.layers: expected greater than 0, got 0" for path in paths),
    ]


def test_overrides_change_the_recipes_that_have_the_section(popular: Path, caplog: pytest.LogCaptureFixture) -> None:
    for overrides in (["encoder.channels=8", "split.seed=5"], {"encoder.channels": 8, "split.seed": 5}):
        caplog.clear()
        with caplog.at_level(logging.INFO, "gnnrec"):
            sage, scorer = read_contenders(["movielens_sage", popular], overrides)
        assert sage.recipes[0, 0] == load_recipe("movielens_sage", {"encoder.channels": 8, "split.seed": 5})
        assert scorer.recipes[0, 0] == load_recipe(popular, {"split.seed": 5})
        assert caplog.messages == [f"{popular} has no encoder: -s encoder.channels=8 leaves it as it is"]


def test_a_wrong_override_is_told_of_the_recipe_that_has_the_section(popular: Path) -> None:
    message = refused("movielens_sage", popular, overrides=["encoder.chanels=8", "sede=1"])
    assert message.splitlines() == [
        "-s encoder.chanels=8  encoder.chanels: unknown key; did you mean 'channels'?",
        "-s sede=1  sede: unknown key; did you mean 'seed'?",
    ]


def test_an_override_may_mend_a_recipe(write: Write) -> None:
    lacking = write("lacking.yaml", "extends: movielens_sage\nencoder: {layers: 0}\n")
    (contender,) = read_contenders([lacking], ["encoder.layers=1"])
    assert contender.recipes[0, 0].to_dict()["encoder"]["layers"] == 1


def test_an_override_that_changes_nothing_is_refused(tmp_path: Path) -> None:
    message = "-s scorer.l2=3 changes nothing: no recipe has a section 'scorer'"
    assert refused("movielens_sage", overrides=["scorer.l2=3"]) == message
    assert refused("movielens_sage", overrides={"scorer.l2": 3}) == message
    run = write_run(tmp_path)
    message = "-s and --seeds are for recipes; every target is a finished run"
    assert refused(run, overrides=["seed=3"]) == message
    assert refused(run, seeds=2) == message
    message = "overrides change a recipe as it is read; give a path or a name with them"
    assert refused(load_recipe("movielens_sage"), overrides=["seed=3"]) == message


def test_a_metric_that_not_all_have_is_refused(popular: Path, write: Write, tmp_path: Path) -> None:
    contenders = read_contenders(["movielens_sage", popular])
    for metric in ("auc", "ap", "ndcg@10", "recall@20"):
        require_metric(contenders, metric)
    require_metric(contenders[:1], "loss")
    short = write("short.yaml", POPULAR + "evaluation: {k: [5], metrics: [ndcg]}\n")
    run = write_run(tmp_path, test={"auc": 0.5})
    for named, metric, message in (
        (["movielens_sage", popular], "ndgc@10", "no test metric is called 'ndgc@10'; did you mean 'ndcg@10'?"),
        ([short], "ndcg@10", "no test metric is called 'ndcg@10'; did you mean 'ndcg@5'?"),
        ([run], "ndcg@10", "no test metric is called 'ndcg@10'; known: auc"),
        ([short, run], "ap", f"not everything has a test metric 'ap': {run} has none; known: auc"),
    ):
        with pytest.raises(UsageError) as error:
            require_metric(read_contenders(named), metric)
        assert str(error.value) == message
    with pytest.raises(UsageError) as error:
        require_metric(contenders, "loss")
    assert str(error.value).startswith(f"not everything has a test metric 'loss': {popular} has none; known: ap, auc, ")
