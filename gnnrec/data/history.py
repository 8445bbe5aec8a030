"""What is known of somebody who was not there in training: a history, by original ids."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec.data.edges import Edges
from gnnrec.data.lookup import NEW_ITEMS, find_nodes, listed_ids, taken_apart, unknown
from gnnrec.errors import UsageError, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger("gnnrec")

COLUMNS = ("item", "time", "weight")


def history_edges(history: Iterable[Any] | pd.DataFrame, items: pd.DataFrame) -> Edges:
    """A history as the edges of one user.

    Args:
        history: Item ids; or a table with a column `item` and, where they are known, `time` (seconds since 1970, UTC)
            and `weight` (what the data's weights are: the rating). Of an item that stands twice the last row counts;
            unknown ones are named in a warning and left out.
        items: Row i = node i; column `item` holds original ids.

    Raises:
        UsageError: It is empty, nothing of it is known, or a column is none of these or holds no numbers.
    """
    table = (
        history
        if isinstance(history, pd.DataFrame)
        else pd.DataFrame({"item": listed_ids(history, "item")}, dtype=object)
    )
    _check(table)
    nodes = find_nodes(table["item"].tolist(), items["item"])
    found = nodes >= 0
    if not found.all():
        asked = table["item"].tolist()
        told = unknown(items, "item", [asked[at] for at in np.flatnonzero(~found)])
        told += taken_apart(asked, nodes, items["item"])
        if not found.any():
            raise UsageError(f"nothing of the history is known: {told}{NEW_ITEMS}")
        logger.warning("%s; going on with the other %d", told, found.sum())
    known = table[found].assign(node=nodes[found]).drop_duplicates("node", keep="last").sort_values("node")
    return Edges(
        np.zeros(len(known), np.int64),
        known["node"].to_numpy(np.int64, copy=True),
        1,
        len(items),
        known["time"].to_numpy(np.int64, copy=True) if "time" in known else None,
        known["weight"].to_numpy(np.float32, copy=True) if "weight" in known else None,
    )


def _check(table: pd.DataFrame) -> None:
    for column in table.columns:
        if column not in COLUMNS:
            raise UsageError(f"a history has no column '{column}'{suggestion(str(column), COLUMNS)}")
    if "item" not in table:
        raise UsageError("a history has a column 'item'")
    if table.empty:
        raise UsageError("the history is empty; give at least one item")
    for column in COLUMNS[1:]:
        if column in table and (not pd.api.types.is_numeric_dtype(table[column]) or table[column].isna().any()):
            raise UsageError(f"column '{column}' of a history holds a number for each item")
