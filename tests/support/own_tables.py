"""A user's own tables: written into the working folder, and loaded or refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnnrec import DataError
from gnnrec_datasets.table import Table

if TYPE_CHECKING:
    from gnnrec import Interactions

SEEN = "user,item\n1,2\n1,3\n2,3\n"
"""Two users, two items, three interactions."""


def put(content: str | bytes | pa.Table, name: str) -> str:
    if isinstance(content, pa.Table):
        pq.write_table(content, name)
    else:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def load(content: str | bytes | pa.Table, name: str = "log.csv", **fields: Any) -> Interactions:
    return Table(path=put(content, name), **fields).load()


def refusal(content: str | bytes | pa.Table, name: str = "log.csv", **fields: Any) -> str:
    with pytest.raises(DataError) as error:
        load(content, name, **fields)
    return str(error.value)


def parquet(**columns: Any) -> pa.Table:
    return pa.table(columns)


def ids(data: Interactions) -> tuple[list[Any], list[Any]]:
    return data.users["user"].tolist(), data.items["item"].tolist()


def pairs(data: Interactions) -> list[tuple[Any, Any]]:
    users, items = ids(data)
    return [(users[user], items[item]) for user, item in zip(data.edges.users, data.edges.items, strict=True)]


def values(column: Any) -> list[Any]:
    assert column is not None
    return list(column.tolist())
