"""What may be known besides the interactions, against a loop over records."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from naive_clearing import ALL_OF_TRAIN, Record, naively_known, records
from planted_leaks import Planted, each_rule
from toys import interactions, split_by_hand

from gnnrec import Edges, Relation, Split
from gnnrec.data.clearing import Clearing
from gnnrec.data.membership import among

if TYPE_CHECKING:
    import pytest

    from gnnrec import Observed

COUNTS = {"user": 3, "item": 3, "tag": 2}
TYPES = [("user", "item"), ("item", "user"), ("item", "tag"), ("user", "tag"), ("user", "user"), ("item", "item")]


def known(observed: Observed) -> list[Record]:
    return sorted(records(observed.relations, observed.behaviours))


@each_rule
def test_a_rule_is_kept_and_a_loop_over_records_notices_where_it_is_not(
    planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = planted.split
    allowed = naively_known(split, planted.phase)
    assert known(split.observed(planted.phase)) == allowed
    assert len(allowed) == 1
    monkeypatch.setattr(
        "gnnrec.data.split.Clearing", lambda *fields, **named: planted.without(Clearing(*fields, **named))
    )
    leaked = Counter(known(split.observed(planted.phase))) - Counter(allowed)
    assert leaked == Counter([planted.forbidden])


@st.composite
def ids(draw: st.DrawFn, node_type: str, size: int) -> np.ndarray:
    node = st.integers(0, COUNTS[node_type] - 1)
    return np.array(draw(st.lists(node, min_size=size, max_size=size)), np.int64)


TIMES = st.integers(0, 9)


@st.composite
def times(draw: st.DrawFn, size: int) -> np.ndarray | None:
    return draw(st.none() | st.lists(TIMES, min_size=size, max_size=size).map(lambda some: np.array(some, np.int64)))


@st.composite
def views(draw: st.DrawFn) -> Edges:
    size = draw(st.integers(0, 8))
    return Edges(draw(ids("user", size)), draw(ids("item", size)), 3, 3, draw(times(size)))


@st.composite
def relations(draw: st.DrawFn, types: tuple[str, str]) -> Relation:
    size = draw(st.integers(0, 8))
    source, target = (draw(ids(node_type, size)) for node_type in types)
    by_user = draw(st.none() | ids("user", size))
    return Relation(types[0], "relates", types[1], source, target, by_user=by_user, time=draw(times(size)))


@st.composite
def splits(draw: st.DrawFn) -> Split:
    """Any parts, uses, absent nodes, moments, behaviours and relations over three users and three items."""
    pairs = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=9, unique=True))
    parts = ["train", *(draw(st.sampled_from(["train", "val", "test", "shown"])) for _ in pairs[1:])]
    uses = ["ms", *(draw(st.sampled_from(["m", "s", "ms"])) if part == "train" else "" for part in parts[1:])]
    pairs, parts, uses = map(list, zip(*sorted(zip(pairs, parts, uses, strict=True)), strict=True))
    chosen = draw(st.lists(st.sampled_from(TYPES), unique=True))
    bare = interactions(pairs, 3, 3)
    data = replace(
        bare,
        tables={**bare.tables, "tag": pd.DataFrame({"tag": ["a", "b"]})},
        relations=tuple(draw(relations(types)) for types in chosen),
        behaviours={"view": draw(views())},
    )
    split = split_by_hand(data, parts, uses)
    there = [{pair[side] for pair, part in zip(pairs, parts, strict=True) if part == "train"} for side in (0, 1)]
    absent = {
        kind: np.array([node not in nodes and draw(st.booleans()) for node in range(3)])
        for kind, nodes in zip(("user", "item"), there, strict=True)
    }
    each_users = st.lists(TIMES, min_size=3, max_size=3).map(lambda some: np.array(some, np.int64))
    moments = draw(st.dictionaries(st.sampled_from(["train", "validate", "test"]), TIMES | each_users))
    return replace(split, absent=absent, moments=moments)


@given(split=splits())
def test_what_is_known_is_what_a_loop_over_records_lets_through(split: Split) -> None:
    for phase in ("train", "validate", "test"):
        assert known(split.observed(phase)) == naively_known(split, phase)
    assert known(split.train) == naively_known(split, ALL_OF_TRAIN)


@given(
    keys=st.lists(st.integers(0, 9)).map(lambda some: np.array(some, np.int64)),
    others=st.sets(st.integers(0, 9)).map(lambda some: np.array(sorted(some), np.int64)),
)
def test_keys_are_found_among_others_in_any_order(keys: np.ndarray, others: np.ndarray) -> None:
    assert among(keys, others).tolist() == [key in others.tolist() for key in keys.tolist()]
