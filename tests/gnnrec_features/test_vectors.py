from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from interrupted_runs import the_only_partial
from toys import Watcher, movielens_like, observed, small_recipe

from gnnrec import DataError, UsageError, load_run, run
from gnnrec.modelling.feature_states import from_plain, to_plain
from gnnrec.pipeline import resume
from gnnrec.testing import check_features, toy_interactions
from gnnrec.testing.features import toy_items
from gnnrec_features.vectors import Vectors

if TYPE_CHECKING:
    from collections.abc import Callable

NOTHING = observed([], 1, 3)
ITEMS = pd.DataFrame({"item": [7, 10, 8]})
IDS, MATRIX = ["10", "7", "99"], [[1.5, 2], [3, 4], [5, 6]]
EXPECTED = [[3, 4, 0], [1.5, 2, 0], [0, 0, 1]]
LISTS = pd.DataFrame({"item": IDS, "embedding": MATRIX})
COLUMNS = pd.DataFrame({"item": IDS, "x": [1.5, 3, 5], "y": [2, 4, 6]})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("v.npy", np.array(MATRIX))


def refusal(action: Callable[[], Any]) -> str:
    with pytest.raises(DataError) as error:
        action()
    return str(error.value)


def fit(**fields: Any) -> Any:
    return Vectors(**{"path": "v.csv"} | fields).fit(ITEMS, NOTHING)


@pytest.mark.parametrize("kind", ["lists", "columns", "floats", "csv", "npy", "npy of text", "npy and csv"])
def test_vectors_are_found_by_original_id_and_missing_ones_are_told(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    path, ids = "v.npy", None
    if kind == "csv":
        COLUMNS.to_csv(path := "v.csv", index=False)
    elif kind in {"lists", "columns", "floats"}:
        table = LISTS if kind == "lists" else COLUMNS
        table.astype({"item": float if kind == "floats" else str}).to_parquet(path := "v.parquet")
    elif kind == "npy and csv":
        COLUMNS[["item"]].to_csv(ids := "ids.csv", index=False)
    else:
        np.save(ids := "ids.npy", np.array(IDS if kind == "npy of text" else [10, 7, 99]))
    block = fit(path=path, ids=ids).encode(ITEMS)
    assert block.names == ("vector_0", "vector_1", "vector_missing")
    assert block.values.tolist() == EXPECTED  # noqa: PD011 - a block is no table
    assert caplog.messages == [f"vectors: 1 of 3 item nodes have no vector in {path}, the first is 8; they get zeros"]


def test_the_file_may_grow_and_not_change() -> None:
    COLUMNS.to_csv("v.csv", index=False)
    state = from_plain(to_plain(fit().state()))
    assert {key: value for key, value in state.items() if key != "sha256"} == {"column": "item", "rows": 3}
    encoder = Vectors(path="v.csv")
    pd.concat([COLUMNS, pd.DataFrame({"item": ["8"], "x": [7], "y": [8]})]).to_csv("v.csv", index=False)
    grown = encoder.restore(state).encode(ITEMS)
    assert grown.values.tolist() == [[3, 4, 0], [1.5, 2, 0], [7, 8, 0]]  # noqa: PD011
    for changed in (COLUMNS[::-1], COLUMNS.assign(x=[1.5, 3, 6]), COLUMNS[:2], COLUMNS.assign(item=[10, 7, 98])):
        changed.to_csv("v.csv", index=False)
        assert refusal(lambda: encoder.restore(state)) == (
            "vectors: the first 3 rows of v.csv are not those that the run was trained with; put that file back, with "
            "vectors of new nodes below"
        )
    Path("v.csv").unlink()
    assert refusal(lambda: encoder.restore(state)).startswith("there is no file v.csv, which path names")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            COLUMNS.assign(item=["a", "b", "c"]),
            (
                "v.csv has a vector of none of the 3 item nodes that training knows; their ids are 7, 10, 8, …, those "
                "of the file a, b, c, …"
            ),
        ),
        (COLUMNS.assign(item=["7", "10", "7"]), "v.csv has 1 item ids again, the first is 7"),
        (
            COLUMNS.assign(x=[1, None, 2]),
            (
                "v.csv has 1 vectors with a number that is missing, not finite or beyond float32; the first is that of "
                "item 7"
            ),
        ),
        (
            COLUMNS.assign(x=[1, 1e300, -np.inf]),
            (
                "v.csv has 2 vectors with a number that is missing, not finite or beyond float32; the first is that of "
                "item 7"
            ),
        ),
        (
            LISTS,
            (
                "column 'embedding' of v.csv holds something else than numbers, such as [1.5, 2]; a file of vectors "
                "has the column of ids and numbers, or a column of lists of numbers (in Parquet)"
            ),
        ),
        (COLUMNS[["item"]], "v.csv has no vectors"),
        (COLUMNS[:0], "v.csv has no vectors"),
    ],
)
def test_what_is_no_table_of_vectors_is_refused(table: pd.DataFrame, message: str) -> None:
    table.to_csv("v.csv", index=False)
    assert refusal(fit) == f"vectors: {message}"


