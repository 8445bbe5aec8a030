"""Finding a store in a database, or making it there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gnnrec.serving.changes import Catalogue
from gnnrec.serving.database import PATIENCE
from gnnrec.serving.errors import StoreError
from gnnrec.serving.schema import ABOUT, METADATA, VERSION

if TYPE_CHECKING:
    from gnnrec.serving.database import Database

FOUNDERS = 0x676E6E726563
"""PostgreSQL's lock of whoever makes the tables."""

PAUSE = 0.02
"""Seconds between attempts to turn on SQLite's log, which does not wait for others by itself."""


def catalogue_of(database: Database) -> Catalogue:
    """What a store that is there belongs to.

    Raises:
        StoreError: There is none, or it has another schema.
    """
    found = None
    if database.file is None or database.file.is_file() or str(database.file).startswith("file:"):
        with database.read() as connection:
            found = _found(connection, database.name)
    if found is None:
        raise StoreError(f"there is no store in {database.name}; gnnrec serve makes one")
    return found


def found_or_make(database: Database, catalogue: Catalogue) -> None:
    """See that there is a store that belongs to a catalogue, or make it.

    Raises:
        StoreError: It has another schema, or belongs to another catalogue.
    """
    with database.read() as connection:
        found = _found(connection, database.name)
    if found is None:
        if database.is_sqlite:
            _write_ahead(database)
        with database.write() as connection:
            if not database.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(FOUNDERS)))
            found = _found(connection, database.name)
            if found is None:
                METADATA.create_all(connection)
                connection.execute(ABOUT.insert().values(_row(catalogue)))
                return
    require_same_ids(database.name, found, catalogue)
    if found.items != catalogue.items:
        raise StoreError(
            f"store {database.name} belongs to a run with other items (theirs have the digest {found.items[:12]}, this "
            f"run's {catalogue.items[:12]}): name another store, or export this one for the training of a new run"
        )


def require_same_ids(name: str, found: Catalogue, wanted: Catalogue) -> None:
    """See that the ids of a store are of a run's types.

    Raises:
        StoreError: They are not.
    """
    for what, theirs, ours in (
        ("user", found.user_ids, wanted.user_ids),
        ("item", found.item_ids, wanted.item_ids),
    ):
        if theirs != ours:
            raise StoreError(
                f"store {name} has {what} ids that are {_told(theirs)}, and the run's are {_told(ours)}: name another "
                "store"
            )


def _found(connection: sa.Connection, name: str) -> Catalogue | None:
    if not sa.inspect(connection).has_table(ABOUT.name):
        return None
    version = connection.scalar(sa.select(ABOUT.c.version))
    if version != VERSION:
        raise StoreError(
            f"store {name} has schema {version}, and this gnnrec reads schema {VERSION}: "
            + ("upgrade gnnrec" if version is not None and version > VERSION else "name another store")
        )
    columns = (ABOUT.c.user_ids, ABOUT.c.item_ids, ABOUT.c.catalogue)
    return Catalogue(*connection.execute(sa.select(*columns)).one())


def _row(catalogue: Catalogue) -> dict[str, Any]:
    """What is written of a store that is new."""
    ids = {"user_ids": catalogue.user_ids, "item_ids": catalogue.item_ids, "catalogue": catalogue.items}
    return {"version": VERSION, "last": 0, "refreshed": 0} | ids


def _write_ahead(database: Database) -> None:
    """Turn on SQLite's write-ahead log, for good: readers and a writer do not wait for each other."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with database.alone() as cursor:
                cursor.execute("PRAGMA journal_mode = WAL")
        except StoreError as error:
            if not error.retry or time.monotonic() > until:
                raise
            time.sleep(PAUSE)
        else:
            return


def _told(kind: str) -> str:
    return "text" if kind == "text" else "whole numbers"
