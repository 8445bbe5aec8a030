"""Tables from Python: what is run on them is what is run on files of them, and stays so wherever the run is moved."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from interrupted_runs import history, without_seconds
from toys import Watcher

from gnnrec import DataError, UsageError, compare, load_recipe, load_run, run
from gnnrec.pipeline import refit, resume
from gnnrec.runs.given_data import GivenData
from gnnrec.testing import toy_interactions

if TYPE_CHECKING:
    from pathlib import Path

DATA = toy_interactions()
LOG = DATA.to_table(DATA.edges).rename(columns={"weight": "rating"})
ITEMS = DATA.items
COLUMNS = {"dataset.rating": "rating", "dataset.timestamp": "time"}
MODEL = {**COLUMNS, "trainer.epochs": 4, "features.item": []}


def ease(out: Path, data: Any, overrides: dict[str, Any] | None = None) -> Any:
    return run("baselines/ease", COLUMNS if overrides is None else overrides, data=data, out=out)


def figures(finished: Any) -> dict[str, Any]:
    return without_seconds(finished.directory)


def test_a_frame_is_the_same_data_as_its_file(tmp_path: Path) -> None:
    LOG.to_csv(tmp_path / "log.csv", index=False)
    of_file = run("baselines/ease", {"dataset.name": "table", "dataset.path": str(tmp_path / "log.csv"), **COLUMNS})
    of_frame = ease(tmp_path, LOG)
    assert figures(of_frame) == figures(of_file)
    found, wanted = (each.environment["dataset"]["fingerprint"] for each in (of_frame, of_file))
    assert found == wanted
    assert {"time", "weight"} <= set(found)


@pytest.mark.parametrize(
    "given",
    [
        LOG.set_index("user"),
        LOG.set_index(["user", "item"]),
        LOG.astype({"user": "category", "item": "category"}),
        LOG.astype({"user": "Int64", "rating": "Float64"}),
        LOG.assign(time=pd.to_datetime(LOG["time"], unit="s")),
        LOG.assign(time=pd.to_datetime(LOG["time"], unit="s", utc=True).dt.tz_convert("Asia/Tokyo")),
        LOG.sample(frac=1.0, random_state=0),
        pa.Table.from_pandas(LOG, preserve_index=False),
        pl.from_pandas(LOG),
        pl.from_pandas(LOG.astype({"item": str})).with_columns(pl.col("item").cast(pl.Categorical)),
        {"interactions": LOG},
    ],
    ids=[
        "index",
        "two indices",
        "categories",
        "nullable",
        "moments",
        "zones",
        "shuffled",
        "arrow",
        "polars",
        "polars categories",
        "by name",
    ],
)
def test_a_table_of_any_make_is_the_same_data(given: Any, tmp_path: Path) -> None:
    assert figures(ease(tmp_path, given)) == figures(ease(tmp_path, LOG))


def test_the_columns_are_named_as_those_of_a_file_are(tmp_path: Path) -> None:
    renamed = LOG.rename(columns={"user": "customer", "item": "product"})
    named = {**COLUMNS, "dataset.user": "customer", "dataset.item": "product"}
    assert figures(ease(tmp_path, renamed, named)) == figures(ease(tmp_path, LOG))


def test_items_users_and_relations_come_along(tmp_path: Path) -> None:
    users = pd.DataFrame({"user": DATA.users["user"], "age": np.arange(len(DATA.users))})
    trust = pd.DataFrame({"who": [1, 2], "whom": [2, 3]})
    finished = ease(tmp_path, {"interactions": LOG, "items": ITEMS, "users": users, ("user", "trusts", "user"): trust})
    data = finished.split.interactions
    assert data.items["title"].tolist() == ITEMS["title"].tolist()
    assert [list(each) for each in data.items["genres"]] == ITEMS["genres"].tolist()
    assert data.users["age"].tolist() == users["age"].tolist()
    (relation,) = data.relations
    assert (relation.key, relation.source.tolist(), relation.target.tolist()) == ("user-trusts-user", [0, 1], [1, 2])
    assert finished.recommend([1], k=2).columns.tolist() == ["user", "rank", "item", "title", "score"]


def test_a_list_of_genres_is_encoded(tmp_path: Path) -> None:
    overrides = {**MODEL, "features.item": [{"name": "genre_onehot"}]}
    finished = run("movielens_sage", overrides, data={"interactions": LOG, "items": ITEMS}, out=tmp_path)
    assert "Horror" in str(finished.read_json("features.json")["item"])


def test_tables_that_the_run_keeps_are_not_kept_in_the_user_s_cache_as_well(tmp_path: Path) -> None:
    assert ease(tmp_path, LOG).recipe.to_dict()["dataset"]["cache"] is False


def test_a_run_that_is_moved_has_its_data_with_it(tmp_path: Path) -> None:
    finished = run("movielens_sage", MODEL, data=LOG, out=tmp_path / "runs")
    assert "path: ${here}/data/interactions.parquet" in (finished.directory / "recipe.yaml").read_text()
    shutil.move(finished.directory, tmp_path / "elsewhere")
    moved = load_run(tmp_path / "elsewhere")
    assert moved.evaluate() == moved.metrics["test"]
    again = run(tmp_path / "elsewhere" / "recipe.yaml", out=tmp_path / "again")
    assert figures(again) == figures(moved)
    assert figures(refit(moved.directory, "train+val", out=tmp_path / "refit"))["test"]


def test_an_interrupted_run_goes_on_with_the_tables_that_it_keeps(tmp_path: Path) -> None:
    whole = run("movielens_sage", MODEL, data=LOG, out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run("movielens_sage", MODEL, data=LOG, out=tmp_path / "cut", observers=[Watcher(KeyboardInterrupt(), 2)])
    (partial,) = (tmp_path / "cut").glob("*/*.partial")
    moved = tmp_path / "moved" / partial.name
    shutil.move(partial, moved)
    resumed = resume(moved)
    assert figures(resumed) == figures(whole)
    assert history(resumed.directory) == history(whole.directory)


def test_runs_on_one_frame_are_compared(tmp_path: Path) -> None:
    finished = [ease(tmp_path / str(turn), LOG, {**COLUMNS, "scorer.l2": turn + 1.0}) for turn in range(2)]
    ranked = compare([each.directory for each in finished], out=tmp_path / "none")
    assert len(ranked.rows) == 2
    compare([finished[0].directory / "recipe.yaml"], out=tmp_path / "0")
    assert len([*(tmp_path / "0" / "ease").iterdir()]) == 1  # it is done already


def test_a_recipe_object_takes_tables_too(tmp_path: Path) -> None:
    recipe = load_recipe("baselines/ease", {"dataset.name": "table", "dataset.path": "gone.csv", **COLUMNS})
    assert figures(run(recipe, data=LOG, out=tmp_path)) == figures(ease(tmp_path, LOG))
    assert len(run(load_recipe("baselines/ease"), data=LOG, out=tmp_path).items) == len(ITEMS)


def test_the_recipe_s_own_dataset_keeps_its_other_fields(tmp_path: Path) -> None:
    dataset = "{name: table, path: a.csv, more: [b.csv], columns: [u, i], user: u, item: i}"
    (tmp_path / "mine.yaml").write_text(f"extends: baselines/ease\ndataset: {dataset}\n")
    finished = run(tmp_path / "mine.yaml", data=LOG.rename(columns={"user": "u", "item": "i"}), out=tmp_path)
    assert finished.split.interactions.fingerprint["edges"] == DATA.fingerprint["edges"]


def test_candidates_of_an_evaluation_may_be_a_table(tmp_path: Path) -> None:
    finished = ease(tmp_path, LOG)
    some = finished.items[["item"]].head(12)
    some.to_csv(tmp_path / "some.csv", index=False)
    by_file = finished.evaluate({"evaluation.candidates": str(tmp_path / "some.csv")})
    assert finished.evaluate(candidates=some) == by_file != finished.evaluate()
    with pytest.raises(DataError, match=r"the table of candidates has no column 'item'; did you mean 'items'?"):
        finished.evaluate(candidates=some.rename(columns={"item": "items"}))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([1, 2], "data is a list; give a table: a DataFrame of pandas or polars, or a table of Arrow"),
        ({"items": ITEMS}, "data has no table 'interactions'; got 'items'"),
        ({"user": [1], "item": [2]}, "; a dict of columns is a table once it is pandas.DataFrame"),
        ({"interactions": LOG, 3: LOG}, r"called by name, or as \('user', 'trusts', 'user'\); got 3"),
        ({"interactions": LOG, "itms": LOG}, "data: there is no table 'itms'; did you mean 'items'?"),
        ({"interactions": LOG, "items": None}, r"data\['items'\] is a NoneType; give a table"),
        (LOG.T, "data: its columns have no names but 0, 1, 2, 3; name them: frame.columns ="),
        (
            pd.concat([LOG, LOG["user"]], axis=1),
            "data has several columns 'user'",
        ),
        (
            LOG.astype({"user": object}).assign(user=[1, "a", *LOG["user"][2:]]),
            r"data: column 'user' holds int and str; make it one type, such as frame\['user'\] = frame\['user'\].as",
        ),
    ],
)
def test_what_is_no_table_is_told_before_anything_is_made(given: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        ease(tmp_path / "runs", given)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (LOG.rename(columns={"user": "users"}), "data has no column 'user'; did you mean 'users'?"),
        (LOG.head(0), "data: there are no interactions in it"),
        (LOG.assign(user=1.5), "data: 160 rows have no whole number for a user id in column 'user'; row 1 has 1.5"),
        ({"interactions": LOG, "items": LOG}, r"data\['items'\]: \d+ rows are of items that stood before"),
    ],
)
def test_a_fault_is_told_by_the_name_that_the_table_has_here(given: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        ease(tmp_path / "runs", given)
    assert not (tmp_path / "runs").exists()


def test_a_table_in_an_override_leads_to_data() -> None:
    with pytest.raises(
        UsageError, match=r"got DataFrame; a table is given as gnnrec.run\(recipe, data=table\)"
    ) as told:
        load_recipe("baselines/ease", {"dataset.path": LOG})
    assert len(str(told.value).splitlines()) == 1


def test_no_table_of_arrow_loses_a_column() -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["user", "user"])
    assert GivenData.of(twice).tables["interactions"].column_names == ["user", "user"]