def test_an_array_needs_its_ids_and_a_table_none() -> None:
    COLUMNS.to_csv("v.csv", index=False)
    assert refusal(lambda: fit(path="v.npy")) == (
        "vectors: v.npy has no ids; name the file that has them, in the order of its rows, in ids"
    )
    assert refusal(lambda: fit(ids="v.csv")) == "vectors: v.csv has ids of its own, in the column 'item'; leave ids out"
    assert refusal(lambda: fit(path="v.txt")) == (
        "vectors: v.txt: vectors are in a file that ends in .npy, .csv, .csv.gz, .parquet"
    )
    np.save("ids.npy", np.array([7, 10]))
    assert refusal(lambda: fit(path="v.npy", ids="ids.npy")) == "vectors: v.npy has 3 rows and there are 2 ids"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(3), "holds float64 [3]; expected numbers [rows, columns]"),
        (np.array([["a"]]), "holds <U1 [1, 1]; expected numbers [rows, columns]"),
        (np.array([[None]]), "is no array: Array can't be memory-mapped: Python objects in dtype."),
    ],
)
def test_what_is_no_array_of_vectors_is_refused(array: np.ndarray, message: str) -> None:
    np.save("ids.npy", np.array([7, 10, 8]))
    np.save("v.npy", array)
    assert refusal(lambda: fit(path="v.npy", ids="ids.npy")) == f"vectors: v.npy {message}"


def test_an_array_that_is_cut_off_is_refused() -> None:
    Path("v.npy").write_bytes(Path("v.npy").read_bytes()[:-8])
    np.save("ids.npy", np.array([7, 10, 8]))
    assert refusal(lambda: fit(path="v.npy", ids="ids.npy")).startswith("vectors: v.npy is no array: ")


def test_vectors_of_two_lengths_are_refused() -> None:
    LISTS.assign(embedding=[[1.0], [1.0, 2.0], [1.0]]).to_parquet("v.parquet")
    assert refusal(lambda: fit(path="v.parquet")) == "vectors: v.parquet has vectors of 1 and of 2 numbers"


def test_it_keeps_the_contract_where_some_are_missing() -> None:
    ids = toy_items()["item"][::2]
    pd.DataFrame({"item": ids, "x": np.arange(len(ids))}).to_csv("v.csv", index=False)
    check_features(Vectors(path="v.csv"))


def test_a_run_whose_file_has_changed_is_not_loaded_or_resumed(tmp_path: Path) -> None:
    recipe = small_recipe(
        movielens_like(tmp_path / "data", toy_interactions()),
        features__item=[{"name": "vectors", "path": "items.csv"}],
        trainer__checkpoint_seconds=0,
    )
    vectors = pd.DataFrame({"item": range(101, 116), "x": np.linspace(0, 1, 15)})
    vectors.to_csv("items.csv", index=False)
    made = run(recipe, out="whole")
    with pytest.raises(KeyboardInterrupt):
        run(recipe, out="cut", observers=[Watcher(KeyboardInterrupt(), 2)])
    partial = the_only_partial(Path("cut"))
    vectors.assign(x=1).to_csv("items.csv", index=False)
    assert refusal(lambda: load_run(made.directory).scoring) == (
        "vectors: the first 15 rows of items.csv are not those that the run was trained with; put that file back, with "
        "vectors of new nodes below"
    )
    with pytest.raises(UsageError) as error:
        resume(partial)
    assert str(error.value) == (
        "the features are not those that training began with: a file that they are read from has changed; put it back, "
        "or run the recipe anew"
    )
    grown = pd.concat([vectors, pd.DataFrame({"item": [999], "x": [5.0]})])
    grown.to_csv("items.csv", index=False)
    assert load_run(made.directory).evaluate() == made.metrics["test"]
    assert resume(partial).metrics["test"] == made.metrics["test"]
