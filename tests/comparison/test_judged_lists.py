"""Lists of other systems as rows of a leaderboard."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from toys import movielens_like

from gnnrec import DataError, UsageError, load_recipe, run
from gnnrec.comparison.compare import compare
from gnnrec.comparison.leaderboard_text import columns, shown_columns, to_csv, to_markdown

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from gnnrec import Run
    from gnnrec.comparison.leaderboard import Comparison, Row

    Command = Callable[..., subprocess.CompletedProcess[str]]

OF_SCORES = {"auc", "ap"}


@pytest.fixture(scope="module")
def knn(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("compared")
    path = movielens_like(folder / "data")
    return run(load_recipe("baselines/item_knn", {"dataset.path": str(path)}), out=folder / "runs")


@pytest.fixture(scope="module")
def worse(knn: Run) -> pd.DataFrame:
    """The run's lists, worst place first."""
    table = knn.test_lists()
    return table.assign(score=table["rank"]).drop(columns="rank")


@pytest.fixture(scope="module")
def compared(knn: Run, worse: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    file = tmp_path_factory.mktemp("lists") / "knn.parquet"
    knn.test_lists().to_parquet(file)
    return compare(knn.directory, lists={"its own lists": file, "worse": worse})


def row_of(compared: Comparison, label: str) -> Row:
    return next(row for row in compared.rows if row.entry.label == label)


def test_a_runs_own_lists_are_a_row_with_its_metrics_to_the_digit(knn: Run, compared: Comparison) -> None:
    its, lists = row_of(compared, "item_knn"), row_of(compared, "its own lists")
    assert [row.entry.label for row in compared.rows] == ["item_knn", "its own lists", "worse"]
    assert lists.metrics == {name: value for name, value in its.metrics.items() if name not in OF_SCORES}
    assert (lists.mean, lists.interval, lists.sd) == (its.mean, its.interval, None)
    assert (lists.difference, lists.difference_interval, lists.p_value) == (0.0, (0.0, 0.0), 1.0)
    assert compared.users == len(knn.per_user)


def test_lists_have_intervals_and_p_values_like_any_run(knn: Run, worse: pd.DataFrame, compared: Comparison) -> None:
    row = row_of(compared, "worse")
    values, per_user = knn.judge_lists(worse)
    assert row.mean == values["ndcg@10"] == pytest.approx(per_user["ndcg@10"].mean())
    assert per_user["user"].tolist() == knn.per_user["user"].tolist()
    assert row.interval is not None
    assert row.interval[0] <= row.mean <= row.interval[1] < 1.0
    assert row.p_value is not None
    # Better for none of six users: of 64 sign patterns two reach that, and Holm takes the smaller of two twice.
    assert row.p_value == pytest.approx(2 * 2 / 64, abs=5e-3)


def test_what_lists_have_not_is_empty_in_every_form(compared: Comparison) -> None:
    table, shown = columns(compared), shown_columns(compared)
    for heading in ("runs", "auc", "train s", "evaluate s"):
        assert table[heading][0] is not None
        assert (table[heading][1:], shown[heading][1:]) == ([None, None], ["–", "–"])
    row = dict(
        zip(table, next(line for line in csv.reader(to_csv(compared).splitlines()) if line[0] == "worse"), strict=True)
    )
    assert (row["runs"], row["auc"], row["train s"]) == ("", "", "")
    assert "\n| its own lists | – | " in to_markdown(compared)
    stored = json.loads(json.dumps(compared.to_dict()))["leaderboard"]
    assert [each["recipe"] for each in stored] == ["item_knn", "its own lists", "worse"]
    assert [len(each["runs"]) for each in stored] == [1, 0, 0]
    assert (stored[1]["target"][-11:], stored[2]["target"], stored[2]["seconds"]) == ("knn.parquet", "the table", {})


def test_lists_stand_beside_recipes_that_are_run(knn: Run, worse: pd.DataFrame) -> None:
    recipe = load_recipe("baselines/popularity", {"dataset.path": knn.recipe.to_dict()["dataset"]["path"]})
    made = compare([recipe, knn.directory], lists={"worse": worse}, out=knn.directory.parents[1])
    assert {row.entry.label for row in made.rows} == {"popularity", "item_knn", "worse"}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"targets": []}, "lists are judged on the split of a run: name a recipe or a finished run beside them"),
        ({"folds": 3}, "lists are of one split, and --folds 3 asks for several; leave one of the two out"),
        ({"metric": "auc"}, "lists have no 'auc', for that takes scores; choose one of rankings, such as ndcg@10"),
        ({"lists": {"item_knn": "x.csv"}}, "'item_knn' is what a run is called here; give the lists another name"),
    ],
)
def test_lists_that_have_no_place_are_refused(asked: dict[str, Any], message: str, worse: pd.DataFrame) -> None:
    with pytest.raises(UsageError) as error:
        compare(**{"targets": "baselines/item_knn", "lists": {"theirs": worse}, **asked})
    assert str(error.value) == message


def test_lists_that_cannot_be_read_are_told_before_anything_is_run(
    knn: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("gnnrec.pipeline.run", pytest.fail)
    with pytest.raises(DataError, match=r"^there is no file nowhere.csv: it was looked for in "):
        compare("baselines/item_knn", lists={"theirs": "nowhere.csv"}, out=tmp_path)
    strangers = pd.DataFrame({"user": ["nobody"], "item": [1], "rank": [1]})
    with pytest.raises(DataError, match=r"^the table has no list of any of the \d+ users that the run is judged on$"):
        compare(knn.directory, lists={"theirs": strangers})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--lists", "als.csv"],
            "--lists takes a name and a file, as in --lists 'implicit ALS=als.csv'; got 'als.csv'",
        ),
        (
            ["--lists", "=als.csv"],
            "--lists takes a name and a file, as in --lists 'implicit ALS=als.csv'; got '=als.csv'",
        ),
        (["--lists", "a=b.csv", "--lists", "a=c.csv"], "--lists: two are called 'a'"),
    ],
)
def test_wrong_arguments_are_told(arguments: list[str], said: str, gnnrec: Command) -> None:
    done = gnnrec("compare", "movielens_sage", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{said}\n")


def test_the_command_shows_them(knn: Run, worse: pd.DataFrame, gnnrec: Command, tmp_path: Path) -> None:
    worse.to_csv(tmp_path / "worse.csv", index=False)
    knn.test_lists().to_csv(tmp_path / "own.csv", index=False)
    arguments = ["--lists", "its own lists=own.csv", "--lists", "worse = worse.csv", "--save", "board.md"]
    done = gnnrec("compare", str(knn.directory), *arguments)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert [line.split("  ")[0] for line in lines[2:5]] == ["item_knn", "its own lists", "worse"]
    assert "| worse | – | " in (tmp_path / "board.md").read_text()
