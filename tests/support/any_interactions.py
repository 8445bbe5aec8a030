"""Interactions of every shape that they have, drawn by hypothesis."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from gnnrec import Edges, Interactions, Relation

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Draw = Callable[[st.SearchStrategy[Any]], Any]

WHOLE = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(max_size=4)
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - columns without a zone

CELLS: dict[str, tuple[st.SearchStrategy[Any], Callable[[list[Any]], Any]]] = {
    "title": (st.none() | TEXT, lambda cells: pd.Series(cells, dtype=object)),
    "label": (st.none() | TEXT, lambda cells: pd.array(cells, dtype="string")),
    "number": (st.none() | st.floats(), lambda cells: np.array(cells, np.float64)),
    "share": (st.floats(width=32), lambda cells: np.array(cells, np.float32)),
    "count": (st.none() | WHOLE, lambda cells: pd.array(cells, dtype="Int64")),
    "small": (st.integers(0, 255), lambda cells: np.array(cells, np.uint8)),
    "adult": (st.none() | st.booleans(), lambda cells: pd.Series(cells, dtype=object)),
    "owned": (st.booleans(), lambda cells: np.array(cells, bool)),
    "day": (st.none() | st.dates(date(1900, 1, 1)), lambda cells: pd.Series(cells, dtype=object)),
    "moment": (st.none() | MOMENTS, lambda cells: pd.Series(cells, dtype="datetime64[ns]")),
    "zoned": (st.none() | MOMENTS, lambda cells: pd.Series(cells, dtype="datetime64[us]").dt.tz_localize("UTC")),
    "kind": (st.none() | st.sampled_from("abc"), pd.Categorical),
    "level": (st.none() | st.integers(-3, 3), pd.Categorical),
    "genres": (st.none() | st.lists(TEXT, max_size=3), lambda cells: pd.Series(cells, dtype=object)),
    "codes": (st.lists(WHOLE, max_size=3), lambda cells: pd.Series(cells, dtype=object)),
    "flags": (st.none() | st.lists(st.booleans(), max_size=3), lambda cells: pd.Series(cells, dtype=object)),
    "vector": (
        st.lists(st.floats(width=32, allow_nan=False), min_size=2, max_size=2),
        lambda cells: pd.Series([np.array(cell, np.float32) for cell in cells], dtype=object),
    ),
}
"""Columns: what a cell may be, and the column of some."""


@st.composite
def any_interactions(draw: Draw) -> Interactions:
    """Of a few nodes, with and without each thing that interactions may have."""
    counts = {"user": draw(st.integers(1, 5)), "item": draw(st.integers(1, 5))}
    counts |= {kind: draw(st.integers(0, 4)) for kind in ("brand", "tag") if draw(st.booleans())}
    keys = draw(st.lists(st.integers(0, counts["user"] * counts["item"] - 1), min_size=1, unique=True))
    edges = _edges(draw, np.array(keys, np.int64), counts)
    parts = draw(st.none() | st.lists(st.integers(0, 2), min_size=len(edges), max_size=len(edges)))
    return Interactions(
        edges,
        {kind: _table(draw, kind, count) for kind, count in counts.items()},
        tuple(
            _relation(draw, source, name, target, counts)
            for source in counts
            for name in ("likes", "is_a_b")
            for target in counts
            if draw(st.booleans())
        ),
        {name: _edges(draw, _some_keys(draw, counts), counts) for name in ("view", "cart") if draw(st.booleans())},
        None if parts is None else np.array(parts, np.int8),
        _edges(draw, _some_keys(draw, counts), counts) if draw(st.booleans()) else None,
        source="drawn",
    )


def _some_keys(draw: Draw, counts: dict[str, int]) -> npt.NDArray[np.int64]:
    """Pairs, which may stand more than once: int64 [E]."""
    return np.array(draw(st.lists(st.integers(0, counts["user"] * counts["item"] - 1), max_size=6)), np.int64)


def _edges(draw: Draw, keys: npt.NDArray[np.int64], counts: dict[str, int]) -> Edges:
    users, items = np.divmod(keys, counts["item"])
    return Edges(users, items, counts["user"], counts["item"], **_values(draw, len(keys)))


def _relation(draw: Draw, source: str, name: str, target: str, counts: dict[str, int]) -> Relation:
    ends = {"source": source, "target": target} | ({"by_user": "user"} if draw(st.booleans()) else {})
    rows = draw(st.integers(0, 5)) if min(counts[kind] for kind in ends.values()) else 0
    known = {
        end: np.array(draw(st.lists(st.integers(0, max(counts[kind] - 1, 0)), min_size=rows, max_size=rows)), np.int64)
        for end, kind in ends.items()
    }
    return Relation(source, name, target, **known, **_values(draw, rows))


def _values(draw: Draw, count: int) -> dict[str, Any]:
    """Times and weights, each of them known or not."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["time"] = np.array(draw(st.lists(WHOLE, min_size=count, max_size=count)), np.int64)
    if draw(st.booleans()):
        finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
        found["weight"] = np.array(draw(st.lists(finite, min_size=count, max_size=count)), np.float32)
    return found


def _table(draw: Draw, kind: str, count: int) -> pd.DataFrame:
    """Ids and some columns; row i = node i."""
    ids = draw(st.sampled_from([WHOLE, st.text(min_size=1, max_size=4)]))
    columns: dict[str, Any] = {kind: draw(st.lists(ids, min_size=count, max_size=count, unique=True))}
    for name in draw(st.lists(st.sampled_from([*CELLS]), max_size=4, unique=True)):
        cell, column = CELLS[name]
        columns[name] = column(draw(st.lists(cell, min_size=count, max_size=count)))
    return pd.DataFrame(columns)
