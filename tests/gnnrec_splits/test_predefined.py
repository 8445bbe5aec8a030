from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gnnrec import DataError, Interactions, Split, Splitter
from gnnrec.data.draws import interaction_hashes
from gnnrec.data.parts import PARTS
from gnnrec.runs.stored_split import write_split
from gnnrec.testing import checkerboard, toy_interactions
from gnnrec_splits.cold_nodes import ColdItems, ColdUsers
from gnnrec_splits.leave_last import LeaveLast
from gnnrec_splits.predefined import Predefined
from gnnrec_splits.random_link import RandomLink
from gnnrec_splits.temporal import Temporal

ROWS = [("a", 1, "train"), ("a", 2, "val"), ("b", 1, "test"), ("b", 3, "train"), ("c", 2, "train")]


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def table(rows: Any = ROWS) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["user", "item", "part"])


def undivided() -> Interactions:
    return Interactions.from_log(table()[["user", "item"]], source="toy")


def put(content: str | pd.DataFrame, name: str = "split.csv") -> str:
    if isinstance(content, str):
        Path(name).write_text(content, encoding="utf-8")
    elif name.endswith(".parquet"):
        content.to_parquet(name, index=False)
    else:
        content.to_csv(name, index=False, sep="\t" if name.endswith(".tsv") else ",")
    return name


def parts(split: Split) -> list[tuple[Any, ...]]:
    return list(split.to_table()[["user", "item", "part"]].itertuples(index=False, name=None))


def test_data_that_come_divided_stay_so() -> None:
    split = Predefined().split(Interactions.from_log(table(ROWS[::-1]), source="toy"))
    assert parts(split) == ROWS
    assert np.array_equal(split.message, split.supervision)


@pytest.mark.parametrize("name", ["split.csv", "split.tsv", "split.csv.gz", "split.parquet", "SPLIT.CSV"])
def test_a_file_divides_whatever_the_order_of_its_rows(name: str) -> None:
    split = Predefined(path=put(table(ROWS[::-1]).assign(note="x"), name)).split(undivided())
    assert parts(split) == ROWS


def test_a_file_comes_before_what_the_data_say() -> None:
    data = Interactions.from_log(table(), source="toy")
    swapped = table().replace({"part": {"val": "test", "test": "val"}})
    assert parts(Predefined(path=put(swapped)).split(data)) == list(swapped.itertuples(index=False, name=None))


@pytest.mark.parametrize(("ours", "theirs"), [(int, str), (str, int)])
def test_ids_meet_by_what_they_say(ours: type, theirs: type) -> None:
    log = pd.DataFrame({"user": [7, 7, 12], "item": [1, 30, 4], "part": ["train", "val", "test"]})
    data = Interactions.from_log(log[["user", "item"]].astype(ours), source="toy")
    path = put(log.astype({"user": theirs, "item": theirs}), "split.parquet")
    table = Predefined(path=path).split(data).to_table().astype({"user": int, "item": int})
    assert sorted(table[["user", "item", "part"]].itertuples(index=False, name=None)) == sorted(
        log.itertuples(index=False, name=None)
    )


def test_an_id_with_a_leading_zero_is_another() -> None:
    log = pd.DataFrame({"user": ["007", "7", "8"], "item": ["1", "1", "1"], "part": ["train", "val", "test"]})
    data = Interactions.from_log(log[["user", "item"]], source="toy")
    assert Predefined(path=put(log)).split(data).to_table()["part"].tolist() == ["train", "val", "test"]


@pytest.mark.parametrize("from_file", [True, False])
def test_without_val_a_share_of_train_is_drawn(from_file: bool) -> None:
    toy = toy_interactions()
    log = toy.to_table(toy.edges)
    log["part"] = np.where(np.arange(len(log)) % 4 == 0, "test", "train")
    path = put(log) if from_file else None
    data = Interactions.from_log(log, source="toy")
    split = Predefined(path=path, val=0.2, seed=3).split(data)
    result = split.to_table().assign(hash=interaction_hashes(data, 3, "val"))
    assert (result["part"] == "test").tolist() == (log["part"] == "test").tolist()
    rest = result[result["part"] != "test"].sort_values("hash")["part"].tolist()
    assert rest == ["val"] * int(0.2 * len(rest)) + ["train"] * (len(rest) - int(0.2 * len(rest)))


