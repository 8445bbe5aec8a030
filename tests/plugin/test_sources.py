from __future__ import annotations

import hashlib
import os
import pickle
import sys
from importlib.metadata import EntryPoint, distributions
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from plugin_texts import ENCODER

from gnnrec import __version__
from gnnrec.errors import PluginError
from gnnrec.plugin import registry
from gnnrec.plugin.registry import Registry, installed, load_plugin
from gnnrec.plugin.sources import GivenPlugin, InstalledPlugin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Write = Callable[[str, str], Path]


@pytest.fixture
def afresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """What a test loads is forgotten afterwards."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield
    registry._GIVEN.clear()
    installed.cache_clear()
    for name in set(sys.modules) - before:
        del sys.modules[name]


def requiring(write: Write, requirement: str) -> InstalledPlugin:
    """A plugin whose distribution has that requirement."""
    write("eager.py", "raise RuntimeError('it must not be imported')")
    write("eager-1.5.dist-info/METADATA", f"Name: eager\nVersion: 1.5\nRequires-Dist: {requirement}\n")
    write("eager-1.5.dist-info/entry_points.txt", "[gnnrec]\neager = eager\n")
    folder = str(write("x", "").parent)
    [found] = [each for each in distributions(path=[folder]) if each.name == "eager"]
    [point] = found.entry_points
    return InstalledPlugin(point)


def test_a_plugin_that_needs_a_newer_gnnrec_is_not_imported(write: Write) -> None:
    plugin = requiring(write, "gnnrec[track]>=9.1,<10")
    with pytest.raises(PluginError) as caught:
        _ = plugin.plugin
    assert str(caught.value) == (
        f"eager 1.5 needs gnnrec <10,>=9.1, and this is {__version__}; install another version of one of them"
    )


@pytest.mark.parametrize(
    "requirement",
    [f"gnnrec=={__version__}", "gnnrec", 'gnnrec>=9; extra == "later"', "torch>=99", "no requirement at all!"],
)
def test_other_requirements_keep_no_plugin_from_being_imported(
    write: Write, monkeypatch: pytest.MonkeyPatch, requirement: str
) -> None:
    plugin = requiring(write, requirement)
    monkeypatch.syspath_prepend(str(write("x", "").parent))
    with pytest.raises(RuntimeError, match="it must not be imported"):
        _ = plugin.plugin


def test_who_would_contribute_a_component_is_read_from_the_source_without_importing_it(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(write("x", "").parent))
    write("broken_package/__init__.py", "raise RuntimeError")
    write("broken_package/inner/deep.py", ENCODER.replace('Literal["mine"]', "Literal[ 'deep' ]"))
    write("broken_file.py", "raise RuntimeError\n" + ENCODER)
    package, file, gone = (
        InstalledPlugin(EntryPoint(name, name, "gnnrec"))
        for name in ("broken_package", "broken_file", "no_such_module")
    )
    assert [each.may_contribute("deep") for each in (package, file, gone)] == [True, False, False]
    assert [each.may_contribute("mine") for each in (package, file, gone)] == [False, True, False]
    reg = Registry([EntryPoint("oops", "broken_file", "gnnrec")])
    assert reg.left_out("mine") == ("; plugin 'oops' () has one, and is left out: RuntimeError:  (broken_file.py:1)")


@pytest.mark.usefixtures("afresh")
def test_a_file_is_a_plugin_and_its_hash_is_known(write: Write, tmp_path: Path) -> None:
    write("beside.py", "WORD = 'heard'\n")
    path = write("my_encoder.py", "from beside import WORD\n" + ENCODER)
    record = load_plugin(path)
    assert (record.name, record.origin, record.state, record.distribution) == (
        "my_encoder",
        "my_encoder.py",
        "loaded",
        "",
    )
    both = (tmp_path / "beside.py").read_bytes() + path.read_bytes()
    assert record.sha256 == hashlib.sha256(both).hexdigest()
    assert record.maker == ("my_encoder.py", f"sha256:{record.sha256}")
    mine = installed().component("encoder", "mine")
    assert installed().owner(mine) == record
    installed.cache_clear()
    assert installed().component("encoder", "mine") is mine  # the file is read once

    path.write_text(path.read_text().replace('"mine"', '"edited"'))
    assert load_plugin(path).sha256 != record.sha256
    assert set(installed().components("encoder")) & {"mine", "edited"} == {"edited"}


@pytest.mark.usefixtures("afresh")
def test_a_module_or_a_package_is_found_by_its_name_in_the_working_folder(write: Write) -> None:
    write("my_module.py", ENCODER)
    package = write("my_package/__init__.py", ENCODER.replace('"mine"', '"other"'))
    beside = write("my_package/more.py", "x = 1\n")
    assert load_plugin("my_module").origin == "my_module"
    digest = hashlib.sha256(package.read_bytes() + beside.read_bytes()).hexdigest()
    assert load_plugin("my_package").maker == ("my_package", f"sha256:{digest}")
    assert {"mine", "other"} <= set(installed().components("encoder"))


@pytest.mark.usefixtures("afresh")
def test_a_module_given_again_is_the_one_that_was_imported_whatever_its_file_says_by_now(write: Write) -> None:
    write("my_module.py", ENCODER)
    record = load_plugin("my_module")
    write("my_module.py", ENCODER.replace('"mine"', '"edited"'))
    assert load_plugin("my_module") == record


@pytest.mark.usefixtures("afresh")
def test_a_file_that_is_edited_within_the_second_is_read_again(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = write("my_encoder.py", ENCODER)
    stamp = path.stat().st_mtime_ns
    load_plugin(path)
    path.write_text(ENCODER.replace('"mine"', '"mind"'))  # of the same length
    os.utime(path, ns=(stamp, stamp))
    load_plugin(path)
    assert "mind" in installed().components("encoder")
    assert not (path.parent / "__pycache__").exists()


@pytest.mark.usefixtures("afresh")
@pytest.mark.parametrize("later", ["class (", ENCODER.replace("build", "biuld")])
def test_a_file_that_is_read_again_and_refused_stays_what_it_was(write: Write, later: str) -> None:
    path = write("my_encoder.py", ENCODER)
    record = load_plugin(path)
    path.write_text(later)
    with pytest.raises(PluginError) as caught:
        load_plugin(path)
    assert "Traceback (most recent call last):" in caught.value.__notes__[0]
    assert installed().plugins[-1] == record
    mine = installed().component("encoder", "mine")()
    assert pickle.loads(pickle.dumps(mine)) == mine  # noqa: S301 - its class is found by its module


@pytest.mark.usefixtures("afresh")
def test_a_module_may_lie_in_a_zip_file(tmp_path: Path) -> None:
    archive = tmp_path / "zipped.egg"
    with ZipFile(archive, "w") as file:
        file.writestr("my_zipped/__init__.py", ENCODER)
    sys.path.append(str(archive))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert load_plugin("my_zipped").maker == ("my_zipped", f"sha256:{digest}")


@pytest.mark.usefixtures("afresh")
@pytest.mark.parametrize(
    ("name", "text", "given", "message"),
    [
        ("sub/x.py", "", "sub/", "sub is a folder; give a file in it, or a package by its name from beside it"),
        ("sub/x.txt", "", "sub", "'sub' is a folder without __init__.py, so no package; give a file in it"),
        ("x.ipynb", "{}", "x.ipynb", "x.ipynb is no .py file"),
        ("x.py", "", "", "expected a .py file, or the name of a module"),
        ("x.py", "", "gone.py", "there is no file gone.py"),
        ("x.py", "", "gone", "there is no module called 'gone'"),
        ("x.py", "", "x.y.z", "there is no module called 'x.y.z'"),
        ("sub/x.py", "", "sub/x", "there is no file sub/x; give it with its ending, .py"),
        ("x.py", "", "./x", "there is no file x; give it with its ending, .py"),
        ("x/__init__.py", "", "x/__init__.py", "x/__init__.py is a package's; give it as x, in the folder /"),
        ("x.py", "", "sys", "it implements no hook; known: "),
        (
            "x.py",
            "import json\njson.loads('')",
            "x.py",
            "JSONDecodeError: Expecting value: line 1 column 1 (char 0) (x.py",
        ),
        ("json.py", ENCODER, "json.py", "another module is called 'json'; rename the file"),
        ("this.py", ENCODER, "this.py", "another module is called 'this'; rename the file"),
        (
            "gnnrec_losses.py",
            ENCODER,
            "gnnrec_losses.py",
            f"plugin 'gnnrec_losses' is installed already (gnnrec {__version__}); leave -p",
        ),
        (
            "x.py",
            ENCODER,
            "gnnrec_losses",
            f"plugin 'gnnrec_losses' is installed already (gnnrec {__version__}); leave",
        ),
        ("x.py", "import gone", "x.py", "ModuleNotFoundError: No module named 'gone' (x.py:1)"),
        ("x.py", "import gone", "x", "ModuleNotFoundError: No module named 'gone' (x.py:1)"),
        ("x.py", "raise SystemExit(3)", "x.py", "it exits with 3 (x.py:1)"),
        (
            "x.py",
            ENCODER.replace('"mine"', '"mf"'),
            "x.py",
            "encoder 'mf' of plugin 'x' is already contributed by plugin",
        ),
        ("x.py", "", "x.py", "it implements no hook; known: "),
    ],
)
def test_a_given_plugin_that_does_not_load_is_an_error_and_nothing_is_changed(
    write: Write, name: str, text: str, given: str, message: str
) -> None:
    write(name, text)
    before = {each: set(installed().components(each)) for each in ("encoder", "loss")}
    with pytest.raises(PluginError) as caught:
        load_plugin(given)
    assert str(caught.value).startswith(f"plugin '{given}' cannot be loaded: {message}")
    assert {each: set(installed().components(each)) for each in ("encoder", "loss")} == before
    assert [record for record in installed().plugins if record.given] == []


@pytest.mark.usefixtures("afresh")
def test_what_pydantic_refuses_is_told_in_one_line_with_the_plugins_own_place(write: Write) -> None:
    path = write("my_encoder.py", ENCODER.replace('"mine"\n', '"mine"\n    odd: type("Odd", (), {})\n'))
    with pytest.raises(PluginError) as caught:
        load_plugin(path)
    [line] = str(caught.value).splitlines()
    assert "Unable to generate pydantic-core schema for <class 'my_encoder.Odd'>" in line
    assert line.endswith("(my_encoder.py:3)")


@pytest.mark.usefixtures("afresh")
def test_a_given_plugin_that_is_disabled_is_an_error(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNNREC_DISABLE_PLUGINS", "my_encoder")
    with pytest.raises(PluginError, match="cannot be loaded: disabled by GNNREC_DISABLE_PLUGINS"):
        load_plugin(write("my_encoder.py", ENCODER))


@pytest.mark.usefixtures("afresh")
def test_a_file_with_an_error_is_read_again_once_it_is_mended(write: Write) -> None:
    with pytest.raises(PluginError, match="SyntaxError"):
        load_plugin(write("my_encoder.py", "class ("))
    assert "my_encoder" not in sys.modules
    assert load_plugin(write("my_encoder.py", ENCODER)).state == "loaded"


def test_a_given_plugin_is_named_by_its_file_or_its_module() -> None:
    file, module = GivenPlugin("~/somewhere/my_encoder.py"), GivenPlugin("my.encoders")
    assert ((file.name, file.given), (module.name, module.given)) == (
        ("my_encoder", "my_encoder.py"),
        ("my.encoders", "my.encoders"),
    )


def test_the_metadata_of_a_distribution_is_read_once(write: Write) -> None:
    write("many-1.5.dist-info/METADATA", "Name: many\nVersion: 1.5\n")
    write("many-1.5.dist-info/entry_points.txt", "[gnnrec]\none = one\ntwo = two\nthree = three\n")
    folder = str(write("x", "").parent)
    [many] = [each for each in distributions(path=[folder]) if each.name == "many"]
    plugins = [InstalledPlugin(point) for point in many.entry_points]
    write("many-1.5.dist-info/METADATA", "Name: other\nVersion: 2\n")
    plugins += [InstalledPlugin(point) for point in many.entry_points]
    assert [(plugin.distribution, plugin.version) for plugin in plugins] == [("many", "1.5")] * 6
