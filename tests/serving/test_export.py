from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import pytest

from gnnrec.errors import UsageError
from gnnrec.recipe.load import load_component
from gnnrec.serving.changes import Catalogue, Id, Interaction
from gnnrec.serving.errors import StoreError
from gnnrec.serving.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gnnrec import Dataset, Interactions

MORNING = 1_700_000_000


def made(folder: Path, users: list[Id], items: list[Id]) -> Store:
    return Store.open(f"sqlite:///{folder}/live.sqlite", Catalogue.of(users, items))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = made(tmp_path, ["ann", "bob"], [1, 2])
    yield store
    store.close()


def read(path: Path, *fields: str) -> Interactions:
    """What a recipe with `dataset: {name: table, path: …, timestamp: timestamp}` learns from."""
    said = [f"path={path}", "timestamp=timestamp", *fields]
    return cast("Dataset", load_component("dataset", "table", said)).load()


def rows(data: Interactions) -> list[tuple[Any, ...]]:
    edges = data.edges
    users, items = data.tables["user"]["user"].tolist(), data.tables["item"]["item"].tolist()
    columns: list[list[Any]] = [
        [users[node] for node in edges.users.tolist()],
        [items[node] for node in edges.items.tolist()],
        *([] if each is None else each.tolist() for each in (edges.time, edges.weight)),
    ]
    return sorted(zip(*filter(None, columns), strict=True))


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_dataset_reads_what_was_exported(store: Store, tmp_path: Path, ending: str) -> None:
    store.add_interactions([Interaction("ann", 2, MORNING), Interaction("bob", 1, MORNING + 1, id="e1")])
    store.add_user("zoe", {"age": 7})
    store.add_interactions([Interaction("zoe", 2, MORNING + 2), Interaction("bob", 2, MORNING + 3)])
    store.delete_interaction("e1")
    out = tmp_path / f"clicks{ending}"
    assert store.export(out) == 3
    assert rows(read(out)) == [("ann", 2, MORNING), ("bob", 2, MORNING + 3), ("zoe", 2, MORNING + 2)]
    table = pd.read_csv(out) if ending == ".csv" else pd.read_parquet(out)
    assert list(table.columns) == ["user", "item", "timestamp"]


def test_weights_are_exported_where_there_are_any_page_by_page(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "since", lambda number: Store.since(store, number, limit=2))
    store.add_interactions([Interaction("ann", 1, MORNING + i) for i in range(5)])
    store.add_interactions([Interaction("bob", 2, MORNING, 0.5)])
    assert store.export(tmp_path / "clicks.csv") == 6
    table = pd.read_csv(tmp_path / "clicks.csv")
    assert list(table.columns) == ["user", "item", "timestamp", "weight"]
    assert table["timestamp"].tolist() == [*range(MORNING, MORNING + 5), MORNING]
    assert table["weight"].tolist() == [1, 1, 1, 1, 1, 0.5]
    data = read(tmp_path / "clicks.csv", "rating=weight")
    assert rows(data) == [("ann", 1, MORNING + 4, 1.0), ("bob", 2, MORNING, 0.5)]


def test_text_ids_that_look_like_numbers_stay_text_in_parquet(tmp_path: Path) -> None:
    store = made(tmp_path, ["007"], ["1", 'a,b\n"c"'])
    store.add_interactions([Interaction("007", "1", MORNING), Interaction("007", 'a,b\n"c"', MORNING)])
    for name in ("clicks.parquet", "clicks.csv"):
        store.export(tmp_path / name)
    store.close()
    assert rows(read(tmp_path / "clicks.parquet")) == [("007", "1", MORNING), ("007", 'a,b\n"c"', MORNING)]
    assert pd.read_csv(tmp_path / "clicks.csv", dtype=str)["item"].tolist() == ["1", 'a,b\n"c"']


def test_what_cannot_be_exported_leaves_no_file(store: Store, tmp_path: Path) -> None:
    kept = tmp_path / "kept.csv"
    kept.write_text("as it was")
    store.add_item(9, {})
    with pytest.raises(StoreError) as empty:
        store.export(kept)
    assert str(empty.value) == f"store {tmp_path}/live.sqlite has no interactions to export"
    store.add_interactions([Interaction("ann", 1, 1)])
    with pytest.raises(UsageError, match=r"^a store is exported to a file that ends in .csv or .parquet; got a.txt$"):
        store.export(tmp_path / "a.txt")
    with pytest.raises(UsageError, match=r"none/a\.csv: "):
        store.export(tmp_path / "none" / "a.csv")
    assert kept.read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.glob("*") if "sqlite" not in path.name) == ["kept.csv"]
