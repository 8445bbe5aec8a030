"""`gnnrec data describe`, on a dozen data sets: what it says, and that the recipe it proposes is one."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pytest

from gnnrec import load_recipe, run
from gnnrec.cli import describe as drawing
from gnnrec.cli.bars import draw
from gnnrec.cli.describe import say_description
from gnnrec.cli.description import Description, describe_dataset
from gnnrec.cli.heard import heard
from gnnrec.data.bins import Bins
from gnnrec.plugin.registry import installed
from gnnrec.recipe.load import load_component, shipped_recipes
from gnnrec.recipe.nodes import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gnnrec.contract.kinds import Dataset


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the data lie, which is the working folder."""
    monkeypatch.chdir(tmp_path)
    write_data(tmp_path)
    return tmp_path


def write_data(folder: Path) -> None:
    """40 users with 8 of 30 items each, of their own half mostly; and what is known of both."""
    rng = np.random.default_rng(0)
    pairs = [(user, item) for user in range(40) for item in sorted(rng.choice(15, 8, replace=False) + 15 * (user % 2))]
    log = pd.DataFrame(pairs, columns=["user", "item"])
    log["stars"] = rng.integers(1, 6, len(log))
    log["when"] = 1_600_000_000 + 86_400 * rng.permutation(len(log))
    log["part"] = np.where(np.arange(len(log)) % 8 == 7, "test", "train")
    log["event"] = np.where(np.arange(len(log)) % 4 == 3, "view", "buy")
    log.to_csv(folder / "log.csv", index=False)
    log[["user", "item"]].to_csv(folder / "pairs.csv", index=False)
    pd.concat([log, log.head(5)]).to_csv(folder / "repeated.csv", index=False)
    in_order = log.sort_values("user").assign(when=1_600_000_000 + 86_400 * np.arange(len(log)))
    in_order.to_csv(folder / "newcomers.csv", index=False)
    log.assign(stars=rng.integers(0, 500, len(log))).to_csv(folder / "counts.csv", index=False)
    log.assign(stars=np.where(log["stars"] == 1, 0, 5 * log["stars"])).to_csv(folder / "zeros.csv", index=False)
    items = pd.DataFrame({"item": range(30), "title": [f"Item {each}" for each in range(30)]})
    items["genres"] = ["Comedy|Drama" if each % 2 else "Drama" for each in range(30)]
    items["brand"] = ["Bolt" if each % 3 else "Nut: no" for each in range(30)]
    items["price"] = rng.random(30).round(3)
    items["code"] = 1000 + items["item"]
    items.to_csv(folder / "items.csv", index=False)
    pd.DataFrame({"user": range(40), "age": rng.integers(18, 80, 40)}).to_csv(folder / "users.csv", index=False)
    pd.DataFrame({"a": range(39), "b": range(1, 40)}).to_csv(folder / "trust.csv", index=False)
    lines = {part: log[log["part"] == part].groupby("user")["item"].agg(list) for part in ("train", "test")}
    for part, rows in lines.items():
        text = "".join(f"{user} {' '.join(map(str, each))}\n" for user, each in rows.items())
        (folder / f"{part}.txt").write_text(text)
    atomic = folder / "toy"
    atomic.mkdir()
    renamed = log.rename(columns={"user": "user_id:token", "item": "item_id:token", "stars": "rating:float"})
    renamed.iloc[:, :3].to_csv(atomic / "toy.inter", sep="\t", index=False)


TIMED = ["path=log.csv", "rating=stars", "timestamp=when"]