def test_val_that_is_there_stays_as_it_is() -> None:
    assert parts(Predefined(val=0.9).split(Interactions.from_log(table(), source="toy"))) == ROWS


def test_a_share_of_train_is_only_scored() -> None:
    data = Interactions.from_log(table(), source="toy")
    split = Predefined(disjoint_train=0.5).split(data)
    assert (split.supervision.sum(), split.message.sum()) == (1, 2)


@pytest.mark.parametrize(
    "component",
    [
        RandomLink(),
        RandomLink(seed=3, disjoint_train=0),
        Temporal(disjoint_train=0.2),
        LeaveLast(val=2),
        ColdItems(shown=0.5),
        ColdUsers(val=0.2),
    ],
    ids=lambda component: component.name,
)
def test_the_split_of_a_run_is_replayed(component: Splitter, tmp_path: Path) -> None:
    made = component.split(toy_interactions())
    write_split(tmp_path, made)
    again = Predefined(path="split.parquet", seed=99).split(toy_interactions())
    assert again.fingerprint == made.fingerprint
    assert np.array_equal(again.part, made.part)
    assert np.array_equal(again.message, made.message)
    assert np.array_equal(again.supervision, made.supervision)
    assert {kind: mask.tolist() for kind, mask in again.absent.items()} == {
        kind: mask.tolist() for kind, mask in made.absent.items()
    }
    arrays = [again.part, again.message, again.supervision, *again.absent.values(), *again.moments.values()]
    assert all(array.flags.writeable for array in arrays)  # torch warns of others
    users = np.zeros(again.interactions.edges.num_users, np.int64)
    assert {phase: list(moment + users) for phase, moment in again.moments.items()} == {
        phase: list(moment + users) for phase, moment in made.moments.items()
    }


def test_a_run_s_split_of_more_data_divides_those_that_are_left(tmp_path: Path, log: pytest.LogCaptureFixture) -> None:
    whole = toy_interactions()
    made = ColdUsers(val=0.2).split(whole)
    write_split(tmp_path, made)
    chosen = whole.edges.users % 4 != 1
    left = whole.keep(chosen)
    again = Predefined(path="split.parquet").split(left)
    assert again.to_table()["part"].tolist() == np.array(PARTS)[made.part[chosen]].tolist()
    assert again.absent["user"].tolist() == made.absent["user"][np.arange(20) % 4 != 1].tolist()
    gone = int((~chosen).sum())
    assert log.messages == [f"split.parquet: {gone} of {len(whole)} rows are no interaction of these data"]


def test_yes_and_no_are_read_as_tables_write_them() -> None:
    header = "user,item,part,message,supervision\n"
    rows = ["a,1,train,True,false", "a,2,val,0,0", "b,1,test,False,FALSE", "b,3,train,0,1", "c,2,train,true,TRUE"]
    split = Predefined(path=put(header + "\n".join(rows))).split(undivided())
    assert split.message.tolist() == [True, False, False, False, True]
    assert split.supervision.tolist() == [False, False, False, True, True]


def test_uses_that_the_file_says_are_not_drawn_as_well() -> None:
    path = put(
        "user,item,part,message,supervision\na,1,train,1,0\na,2,val,0,0\nb,1,test,0,0\nb,3,train,0,1\nc,2,train,1,1"
    )
    with pytest.raises(DataError) as error:
        Predefined(path=path, disjoint_train=0.9).split(undivided())
    assert str(error.value) == (
        f"predefined: {path} says itself which interactions are message and which supervision; leave "
        "split.disjoint_train out"
    )


def test_what_is_drawn_for_val_is_no_longer_used_in_training() -> None:
    toy = toy_interactions()
    made = RandomLink().split(toy).to_table().replace({"part": {"val": "train"}})
    made["supervision"] |= (made["part"] == "train") & ~made["message"]
    split = Predefined(path=put(made)).split(toy)
    train = split.part == 0
    assert split.message.tolist() == (made["message"] & train).tolist()
    assert split.supervision.tolist() == (made["supervision"] & train).tolist()
    assert (split.part == 1).sum() == int(0.1 * (made["part"] == "train").sum())


def test_home_is_a_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    put(table())
    assert parts(Predefined(path="~/split.csv").split(undivided())) == ROWS


def changed(row: int, part: Any) -> pd.DataFrame:
    return table([*ROWS[:row], (*ROWS[row][:2], part), *ROWS[row + 1 :]])


