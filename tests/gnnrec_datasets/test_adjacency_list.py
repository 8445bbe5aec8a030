from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from own_tables import pairs, put, values
from pydantic import ValidationError

from gnnrec import Availability, DataError
from gnnrec.data.parts import OF_DATA
from gnnrec_datasets.adjacency_list import AdjacencyList
from gnnrec_datasets.table import Table

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["working_folder", "real_data"]
pytestmark = pytest.mark.usefixtures("working_folder")

TRAIN = "7 30 10\n-2 10\n"


def refusal(content: str | bytes) -> str:
    put(content, "train.txt")
    with pytest.raises(DataError) as error:
        AdjacencyList(train="train.txt").load()
    return str(error.value)


def test_a_line_is_a_user_and_their_items() -> None:
    put(TRAIN, "train.txt")
    data = AdjacencyList(train="train.txt").load()
    assert pairs(data) == [(-2, 10), (7, 10), (7, 30)]
    assert data.parts is None
    assert data.source == "train.txt"


def test_files_are_parts() -> None:
    put(TRAIN, "train.txt")
    put("7 40\n", "val.txt")
    put("-2 50 30\n8 10", "test.txt")
    dataset = AdjacencyList(train="train.txt", val="val.txt", test="test.txt")
    data = dataset.load()
    found = zip(pairs(data), (OF_DATA[part] for part in values(data.parts)), strict=True)
    assert list(found) == [
        ((-2, 10), "train"),
        ((-2, 30), "test"),
        ((-2, 50), "test"),
        ((7, 10), "train"),
        ((7, 30), "train"),
        ((7, 40), "val"),
        ((8, 10), "test"),
    ]
    assert dataset.available() == tuple(Availability(each, each) for each in ("train.txt", "val.txt", "test.txt"))
    assert AdjacencyList(train="gone.txt").available() == (Availability("gone.txt", None),)


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff7 30 10\n-2 10\n",
        "7\t30  10 \r\n\r\n  -2 10",
        "7 30\r-2 10\r7 10",
        "7 30 10 30\n-2 10\n7 10\n",
    ],
)
def test_blanks_ends_of_lines_and_several_lines_of_a_user_do_not_matter(content: str) -> None:
    put(TRAIN, "other.txt")
    put(content, "train.txt")
    assert AdjacencyList(train="train.txt").load().fingerprint == AdjacencyList(train="other.txt").load().fingerprint


def test_the_same_interactions_as_a_table_have_the_same_fingerprint() -> None:
    put(TRAIN, "train.txt")
    put("user,item\n7,30\n7,10\n-2,10\n", "log.csv")
    assert AdjacencyList(train="train.txt").load().fingerprint == Table(path="log.csv").load().fingerprint


def test_a_pair_that_is_held_out_is_not_learned_from(log: pytest.LogCaptureFixture) -> None:
    put(TRAIN, "train.txt")
    put("7 10 20 20\n", "test.txt")
    data = AdjacencyList(train="train.txt", test="test.txt").load()
    assert dict(zip(pairs(data), values(data.parts), strict=True)) == {(-2, 10): 0, (7, 10): 2, (7, 20): 2, (7, 30): 0}
    left_out, merged = log.messages
    assert left_out == (
        "train.txt and test.txt: 1 rows are left out of a part, as their pair of user and item stands in a later one; "
        "the first is user 7 and item 10 in train"
    )
    assert merged == "train.txt and test.txt: 1 duplicate interactions merged: the last counts"


def test_a_line_without_items_says_nothing_and_is_told(log: pytest.LogCaptureFixture) -> None:
    put("7 30 10\n\n9\n-2 10\n4 \n", "train.txt")
    assert pairs(AdjacencyList(train="train.txt").load()) == [(-2, 10), (7, 10), (7, 30)]
    assert log.messages == [
        "train.txt: 2 lines have a user and no items, which say nothing; the first is line 3",
    ]


NO_ID = "no id: a whole number of at most 18 digits without leading zeros was expected, got "
A_TABLE = (
    "train.txt looks like a table of interactions: each line has 4 numbers, and users have several lines. Read it by "
    "dataset table; if it is a list of items, put those of a user on one line"
)
OTHERS = ". Other ids, and other layouts, are read by dataset table"
REFUSED = [
    ("7 30\nu9 30\n", f"train.txt:2: the user of this line is {NO_ID}'u9'{OTHERS}"),
    ("7 30\n\n9 30 1_0\n", f"train.txt:3: item 2 of this line is {NO_ID}'1_0'{OTHERS}"),
    ("7 30\n9 30 1.0\n", f"train.txt:2: item 2 of this line is {NO_ID}'1.0'{OTHERS}"),
    ("7 007", f"train.txt:1: item 1 of this line is {NO_ID}'007'{OTHERS}"),
    ("7 9223372036854775808", f"train.txt:1: item 1 of this line is {NO_ID}'9223372036854775808'{OTHERS}"),
    ("7 " + "1" * 99, f"train.txt:1: item 1 of this line is {NO_ID}'{'1' * 30}…'{OTHERS}"),
    ("7,30,10", f"train.txt:1: the user of this line is {NO_ID}'7,30,10'; separate ids by blanks{OTHERS}"),
    (b"7 3\x000 10", f"train.txt:1: item 1 of this line is {NO_ID}'3\\x000'{OTHERS}"),
    (b"\xff\xfe7\x00", f"train.txt:1: the user of this line is {NO_ID}'\ufffd\ufffd7\\x00'{OTHERS}"),
    ("", "train.txt has no interactions; a line is a user's id and then the ids of their items: 7 12 31"),
    ("7\n8\n", "train.txt has no interactions; a line is a user's id and then the ids of their items: 7 12 31"),
    (
        "7 30 5 1700000000\n7 10 4 1700000001\n8 30 3 1700000002\n8 10 3 1700000003\n",
        A_TABLE,
    ),
]


@pytest.mark.parametrize(("content", "message"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_list_of_items_is_told(content: str | bytes, message: str) -> None:
    assert refusal(content) == message


def test_a_file_that_is_not_there_is_named_with_its_field() -> None:
    put(TRAIN, "train.txt")
    with pytest.raises(DataError) as error:
        AdjacencyList(train="train.txt", test="tst.txt").load()
    assert str(error.value).startswith("there is no file tst.txt, which dataset.test names: it was looked for in ")


def test_val_goes_with_test() -> None:
    with pytest.raises(ValidationError, match="val goes with test; name the file to judge by in test"):
        AdjacencyList(train="train.txt", val="val.txt")


@pytest.mark.slow
def test_gowalla_is_what_it_is_said_to_be(movielens_folder: Path) -> None:
    if not (movielens_folder / "gowalla").is_dir():
        pytest.skip("$GNNREC_DATA has no gowalla")
    data = AdjacencyList(train="gowalla/train.txt", test="gowalla/test.txt").load()
    assert (data.edges.num_users, data.edges.num_items) == (29_858, 40_981)
    assert data.parts is not None
    assert np.bincount(data.parts).tolist() == [810_128, 0, 217_242]
