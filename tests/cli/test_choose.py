"""`gnnrec choose`: from a file to a recipe that runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from gnnrec import load_recipe

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

pytest_plugins = ["real_data"]

USERS, ITEMS = 200, 60


def log() -> pd.DataFrame:
    """200 users of four tastes with 15 of 60 items each, mostly of their own quarter."""
    rng = np.random.default_rng(0)
    likes = np.where(np.arange(ITEMS) % 4 == np.arange(4)[:, None], 6.0, 1.0)
    taken = [rng.choice(ITEMS, 15, replace=False, p=(row := likes[user % 4]) / row.sum()) for user in range(USERS)]
    return pd.DataFrame({"customer_id": np.repeat(np.arange(USERS), 15), "product_id": np.concatenate(taken)})


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    log().to_csv(tmp_path / "pairs.csv", index=False)
    return tmp_path / "pairs.csv"


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.slow
def test_without_time_popularity_is_written_and_it_says_why(gnnrec: Command, pairs: Path, tmp_path: Path) -> None:
    done = gnnrec("choose", "pairs.csv", "--minutes", "0.0001", "--out", "mine.yaml")
    assert done.returncode == 0, done.stderr
    assert "columns by their names: user=customer_id, item=product_id; -s FIELD=COLUMN names others" in done.stdout
    assert "200 users, 60 items, 3,000 interactions\nsplit random_link: train 2,400, val 300, test 300" in done.stdout
    assert "- item_knn is left out: not begun: 0.0 s are left, and popularity took " in done.stdout
    assert "\nTake popularity: nothing else was run (val ndcg@10 0." in done.stdout
    assert "Its test ndcg@10, which had no say: 0." in done.stdout
    recipe = load_recipe(tmp_path / "mine.yaml")
    assert (recipe.name, recipe.to_dict()["scorer"]["name"]) == ("mine", "popularity")
    assert recipe.to_dict()["dataset"]["path"] == "pairs.csv"
    text = (tmp_path / "mine.yaml").read_text()
    assert text.startswith(
        "# gnnrec run mine.yaml\n#\n# Chosen by: gnnrec choose pairs.csv --minutes 0.0001 --metric ndcg@10\n"
        "# Take popularity"
    )
    assert str(pairs.parent) not in text
    again = gnnrec("choose", "pairs.csv", "--minutes", "0.0001", "--out", "mine.yaml")
    assert (again.returncode, again.stderr) == (2, "mine.yaml exists; --force overwrites it\n")


@pytest.mark.slow
def test_where_times_say_what_came_first_the_split_is_by_time(gnnrec: Command, tmp_path: Path) -> None:
    table = log()
    table["date"] = 1_600_000_000 + 86_400 * np.random.default_rng(1).permutation(len(table))
    table.to_csv(tmp_path / "log.tsv", index=False, sep="\t")
    told = answer(gnnrec("choose", "log.tsv", "--minutes", "0.0001", "--json"))
    recipe = load_recipe(tmp_path / "chosen.yaml").to_dict()
    assert (recipe["split"]["name"], recipe["dataset"]["timestamp"]) == ("temporal", "date")
    assert (told["recipe"], told["chosen"], told["metric"]) == ("chosen.yaml", "popularity", "ndcg@10")
    assert [row["model"] for row in told["table"]] == ["popularity"]


@pytest.mark.slow
def test_tastes_beat_popularity_and_finished_runs_are_taken_again(gnnrec: Command, pairs: Path) -> None:  # noqa: ARG001
    cheap = ("choose", "pairs.csv", "--minutes", "1", "--json", "--runs", "tried", "--force")
    told = answer(gnnrec(*cheap))
    val = {row["model"]: row["val"] for row in told["table"]}
    assert {"popularity", "item_knn", "user_knn", "ease", "chebycf"} <= set(val)
    assert min(value for name, value in val.items() if name != "popularity") > 1.5 * val["popularity"]
    assert told["chosen"] != "popularity"
    assert {"model": "sage", "why": "nothing but interactions is known of users and items"} in told["left_out"]
    again = gnnrec(*cheap)
    runs = {row["model"]: row["run_dir"] for row in answer(again)["table"]}
    assert {row["model"]: row["run_dir"] for row in told["table"] if row["note"] == ""}.items() <= runs.items()
    assert "ease: done already, tried/ease/" in again.stderr


@pytest.mark.slow
def test_on_movielens_every_rung_has_a_figure(gnnrec: Command, movielens_folder: Path) -> None:
    done = gnnrec(
        *("choose", "movielens", "-s", "variant=latest-small", "--minutes", "1", "--json"),
        GNNREC_DATA=str(movielens_folder),
    )
    told = answer(done)
    val = {row["model"]: row["val"] for row in told["table"]}
    assert {"popularity", "item_knn", "user_knn", "ease", "chebycf"} <= set(val)
    assert val["ease"] > 1.5 * val["popularity"]
    assert told["chosen"] != "popularity"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nowhere.csv"], 2, "nowhere.csv: there is no such file, shipped recipe or data set; "),
        (["movilens"], 2, "movilens: there is no such file, shipped recipe or data set; did you mean 'movielens'?\n"),
        (["nowhere.yaml"], 2, "nowhere.yaml  there is no such file, and no shipped recipe of that name"),
        (["pairs.csv", "--minutes", "0"], 2, "--minutes is a number of minutes above 0, such as 10 or 0.5; got 0\n"),
        (["pairs.csv", "--minutes", "-3"], 2, "--minutes is a number of minutes above 0, such as 10 or 0.5; got -3\n"),
        (
            ["pairs.csv", "--metric", "ndgc@10"],
            2,
            "no validation metric that all recommenders have is called 'ndgc@10'",
        ),
        (["pairs.csv", "--out", "a.txt"], 2, "--out names a recipe, which ends in .yaml; got a.txt\n"),
        (["pairs.csv", "-s", "user=buyer"], 1, "pairs.csv has no column 'buyer'"),
        (
            ["few.csv"],
            1,
            "few.csv: nothing can be chosen for these data: no, because there are 3 interactions, and 20 ",
        ),
        (["once.csv"], 1, "once.csv: nothing can be chosen for these data: no, because each user has one interaction"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_run(
    gnnrec: Command, pairs: Path, tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    pairs.with_name("few.csv").write_text("user,item\n1,1\n1,2\n2,1\n")
    pairs.with_name("once.csv").write_text("user,item\n" + "".join(f"{user},{user % 5}\n" for user in range(40)))
    done = gnnrec("choose", *arguments)
    assert done.returncode == status, done.stderr
    assert message in done.stderr
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "chosen.yaml").exists()
