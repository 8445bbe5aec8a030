"""The parts of MovieLens latest-small, against pandas on its file."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from gnnrec import Interactions
from gnnrec.data.draws import interaction_hashes
from gnnrec_splits.cold_nodes import ColdItems, ColdUsers
from gnnrec_splits.k_fold import KFold
from gnnrec_splits.leave_last import LeaveLast
from gnnrec_splits.per_user_ratio import PerUserRatio
from gnnrec_splits.predefined import Predefined
from gnnrec_splits.random_link import RandomLink
from gnnrec_splits.temporal import Temporal

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec import Split

pytest_plugins = ["real_data"]

KEYS = ["user", "item"]


@pytest.fixture(scope="module")
def ratings(movielens_folder: Path) -> pd.DataFrame:
    """The file, and the hash that decides ties: a row per rating, sorted by user and item."""
    with zipfile.ZipFile(movielens_folder / "ml-latest-small.zip") as archive:
        table = pd.read_csv(archive.open("ml-latest-small/ratings.csv"))
    table = table.rename(columns={"userId": "user", "movieId": "item", "timestamp": "time"})
    table = table[[*KEYS, "time"]].sort_values(KEYS, ignore_index=True)
    return table.assign(hash=interaction_hashes(Interactions.from_log(table, source="ratings"), 42, "ties"))


@pytest.fixture(scope="module")
def data(ratings: pd.DataFrame) -> Interactions:
    return Interactions.from_log(ratings[[*KEYS, "time"]].sample(frac=1, random_state=0), source="ratings")


def sizes(split: Split) -> list[int]:
    return np.bincount(split.part).tolist()


def assert_parts(split: Split, expected: pd.Series[Any], ratings: pd.DataFrame) -> None:
    wanted = ratings.loc[expected.index, KEYS].assign(part=expected).sort_values(KEYS, ignore_index=True)
    pd.testing.assert_frame_equal(split.to_table()[[*KEYS, "part"]], wanted, check_dtype=False)


@pytest.mark.parametrize(("window", "windows"), [(0, 1), (0, 3), (1, 3), (2, 3)])
def test_temporal(data: Interactions, ratings: pd.DataFrame, window: int, windows: int) -> None:
    count = int(0.1 * len(ratings))
    there = ratings.sort_values(["time", "hash"]).iloc[: len(ratings) - (windows - 1 - window) * count]
    names = ["train"] * (len(there) - 2 * count) + ["val"] * count + ["test"] * count
    split = Temporal(windows=windows, window=window).split(data)
    assert_parts(split, pd.Series(names, there.index), ratings)


def test_temporal_by_dates(data: Interactions, ratings: pd.DataFrame) -> None:
    date = pd.to_datetime(ratings["time"], unit="s")
    names = np.select([date >= "2018-01-01", date >= "2017-01-01"], ["test", "val"], "train")
    assert_parts(Temporal(val_from="2017-01-01", test_from="2018-01-01").split(data), pd.Series(names), ratings)


def test_leave_last(data: Interactions, ratings: pd.DataFrame) -> None:
    from_the_end = ratings.sort_values(["time", "hash"]).groupby("user").cumcount(ascending=False)
    names = from_the_end.map({0: "test", 1: "val"}).fillna("train")
    split = LeaveLast().split(data)
    assert_parts(split, names, ratings)
    assert sizes(split) == [99_616, 610, 610]


def test_per_user_ratio_in_time(data: Interactions, ratings: pd.DataFrame) -> None:
    from_the_end = ratings.sort_values(["time", "hash"]).groupby("user").cumcount(ascending=False).sort_index()
    count = ratings.groupby("user")["item"].transform("count")
    in_test, in_val = (0.2 * count).astype(int), (0.1 * count).astype(int)
    names = np.select([from_the_end < in_test, from_the_end < in_test + in_val], ["test", "val"], "train")
    assert_parts(PerUserRatio(order="time").split(data), pd.Series(names), ratings)


def test_per_user_ratio(data: Interactions, ratings: pd.DataFrame) -> None:
    table = PerUserRatio().split(data).to_table()
    count = table.groupby("user")["item"].count()
    for part, share in (("test", 0.2), ("val", 0.1)):
        assert (table[table["part"] == part].groupby("user")["item"].count() == (share * count).astype(int)).all()
    assert len(table) == len(ratings)


def test_predefined(data: Interactions, ratings: pd.DataFrame, tmp_path: Path) -> None:
    names = pd.Series(np.random.default_rng(0).choice(["train", "val", "test"], len(ratings)))
    path = tmp_path / "parts.csv"
    ratings[KEYS].assign(part=names).sample(frac=1, random_state=1).to_csv(path, index=False)
    assert_parts(Predefined(path=str(path)).split(data), names, ratings)


def test_what_is_drawn_has_its_sizes(data: Interactions) -> None:
    count, users, items = 100_836, 610, 9_724
    assert sizes(RandomLink().split(data)) == [count - 2 * 10_083, 10_083, 10_083]
    in_test = [len(range(fold, count, 5)) for fold in range(5)]
    folds = [KFold(fold=fold).split(data) for fold in range(5)]
    assert [sizes(split)[1:] for split in folds] == [[int(0.1 * (count - test)), test] for test in in_test]
    for component, kind, nodes in ((ColdItems(), "item", items), (ColdUsers(), "user", users)):
        table = component.split(data).to_table()
        held_out = table.groupby("part")[kind].nunique()
        assert held_out[["val", "test"]].tolist() == [int(0.1 * nodes)] * 2
        assert held_out["train"] == nodes - 2 * int(0.1 * nodes)
