from __future__ import annotations

import errno
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, NoReturn

import pytest

from gnnrec.contract.hookspecs import PROJECT
from gnnrec.plugin import memory
from gnnrec.plugin.memory import Memory, recall, remember
from gnnrec.plugin.registry import Registry
from gnnrec.plugin.sources import RememberedPlugin

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint
    from pathlib import Path

FOUND = Memory(own={"mine": ("mine", ["encoder"])}, alone=True)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it is kept in this test, which does not wait for files to settle."""
    place = tmp_path / "cache" / "memory.json"
    monkeypatch.setattr(memory, "_place", lambda: place)
    monkeypatch.setattr(memory, "SETTLED", -60)
    own = [finder for finder in sys.meta_path if getattr(finder, "__module__", "") == memory.PATH_FINDER]
    monkeypatch.setattr(sys, "meta_path", own)  # others come with what other tests import
    return place


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules with one distribution and its plugin's file."""
    site = tmp_path / "site"
    (site / "mine-1.0.dist-info").mkdir(parents=True)
    (site / "mine-1.0.dist-info" / "entry_points.txt").write_text("[gnnrec]\nmine = mine\n")
    (site / "mine.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(site))
    return site


def later(path: Path) -> None:
    """Give a file a time that no file here has."""
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1))


def test_what_was_found_is_known_at_the_next_start(place: Path, site: Path) -> None:
    assert recall() is None
    remember(FOUND, [site / "mine.py"])
    assert place.is_file()
    assert recall() == FOUND


def edit(site: Path) -> None:
    (site / "mine.py").write_text("x = 2\n")
    later(site / "mine.py")


def grow(site: Path) -> None:
    times = (site / "mine.py").stat().st_mtime_ns
    (site / "mine.py").write_text("x = 123\n")
    os.utime(site / "mine.py", ns=(times, times))


def declare(site: Path) -> None:
    (site / "mine-1.0.dist-info" / "entry_points.txt").write_text("[gnnrec]\nmine = other\n")
    later(site / "mine-1.0.dist-info" / "entry_points.txt")


def install(site: Path) -> None:
    (site / "other-1.0.dist-info").mkdir()


def upgrade(site: Path) -> None:
    (site / "mine-1.0.dist-info").rename(site / "mine-1.1.dist-info")


def remove_plugin(site: Path) -> None:
    (site / "mine.py").unlink()


@pytest.mark.parametrize("change", [edit, grow, declare, install, upgrade, remove_plugin])
def test_any_change_of_a_distribution_or_a_file_makes_it_forget(
    place: Path, site: Path, change: Callable[[Path], None]
) -> None:
    remember(FOUND, [site / "mine.py"])
    change(site)
    assert recall() is None
    assert place.is_file()


