"""Which columns are found by what they are called."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from gnnrec.data.usual_columns import usual_columns

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (
            "userId,movieId,rating,timestamp",
            {"user": "userId", "item": "movieId", "rating": "rating", "timestamp": "timestamp"},
        ),
        ('"Customer ID";"Product_ID";"bought"', {"user": "Customer ID", "item": "Product_ID"}),
        ("item\tuser\tpart", {"user": "user", "item": "item", "part": "part"}),
        ("product,item,uid", {"user": "uid", "item": "item"}),
        ("1,2,5.0", {}),
        ("", {}),
    ],
)
def test_columns_are_found_by_usual_names_however_they_are_written(
    tmp_path: Path, header: str, found: dict[str, str]
) -> None:
    (tmp_path / "log.csv").write_text(f"{header}\n1,2,3\n")
    assert usual_columns(tmp_path / "log.csv") == found


def test_packed_files_and_parquet_have_columns_too(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "log.csv.gz", "wt") as file:
        file.write("user_id,item_id\n1,2\n")
    pd.DataFrame({"reader": [1], "book_id": [2]}).to_parquet(tmp_path / "log.parquet")
    assert usual_columns(tmp_path / "log.csv.gz") == {"user": "user_id", "item": "item_id"}
    assert usual_columns(tmp_path / "log.parquet") == {"user": "reader", "item": "book_id"}


@pytest.mark.parametrize("name", ["log.parquet", "log.csv.gz", "log.csv.xz"])
def test_what_cannot_be_read_has_none(tmp_path: Path, name: str) -> None:
    assert usual_columns(tmp_path / name) == {}
    (tmp_path / name).write_bytes(b"user,item\n")
    assert usual_columns(tmp_path / name) == {}
