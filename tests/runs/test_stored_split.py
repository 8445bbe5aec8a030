"""What is written of a split comes back as it was, whatever the data know."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gnnrec import RunDirectoryError
from gnnrec.modelling.feature_states import from_plain, to_plain
from gnnrec.runs.stored_split import read_split, read_table, write_split
from gnnrec.testing import toy_interactions
from gnnrec.testing.comparing import difference
from gnnrec_splits.random_link import RandomLink

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec import Split

DATA = toy_interactions()


def again(split: Split, folder: Path) -> Split:
    write_split(folder, split)
    return read_split(folder, read_table(folder / "users.parquet"), read_table(folder / "items.parquet"))


def whole() -> Split:
    """With times, weights, a relation, a behaviour, filtered interactions, absent nodes and moments."""
    kept = DATA.keep(DATA.edges.weight > 1)
    split = RandomLink().split(kept)
    cold = np.zeros(split.interactions.edges.num_users, bool)
    cold[2] = True
    hidden = cold[split.interactions.edges.users]
    part = np.where(hidden, np.int8(3), split.part)
    moments = {"train": 5, "test": np.arange(len(cold)) + 2**40}
    return replace(
        split,
        part=part,
        message=split.message & ~hidden,
        supervision=split.supervision & ~hidden,
        absent={"user": cold},
        moments=moments,
    )


def test_everything_comes_back(tmp_path: Path) -> None:
    split = whole()
    assert split.interactions.filtered is not None
    back = again(split, tmp_path)
    for name in ("part", "message", "supervision", "absent"):
        assert difference(getattr(split, name), getattr(back, name), at=name) is None
    assert back.interactions.fingerprint == split.interactions.fingerprint
    assert difference(split.interactions.filtered, back.interactions.filtered) is None
    assert back.moments["test"].tolist() == split.moments["test"].tolist()
    assert set(back.moments["train"]) == {5}
    for phase in ("train", "validate", "test"):
        known, read = split.observed(phase), back.observed(phase)
        assert difference(known.edges, read.edges) is None
        assert difference(known.relations, read.relations) is None
        assert difference(dict(known.behaviours), dict(read.behaviours)) is None


def test_where_nothing_more_is_known_nothing_more_is_written(tmp_path: Path) -> None:
    bare = replace(
        DATA,
        edges=DATA.edges.without("time", "weight"),
        tables={name: DATA.tables[name] for name in ("user", "item")},
        relations=(),
        behaviours={},
    )
    back = again(RandomLink().split(bare), tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["items.parquet", "split.parquet", "users.parquet"]
    assert read_table(tmp_path / "split.parquet").columns.tolist() == ["user", "item", "part", "message", "supervision"]
    assert (back.interactions.edges.time, back.interactions.filtered, dict(back.moments)) == (None, None, {})


def test_a_split_of_format_1_in_the_order_of_its_file_is_read_in_the_order_of_nodes(tmp_path: Path) -> None:
    split = RandomLink().split(DATA)
    write_split(tmp_path, split)
    table = read_table(tmp_path / "split.parquet").sample(frac=1, random_state=0)
    table.drop(columns=["time", "weight"]).to_parquet(tmp_path / "split.parquet", index=False)
    back = read_split(tmp_path, DATA.users, DATA.items)
    assert np.array_equal(back.interactions.edges.keys, DATA.edges.keys)
    assert np.array_equal(back.part, split.part)
    assert np.array_equal(back.supervision, split.supervision)


def test_a_damaged_file_is_told_by_name(tmp_path: Path) -> None:
    write_split(tmp_path, whole())
    path = tmp_path / "relations" / "item-has_genre-genre.parquet"
    path.write_bytes(b"PAR1 no more")
    with pytest.raises(RunDirectoryError) as error:
        read_split(tmp_path, DATA.users, DATA.items)
    assert str(error.value).startswith(f"{path} cannot be read: ")


def test_what_does_not_belong_together_is_a_fault_of_the_run(tmp_path: Path) -> None:
    write_split(tmp_path, whole())
    path = tmp_path / "split.parquet"
    read_table(path).drop(columns="item").to_parquet(path, index=False)
    with pytest.raises(RunDirectoryError, match=rf"^{re.escape(str(path))} has no column 'item'; known: "):
        read_split(tmp_path, DATA.users, DATA.items)
    odd = pd.Series([1, *["a"] * (len(DATA.items) - 1)], dtype=object)
    mixed = replace(DATA, tables={**DATA.tables, "item": DATA.items.assign(odd=odd)})
    with pytest.raises(RunDirectoryError, match=r"^items cannot be written as items\.parquet: "):
        write_split(tmp_path, RandomLink().split(mixed))


@pytest.mark.parametrize(
    "value",
    [
        {"mean": np.array([0.1, 1 / 3], np.float32), "names": ["a", "b"], "count": 3, "off": None, "on": True},
        {"nested": {"ids": np.arange(4).reshape(2, 2), "words": [["x"], []]}},
        {"whole": np.array([2**62], np.int64), "exact": np.array([np.pi])},
    ],
)
def test_what_was_learned_of_features_comes_back_to_the_digit(value: dict[str, object]) -> None:
    assert difference(value, from_plain(json.loads(json.dumps(to_plain(value))))) is None


def test_numbers_of_numpy_and_tuples_are_plain() -> None:
    assert to_plain({"n": np.int64(3), "pair": (1, 2)}) == {"n": 3, "pair": [1, 2]}
