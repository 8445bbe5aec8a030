"""What has happened since a run was trained: a log that only grows, in a database that many processes share."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gnnrec.errors import UsageError
from gnnrec.serving.changes import require_id, written
from gnnrec.serving.database import Database
from gnnrec.serving.founding import catalogue_of, found_or_make, require_same_ids
from gnnrec.serving.schema import ABOUT, CHANGES, LAST, OF_INTERACTIONS, SINCE, VERSION, change_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from gnnrec.serving.changes import Catalogue, Change, Id, Interaction, What

AT_ONCE = 500
"""Ids in one question: SQLite and PostgreSQL take some thousands of values at most."""

FORGETTABLE = CHANGES.c.kind.in_(["delete_user", "delete_interaction"])
"""Lines that say whom, or what of them, is gone; ids of items are nobody's secret."""

SUPERSEDED = {"availability": [CHANGES.c.item], "refresh": []}
"""Kinds of which the last line counts, by what they are told apart by."""


class Store:
    """A log of changes, one line each; made by `open`. It is safe to use by many threads and processes.

    What a method that writes has returned is on the disk. Each method raises a `StoreError` where the database fails;
    then nothing of what was asked is kept, unless the connection was lost in the moment of the commit.

    Args:
        database: Where the tables are.
        catalogue: What the store belongs to.
    """

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        self.name = database.name
        self.catalogue = catalogue
        self._database = database
        self._last = database.asking(LAST)
        self._since = database.asking(SINCE)

    @classmethod
    def open(cls, url: str, catalogue: Catalogue | None = None) -> Store:
        """The store that a URL names, made where there is none.

        Args:
            url: sqlite:///FILE, or postgresql://USER@HOST/DATABASE.
            catalogue: What it is to belong to; None takes a store that is there, whatever it belongs to.

        Raises:
            UsageError: The URL names no database that can hold a store.
            StoreError: The store has another schema, other types of ids or another catalogue; or there is none and no
                catalogue; or the database cannot be used.
        """
        database = Database(url)
        try:
            if catalogue is None:
                return cls(database, catalogue_of(database))
            found_or_make(database, catalogue)
            return cls(database, catalogue)
        except BaseException:
            database.close()
            raise

    def add_interactions(self, some: Sequence[Interaction]) -> list[int]:
        """Add interactions, all or none, and give the numbers of those that are new.

        One whose `id` is in the store already, or came before in `some`, is counted once.

        Raises:
            UsageError: An id is not of the catalogue's type.
        """
        for each in some:
            self.catalogue.require("user", each.user)
            self.catalogue.require("item", each.item)
        if not some:
            return []
        with self._database.write() as connection:
            last = _count_from(connection)
            known = _known(connection, [written(each.id) for each in some if each.id is not None])
            rows = []
            for each in some:
                name = None if each.id is None else written(each.id)
                if name is not None and name in known:
                    continue
                known.add(name or "")
                weight = None if each.weight is None else float(each.weight)
                rows.append(_row("interaction", user=each.user, item=each.item, time=each.time, weight=weight, id=name))
            return _append(connection, last, rows)

    def add_user(self, user: Id, attributes: Mapping[str, Any]) -> int:
        """Say what is known of a user, new or not; what was said before counts no more."""
        self.catalogue.require("user", user)
        return self._say(_row("user", user=user, attributes=attributes))

    def add_item(self, item: Id, attributes: Mapping[str, Any]) -> int:
        """Say what is known of an item, new or not; what was said before counts no more."""
        self.catalogue.require("item", item)
        return self._say(_row("item", item=item, attributes=attributes))

    def set_availability(self, item: Id, available: bool) -> int:
        """Say whether an item may be recommended."""
        self.catalogue.require("item", item)
        return self._say(_row("availability", item=item, attributes={"available": available}))

    def delete_interaction(self, id: str) -> int:  # noqa: A002 - what it is called everywhere else
        """Delete the interaction of that id; 0 where there is none."""
        require_id("interaction", id)
        name = written(id)
        with self._database.write() as connection:
            last = _count_from(connection)
            if name not in _known(connection, [name]):
                return 0
            connection.execute(CHANGES.delete().where(CHANGES.c.id == name))
            return _append(connection, last, [_row("delete_interaction", id=name)])[0]

    def delete_user(self, user: Id) -> int:
        """Delete every line that speaks of a user, who need not have any; the new line names them until `compact`."""
        self.catalogue.require("user", user)
        return self._say(_row("delete_user", user=user), instead=CHANGES.c.user == written(user))

    def delete_item(self, item: Id) -> int:
        """Delete every line that speaks of an item, which need not have any."""
        self.catalogue.require("item", item)
        return self._say(_row("delete_item", item=item), instead=CHANGES.c.item == written(item))

    def last(self) -> int:
        """The number of the last change; 0 where nothing has happened."""
        return int(self._last()[0][0])

    def since(self, number: int, limit: int = 10_000) -> list[Change]:
        """The changes after a number, in their order, `limit` at most; go on with the number of the last one."""
        return [change_of(row) for row in self._since(number, limit)]

    def refresh(self, upto: int) -> int:
        """Say that embeddings of items were made of all changes up to one; 0 where they were of as many before.

        Raises:
            UsageError: There is no such change yet.
        """
        with self._database.write() as connection:
            last = _count_from(connection)
            if not 0 <= upto <= last:
                raise UsageError(f"a refresh is up to a change that is there, 0 to {last}; got {upto}")
            if upto <= (connection.scalar(sa.select(ABOUT.c.refreshed)) or 0):
                return 0
            connection.execute(ABOUT.update().values(refreshed=upto))
            return _append(connection, last, [_row("refresh", attributes={"upto": upto})])[0]

    def refreshed(self) -> int:
        """Up to which change the last refresh was; 0 where there was none."""
        with self._database.read() as connection:
            return int(connection.scalar(sa.select(ABOUT.c.refreshed)) or 0)

    def take_over(self, catalogue: Catalogue) -> None:
        """Let the store belong to a new run, whose items it is for the caller to have compared.

        Raises:
            StoreError: The run's ids are of other types.
        """
        require_same_ids(self.name, self.catalogue, catalogue)
        with self._database.write() as connection:
            connection.execute(ABOUT.update().values(catalogue=catalogue.items))
        self.catalogue = catalogue

    def export(self, path: Path) -> int:
        """Write the interactions as a table that a recipe's dataset `table` reads; the number of rows.

        Args:
            path: A file that ends in .csv or .parquet; it is replaced. Parquet keeps text ids such as "007" text.

        Raises:
            UsageError: The file ends otherwise, or cannot be written.
            StoreError: There are no interactions.
        """
        from gnnrec.serving.export import write_table

        with self._database.read() as connection:
            weights = connection.scalar(sa.select(sa.func.count(CHANGES.c.weight)))
        return write_table(path, self.name, self._pages(), self.catalogue, with_weights=bool(weights))

    def stats(self) -> dict[str, Any]:
        """What is in the store: lines by kind, users and items of interactions, times, bytes on the disk."""
        with self._database.read() as connection:
            about = connection.execute(sa.select(ABOUT)).one()
            kinds = connection.execute(sa.select(CHANGES.c.kind, sa.func.count()).group_by(CHANGES.c.kind)).all()
            counted = [sa.func.count(CHANGES.c.user.distinct()), sa.func.count(CHANGES.c.item.distinct())]
            times = [sa.func.min(CHANGES.c.time), sa.func.max(CHANGES.c.time)]
            users, items, first, latest = connection.execute(sa.select(*counted, *times).where(OF_INTERACTIONS)).one()
            size = None if self._database.is_sqlite else connection.scalar(sa.func.pg_total_relation_size(CHANGES.name))
        if self._database.file is not None:
            beside = (self._database.file, self._database.file.with_name(f"{self._database.file.name}-wal"))
            size = sum(file.stat().st_size for file in beside if file.is_file())
        return {
            "store": self.name,
            "schema": VERSION,
            "catalogue": asdict(self.catalogue),
            "last": about.last,
            "refreshed": about.refreshed,
            "lines": dict(sorted(map(tuple, kinds))),
            "users": users,
            "items": items,
            "first_time": first,
            "last_time": latest,
            "bytes": size,
        }

    def compact(self) -> None:
        """Take away lines that say nothing any more and the names of who was deleted, and give back the room.

        What was deleted is then in no byte of the database's files. The store is locked meanwhile, and SQLite needs
        as much room again as the store takes.
        """
        with self._database.write() as connection:
            _count_from(connection)
            for kind, apart in SUPERSEDED.items():
                of_kind = CHANGES.c.kind == kind
                latest = sa.select(sa.func.max(CHANGES.c.number)).where(of_kind).group_by(*apart)
                connection.execute(CHANGES.delete().where(of_kind, CHANGES.c.number.not_in(latest)))
            connection.execute(CHANGES.update().where(FORGETTABLE).values(user=None, id=None))
            latest = sa.select(sa.func.max(CHANGES.c.number)).where(FORGETTABLE)
            connection.execute(CHANGES.delete().where(FORGETTABLE, CHANGES.c.number < latest.scalar_subquery()))
        with self._database.alone() as cursor:
            if not self._database.is_sqlite:
                cursor.execute(f"VACUUM (FULL) {CHANGES.name}")
                return
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy = cursor.fetchall()[0][0]
        if is_busy:
            raise self._database.locked()

    def close(self) -> None:
        """Close all connections."""
        self._last.close()
        self._since.close()
        self._database.close()

    def _say(self, row: dict[str, Any], instead: sa.ColumnElement[bool] | None = None) -> int:
        """Append a line, in the place of those that `instead` chooses."""
        with self._database.write() as connection:
            last = _count_from(connection)
            if instead is not None:
                connection.execute(CHANGES.delete().where(instead))
            return _append(connection, last, [row])[0]

    def _pages(self) -> Iterator[list[Change]]:
        """The whole log as it is now, page by page."""
        number, last = 0, self.last()
        while number < last and (page := self.since(number)):
            yield page
            number = page[-1].number