REFUSED = [
    (
        table().replace({"part": {"test": "val"}}),
        "predefined: nothing is test in this division; without it there is nothing to judge by",
    ),
    (
        table().replace({"part": {"train": "val"}}),
        "predefined leaves train empty: 5 interactions give 0 train, 4 val, 1 test; look at the division",
    ),
    (table(ROWS[:4]), "split.csv: 1 of 5 interactions have no row in it; the first is of user c and item 2. "),
    (table(ROWS[2:3]), "split.csv: 4 of 5 interactions have no row in it; the first is of user a and item 1. "),
    (
        table([*ROWS, ROWS[3], ROWS[4]]),
        "split.csv: 2 interactions stand in it more than once; the first is of user b and item 3",
    ),
    (
        changed(3, "dev"),
        "split.csv: 1 rows are in a part that is none, such as 'dev'; parts are called train, val, test",
    ),
    (changed(1, None), "split.csv: 1 rows are in a part that is none, such as ''; parts are called train, val, test"),
    (table().rename(columns={"part": "parts"}), "split.csv has no column 'part'; did you mean 'parts'?"),
    (table().drop(columns="user"), "split.csv has no column 'user'; known: item, part"),
    (table().assign(message=True), "split.csv has no column 'supervision'; known: item, message, part, user"),
    (
        table().assign(message=True, supervision=False),
        "split.csv: 2 rows are train and neither message nor supervision, or one of these and not train",
    ),
    (
        table().assign(message="maybe", supervision=False),
        "split.csv: column 'message' says true or false; got 'maybe'",
    ),
    ("", "split.csv cannot be read: No columns to parse from file"),
    ("user,item,part\n1,2,3,4,5\n1,2\n1,2,3,4,5,6,7\n", "split.csv cannot be read: Error tokenizing data."),
]


@pytest.mark.parametrize(("content", "message"), REFUSED, ids=range(len(REFUSED)))
def test_a_file_that_divides_nothing_is_refused(content: str | pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError) as error:
        Predefined(path=put(content)).split(undivided())
    assert str(error.value).startswith(message)


def test_a_missing_part_in_parquet_is_refused_too() -> None:
    with pytest.raises(DataError, match=r"split.parquet: 1 rows are in a part that is none, such as (None|nan)"):
        Predefined(path=put(changed(1, None), "split.parquet")).split(undivided())


def test_what_is_no_parquet_is_refused() -> None:
    with pytest.raises(DataError, match=r"split.parquet cannot be read: "):
        Predefined(path=put("user,item,part\n", "split.parquet")).split(undivided())


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError) as error:
        Predefined(path="nowhere/split.csv").split(undivided())
    assert str(error.value).startswith(
        "there is no file nowhere/split.csv, which split.path names: it was looked for in the working folder "
    )


def test_another_kind_of_file_is_refused() -> None:
    with pytest.raises(DataError) as error:
        Predefined(path=put("x", "split.xlsx")).split(undivided())
    assert str(error.value) == "split.xlsx: a division is a file that ends in .parquet, .csv, .csv.gz, .tsv"


def test_a_run_s_tables_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    write_split(tmp_path, ColdUsers(val=0.2).split(toy_interactions()))
    pd.DataFrame({"user": [1, 2]}).to_parquet(tmp_path / "users.parquet")
    with pytest.raises(DataError, match=r"split_users.parquet cannot be read, or does not go with users.parquet: "):
        Predefined(path="split.parquet").split(toy_interactions())


def test_data_that_come_undivided_are_refused() -> None:
    with pytest.raises(DataError) as error:
        Predefined().split(checkerboard())
    assert str(error.value) == (
        "predefined needs interactions that come divided, and these do not; with dataset table, name the file to "
        "judge by in test, or the column that says train, val or test in part, with adjacency_list the file test; or "
        "name a file that says so in split.path"
    )


def test_with_a_share_of_0_nothing_stays_val_and_what_is_val_stays_it() -> None:
    data = Interactions.from_log(table().replace({"part": {"val": "train"}}), source="toy")
    assert sorted({part for _, _, part in parts(Predefined(val=0).split(data))}) == ["test", "train"]
    assert parts(Predefined(val=0).split(Interactions.from_log(table(), source="toy"))) == ROWS
