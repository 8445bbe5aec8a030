from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import postgresql
import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from gnnrec.errors import UsageError
from gnnrec.serving import store as store_module
from gnnrec.serving.changes import Catalogue, Change, Interaction
from gnnrec.serving.errors import StoreError
from gnnrec.serving.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CATALOGUE = Catalogue.of(["ann", "bob"], [1, 2, 3])

EXAMPLES = "sqlite:///live.sqlite or postgresql://user@host/database"

STRANGE = ["1", "'; DROP TABLE gnnrec_store; --", 'a"b\\c', "nul\0", "naïve 漢字 🎬", " ", "%s ?", "a" * 400]

WRITER = """
import sys
from gnnrec.serving.changes import Catalogue, Interaction
from gnnrec.serving.store import Store
url, user, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = Store.open(url, Catalogue.of(["ann", "bob"], [1, 2, 3]))
print("ready", flush=True)
sys.stdin.readline()
for i in range(count):
    numbers = store.add_interactions([Interaction(user, 1, i, id=f"{user}{i}a"), Interaction(user, 2, i)])
    print(*numbers, flush=True)
"""


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with postgresql.server() as url:
        yield url


def wiped(url: str) -> str:
    """The server's database without a store."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS gnnrec_store, gnnrec_changes")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/live.sqlite"
    return wiped(request.getfixturevalue("server"))


def name_of(url: str) -> str:
    """What messages call the store."""
    return url.removeprefix("sqlite:///") if "sqlite" in url else url.replace("host=/tmp/", "host=%2Ftmp%2F")


@contextmanager
def opened(url: str, catalogue: Catalogue | None = CATALOGUE) -> Iterator[Store]:
    store = Store.open(url, catalogue)
    try:
        yield store
    finally:
        store.close()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with opened(url) as store:
        yield store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of a store that holds two interactions."""
    with opened(f"sqlite:///{tmp_path}/live.sqlite") as store:
        store.add_interactions([Interaction("ann", 1, 5), Interaction("bob", 2, 6, 0.5)])
    return tmp_path / "live.sqlite"


def test_each_line_says_what_has_changed_in_order(store: Store) -> None:
    assert (store.last(), store.since(0), store.refreshed()) == (0, [], 0)
    assert store.add_interactions([Interaction("ann", 1, 100), Interaction("bob", 2, 50, 2, "e1")]) == [1, 2]
    assert store.add_user("zoe", {"age": 30, "tags": ["a", None]}) == 3
    assert store.add_item(9, {"title": "New"}) == 4
    assert store.set_availability(2, False) == 5
    assert store.refresh(4) == 6
    assert (store.last(), store.refreshed()) == (6, 4)
    lines = [
        Change(1, "interaction", user="ann", item=1, time=100),
        Change(2, "interaction", user="bob", item=2, time=50, weight=2.0, id="e1"),
        Change(3, "user", user="zoe", attributes={"age": 30, "tags": ["a", None]}),
        Change(4, "item", item=9, attributes={"title": "New"}),
        Change(5, "availability", item=2, attributes={"available": False}),
        Change(6, "refresh", attributes={"upto": 4}),
    ]
    assert store.since(0) == lines
    assert store.since(2, limit=2) == lines[2:4]
    assert store.since(6) == []


def test_a_refresh_goes_forward_only_and_not_beyond_what_is_there(store: Store) -> None:
    store.add_interactions([Interaction("ann", 1, 1), Interaction("ann", 2, 1)])
    assert store.refresh(2) == 3
    assert store.refresh(2) == store.refresh(1) == 0
    with pytest.raises(UsageError, match=r"^a refresh is up to a change that is there, 0 to 3; got 4$"):
        store.refresh(4)
    assert (store.refreshed(), store.last()) == (2, 3)


def test_what_is_deleted_is_gone_and_a_line_without_its_content_says_so(store: Store) -> None:
    store.add_interactions([Interaction("ann", 1, 1, id="e1"), Interaction("ann", 2, 2), Interaction("bob", 1, 3)])
    store.add_user("ann", {"age": 1})
    store.set_availability(1, False)
    assert store.delete_interaction("e1") == 6
    assert store.delete_interaction("e1") == store.delete_interaction("never") == 0
    assert [each.number for each in store.since(0)] == [2, 3, 4, 5, 6]
    assert store.since(5) == [Change(6, "delete_interaction", id="e1")]
    assert store.delete_user("ann") == 7
    assert store.delete_item(1) == 8
    assert store.since(0) == [
        Change(6, "delete_interaction", id="e1"),
        Change(7, "delete_user", user="ann"),
        Change(8, "delete_item", item=1),
    ]
    assert store.delete_user("ann") == 9
    assert [each.number for each in store.since(0)] == [6, 8, 9]
    assert store.add_interactions([Interaction("ann", 1, 1, id="e1")]) == [10]


