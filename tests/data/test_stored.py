"""What is wrong with a file of interactions is told by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gnnrec import DataError, Interactions
from gnnrec.data.stored import read_interactions, read_table, tables_of, write_tables
from gnnrec.testing import toy_interactions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DATA = toy_interactions()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tables(tmp_path, {"log": DATA.to_table(DATA.edges), **tables_of(DATA)})
    return tmp_path


def read(folder: Path) -> Interactions:
    users, items = (read_table(folder / f"{name}.parquet") for name in ("users", "items"))
    return read_interactions(folder, "log", users, items, "somewhere")[0]


def change(folder: Path, name: str, how: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
    path = folder / f"{name}.parquet"
    how(pd.read_parquet(path)).to_parquet(path, index=False)
    return path


def refusal(folder: Path) -> str:
    with pytest.raises(DataError) as error:
        read(folder)
    return str(error.value)


def test_rows_may_be_in_any_order_and_the_table_follows(folder: Path) -> None:
    change(folder, "log", lambda table: table.sample(frac=1, random_state=0))
    for name in ("relations/item-has_genre-genre", "behaviours/view"):
        change(folder, name, lambda table: table.iloc[::-1])
    users, items = (read_table(folder / f"{name}.parquet") for name in ("users", "items"))
    data, table = read_interactions(folder, "log", users, items, "somewhere")
    assert data.fingerprint == DATA.fingerprint
    assert data.source == "somewhere"
    assert table.reset_index(drop=True).equals(DATA.to_table(DATA.edges))


def test_what_a_file_system_hides_beside_a_file_is_not_read(folder: Path) -> None:
    (folder / "relations" / "._item-has_genre-genre.parquet").write_bytes(b"no Parquet")
    assert read(folder).fingerprint == DATA.fingerprint


def test_what_lies_in_a_folder_that_is_called_like_a_partition_is_read_alike(tmp_path: Path) -> None:
    place = tmp_path / "user=7"
    place.mkdir()
    write_tables(place, {"log": DATA.to_table(DATA.edges), **tables_of(DATA)})
    assert read(place).fingerprint == DATA.fingerprint


@pytest.mark.parametrize(
    ("name", "how", "told"),
    [
        ("users", lambda table: table.rename(columns={"user": "usr"}), "{} has no column 'user'; did you mean 'usr'?"),
        ("nodes/genre", lambda table: table.assign(genre="Drama"), "{}: genre 'Drama' stands twice in it"),
        ("log", lambda table: table.drop(columns="item"), "{} has no column 'item'; known: time, user, weight"),
        (
            "log",
            lambda table: table.assign(user=table["user"].where(table["user"] != 20, 77)),
            "{}: 12 of 160 rows lead to a user that is in no table, such as 77 in user",
        ),
        (
            "log",
            lambda table: table.assign(user=table["user"].astype(str)),
            "{}: 160 of 160 rows lead to a user that is in no table, such as '1' in user",
        ),
        (
            "relations/item-has_genre-genre",
            lambda table: table.replace("Drama", "Darma"),
            "{}: 7 of 21 rows lead to a genre that is in no table, such as 'Darma' in target",
        ),
        (
            "relations/item-has_genre-genre",
            lambda table: table.assign(by_user=[-1, *[1] * 20]),
            "{}: 1 of 21 rows lead to a user that is in no table, such as -1 in by_user",
        ),
        (
            "behaviours/view",
            lambda table: table.drop(columns="user"),
            "{} has no column 'user'; known: item, time",
        ),
        ("log", lambda table: table.assign(time=0.5), "{}: expected whole seconds in time of each row, got float64"),
        ("log", lambda table: table.assign(time="now"), "{}: expected whole seconds in time of each row, got str"),
        (
            "behaviours/view",
            lambda table: table.assign(weight=np.where(np.arange(160) == 3, np.nan, 1)),
            "{}: expected numbers in weight of each row, got float64 with gaps",
        ),
    ],
)
def test_what_does_not_belong_together_is_told_by_file_and_column(
    name: str, how: Callable[[pd.DataFrame], pd.DataFrame], told: str, folder: Path
) -> None:
    path = change(folder, name, how)
    assert refusal(folder) == told.format(path)


def test_a_relation_to_nodes_without_a_table_is_told(folder: Path) -> None:
    (folder / "nodes" / "genre.parquet").unlink()
    path = folder / "relations" / "item-has_genre-genre.parquet"
    assert refusal(folder) == f"{path} leads to nodes of type genre, of which there is no table"


def test_what_interactions_refuse_is_told_with_the_folder(folder: Path) -> None:
    change(folder, "log", lambda table: pd.concat([table, table.head(1)]))
    assert refusal(folder) == (
        f"{folder} holds no data that belong together: an interaction stands twice; merge duplicates before"
    )


def test_a_missing_file_is_told(folder: Path) -> None:
    (folder / "log.parquet").unlink()
    assert refusal(folder).startswith(f"{folder / 'log.parquet'} cannot be read: ")


@pytest.mark.parametrize("content", [b"", b"user,item\n1,2\n", b"PAR1 no more"])
def test_a_damaged_file_is_told(content: bytes, folder: Path) -> None:
    path = folder / "behaviours" / "view.parquet"
    path.write_bytes(content)
    assert refusal(folder).startswith(f"{path} cannot be read: ")
