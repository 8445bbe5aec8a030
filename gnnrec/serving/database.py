"""Connections to the database of a store: durable, one writer after another, and failures put in words."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc

from gnnrec.errors import UsageError
from gnnrec.serving.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 5
"""Seconds that a writer waits for others, and a connection for a server; `?timeout=` of SQLite's URL says otherwise."""

EXAMPLES = "sqlite:///live.sqlite or postgresql://user@host/database"

DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
    f"SELECT set_config('lock_timeout', '{PATIENCE}s', false)",
)
"""What each connection to PostgreSQL says: what is acknowledged is on the disk, and nobody waits for ever."""

WRITES = {"gnnrec_writes": True}
"""The execution option of a transaction that writes: SQLite has it locked from its start."""

FAULTS = (
    (
        ("disk is full", "no space left"),
        {"53100"},
        "has no room on its disk; nothing of this was kept: make room there",
    ),
    (
        ("readonly", "read-only"),
        {"25006", "42501"},
        "is read-only for this process: let it write there (SQLite: the file, and the folder that it lies in)",
    ),
    (
        ("unable to open",),
        (),
        "cannot be opened: see that its folder is there, and that this process may write in it",
    ),
    (("not a database", "malformed"), (), "is damaged, or no SQLite database: name another, or restore a copy"),
)
"""What lasts until somebody does something: words of SQLite, codes of PostgreSQL, and what is said."""

LOST = ("08", "57P")
"""How the codes begin of a server that went away; a connection that was never made has none."""


class Database:
    """The database that a URL names.

    Args:
        url: SQLite (a file) or PostgreSQL.

    Attributes:
        name: What messages call it: without a password.
        is_sqlite: Which of the two.
        file: SQLite's; None for PostgreSQL.
        reading: Of transactions that read.
        writing: Of transactions that write.

    Raises:
        UsageError: The URL names neither.
        StoreError: What speaks to PostgreSQL is not installed.
    """

    def __init__(self, url: str) -> None:
        parsed = _parsed(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.file = Path(parsed.database or "") if self.is_sqlite else None
        shown = parsed.set(drivername="postgresql").render_as_string(hide_password=True)
        self.name = str(self.file) if self.is_sqlite else shown
        waiting = "timeout" if self.is_sqlite else "connect_timeout"
        arguments: dict[str, Any] = {} if waiting in parsed.query else {waiting: PATIENCE}
        if self.is_sqlite:
            arguments["check_same_thread"] = False
        try:
            self.reading = sa.create_engine(
                parsed, connect_args=arguments, pool_pre_ping=not self.is_sqlite, pool_timeout=PATIENCE
            )
        except ImportError:
            raise StoreError(
                "a store in PostgreSQL takes psycopg, which is not installed: pip install 'gnnrec[serve]'"
            ) from None
        sa.event.listen(self.reading, "connect", _begin_sqlite if self.is_sqlite else _begin_postgresql)
        if self.is_sqlite:
            sa.event.listen(self.reading, "begin", _lock_sqlite)
        self.writing = self.reading.execution_options(**WRITES)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees the store as it is now."""
        with self.telling(), self.reading.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that is kept as a whole, on the disk when this ends, or not at all."""
        with self.telling(), self.writing.begin() as connection:
            yield connection

    @contextmanager
    def alone(self) -> Iterator[Any]:
        """A cursor of the database's own driver, outside of transactions."""
        with self.telling():
            connection = self.own_connection()
            try:
                yield connection.cursor()
            finally:
                connection.close()

    def asking(self, question: str) -> Asking:
        """What answers one question again and again, at the least cost.

        Args:
            question: SQL, with `?` for each value.
        """
        return Asking(self, question if self.is_sqlite else question.replace("?", "%s"))

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Turn errors of the database into a `StoreError`."""
        try:
            yield
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            raise self._said(error) from None
        except Exception as error:
            if hasattr(error, "sqlstate"):  # psycopg's, which need not be installed
                raise self._said(error) from None
            raise

    def close(self) -> None:
        """Close all connections."""
        self.reading.dispose()

    def locked(self) -> StoreError:
        """That others would not let go of the store."""
        return StoreError(
            f"store {self.name} is locked: others have been at it all the while; try again in a moment", retry=True
        )

    def own_connection(self) -> Any:
        """A connection of the driver that is in no pool, outside of transactions."""
        pooled = self.reading.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        if not self.is_sqlite:
            connection.autocommit = True
        return connection

    def _said(self, error: Exception) -> StoreError:
        cause: BaseException = getattr(error, "orig", None) or error
        text, code = str(cause).strip(), getattr(cause, "sqlstate", None) or ""
        low = text.lower()
        if "is locked" in low or code in {"55P03", "40P01", "40001"} or isinstance(error, exc.TimeoutError):
            return self.locked()
        for words, codes, told in FAULTS:
            if code in codes or any(each in low for each in words):
                return StoreError(f"store {self.name} {told}")
        first = text.partition("\n")[0]
        if code.startswith(LOST) or (not self.is_sqlite and not code and isinstance(error, exc.OperationalError)):
            return StoreError(
                f"store {self.name} cannot be reached: {first}; see that its server runs, and try again", retry=True
            )
        return StoreError(f"store {self.name} failed: {first}")


class Asking:
    """One question, asked of the database's own driver over a connection that is kept for it.

    Args:
        database: Whom to ask.
        question: SQL as the driver has it.
    """

    def __init__(self, database: Database, question: str) -> None:
        self._database = database
        self._question = question
        self._lock = Lock()
        self._cursor: Any = None

    def __call__(self, *values: int) -> list[Any]:
        """The rows of the answer as it is now."""
        with self._lock:
            try:
                if self._cursor is not None:
                    return self._ask(values)
            except Exception:  # noqa: BLE001 - whatever was lost, such as a server that began anew, is asked again
                self._close()
            with self._database.telling():
                self._cursor = self._database.own_connection().cursor()
                return self._ask(values)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._close()

    def _ask(self, values: tuple[int, ...]) -> list[Any]:
        self._cursor.execute(self._question, values)
        rows: list[Any] = self._cursor.fetchall()
        return rows

    def _close(self) -> None:
        if self._cursor is not None:
            self._cursor.connection.close()
            self._cursor = None


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError:
        raise UsageError(f"a store is named by a URL, {EXAMPLES}; got {_unsecret(url)}") from None
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise UsageError(f"a store is in SQLite or PostgreSQL: {EXAMPLES}; got {parsed.drivername}")
    if parsed.drivername == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise UsageError(f"a store in SQLite is a file: {EXAMPLES}; got {url}, which is gone with its process")
    return parsed


def _unsecret(url: str) -> str:
    return "what has an @ in it, and perhaps a password" if "@" in url else repr(url)


def _begin_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions begin as _lock_sqlite says, not where Python guesses
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")


def _begin_postgresql(connection: Any, _: object) -> None:
    for said in DURABLE:
        connection.execute(said)
    connection.commit()


def _lock_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("gnnrec_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
