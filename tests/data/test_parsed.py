"""What was parsed is kept, given again as it was, and never in the way."""

from __future__ import annotations

import json
import logging
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
import pytest
from any_interactions import any_interactions
from hypothesis import HealthCheck, given, settings

from gnnrec import DataError, Interactions
from gnnrec.data import parsed as module
from gnnrec.data.parsed import parsed
from gnnrec.testing import toy_interactions

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("gnnrec")


class Parser:
    """Parses nothing, says something, and counts how often."""

    def __init__(self, data: Interactions | None = None) -> None:
        self.count, self._data = 0, toy_interactions() if data is None else data

    def __call__(self) -> Interactions:
        self.count += 1
        logger.warning("%d rows are left out", 3, extra={"merged": 3})
        logger.info("columns that are not read: %s", "time")
        return self._data


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is large enough, and a cache that is empty."""
    monkeypatch.setattr(module, "LEAST", 1)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: str(tmp_path / "cache" / name))
    path = tmp_path / "log.csv"
    path.write_text("user,item\n1,2\n")
    return path


def kept(file: Path) -> Iterator[Path]:
    """The folders of the cache that lies beside a file."""
    return (file.parent / "cache" / "gnnrec" / "parsed").glob("*")


def same(one: Interactions, other: Interactions) -> bool:
    return (one.fingerprint, one.source, dict(one.chosen)) == (other.fingerprint, other.source, dict(other.chosen))


def test_the_second_time_nothing_is_parsed_and_all_is_said_again(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    parse = Parser()
    first = parsed([file], {"a": 1}, parse)
    said = [(record.levelname, record.getMessage(), getattr(record, "merged", None)) for record in caplog.records]
    caplog.clear()
    second = parsed([file], {"a": 1}, parse)
    assert parse.count == 1
    assert same(first, second)
    assert said == [
        (record.levelname, record.getMessage(), getattr(record, "merged", None)) for record in caplog.records
    ]
    assert said == [("WARNING", "3 rows are left out", 3), ("INFO", "columns that are not read: time", None)]


def test_what_is_not_shown_while_parsing_is_said_when_it_would_be(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "gnnrec")
    parsed([file], {}, Parser())
    assert caplog.messages == ["3 rows are left out"]
    caplog.clear()
    caplog.set_level(logging.INFO, "gnnrec")
    parsed([file], {}, Parser())
    assert caplog.messages == ["3 rows are left out", "columns that are not read: time"]


@given(any_interactions())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_interactions_of_every_shape_come_back_as_they_were(tmp_path: Path, data: Interactions) -> None:
    try:
        module._write(tmp_path, data)
    except DataError:
        return  # a column that Parquet does not take: nothing is kept
    (tmp_path / module.ABOUT).write_text(json.dumps({"source": "", "chosen": {}, "messages": []}))
    back = module._read(tmp_path)
    for path in tmp_path.rglob("*.parquet"):
        path.unlink()
    for part in ("edges", "behaviours", "relations", "filtered"):
        assert _arrays(getattr(back, part)) == _arrays(getattr(data, part)), part
    assert (back.parts is None) == (data.parts is None)
    assert data.parts is None or back.parts.tolist() == data.parts.tolist()
    assert set(back.tables) == set(data.tables)


def _arrays(value: Any) -> Any:
    """Arrays, and what holds some, as plain data."""
    if isinstance(value, dict):
        return {name: _arrays(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_arrays(each) for each in value]
    if value is None:
        return None
    return {name: each.tolist() if hasattr(each, "tolist") else each for name, each in vars(value).items()}


@pytest.mark.parametrize("change", ["content", "time", "options"])
def test_a_changed_file_is_parsed_anew(change: str, file: Path) -> None:
    parse = Parser()
    parsed([file], {"a": 1}, parse)
    if change == "content":
        file.write_text("user,item\n1,2\n1,3\n")
    if change == "time":
        os.utime(file, (1, 1))
    parsed([file], {"a": 2 if change == "options" else 1}, parse)
    assert parse.count == 2


def test_a_small_file_is_not_kept(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST", 1000)
    parsed([file], {}, Parser())
    assert not list(kept(file))


def test_a_file_that_changes_while_it_is_read_is_not_kept(file: Path) -> None:
    def parse() -> Interactions:
        file.write_text("user,item\n1,2\n1,3\n")
        return toy_interactions()

    parsed([file], {}, parse)
    assert not list(kept(file))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, flip, empty, Path.unlink])
@pytest.mark.parametrize("name", ["edges.parquet", "items.parquet", "about.json"])
def test_a_cache_that_is_damaged_is_made_anew(
    damage: Any, name: str, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    parse = Parser()
    whole = parsed([file], {}, parse)
    (folder,) = kept(file)
    damage(folder / name)
    caplog.clear()
    assert same(parsed([file], {}, parse), whole)
    assert parse.count == 2
    told = [message for message in caplog.messages if "damaged" in message]
    assert [message.startswith(f"{folder} is damaged (") for message in told] == [True] * len(told)
    assert len(told) == (0 if (name, damage) == ("about.json", Path.unlink) else 1)
    assert same(parsed([file], {}, parse), whole)
    assert parse.count == 2


def test_another_version_is_not_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parse = Parser()
    parsed([file], {}, parse)
    monkeypatch.setattr(module, "FORMAT", 99)
    parsed([file], {}, parse)
    assert parse.count == 2


def test_a_full_disk_is_no_fault(file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_write", full)
    assert same(parsed([file], {}, Parser()), toy_interactions())
    assert caplog.messages[-1].endswith("[Errno 28] No space left on device")
    assert not list(kept(file))


def test_what_parquet_does_not_take_is_not_kept(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    data = toy_interactions()
    odd = replace(
        data, tables={**data.tables, "item": data.items.assign(odd=[1, "a"] + [None] * (len(data.items) - 2))}
    )
    parse = Parser(odd)
    assert parsed([file], {}, parse) is odd
    assert "what was parsed is not kept in" in caplog.messages[-1]


def test_a_fault_of_the_data_is_told_each_time(file: Path) -> None:
    def parse() -> Interactions:
        raise DataError("row 3 has nothing")

    for _ in range(2):
        with pytest.raises(DataError, match="row 3 has nothing"):
            parsed([file], {}, parse)
    assert not list(kept(file))


def test_what_was_not_asked_for_the_longest_goes_first(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parse = Parser()
    for number in range(3):
        parsed([file], {"a": number}, parse)
        for at, folder in enumerate(sorted(kept(file), key=lambda each: (each / module.ABOUT).stat().st_mtime)):
            os.utime(folder / module.ABOUT, (at + 1, at + 1))
    parsed([file], {"a": 0}, parse)  # asked for again
    assert (parse.count, len(list(kept(file)))) == (3, 3)
    one = sum(each.stat().st_size for each in next(kept(file)).rglob("*") if each.is_file())
    monkeypatch.setattr(module, "MOST", int(2.5 * one))
    parsed([file], {"a": 3}, parse)
    assert len(list(kept(file))) == 2
    parsed([file], {"a": 0}, parse)
    assert parse.count == 4


def test_two_at_once_keep_one(file: Path) -> None:
    barrier, found, level = threading.Barrier(2), [], logger.level

    def parse() -> Interactions:
        barrier.wait(10)
        return toy_interactions()

    threads = [threading.Thread(target=lambda: found.append(parsed([file], {}, parse))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [same(each, toy_interactions()) for each in found] == [True, True]
    assert (logger.level, logger.filters) == (level, [])
    (folder,) = kept(file)
    assert (folder / module.ABOUT).is_file()
