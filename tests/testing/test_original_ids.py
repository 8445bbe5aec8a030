from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from gnnrec import Interactions, Relation
from gnnrec.testing import toy_interactions
from gnnrec.testing.original_ids import altered, pairs_of, renumbered, strangers_among


def whole() -> Interactions:
    """The toy, divided, with tags that users gave, and a few interactions filtered out."""
    data = toy_interactions()
    ends = (np.array(each, np.int64) for each in ([3, 3, 9], [0, 1, 1]))
    tags = Relation("item", "has_tag", "tag", *ends, by_user=np.array([5, 7, 5], np.int64))
    tables = {**data.tables, "tag": pd.DataFrame({"tag": ["slow", "funny"]})}
    parts = (np.arange(len(data)) % 3).astype(np.int8)
    more = replace(data, tables=tables, relations=(*data.relations, tags), parts=parts)
    return more.keep(np.arange(len(data)) % 11 > 0)


def told(data: Interactions) -> dict[str, pd.DataFrame]:
    """All that is known, by original ids and sorted by them."""
    ids = {kind: table[kind].to_numpy() for kind, table in data.tables.items()}
    found = {f"table {kind}": table.astype(str).sort_values(kind) for kind, table in data.tables.items()}
    found["edges"] = data.to_table(data.edges).assign(part=data.parts).sort_values(["user", "item"])
    for name, edges in {**data.behaviours, "filtered": data.filtered}.items():
        found[name] = data.to_table(edges).sort_values(["user", "item", "time"])
    for each in data.relations:
        ends = {"source": ids[each.source_type][each.source], "target": ids[each.target_type][each.target]}
        if each.by_user is not None:
            ends["by_user"] = ids["user"][each.by_user]
        found[each.name] = pd.DataFrame(ends).sort_values(list(ends))
    return {name: table.reset_index(drop=True) for name, table in found.items()}


def test_other_numbers_change_nothing_that_is_known_by_original_ids() -> None:
    data = whole()
    other = renumbered(data)
    first, second = told(data), told(other)
    assert list(first) == list(second)
    assert {"filtered", "view", "has_tag", "has_genre", "table tag"} < set(first)
    for name, table in first.items():
        pd.testing.assert_frame_equal(table, second[name])
    for kind, table in data.tables.items():
        assert table[kind].tolist() != other.tables[kind][kind].tolist()
    assert not np.array_equal(data.edges.keys, other.edges.keys)


def test_pairs_are_of_original_ids() -> None:
    data = toy_interactions()
    users, items = data.edges.users[:3], data.edges.items[:3]
    assert pairs_of(data, data.edges)[:3].tolist() == list(zip(users + 1, items + 101, strict=True))
    assert len(pairs_of(data, None)) == 0


def test_what_keep_gives_is_neither_strange_nor_altered() -> None:
    data = whole()
    some = data.keep(np.arange(len(data)) % 5 > 0)
    assert strangers_among(some, data) is None
    assert altered(some, data) is None
    assert altered(data, data) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"relations": ()}, "relations has 2 parts, and then 0"),
        ({"parts": None}, "parts is "),
        ({"source": "elsewhere"}, "source is 'toy', and then 'elsewhere'"),
    ],
)
def test_what_is_lost_beside_interactions_is_told(change: dict[str, object], said: str) -> None:
    data = whole()
    found = altered(replace(data.keep(np.arange(len(data)) % 5 > 0), **change), data)
    assert found is not None
    assert found.startswith(said)


def test_interactions_that_were_not_given_are_counted() -> None:
    data = toy_interactions()
    assert strangers_among(data, data.keep(data.edges.users > 2)) == (
        f"{int((data.edges.users <= 2).sum())} of {len(data)} interactions were not given"
    )