def test_a_repeated_id_is_counted_once_in_a_batch_and_later(store: Store) -> None:
    first = Interaction("ann", 1, 1, id="e1")
    plain = Interaction("ann", 1, 1)
    assert store.add_interactions([first, plain, first, replace(first, item=2), plain]) == [1, 2, 3]
    assert store.add_interactions([first]) == []
    assert store.add_interactions([replace(first, user="bob"), replace(first, id="e2")]) == [4]
    many = [Interaction("ann", 1, 1, id=str(i)) for i in range(1200)]
    assert store.add_interactions(many) == list(range(5, 1205))
    assert store.add_interactions([*many, first]) == []
    assert store.add_interactions([]) == []
    assert store.last() == 1204


def test_a_batch_is_kept_as_a_whole_or_not_at_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    good = Interaction("ann", 1, 1, id="e1")
    with pytest.raises(UsageError, match=r"^item ids of this store are whole numbers; got '2'$"):
        store.add_interactions([good, Interaction("ann", "2", 1)])
    assert store.add_interactions([good]) == [1]
    monkeypatch.setattr(store_module, "_known", lambda *_: set())  # so that the database is the one that notices
    with pytest.raises(StoreError, match=r"failed: .*(?i:unique)"):
        store.add_interactions([Interaction("bob", 1, 1), good])
    assert (store.last(), [each.user for each in store.since(0)]) == (1, ["ann"])
    monkeypatch.undo()
    assert store.add_interactions([Interaction("bob", 1, 1), good]) == [2]


@pytest.mark.parametrize("kind", ["text", "number"])
def test_ids_come_out_as_they_went_in(url: str, kind: str) -> None:
    ids: list[Any] = STRANGE if kind == "text" else [0, 1, -7, 2**63 - 1, -(2**63 - 1)]
    with opened(url, Catalogue.of(ids, ids)) as store:
        store.add_interactions([Interaction(each, each, 1, id=f"e{each}"[:400]) for each in ids])
        found = store.since(0)
        assert [(each.user, each.item, each.id) for each in found] == [(each, each, f"e{each}"[:400]) for each in ids]
        assert {type(each.user) for each in found} == {str if kind == "text" else int}
        wrong: Any = 1 if kind == "text" else "1"
        told = "text" if kind == "text" else "whole numbers"
        for call in (store.delete_user, lambda each: store.add_user(each, {})):
            with pytest.raises(UsageError, match=rf"^user ids of this store are {told}; got {wrong!r}$"):
                call(wrong)
        for call in (
            store.delete_item,
            lambda each: store.add_item(each, {}),
            lambda each: store.set_availability(each, True),
        ):
            with pytest.raises(UsageError, match=rf"^item ids of this store are {told}; got {wrong!r}$"):
                call(wrong)