def test_another_path_or_another_gnnrec_makes_it_forget(
    place: Path, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(FOUND, [site / "mine.py"])
    with monkeypatch.context() as patch:
        patch.setattr(sys, "path", [str(tmp_path), *sys.path])
        assert recall() is None
    with monkeypatch.context() as patch:
        patch.setattr(memory, "__version__", "0.0")
        assert recall() is None
    assert recall() == FOUND
    assert place.is_file()


def test_a_file_that_has_only_just_been_written_is_not_remembered(
    place: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It may be written again within the granularity of the file system's clock, with the same length.
    monkeypatch.setattr(memory, "SETTLED", 60)
    remember(FOUND, [site / "mine.py"])
    assert not place.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"for": 1, "files": {}, "own": {}}', "\0\xff"])
def test_a_damaged_memory_is_none(place: Path, site: Path, content: str) -> None:
    remember(FOUND, [site / "mine.py"])
    place.write_text(content)
    assert recall() is None


def test_a_memory_of_another_shape_is_none(place: Path, site: Path) -> None:
    remember(FOUND, [site / "mine.py"])
    stored = json.loads(place.read_text())
    place.write_text(json.dumps(stored | {"own": {"mine": ["mine"]}}))
    assert recall() is None


def test_where_it_cannot_be_written_nothing_is_said(place: Path, site: Path) -> None:
    place.parent.write_text("a file where the folder would be")
    remember(FOUND, [site / "mine.py"])
    assert recall() is None


def test_what_a_full_disk_leaves_is_cleared_away(place: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    remember(FOUND, [site / "mine.py"])
    assert list(place.parent.iterdir()) == []


def test_a_finder_that_knows_distributions_of_its_own_is_not_second_guessed(
    place: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Finder:
        find_distributions = find_spec = staticmethod(lambda *_: None)

    remember(FOUND, [site / "mine.py"])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert recall() is None
    place.unlink()
    remember(FOUND, [site / "mine.py"])
    assert not place.exists()


def test_of_many_that_write_it_at_once_one_whole_memory_is_left(place: Path, site: Path) -> None:
    def write_and_read(_: int) -> Memory | None:
        remember(FOUND, [site / "mine.py"])
        return recall()

    with ThreadPoolExecutor(8) as pool:
        assert set(map(str, pool.map(write_and_read, range(64)))) == {str(FOUND)}
    assert [path.name for path in place.parent.iterdir()] == [place.name]


ENCODER = """
    class Mine(Encoder):
        '''Mine.'''
        name: Literal["NAME"] = "NAME"
        def build(self, graph): ...

    @hookimpl
    def gnnrec_components():
        return [Mine]
    """


def own() -> list[RememberedPlugin]:
    """gnnrec's own plugins, as they are remembered."""
    points = sorted(point for point in entry_points(group=PROJECT) if point.dist and point.dist.name == PROJECT)
    kinds = {
        point.name: sorted({component.kind for component in getattr(point.load(), "gnnrec_components", list)()})
        for point in points
    }
    return [RememberedPlugin(point.name, point.value, kinds[point.name]) for point in points]


def test_with_a_memory_an_own_plugin_is_loaded_when_one_of_its_kinds_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(
        RememberedPlugin, "plugin", property(lambda self: loaded.append(self.name) or sys.modules[self.module])
    )
    registry = Registry(own())
    before = set(loaded)
    assert "mf" in registry.components("encoder")
    assert set(loaded) - before == {"gnnrec_encoders"}
    assert {plugin.state for plugin in registry.plugins} == {"loaded"}
    assert {"gnnrec_scorers", "gnnrec_metrics"} <= set(loaded)
    assert registry.owner(registry.component("encoder", "mf")).name == "gnnrec_encoders"


def test_with_a_memory_a_stranger_is_still_refused_the_name_of_a_built_in(
    plugin: Callable[[str, str], EntryPoint],
) -> None:
    points = [plugin("twin", ENCODER.replace("NAME", "mf")), plugin("fine", ENCODER.replace("NAME", "fine"))]
    registry = Registry([*own(), *points])
    twin = next(record for record in registry.plugins if record.name == "twin")
    assert twin.error == "encoder 'mf' of plugin 'twin' is already contributed by plugin 'gnnrec_encoders'"
    assert list(registry.components("encoder"))[-1] == "fine"


def test_hooks_are_called_in_the_promised_order_however_late_a_plugin_was_loaded(
    plugin: Callable[[str, str], EntryPoint],
) -> None:
    point = plugin("stranger", "@hookimpl\ndef gnnrec_run_started(run): ...\n")
    registry = Registry([*own(), point])
    assert [call.plugin for call in registry.hook_calls("gnnrec_run_started")] == ["gnnrec_trackers", "stranger"]


def test_a_stranger_with_the_name_of_an_own_plugin_does_not_take_its_place(
    plugin: Callable[[str, str], EntryPoint],
) -> None:
    point = plugin("a_decoder", ENCODER.replace("NAME", "fine"))
    twin = type(point)("gnnrec_losses", point.value, point.group)
    registry = Registry([*own(), twin])
    assert "bce" in registry.components("loss")
    assert [record.state for record in registry.plugins if record.name == "gnnrec_losses"] == ["loaded", "failed"]
    assert registry.loaded_plugins()["gnnrec_losses"] is sys.modules["gnnrec_losses"]


def test_of_two_plugins_with_one_name_the_one_that_failed_is_not_asked_again(
    plugin: Callable[[str, str], EntryPoint],
) -> None:
    good, bad = plugin("good", ENCODER.replace("NAME", "fine")), plugin("bad", "raise RuntimeError('boom')")
    registry = Registry([type(good)("a", "good", PROJECT), type(bad)("a", "bad", PROJECT)])
    assert registry.loaded_plugins() == {"a": sys.modules["good"]}


def test_where_nobody_says_whose_cache_it_is_none_is_made(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda _: "~/.cache/gnnrec")
    monkeypatch.setattr(memory, "SETTLED", -60)
    monkeypatch.chdir(tmp_path)
    remember(FOUND, [site / "mine.py"])
    assert recall() is None
    assert not (tmp_path / "~").exists()
