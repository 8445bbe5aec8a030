"""The tables of a store: one row about it, and the log of changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gnnrec.serving.changes import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = 1
"""Raised when an older gnnrec could not read the tables."""

METADATA = sa.MetaData()

ABOUT = sa.Table(
    "gnnrec_store",
    METADATA,
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("user_ids", sa.Text, nullable=False),
    sa.Column("item_ids", sa.Text, nullable=False),
    sa.Column("catalogue", sa.Text, nullable=False),
    sa.Column("last", sa.BigInteger, nullable=False),
    sa.Column("refreshed", sa.BigInteger, nullable=False),
)
"""One row. Whoever writes locks it and counts in it, so that numbers have no gaps and commits are in their order."""

CHANGES = sa.Table(
    "gnnrec_changes",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("user", sa.Text, index=True),
    sa.Column("item", sa.Text, index=True),
    sa.Column("time", sa.BigInteger),
    sa.Column("weight", sa.Double),
    sa.Column("id", sa.Text),
    sa.Column("attributes", sa.Text),
)
"""Ids and attributes are JSON, in which "1" is not 1, and which PostgreSQL takes whatever character is in it."""

OF_INTERACTIONS = CHANGES.c.kind == "interaction"

sa.Index(
    "gnnrec_interaction_ids",
    CHANGES.c.id,
    unique=True,
    sqlite_where=OF_INTERACTIONS,
    postgresql_where=OF_INTERACTIONS,
)


LAST = f"SELECT last FROM {ABOUT.name}"  # noqa: S608 - our own names

SINCE = (
    f'SELECT number, kind, "user", item, time, weight, id, attributes FROM {CHANGES.name} '  # noqa: S608 - the same
    "WHERE number > ? ORDER BY number LIMIT ?"
)
"""What every request asks, in SQL: the number of the last change, and the changes after a number, so many at most."""


def change_of(row: Sequence[Any]) -> Change:
    """The change that a row of `CHANGES` is."""
    number, kind, user, item, time, weight, name, attributes = row
    known = None if attributes is None else json.loads(attributes)
    return Change(number, kind, _read(user), _read(item), time, weight, _read(name), known)


def _read(text: str | None) -> Any:
    """An id, as `written` has it; most need no reader of JSON, which takes its time over millions of lines."""
    if text is None:
        return None
    if text[0] != '"':
        return int(text)
    return text[1:-1] if "\\" not in text else json.loads(text)