DATA = {
    "pairs": ("table", ["path=pairs.csv"]),
    "ratings": ("table", ["path=log.csv", "rating=stars"]),
    "times": ("table", ["path=log.csv", "timestamp=when"]),
    "newcomers": ("table", ["path=newcomers.csv", "timestamp=when"]),
    "parts": ("table", ["path=log.csv", "part=part"]),
    "counts": ("table", ["path=counts.csv", "rating=stars"]),
    "zeros": ("table", ["path=zeros.csv", "rating=stars"]),
    "known": ("table", [*TIMED, "items=items.csv", "users=users.csv"]),
    "relations": (
        "table",
        ["path=pairs.csv", "relations=[{path: trust.csv, source: user, name: trusts, target: user}]"],
    ),
    "events": ("table", [*TIMED, "event=event", "target=buy"]),
    "repeated": ("table", ["path=repeated.csv", "timestamp=when", "repeats=count"]),
    "divided": ("adjacency_list", ["train=train.txt", "test=test.txt"]),
    "undivided": ("adjacency_list", ["train=train.txt"]),
    "atomic": ("atomic", ["path=toy"]),
}


def described(name: str) -> Description:
    """What is found out of one of the data sets."""
    dataset, assignments = DATA[name]
    return describe_dataset(cast("Dataset", load_component("dataset", dataset, assignments)), installed())


def recipes_of(found: Description, folder: Path) -> Iterator[Path]:
    """The proposed recipe as a file, and the same for the graph model that it names."""
    assert found.recipe is not None
    assert {found.recipe.baseline, found.recipe.model} <= set(shipped_recipes())
    for name, extended in (("first", found.recipe.baseline), ("next", found.recipe.model)):
        file = folder / f"{name}.yaml"
        text = found.recipe.text.replace(f"\nextends: {found.recipe.baseline}\n", f"\nextends: {extended}\n")
        file.write_text(text, encoding="utf-8")
        yield file


@pytest.mark.parametrize("name", DATA)
def test_the_recipe_is_valid_short_and_about_these_data(name: str, folder: Path) -> None:
    found = described(name)
    assert found.recipe is not None
    assert found.recipe.text.count("\n") <= 15
    dataset, assignments = DATA[name]
    for file in recipes_of(found, folder):
        recipe = load_recipe(file)
        assert recipe.dataset == load_component("dataset", dataset, assignments)
        assert found.chosen is not None
        assert recipe.split.name == found.chosen.name


def plain(found: Description) -> dict[str, Any]:
    """The proposed recipe as plain data."""
    assert found.recipe is not None
    data: dict[str, Any] = read_yaml(found.recipe.text, "first.yaml").plain()
    return data


@pytest.mark.parametrize(
    ("name", "split", "filters"),
    [
        ("pairs", "random_link", None),
        ("ratings", "random_link", [{"name": "min_rating", "at_least": 4.0}]),
        ("times", "temporal", None),
        ("newcomers", "random_link", None),
        ("parts", "predefined", None),
        ("counts", "random_link", [{"name": "min_rating", "at_least": 1.0}]),
        ("zeros", "random_link", [{"name": "min_rating", "at_least": 20.0}]),
        ("divided", "predefined", None),
        ("undivided", "random_link", None),
    ],
)
@pytest.mark.usefixtures("folder")
def test_times_parts_and_ratings_are_put_to_use(name: str, split: str, filters: Any) -> None:
    recipe = plain(described(name))
    assert recipe["split"] == {"name": split}
    assert recipe.get("filters") == filters


@pytest.mark.usefixtures("folder")
def test_columns_become_features_and_relations_a_part_of_the_graph() -> None:
    assert plain(described("known"))["features"] == {
        "user": [{"name": "numeric", "columns": ["age"]}],
        "item": [
            {"name": "multi_hot", "column": "genres"},
            {"name": "one_hot", "column": "brand"},
            {"name": "numeric", "columns": ["price"]},
        ],
    }
    for name, model in (("relations", "movielens_sage_relations"), ("pairs", "movielens_lightgcn")):
        recipe = described(name).recipe
        assert recipe is not None
        assert recipe.model == model


@pytest.mark.parametrize("name", ["known", "relations", "counts"])
def test_the_recipe_runs(name: str, folder: Path) -> None:
    for file in recipes_of(described(name), folder):
        recipe = load_recipe(file)
        short = {} if recipe.scorer is not None else {"trainer.epochs": 2}
        assert 0 <= run(file, short, out=folder / "runs").metrics["test"]["ndcg@10"] <= 1


