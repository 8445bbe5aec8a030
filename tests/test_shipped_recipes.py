from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from toys import movielens_like

import gnnrec
from gnnrec.recipe.load import load_recipe, shipped_recipes
from gnnrec.testing import checkerboard

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_film_is_recommended_to_those_who_like_its_genres(tmp_path: Path) -> None:
    data = checkerboard()  # Horror is watched by one half of the users, Comedy by the other, whatever the year
    titles = [f"Movie {item} ({1990 + item % 3})" for item in data.items["item"]]
    folder = movielens_like(
        tmp_path / "data", replace(data, tables={**data.tables, "item": data.items.assign(title=titles)})
    )
    short = {"trainer.epochs": 10, "trainer.learning_rate": 0.05, "trainer.monitor": "loss", "trainer.device": "cpu"}
    small = {"dataset.path": str(folder), "encoder.channels": 8, "split.val": 0.25, "split.test": 0.25}
    run = gnnrec.run("movielens_cold_items", {**short, **small}, out=tmp_path)
    assert run.metrics["test"]["ndcg@10"] == pytest.approx(1.0)


def adjacency_lists() -> list[str]:
    """Shipped recipes of benchmarks that come as lists of each user's items; not the blend of two of them."""
    return [name for name in shipped_recipes() if re.match("gowalla|yelp2018|amazon_book", name) and "best" not in name]


@pytest.mark.parametrize("name", adjacency_lists())
def test_a_benchmark_is_found_below_the_folder_of_data_and_ranked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("GNNREC_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    recipe = load_recipe(name).to_dict()
    edges = checkerboard().edges
    held_out = (edges.users // 2 + edges.items // 2) % 4 == 0  # two of each user's eight
    for part, chosen in (("test", held_out), ("train", ~held_out)):
        path = tmp_path / "data" / recipe["dataset"][part]
        path.parent.mkdir(parents=True, exist_ok=True)
        lists = pd.Series(edges.items[chosen].astype(str)).groupby(edges.users[chosen]).agg(" ".join)
        path.write_text("".join(f"{user} {items}\n" for user, items in lists.items()))
    quick = {"trainer.epochs": 10, "trainer.learning_rate": 0.05, "trainer.device": "cpu", "encoder.channels": 8}
    changes = (quick if "encoder" in recipe else {}) | {"evaluation.k": [2]}
    run = gnnrec.run(name, changes, out=tmp_path)
    assert run.metrics["test"]["recall@2"] == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["movielens_1m_lightgcn", "movielens_1m_xsimgcl"])
def test_movielens_1m_counts_ratings_of_three_and_more(tmp_path: Path, name: str) -> None:
    edges = checkerboard().edges
    folder = tmp_path / "ml-1m"
    folder.mkdir()
    ratings = zip(edges.users, edges.items, edges.users // 2 % 2 + 2, strict=True)  # every other user gives a 2
    (folder / "ratings.dat").write_text(
        "".join(f"{user + 1}::{item + 1}::{stars}::100\n" for user, item, stars in ratings)
    )
    (folder / "movies.dat").write_text("".join(f"{item}::Movie ({1990 + item})::Drama\n" for item in range(1, 17)))
    (folder / "users.dat").write_text("".join(f"{user}::F::1::10::05201\n" for user in range(1, 13)))
    quick = {"trainer.epochs": 2, "trainer.device": "cpu", "encoder.channels": 8, "split.val": 0.25, "split.test": 0.25}
    run = gnnrec.run(name, quick | {"dataset.path": str(folder)}, out=tmp_path)
    assert run.split.interactions.edges.num_users == 6
    assert set(run.metrics["test"]) >= {"recall@10", "ndcg@10", "mrr@10"}
