"""Original ids and titles to node ids, with the nearest ones named where there is no such thing."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec.data.edges import IdArray

SHOWN = 5
"""How many ids or titles a message names."""


def find_nodes(table: pd.DataFrame, column: str, ids: Sequence[Any]) -> tuple[IdArray, list[Any]]:
    """Node ids of those original ids that are known, and the ids that are not.

    An id may be given as text where the table holds numbers, as on a command line.

    Args:
        table: Row i = node i.
        column: `user` or `item`.
        ids: Original ids.
    """
    known = pd.Index(table[column])
    numeric = pd.api.types.is_integer_dtype(known)
    wanted = [_as_number(each) if numeric else str(each) for each in ids]
    nodes = known.get_indexer(pd.Index(wanted, dtype=object))
    missing = [each for each, node in zip(ids, nodes, strict=True) if node < 0]
    return nodes[nodes >= 0].astype(np.int64), missing


def nodes_of(ids: pd.Series[Any], known: pd.Series[Any]) -> IdArray:
    """The node of each original id, -1 where there is none: int64 [n].

    They meet by what they say: `7` is `7`, whether a number or text, and `007` is neither. A column of 7.0, 10.0 is one
    of whole numbers.

    Args:
        ids: As a table has them; a missing one is no node.
        known: Row i = node i.
    """
    codes, unique = pd.factorize(ids)
    said = pd.Index(pd.Series(unique).convert_dtypes().astype(str))
    nodes = pd.Index(known.astype(str)).get_indexer(said)
    return np.append(nodes, -1)[codes].astype(np.int64)  # a missing id has code -1


def require_nodes(table: pd.DataFrame, column: str, ids: Sequence[Any]) -> IdArray:
    """Node ids of original ids.

    Raises:
        UsageError: One is unknown; the nearest are named.
    """
    nodes, missing = find_nodes(table, column, ids)
    if missing:
        raise UsageError(unknown(table, column, missing))
    return nodes


def require_item(table: pd.DataFrame, item: Any) -> int:
    """The node id of an item given by its original id, by its title, or by a part of one title alone.

    Raises:
        UsageError: There is no such item, or several titles contain the text.
    """
    nodes, _ = find_nodes(table, "item", [item])
    if len(nodes):
        return int(nodes[0])
    text = str(item).casefold()
    titles = table["title"].astype(str) if "title" in table else pd.Series([], dtype=str)
    folded = titles.str.casefold()
    for matches in (np.flatnonzero(folded == text), np.flatnonzero(folded.str.contains(text, regex=False))):
        if len(matches) == 1:
            return int(matches[0])
        if len(matches) > 1:
            some = "; ".join(f"{table['item'].iloc[i]} {titles.iloc[i]}" for i in matches[:SHOWN])
            raise UsageError(f"{len(matches)} items are called like '{item}': {some}; give one's id")
    near = get_close_matches(text, folded.tolist(), n=SHOWN, cutoff=0.4)
    hint = "; ".join(titles.iloc[folded.tolist().index(each)] for each in near)
    raise UsageError(f"no item has the id or title '{item}'" + (f"; the nearest titles: {hint}" if hint else ""))


def unknown(table: pd.DataFrame, column: str, missing: Sequence[Any]) -> str:
    """The message about ids that are not there.

    >>> unknown(pd.DataFrame({"user": [1, 2, 10]}), "user", [11])
    'no user has the id 11; the nearest ids: 1, 10'
    """
    shown = ", ".join(map(str, missing[:SHOWN])) + (f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else "")
    near = get_close_matches(str(missing[0]), [str(each) for each in table[column]], n=SHOWN, cutoff=0.5)
    hint = f"; the nearest ids: {', '.join(sorted(near))}" if near else ""
    return f"no {column} has the id {shown}{hint}"


def _as_number(value: Any) -> Any:
    try:
        return int(value)
    except (TypeError, ValueError):
        return value
