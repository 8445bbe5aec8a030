"""Lists of any system, judged as a run's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from toys import interactions, movielens_like, small_recipe, split_by_hand

from gnnrec import DataError, UsageError, run
from gnnrec.evaluation.evaluator import Evaluator
from gnnrec.plugin.registry import installed
from gnnrec.recipe.schema import Evaluation
from gnnrec.testing import toy_interactions

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec import Run

METRICS = tuple(each.model_validate({}) for each in installed().components("metric").values())
PAIRS = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 3), (1, 4), (2, 0), (2, 3)]
PARTS = ["train", "val", "test", "train", "test", "test", "train", "test"]
DATA = interactions(PAIRS, 3, 6)
SPLIT = split_by_hand(DATA, PARTS, ["ms" if part == "train" else "" for part in PARTS])


def judged(table: pd.DataFrame) -> tuple[dict[str, float], pd.DataFrame]:
    """By six items, 101 to 106; user 1 wants 103, user 2 wants 104 and 105, user 3 wants 104."""
    evaluator = Evaluator(SPLIT, "test", Evaluation(k=(1, 3), metrics=METRICS), 0)
    values, per_user, _ = evaluator.judge_lists(table, DATA, "lists.csv")
    return values, per_user


def lists(*rows: tuple[object, object, object], by: str = "rank") -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["user", "item", by])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("lists")
    return run(small_recipe(movielens_like(folder / "data", toy_interactions())), out=folder / "runs")


@pytest.mark.parametrize("name", ["lists.csv", "lists.csv.gz", "lists.parquet", None])
def test_a_runs_own_lists_give_its_metrics_to_the_digit(made: Run, name: str | None, tmp_path: Path) -> None:
    table = made.test_lists()
    given: Path | pd.DataFrame = table
    if name is not None:
        given = tmp_path / name
        table.to_parquet(given) if name.endswith("parquet") else table.to_csv(given, index=False)
    found = made.evaluate_lists(given)
    assert found == {metric: made.metrics["test"][metric] for metric in found}
    assert set(made.metrics["test"]) - set(found) == {"loss", "auc", "ap"}


def test_the_order_of_rows_and_how_places_are_told_do_not_matter(made: Run) -> None:
    table = made.test_lists()
    scored = table.assign(score=-table["rank"] / 7).drop(columns="rank").sample(frac=1, random_state=0)
    shuffled = table.sample(frac=1, random_state=1).astype({"user": str})
    assert made.evaluate_lists(scored) == made.evaluate_lists(shuffled) == made.evaluate_lists(table)


def test_lists_are_judged_by_hand() -> None:
    rows = [(1, 103, 1), (1, 106, 2), (2, 104, 1), (2, 105, 2), (2, 106, 3), (3, 105, 1), (3, 104, 2), (3, 106, 3)]
    values, per_user = judged(lists(*rows))
    assert per_user["hit@1"].tolist() == [1, 1, 0]
    assert per_user["recall@3"].tolist() == [1, 1, 1]
    assert per_user["ndcg@3"].tolist() == pytest.approx([1, 1, 1 / np.log2(3)])
    assert values["mrr@3"] == pytest.approx((1 + 1 + 1 / 2) / 3)


def test_what_lists_leave_to_be_wished_for_is_a_miss_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    rows = [(1, 101, 1), (1, 103, 2), (1, 102, 3), (2, 999, 1), (2, 104, 2), (9, 104, 1)]
    values, per_user = judged(lists(*rows))
    assert caplog.messages == [
        "lists.csv: 1 rows are of users that the run does not know",
        "lists.csv: 1 places hold an item that the run does not know; they are misses",
        "lists.csv: 1 of 3 judged users have no list; they are misses",
        "lists.csv: 1 lists have fewer than 3 places; what is missing is a miss",
        "lists.csv: 2 places hold what the user has seen; they are misses",
    ]
    assert per_user["mrr@3"].tolist() == [0.5, 0.5, 0.0]
    assert values["recall@3"] == pytest.approx((1 + 0.5 + 0) / 3)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            lists((1, 103, 1), (1, 103, 2)),
            "lists.csv: 1 items stand twice in a list; the first is item 103 of user 1",
        ),
        (
            lists((1, 103, 1), (2, 104, 1), (2, 105, 3)),
            "lists.csv: ranks go from 1 without a gap; user 2 has rank 3 in place 2",
        ),
        (lists((1, 103, 0)), "lists.csv: ranks go from 1 without a gap; user 1 has rank 0 in place 1"),
        (
            lists((1, 103, 0.5), (1, 104, float("nan")), by="score"),
            "lists.csv: 1 rows have no score; row 2 has nan",
        ),
        (lists((7, 103, 1)), "lists.csv has no list of any of the 3 users that the run is judged on"),
    ],
)
def test_lists_that_are_none_are_refused(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError) as error:
        judged(table)
    assert str(error.value).replace("np.float64(nan)", "nan") == message


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("lists.txt", "user,item,rank\n", "lists.txt: lists are in a file that ends in .csv, .csv.gz, .parquet"),
        ("lists.csv", "user,film,rank\n1,2,1\n", "lists.csv has no column 'item'; known: film, rank, user"),
        ("lists.csv", "user,item\n1,2\n", "lists.csv has neither a column 'rank' nor one 'score'; it has user, item"),
        ("lists.parquet", "PAR1", "lists.parquet cannot be read: "),
        ("nowhere.csv", None, "there is no file nowhere.csv: it was looked for in the working folder "),
    ],
)
def test_a_file_that_holds_no_lists_is_told(
    name: str, content: str | None, message: str, made: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = made.directory.absolute()
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_text(content)
    assert directory.is_dir()
    with pytest.raises(DataError) as error:
        made.evaluate_lists(name)
    assert str(error.value).startswith(message)


def test_only_the_evaluation_may_be_another(made: Run) -> None:
    other = {"evaluation.k": [2], "evaluation.metrics": ["hit"]}
    assert set(made.evaluate_lists(made.test_lists(), other)) == {"hit@2"}
    with pytest.raises(UsageError, match="can be asked with another evaluation, not another seed"):
        made.evaluate_lists(made.test_lists(), {"seed": 3})
