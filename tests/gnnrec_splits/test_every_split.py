"""What all splits keep, on whatever data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from gnnrec import DataError, Edges, Interactions, Split, Splitter
from gnnrec.testing import toy_interactions
from gnnrec_splits import gnnrec_components
from gnnrec_splits.cold_nodes import ColdItems, ColdUsers
from gnnrec_splits.k_fold import KFold
from gnnrec_splits.leave_last import LeaveLast
from gnnrec_splits.per_user_ratio import PerUserRatio
from gnnrec_splits.predefined import Predefined
from gnnrec_splits.random_link import RandomLink
from gnnrec_splits.temporal import Temporal

SPLITS: list[Splitter] = [
    RandomLink(),
    RandomLink(val=0.2, test=0.3, disjoint_train=0),
    Temporal(),
    Temporal(val=0.2, test=0.2, disjoint_train=0.3),
    Temporal(test=0.2, windows=3, window=1),
    Temporal(val_from="2001-09-09T01:46:43", test_from="2001-09-09T01:46:45"),
    LeaveLast(),
    LeaveLast(val=2, test=3, disjoint_train=0.4),
    PerUserRatio(val=0.3, test=0.4),
    PerUserRatio(val=0.3, test=0.4, order="time"),
    Predefined(),
    Predefined(disjoint_train=0.5),
    KFold(folds=3, fold=2),
    KFold(val=0.3, disjoint_train=0.2),
    ColdItems(),
    ColdItems(val=0.2, test=0.2, shown=0.5, disjoint_train=0.2),
    ColdUsers(),
    ColdUsers(val=0.3, test=0.3, shown=0.4),
]
every_split = pytest.mark.parametrize("component", SPLITS, ids=lambda each: f"{each.name}-{SPLITS.index(each)}")


@st.composite
def logs(draw: st.DrawFn) -> pd.DataFrame:
    """Interactions with many ties in time; ids are numbers, or text that sorts in another way."""
    users, items, seed = draw(st.integers(6, 12)), draw(st.integers(6, 12)), draw(st.integers(0, 2**32))
    generator = np.random.default_rng(seed)
    user, item = np.divmod(generator.permutation(users * items)[: draw(st.integers(20, users * items))], items)
    log = pd.DataFrame({"user": user, "item": item}).astype(draw(st.sampled_from([int, str])))
    time = 1_000_000_000 + generator.integers(0, 7, len(log))
    return log.assign(time=time, part=generator.choice(["train", "val", "test"], len(log), p=[0.6, 0.2, 0.2]))


def divided(component: Splitter, log: pd.DataFrame, seed: int = 0) -> Split:
    """The split; logs that leave a part empty are passed over."""
    try:
        return component.model_copy(update={"seed": seed}).split(Interactions.from_log(log, source="log"))
    except DataError:
        reject()


def by_ids(split: Split) -> Any:
    """All that a split says, by original ids and in their order."""
    tables = split.interactions.tables
    absent = {kind: set(tables[kind][kind][mask]) for kind, mask in split.absent.items()}
    moments = {
        phase: moment if isinstance(moment, int) else dict(zip(tables["user"]["user"], moment, strict=True))
        for phase, moment in split.moments.items()
    }
    rows = sorted(split.to_table().drop(columns="time").itertuples(index=False, name=None))
    return rows, absent, moments


def renumbered(data: Interactions, generator: np.random.Generator) -> Interactions:
    """The same interactions over nodes that are numbered in another way."""
    edges, tables, new = data.edges, dict(data.tables), {}
    for kind, count in (("user", edges.num_users), ("item", edges.num_items)):
        order = generator.permutation(count)
        tables[kind] = tables[kind].iloc[order].reset_index(drop=True)
        new[kind] = np.argsort(order)
    ends = new["user"][edges.users], new["item"][edges.items]
    moved = Edges(*ends, edges.num_users, edges.num_items, edges.time)
    return replace(data, edges=moved, tables=tables)


def test_every_component_is_here() -> None:
    assert {type(each) for each in SPLITS} == set(gnnrec_components())


@every_split
@given(log=logs(), seed=st.integers(0, 2**32), shuffle=st.integers(0, 2**32))
def test_no_part_hangs_on_the_order_of_rows_or_on_the_numbers_of_nodes(
    component: Splitter, log: pd.DataFrame, seed: int, shuffle: int
) -> None:
    generator = np.random.default_rng(shuffle)
    expected = by_ids(divided(component, log, seed))
    assert by_ids(divided(component, log.iloc[generator.permutation(len(log))], seed)) == expected
    moved = renumbered(Interactions.from_log(log, source="log"), generator)
    assert by_ids(component.model_copy(update={"seed": seed}).split(moved)) == expected


@every_split
@given(log=logs(), seed=st.integers(0, 2**32))
def test_parts_are_whole_and_each_has_something(component: Splitter, log: pd.DataFrame, seed: int) -> None:
    table = divided(component, log, seed).to_table()
    pairs = set(zip(table["user"], table["item"], strict=True))
    given_pairs = set(zip(log["user"], log["item"], strict=True))
    assert len(pairs) == len(table)
    assert pairs == given_pairs or (pairs < given_pairs and getattr(component, "windows", 1) > 1)
    assert {"train", "val", "test"} <= set(table["part"]) <= {"train", "val", "test", "shown"}
    assert ("shown" not in set(table["part"])) or component.name.startswith("cold_")
    train = table["part"] == "train"
    assert ((table["message"] | table["supervision"]) == train).all()
    assert table["message"].any()
    assert table["supervision"].any()
    disjoint = component.model_dump()["disjoint_train"]
    if disjoint:
        assert not (table["message"] & table["supervision"]).any()
        assert table["supervision"].sum() == max(1, int(disjoint * train.sum()))
    else:
        assert (table["message"] & table["supervision"]).sum() == train.sum()


@pytest.mark.parametrize("component", [each for each in SPLITS if each.name == "temporal"], ids=str)
@given(log=logs(), seed=st.integers(0, 2**32))
def test_under_temporal_nothing_in_train_is_later_than_val_nor_val_than_test(
    component: Splitter, log: pd.DataFrame, seed: int
) -> None:
    split = divided(component, log, seed)
    time = split.to_table().groupby("part")["time"].agg(["min", "max"])
    assert time.loc["train", "max"] <= time.loc["val", "min"]
    assert time.loc["val", "max"] <= time.loc["test", "min"]
    assert split.moments == {
        "train": split.message_edges.time.max(),
        "validate": time.loc["train", "max"],
        "test": time.loc["val", "max"],
    }


@pytest.mark.parametrize(
    "component", [LeaveLast(), LeaveLast(val=2, test=3), PerUserRatio(val=0.3, test=0.4, order="time")], ids=str
)
@given(log=logs())
def test_of_each_user_train_is_not_later_than_val_nor_val_than_test(component: Splitter, log: pd.DataFrame) -> None:
    table = divided(component, log).to_table()
    time = table.pivot_table(index="user", columns="part", values="time", aggfunc=["min", "max"])
    assert time["max", "train"].notna().all()
    for earlier, later in (("train", "val"), ("train", "test"), ("val", "test")):
        both = time[time["max", earlier].notna() & time["min", later].notna()]
        assert (both["max", earlier] <= both["min", later]).all()


@given(log=logs(), seed=st.integers(0, 2**32), folds=st.integers(2, 6))
def test_folds_partition_the_interactions(log: pd.DataFrame, seed: int, folds: int) -> None:
    data = Interactions.from_log(log, source="log")
    tested = np.stack([KFold(folds=folds, fold=fold, seed=seed).split(data).part == 2 for fold in range(folds)])
    assert (tested.sum(axis=0) == 1).all()


@pytest.mark.parametrize(("kind", "component"), [("item", ColdItems), ("user", ColdUsers)])
@given(log=logs(), shown=st.sampled_from([0.0, 0.3, 0.8]))
def test_what_is_new_has_no_train_edges(kind: str, component: Any, log: pd.DataFrame, shown: float) -> None:
    split = divided(component(val=0.2, test=0.3, shown=shown), log)
    table = split.to_table()
    cold = set(split.interactions.tables[kind][kind][split.absent[kind]])
    assert (table["part"] != "train").tolist() == table[kind].isin(cold).tolist()
    assert set(table.loc[table["part"].isin({"val", "test"}), kind]) == cold


@every_split
def test_the_seed_rules_what_is_drawn_and_nothing_else(component: Splitter) -> None:
    toy = toy_interactions()
    data = replace(toy, parts=np.resize(np.array([0, 0, 1, 0, 2], np.int8), len(toy)))
    if component.name == "temporal" and component.model_dump()["test_from"]:
        component = Temporal(val_from="2001-09-09T03:00", test_from="2001-09-09T04:00")
    draws = [component.model_copy(update={"seed": seed}).split(data) for seed in range(4)]
    differ = len({(split.part.tobytes(), split.supervision.tobytes()) for split in draws})
    by_time = component.model_dump().get("order") == "time"
    disjoint = bool(component.model_dump()["disjoint_train"])
    fixed = component.name == "temporal" or (
        not disjoint and (by_time or component.name in {"leave_last", "predefined"})
    )  # no two of the toy's times are equal
    assert differ == (1 if fixed else 4)
