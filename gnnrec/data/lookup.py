"""Original ids and titles to node ids, with the nearest ones named where there is no such thing."""

from __future__ import annotations

import csv
import io
import math
import re
import shlex
from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gnnrec.errors import UsageError, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec.data.edges import IdArray

SHOWN = 5
"""How many ids or titles a message names."""

PLAIN_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,18}")
"""A whole number as it is written in one way only."""

EXACT = 2**53
"""Beyond it a float is not one whole number alone."""

NEW_ITEMS = "; what is in no interaction of this run is recommended with gnnrec recommend RUN --new-items FILE"
"""Ends a message about items that are not there."""

LONGEST_TYPED = 10
"""Ids of a list that is proposed as a whole."""


def as_said(ids: Sequence[Any], known: pd.Series[Any]) -> list[Any]:
    """Ids as the data have theirs, numbers or text: those that somebody gives, known or not; None where one says none.

    Args:
        ids: As somebody gives them.
        known: Row i = node i.
    """
    return [*map(_as_number if pd.api.types.is_integer_dtype(known) else _as_text, ids)]


def find_nodes(ids: Sequence[Any], known: pd.Series[Any]) -> IdArray:
    """The node of each original id, -1 where there is none: int64 [n].

    They meet by what they say: `7` is `7`, whether a number or text, and `007`, `7.5` and `True` are not. 7.0 is 7, as
    a column of whole numbers with a gap has it.

    Args:
        ids: As somebody gives them.
        known: Row i = node i.
    """
    nodes: IdArray = pd.Index(known).get_indexer(pd.Index(as_said(ids, known), dtype=object))
    return nodes.astype(np.int64)


def nodes_of(ids: pd.Series[Any], known: pd.Series[Any]) -> IdArray:
    """`find_nodes` for a column in which ids stand many times: int64 [n].

    Args:
        ids: As a table has them; a missing one is no node.
        known: Row i = node i.
    """
    codes, unique = pd.factorize(ids)
    return np.append(find_nodes(unique.tolist(), known), -1)[codes]  # a missing id has code -1


def require_nodes(table: pd.DataFrame, column: str, ids: Iterable[Any] | pd.DataFrame) -> IdArray:
    """Node ids of original ids: int64 [n].

    Args:
        table: Row i = node i.
        column: `user` or `item`.
        ids: See `listed_ids`.

    Raises:
        UsageError: One is unknown, and the nearest are named; or they are no list.
    """
    wanted = listed_ids(ids, column)
    nodes = find_nodes(wanted, table[column])
    if (nodes < 0).any():
        raise UsageError(unknown(table, column, [each for each, node in zip(wanted, nodes, strict=True) if node < 0]))
    return nodes


def listed_ids(ids: Iterable[Any] | pd.DataFrame, column: str) -> list[Any]:
    """Ids as a list, of whatever holds them in order: a list, a column, an array, or a table that has the column.

    Raises:
        UsageError: It is one id, or a table without the column.
    """
    if isinstance(ids, pd.DataFrame):
        if column not in ids:
            raise UsageError(f"a table of {column}s has a column '{column}'{suggestion(column, map(str, ids.columns))}")
        ids = ids[column]
    if isinstance(ids, str | bytes) or not isinstance(ids, Iterable):
        raise UsageError(f"{column}s are given as a list of ids, [{ids!r}]; got {ids!r}")
    return list(ids)


def require_item(table: pd.DataFrame, item: Any) -> int:
    """The node id of an item given by its original id, by its title, or by a part of one title alone.

    Raises:
        UsageError: There is no such item, or several titles contain the text.
    """
    node = int(find_nodes([item], table["item"])[0])
    if node >= 0:
        return node
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
    raise UsageError(
        f"no item has the id or title '{item}'" + (f"; the nearest titles: {hint}" if hint else "") + NEW_ITEMS
    )


def unknown(table: pd.DataFrame, column: str, missing: Sequence[Any]) -> str:
    """The message about ids that are not there.

    >>> unknown(pd.DataFrame({"user": [1, 2, 10]}), "user", [11])
    'no user has the id 11; the nearest ids: 1, 10'
    """
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    near = get_close_matches(str(missing[0]), [str(each) for each in table[column]], n=SHOWN, cutoff=0.5)
    hint = f"; the nearest ids: {', '.join(map(_shown, sorted(near)))}" if near else ""
    rounded = any(isinstance(each, float) and EXACT < abs(each) < math.inf for each in missing)
    cut = "; a float does not hold so many digits: give ids as text or whole numbers" if rounded else ""
    return f"no {column} has the id {', '.join(map(_shown, missing[:SHOWN]))}{more}{hint}{cut}"


def taken_apart(asked: Sequence[Any], nodes: IdArray, known: pd.Series[Any]) -> str:
    """What to type where an id with a comma in it was taken for two, as the end of a message; else nothing.

    Args:
        asked: Ids as they were taken.
        nodes: int64 [n], their nodes; -1 where there is none.
        known: Row i = node i.
    """
    firsts = np.flatnonzero(nodes[:-1] < 0)[:SHOWN].tolist()
    pairs = [(first, comma.join(map(str, asked[first : first + 2]))) for first in firsts for comma in (", ", ",")]
    found = find_nodes([whole for _, whole in pairs], known) >= 0
    first, whole = next((pair for pair, is_one in zip(pairs, found, strict=True) if is_one), (0, ""))
    if not whole:
        return ""
    meant = [*map(str, asked[:first]), whole, *map(str, asked[first + 2 :])]
    typed = io.StringIO()
    csv.writer(typed, lineterminator="").writerow(meant if len(meant) <= LONGEST_TYPED else [whole])
    return f"; is {whole!r} one id? In double quotes it is: {shlex.quote(typed.getvalue())}"


def _shown(value: Any) -> str:
    """An id as a message names it: in quotes where it could be taken for two, or for another."""
    text = str(value)
    return text if text.isprintable() and text and not re.search(r"[\s,;]", text) else repr(text)


def _as_number(value: Any) -> int | None:
    """The whole number that an id says; None where it says none."""
    if isinstance(value, str):
        return int(value) if PLAIN_NUMBER.fullmatch(value) else None
    if isinstance(value, bool | np.bool_):
        return None
    if isinstance(value, Integral):
        return int(value)
    number = float(value) if isinstance(value, Real) else math.nan
    return int(number) if number.is_integer() and abs(number) <= EXACT else None


def _as_text(value: Any) -> str | None:
    """The text that an id says; None where it says none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_) or not pd.api.types.is_scalar(value) or pd.isna(value):
        return None
    number = _as_number(value)
    return str(value if number is None else number)
