"""Tables that come divided into files."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from own_tables import pairs, parquet, put, values

from gnnrec import Availability, DataError, Interactions
from gnnrec.data.parts import OF_DATA
from gnnrec.recipe.faults import RecipeError
from gnnrec.recipe.load import load_recipe
from gnnrec_datasets.table import Table

pytest_plugins = ["working_folder"]

pytestmark = pytest.mark.usefixtures("working_folder")

TRAIN = "user,item,stars,time\n7,1,5,10\n7,2,4,20\n8,1,3,30\n"
TEST = "time,item,user,stars\n40,2,8,2\n50,1,7,1\n"
VAL = "user,item,stars,time\n8,3,4,60\n"


def divided(**fields: Any) -> Interactions:
    put(TRAIN, "train.csv")
    put(TEST, "test.csv")
    put(VAL, "val.csv")
    return Table(path="train.csv", **{"test": "test.csv", **fields}).load()


def told(data: Interactions) -> list[tuple[Any, Any, str]]:
    assert data.parts is not None
    return [(*pair, OF_DATA[part]) for pair, part in zip(pairs(data), data.parts, strict=True)]


def test_each_file_is_a_part_and_a_pair_in_two_is_held_out(caplog: pytest.LogCaptureFixture) -> None:
    data = divided(val="val.csv", rating="stars", timestamp="time")
    assert told(data) == [(7, 1, "test"), (7, 2, "train"), (8, 1, "train"), (8, 2, "test"), (8, 3, "val")]
    assert (values(data.edges.weight), values(data.edges.time)) == ([1, 4, 3, 2, 4], [50, 20, 30, 40, 60])
    assert data.source == "train.csv and val.csv and test.csv"
    assert (
        "train.csv and val.csv and test.csv: 1 rows are left out of a part, as their pair of user and item stands in a "
        "later one; the first is user 7 and item 1 in train"
    ) in caplog.messages


def test_a_column_of_parts_says_the_same_as_files() -> None:
    files = divided(val="val.csv", rating="stars", timestamp="time")
    rows = pd.concat([pd.read_csv(f"{part}.csv").assign(part=part) for part in ("train", "val", "test")])
    rows.iloc[1:].to_csv("log.csv", index=False)
    column = Table(path="log.csv", rating="stars", timestamp="time", part="part").load()
    assert column.fingerprint == files.fingerprint


def test_ids_are_of_one_type_in_all_files() -> None:
    put("user,item\nB12,1\n", "test.csv")
    put(TRAIN, "train.csv")
    assert told(Table(path="train.csv", test="test.csv").load()) == [
        ("7", 1, "train"),
        ("7", 2, "train"),
        ("8", 1, "train"),
        ("B12", 1, "test"),
    ]


def test_gaps_events_and_further_files_go_with_a_division() -> None:
    put("user,item,what\n1,1,buy\n1,2,view\n,3,buy\n", "train.csv")
    put("user,item,what\n2,2,buy\n", "more.csv")
    put("user,item,what\n2,1,buy\n2,2,view\n", "test.csv")
    data = Table(
        path="train.csv", more=("more.csv",), test="test.csv", event="what", target="buy", missing="drop"
    ).load()
    assert told(data) == [(1, 1, "train"), (2, 1, "test"), (2, 2, "train")]
    assert {name: len(edges) for name, edges in data.behaviours.items()} == {"view": 2}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"path": "tain.csv"}, "there is no file tain.csv, which dataset.path names: "),
        ({"test": "tst.csv"}, "there is no file tst.csv, which dataset.test names: "),
        ({"val": "vl.csv", "test": "test.csv"}, "there is no file vl.csv, which dataset.val names: "),
        ({"more": ["val.csv", "mr.csv"]}, "there is no file mr.csv, which dataset.more.1 names: "),
        ({"users": "u.csv"}, "there is no file u.csv, which dataset.users names: "),
        ({"items": "i.csv"}, "there is no file i.csv, which dataset.items names: "),
        (
            {"relations": [{"path": "r.csv", "source": "user", "name": "trusts", "target": "user"}]},
            "there is no file r.csv, which dataset.relations.0.path names: ",
        ),
        ({"rating": "time", "test": "short.csv"}, "short.csv has no column 'time'; known: item, user"),
        (
            {"rating": "time", "test": "bad.csv"},
            "train.csv: 1 rows have no number in column 'time'; row 2 of bad.csv has 'x'",
        ),
        ({"test": "test.parquet"}, "train.csv: train.csv is text and test.parquet is Parquet; give files of one kind"),
    ],
)
def test_a_file_that_does_not_fit_is_told_with_what_names_it(fields: dict[str, Any], message: str) -> None:
    put("user,item\n1,2\n", "short.csv")
    put("user,item,time\n1,2,3\n1,3,x\n", "bad.csv")
    put(parquet(user=[1], item=[2]), "test.parquet")
    put(TRAIN, "train.csv")
    put(VAL, "val.csv")
    put(TEST, "test.csv")
    with pytest.raises(DataError) as error:
        Table(**{"path": "train.csv", **fields}).load()
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"val": "val.csv"}, "val goes with test; name the file to judge by in test"),
        ({"test": "a.csv", "part": "part"}, "test names a file and part a column, and each divides the data; name one"),
        ({"test": "a.csv", "columns": ["user", "item", "part"]}, "test names a file and part a column, and each divid"),
    ],
)
def test_what_divides_data_is_said_once(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Table(path="train.csv", **fields)


def test_the_files_are_at_hand_or_not() -> None:
    put(TRAIN, "train.csv")
    table = Table(path="train.csv", test="test.csv")
    assert table.available() == (Availability("train.csv", "train.csv"), Availability("test.csv", None))


def test_who_looks_for_train_is_told_of_path() -> None:
    put("extends: movielens_sage\ndataset: {name: table, train: a.csv, test: b.csv}\n", "mine.yaml")
    with pytest.raises(RecipeError) as error:
        load_recipe("mine.yaml")
    assert (
        "mine.yaml:2:24  dataset.train: unknown key; of a table that comes in files, path is the one to learn from, "
        "beside test and perhaps val; take split: {name: predefined}"
    ) in str(error.value)