@pytest.mark.usefixtures("folder")
def test_the_answer_is_one_object_with_the_figures_at_its_top(capfd: pytest.CaptureFixture[str]) -> None:
    found = json.loads(json.dumps(described("repeated").to_json()))
    assert found["verdict"] == {
        "answer": "yes, but",
        "reasons": ["320 interactions are few, and figures hang on which of them are test"],
    }
    assert (found["users"], found["interactions"], found["rows merged with others"]) == (40, 320, 5)
    assert (found["distinct days"], found["interactions at the most frequent time"]) == (320, 1)
    assert found["interactions per user, lower quartile"] == found["interactions per user, max"] == 8
    assert found["distributions"]["user"] == [{"from": 8, "to": 8, "count": 40}]
    texts = [each["text"] for each in found["said"]]
    assert "repeated.csv: 5 duplicate interactions merged: by count" in texts
    assert any(text.startswith("repeated.csv: columns that are not read: ") for text in texts)
    assert found["split"] == "temporal"
    splits = {each["name"]: each for each in found["splits"]}
    assert splits["random_link"]["counts"] == {"train": 256, "val": 32, "test": 32}
    assert splits["predefined"]["refused"].startswith("predefined needs interactions that come divided")
    assert found["memory"]["needed"]["baselines/ease"]["by"] in {"scorer ease", "ranking"}
    assert found["recipe"]["baseline"] in shipped_recipes()
    assert capfd.readouterr().err == ""


@pytest.mark.usefixtures("folder")
def test_the_answer_begins_with_the_verdict_and_ends_with_the_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    found = described("known")
    say_description(found)
    text = capsys.readouterr().out
    assert found.recipe is not None
    assert text.startswith("yes, but 320 interactions are few, and figures hang on which of them are test\n\nlog.csv\n")
    assert text.endswith(f"\nA first recipe\n{found.recipe.text}")
    for part in (
        "40 users, 30 items, 320 interactions: 26.667% of all pairs\n",
        "320 days, 320 times, at most 1 interactions at one\n",
        "item  brand   text           0.0%     2",
        "- predefined: needs interactions that come divided, and these do not\n",
        "What memory takes, roughly (free: ",
        "What loading said\n- log.csv: columns that are not read: part, event\n",
    ):
        assert part in text


@pytest.mark.usefixtures("folder")
def test_figures_stand_beside_each_other_only_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = described("pairs")
    together = []
    for width in (180, 80):
        monkeypatch.setattr(drawing, "WIDE", width)
        say_description(found)
        lines = capsys.readouterr().out.splitlines()
        together.append(any("per user" in line and "per item" in line for line in lines))
    assert together == [True, False]


def test_bars_are_as_long_as_their_counts_and_what_is_there_is_seen() -> None:
    bins = Bins(((1, 1), (2, 9), (10, 2000)), np.repeat([0, 1, 2], [16, 6, 1]))
    assert draw(bins, 4, blocks=True) == [
        "          1  ████  16",
        "     2 to 9  █▌     6",
        "10 to 2,000  ▎      1",
    ]
    assert draw(bins, 4, blocks=False) == [
        "          1  ####  16",
        "     2 to 9  ##     6",
        "10 to 2,000  #      1",
    ]


def test_what_is_heard_is_kept_and_shown_only_where_it_ends_in_an_error(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("gnnrec")
    with caplog.at_level(logging.INFO, "gnnrec"):
        with heard() as records:
            logger.info("%d rows", 3)
        assert [record.getMessage() for record in records] == ["3 rows"]
        assert caplog.messages == []
        with pytest.raises(RuntimeError):
            _fail_after_a_word()
        assert caplog.messages == ["half of it"]


def _fail_after_a_word() -> None:
    with heard():
        logging.getLogger("gnnrec").warning("half of it")
        raise RuntimeError