class Reader:
    """Keeps what the log says, as any process does that follows it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clear()

    def clear(self) -> None:
        self.began = self.store.last()
        self.at = 0
        self.events: dict[int, tuple[Any, ...]] = {}
        self.users: dict[Any, Any] = {}
        self.items: dict[Any, Any] = {}
        self.available: dict[Any, bool] = {}
        self.upto = 0

    def read(self, limit: int) -> None:
        while self.at < self.store.last():
            page = self.store.since(self.at, limit)
            assert page  # the last line is always there
            for change in page:
                if change.number > self.began and change in (
                    Change(change.number, "delete_user"),
                    Change(change.number, "delete_interaction"),
                ):
                    self.clear()
                    break
                self.apply(change)
                self.at = change.number

    def apply(self, change: Change) -> None:
        match change.kind:
            case "interaction":
                self.events[change.number] = (change.user, change.item, change.time, change.weight, change.id)
            case "user":
                self.users[change.user] = change.attributes
            case "item":
                self.items[change.item] = change.attributes
            case "availability":
                self.available[change.item] = (change.attributes or {})["available"]
            case "refresh":
                self.upto = (change.attributes or {})["upto"]
            case "delete_interaction":
                self.events = {
                    number: each for number, each in self.events.items() if change.id is None or each[4] != change.id
                }
            case "delete_user":
                self.events = {number: each for number, each in self.events.items() if each[0] != change.user}
                self.users.pop(change.user, None)
            case "delete_item":
                self.events = {number: each for number, each in self.events.items() if each[1] != change.item}
                self.items.pop(change.item, None)
                self.available.pop(change.item, None)

    def state(self) -> Any:
        return self.events, self.users, self.items, self.available, self.upto


USERS, ITEMS, NAMES = st.sampled_from(["ann", "bob"]), st.sampled_from([1, 2]), st.sampled_from(["e1", "e2"])
STEPS = st.one_of(
    st.tuples(st.just("interaction"), USERS, ITEMS, st.integers(0, 9), st.none() | NAMES),
    st.tuples(st.just("user"), USERS, st.integers(0, 9)),
    st.tuples(st.just("item"), ITEMS, st.integers(0, 9)),
    st.tuples(st.just("availability"), ITEMS, st.booleans()),
    st.tuples(st.just("delete_user"), USERS),
    st.tuples(st.just("delete_item"), ITEMS),
    st.tuples(st.just("delete_interaction"), NAMES),
    st.tuples(st.just("refresh")),
    st.tuples(st.just("compact")),
    st.tuples(st.just("read"), st.integers(1, 3)),
)


class Model(Reader):
    """What a store is to hold, kept without one."""

    def do(self, step: tuple[Any, ...]) -> None:
        """Take a step, here and in the store."""
        store, (what, *said) = self.store, step
        number = 0
        match what:
            case "interaction":
                user, item, time, name = said
                added = store.add_interactions([Interaction(user, item, time, None, name)])
                is_new = name is None or all(each[4] != name for each in self.events.values())
                assert bool(added) == is_new
                if is_new:
                    number = added[0]
                    self.apply(Change(number, "interaction", user, item, time, None, name))
            case "user" | "item":
                number = getattr(store, f"add_{what}")(said[0], {"a": said[1]})
                self.apply(Change(number, what, **{what: said[0]}, attributes={"a": said[1]}))
            case "availability":
                number = store.set_availability(*said)
                self.apply(Change(number, what, item=said[0], attributes={"available": said[1]}))
            case "delete_user" | "delete_item":
                number = getattr(store, what)(*said)
                self.apply(Change(number, what, **{what.removeprefix("delete_"): said[0]}))
            case "delete_interaction":
                number = store.delete_interaction(*said)
                self.apply(Change(number, what, id=said[0]))
            case "refresh":
                upto = self.at
                number = store.refresh(upto)
                assert bool(number) == (upto > self.upto)
                self.upto = max(self.upto, upto)
            case "compact":
                store.compact()
        if number:
            assert number == self.at + 1 == store.last()
            self.at = number


@pytest.mark.slow
@settings(max_examples=60)
@given(steps=st.lists(STEPS, min_size=5, max_size=16), limit=st.integers(1, 4))
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_whoever_follows_the_log_in_pieces_knows_what_the_store_holds(
    kind: str, steps: list[tuple[Any, ...]], limit: int, request: pytest.FixtureRequest, tmp_path_factory: Any
) -> None:
    folder = tmp_path_factory.mktemp("followed")
    url = wiped(request.getfixturevalue("server")) if kind == "postgresql" else f"sqlite:///{folder}/live.sqlite"
    with opened(url) as store:
        model, follower = Model(store), Reader(store)
        for step in steps:
            if step[0] == "read":
                follower.read(step[1])
                assert follower.state() == model.state()
            else:
                model.do(step)
        for prepare in (store.refreshed, store.compact):
            prepare()
            newcomer = Reader(store)
            newcomer.read(limit)
            follower.read(limit)
            assert newcomer.state() == follower.state() == model.state()
            assert newcomer.at == follower.at == store.last() == model.at
        assert store.refreshed() == model.upto


def test_a_deleted_user_is_in_no_byte_of_the_files_once_the_store_is_compact(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/live.sqlite") as store, opened(f"sqlite:///{tmp_path}/live.sqlite") as other:
        for i in range(50):
            store.add_interactions([Interaction("forget-me", 1, i, id=f"secret-{i}"), Interaction("ann", 2, i)])
        store.add_user("forget-me", {"town": "private-town"})
        store.delete_user("forget-me")
        store.add_interactions([Interaction("bob", 2, 1, id="secret-too")])
        store.delete_interaction("secret-too")
        other.since(0)

        def held() -> bytes:
            return b"".join(path.read_bytes() for path in tmp_path.glob("live.sqlite*"))

        assert b"forget-me" in held()  # in the line that says so to others, and in the log of the database
        store.compact()
        assert [text for text in (b"forget-me", b"private-town", b"secret") if text in held()] == []
        assert b"ann" in held()
        assert [each for each in other.since(0) if each.kind != "interaction"] == [Change(104, "delete_interaction")]
        assert other.last() == 104


def test_what_is_deleted_leaves_the_file_with_the_next_checkpoint(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/live.sqlite") as store:
        for i in range(300):
            store.add_interactions([Interaction("forget-me", 1, i, id=f"secret-{i}")])
        store.add_user("forget-me", {"town": "private-town"})
        store.delete_user("forget-me")
    (file,) = tmp_path.glob("live.sqlite*")  # whoever closes last moves the log into it
    held = file.read_bytes()
    assert [held.count(text) for text in (b"private-town", b"secret")] == [0, 0]
    assert held.count(b"forget-me") <= 2  # the line that says so, and its index


def test_compacting_keeps_what_counts(store: Store) -> None:
    store.add_interactions([Interaction("ann", 1, 1), Interaction("bob", 1, 1)])
    for available in (False, True, False):
        store.set_availability(1, available)
    store.set_availability(2, False)
    store.refresh(2)
    store.refresh(6)
    store.delete_user("bob")
    store.delete_item(3)
    store.delete_user("eve")
    store.compact()
    assert store.since(0) == [
        Change(1, "interaction", user="ann", item=1, time=1),
        Change(5, "availability", item=1, attributes={"available": False}),
        Change(6, "availability", item=2, attributes={"available": False}),
        Change(8, "refresh", attributes={"upto": 6}),
        Change(10, "delete_item", item=3),
        Change(11, "delete_user"),
    ]
    assert (store.last(), store.refreshed()) == (11, 6)


def test_what_is_in_a_store(store: Store, url: str) -> None:
    store.add_interactions([Interaction("ann", 1, 5), Interaction("ann", 2, 9), Interaction("bob", 1, 7)])
    store.add_item(9, {})
    stats = store.stats()
    assert stats.pop("bytes") > 0
    assert stats == {
        "store": name_of(url),
        "schema": 1,
        "catalogue": {"user_ids": "text", "item_ids": "number", "items": CATALOGUE.items},
        "last": 4,
        "refreshed": 0,
        "lines": {"interaction": 3, "item": 1},
        "users": 2,
        "items": 2,
        "first_time": 5,
        "last_time": 9,
    }


def test_a_store_is_found_again_and_by_whom_it_is_not(url: str) -> None:
    name = name_of(url)
    with pytest.raises(StoreError) as caught:
        Store.open(url)
    assert str(caught.value) == f"there is no store in {name}; gnnrec serve makes one"
    with opened(url) as store:
        store.add_interactions([Interaction("ann", 1, 1)])
    for catalogue in (None, CATALOGUE):
        with opened(url, catalogue) as store:
            assert (store.catalogue, store.last()) == (CATALOGUE, 1)
    others = Catalogue.of(["ann"], [1, 2])
    other_ids = f"store {name} has user ids that are text, and the run's are whole numbers: name another store"
    digests = f"theirs have the digest {CATALOGUE.items[:12]}, this run's {others.items[:12]}"
    other_items = (
        f"store {name} belongs to a run with other items ({digests}): name another store, or export this one for the "
        "training of a new run"
    )
    for catalogue, message in ((replace(CATALOGUE, user_ids="number"), other_ids), (others, other_items)):
        with pytest.raises(StoreError) as caught:
            Store.open(url, catalogue)
        assert (str(caught.value), caught.value.retry) == (message, False)
    with opened(url) as store:
        store.take_over(others)
        with pytest.raises(StoreError, match="has item ids that are whole numbers, and the run's are text"):
            store.take_over(replace(others, item_ids="text"))
    with opened(url, others) as store:
        assert store.last() == 1


@pytest.mark.parametrize(("version", "advice"), [(2, "upgrade gnnrec"), (0, "name another store")])
def test_a_store_of_another_schema_is_refused(file: Path, version: int, advice: str) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE gnnrec_store SET version = ?", (version,))
    connection.close()
    for catalogue in (None, CATALOGUE):
        with pytest.raises(StoreError) as caught:
            Store.open(f"sqlite:///{file}", catalogue)
        assert str(caught.value) == f"store {file} has schema {version}, and this gnnrec reads schema 1: {advice}"


def test_many_can_open_a_store_that_is_not_there_yet(url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: Store.open(url, CATALOGUE), range(8)))
    assert stores[0].add_interactions([Interaction("ann", 1, 1)]) == [1]
    assert [store.last() for store in stores] == [1] * 8
    for store in stores:
        store.close()


def test_threads_of_one_store_write_without_gaps(store: Store) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = pool.map(lambda i: (*store.add_interactions([Interaction("ann", 1, i)]), store.last()), range(60))
        numbers = [number for number, last in found if last >= number]
    assert sorted(numbers) == list(range(1, 61))
    assert [each.number for each in store.since(0)] == list(range(1, 61))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("live.sqlite", f"a store is named by a URL, {EXAMPLES}; got 'live.sqlite'"),
        ("me:secret@host", f"a store is named by a URL, {EXAMPLES}; got what has an @ in it, and perhaps a password"),
        ("mysql://root:secret@host/db", f"a store is in SQLite or PostgreSQL: {EXAMPLES}; got mysql"),
        ("sqlite://", f"a store in SQLite is a file: {EXAMPLES}; got sqlite://, which is gone with its process"),
    ],
)
def test_a_url_of_something_else_is_refused(url: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Store.open(url, CATALOGUE)
    assert str(caught.value) == message


def test_a_locked_store_says_so_and_that_it_passes(file: Path) -> None:
    with opened(f"sqlite:///{file}?timeout=0.05") as store:
        holder = sqlite3.connect(file, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        assert len(store.since(0)) == store.last() == 2  # readers do not wait for writers
        for write in (store.compact, lambda: store.add_interactions([Interaction("ann", 1, 1)])):
            with pytest.raises(StoreError) as caught:
                write()
            assert str(caught.value) == (
                f"store {file} is locked: others have been at it all the while; try again in a moment"
            )
            assert caught.value.retry
        holder.close()
        assert store.add_interactions([Interaction("ann", 1, 1)]) == [3]


def test_a_store_in_postgresql_that_is_locked_says_so(server: str) -> None:
    with opened(wiped(server)) as store, psycopg.connect(server) as holder:
        store.add_user("ann", {})
        holder.execute("SELECT last FROM gnnrec_store FOR UPDATE")
        sa.event.listen(store._database.reading, "begin", lambda each: each.exec_driver_sql("SET lock_timeout = 50"))
        with pytest.raises(StoreError, match=r" is locked: others have been at it all the while; try again") as caught:
            store.add_user("bob", {})
        assert caught.value.retry
        assert store.last() == 1
        holder.rollback()
        assert store.add_user("bob", {}) == 2


def test_a_read_only_store_is_read_and_refuses_what_it_cannot_keep(file: Path) -> None:
    for catalogue in (None, CATALOGUE):
        with opened(f"sqlite:///file:{file}?mode=ro&uri=true", catalogue) as store:
            assert (store.last(), len(store.since(0)), store.stats()["users"]) == (2, 2, 2)
            with pytest.raises(StoreError) as caught:
                store.add_user("ann", {})
    assert str(caught.value) == (
        f"store file:{file} is read-only for this process: let it write there (SQLite: the file, and the folder that "
        "it lies in)"
    )
    assert not caught.value.retry


def test_a_full_disk_keeps_nothing_of_a_batch_and_what_was_there(file: Path) -> None:
    with opened(f"sqlite:///{file}") as store:

        def allow(pages: int) -> None:
            store._database.reading.dispose()
            sa.event.listen(
                store._database.reading,
                "connect",
                lambda each, _: each.execute(f"PRAGMA max_page_count = {pages}").close(),
            )

        allow(1)  # as many as there are
        with pytest.raises(StoreError) as caught:
            store.add_interactions([Interaction("ann", 1, i, id=f"e{i}" * 9) for i in range(2000)])
        assert str(caught.value) == (f"store {file} has no room on its disk; nothing of this was kept: make room there")
        assert not caught.value.retry
        assert (store.last(), [each.user for each in store.since(0)]) == (2, ["ann", "bob"])
        allow(10**6)
        assert store.add_interactions([Interaction("ann", 1, 1)]) == [3]


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        Store.open(f"sqlite:///{tmp_path}/none/live.sqlite", CATALOGUE)
    assert str(caught.value) == (
        f"store {tmp_path}/none/live.sqlite cannot be opened: see that its folder is there, and that this process may "
        "write in it"
    )
    (tmp_path / "notes.txt").write_text("no database\n" * 100)
    with pytest.raises(StoreError) as caught:
        Store.open(f"sqlite:///{tmp_path}/notes.txt", CATALOGUE)
    assert str(caught.value) == (
        f"store {tmp_path}/notes.txt is damaged, or no SQLite database: name another, or restore a copy"
    )


def test_a_server_that_is_not_there_may_come_back_and_no_password_is_told() -> None:
    with pytest.raises(StoreError) as caught:
        Store.open("postgresql://me:secret@127.0.0.1:1/live?connect_timeout=2", CATALOGUE)
    assert str(caught.value).startswith("store postgresql://me:***@127.0.0.1:1/live?connect_timeout=2 cannot be")
    assert str(caught.value).endswith("; see that its server runs, and try again")
    assert "secret" not in str(caught.value)
    assert caught.value.retry


def test_connections_that_the_server_ends_are_made_anew(server: str) -> None:
    with opened(wiped(server)) as store, psycopg.connect(server, autocommit=True) as other:
        assert (store.add_user("ann", {}), store.last(), len(store.since(0))) == (1, 1, 1)
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()")
        assert (store.last(), len(store.since(0)), store.add_user("ann", {})) == (1, 1, 2)


@pytest.mark.parametrize(("said", "kept"), [("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")])
def test_what_postgresql_acknowledges_is_on_the_disk_whatever_its_settings_say(
    server: str, said: str, kept: str
) -> None:
    with (
        opened(f"{wiped(server)}&options=-csynchronous_commit%3D{said}") as store,
        store._database.write() as connection,
    ):
        assert connection.scalar(sa.text("SHOW synchronous_commit")) == kept


def test_sqlite_is_set_to_lose_nothing(file: Path) -> None:
    with opened(f"sqlite:///{file}") as store, store._database.write() as connection:
        said = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert said == ["wal", 2]


@contextmanager
def writers(url: str, *users: str, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that write once they are told to, each for a user, and say the numbers that they got."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, url, user, str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for user in users
    ]
    try:
        for each in started:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        for each in started:
            assert each.stdin is not None
            each.stdin.write("\n")
            each.stdin.flush()
        yield started
    finally:
        for each in started:
            each.kill()
            each.communicate()


@pytest.mark.slow
def test_processes_that_write_at_once_leave_no_gap_and_a_reader_misses_nothing(store: Store, url: str) -> None:
    with writers(url, "ann", "bob", count=40) as started:
        seen: list[int] = []
        until = time.monotonic() + 120
        while len(seen) < 160 and time.monotonic() < until:
            last = store.last()
            seen += [each.number for each in store.since(seen[-1] if seen else 0, 7)]
            assert len(store.since(0)) >= last
            assert seen == list(range(1, len(seen) + 1))
        told = [sorted(map(int, each.communicate()[0].split())) for each in started]
    assert sorted(told[0] + told[1]) == seen == list(range(1, 161))
    for user, numbers in zip(("ann", "bob"), told, strict=True):
        assert [each.number for each in store.since(0) if each.user == user] == numbers


@pytest.mark.slow
def test_a_kill_loses_nothing_that_was_acknowledged(store: Store, url: str) -> None:
    chance = random.Random(0)  # noqa: S311 - moments, no secrets
    told: set[int] = set()
    for _ in range(5):
        before = store.last()
        with writers(url, f"u{before}", count=10**6) as (writer,):
            time.sleep(chance.uniform(0.2, 0.6))
            writer.send_signal(signal.SIGKILL)
            assert writer.stdout is not None
            lines = writer.stdout.read().split("\n")[:-1]  # what follows the last line end was cut short
        assert lines
        told |= {int(number) for line in lines for number in line.split()}
        there = [each.number for each in store.since(0, 10**6)]
        assert told <= set(there)
        assert there == list(range(1, store.last() + 1))  # and of the last batch all or nothing
        assert len(there) % 2 == 0