def _row(kind: What, **said: Any) -> dict[str, Any]:
    """A line without its number; an interaction's id comes as it is written."""
    told = {column: written(said[column]) for column in ("user", "item", "attributes") if column in said}
    return dict.fromkeys(CHANGES.c.keys()) | said | told | {"kind": kind}


def _count_from(connection: sa.Connection) -> int:
    """The last number, with every other writer waiting until this transaction ends."""
    return int(connection.scalar(sa.select(ABOUT.c.last).with_for_update()) or 0)


def _append(connection: sa.Connection, last: int, rows: list[dict[str, Any]]) -> list[int]:
    """Number lines and write them."""
    if not rows:
        return []
    numbers = list(range(last + 1, last + 1 + len(rows)))
    connection.execute(CHANGES.insert(), [row | {"number": number} for row, number in zip(rows, numbers, strict=True)])
    connection.execute(ABOUT.update().values(last=numbers[-1]))
    return numbers


def _known(connection: sa.Connection, ids: Sequence[str]) -> set[str]:
    """Which ids of interactions, as they are written, are in the store."""
    known: set[str] = set()
    for start in range(0, len(ids), AT_ONCE):
        asked = sa.select(CHANGES.c.id).where(OF_INTERACTIONS, CHANGES.c.id.in_(ids[start : start + AT_ONCE]))
        known |= {name for name in connection.scalars(asked) if name is not None}
    return known
