from __future__ import annotations

import importlib
import tomllib
from typing import TYPE_CHECKING

import pytest

from gnnrec.errors import UsageError
from gnnrec.plugin.registry import installed
from gnnrec.scaffold.naming import chosen_names
from gnnrec.scaffold.plugin import plugin_files

if TYPE_CHECKING:
    from pathlib import Path


def test_the_default_kind_is_an_encoder_and_kinds_are_put_into_order() -> None:
    assert chosen_names("my-gat", [], installed()).kinds == ("encoder",)
    assert chosen_names("my-gat", ["metric", "dataset"], installed()).kinds == ("dataset", "metric")


SHAPE = "expected small letters, digits and single hyphens, a letter first, at most 30 characters, such as my-gat"


@pytest.mark.parametrize(
    ("name", "kinds", "message"),
    [
        ("My_GAT", [], f"'My_GAT' is no name for a package; {SHAPE}; did you mean 'my-gat'?"),
        ("MyGat", [], f"'MyGat' is no name for a package; {SHAPE}; did you mean 'my-gat'?"),
        ("my gat!", [], f"'my gat!' is no name for a package; {SHAPE}; did you mean 'my-gat'?"),
        ("../my-gat", [], f"'../my-gat' is no name for a package; {SHAPE}; did you mean 'my-gat'?"),
        ("3d-gat", [], f"'3d-gat' is no name for a package; {SHAPE}; did you mean 'd-gat'?"),
        ("", [], f"'' is no name for a package; {SHAPE}"),
        ("42", [], f"'42' is no name for a package; {SHAPE}"),
        ("a" * 31, [], f"'{'a' * 31}' is no name for a package; {SHAPE}; did you mean '{'a' * 30}'?"),
        ("my-gat", ["encodr"], "no kind of component is called 'encodr'; did you mean 'encoder'?"),
        (
            "my-gat",
            ["loss", "encoder", "loss"],
            "--kind loss is given 2 times, expected once; a second component of a kind is a second class of its module",
        ),
        ("lambda", [], "'lambda' is a word of the Python language and no module's name; choose another"),
        ("json", [], "a module 'json' would shadow Python's own; choose another name"),
        ("tests", [], "'tests' is what a file or folder of every plugin is called; choose another name"),
        (
            "gnnrec-losses",
            [],
            "a plugin 'gnnrec_losses' is there already, from gnnrec {version}; choose another name, or uninstall it",
        ),
        (
            "lightgcn",
            ["loss", "encoder"],
            "encoder 'lightgcn' is contributed by plugin 'gnnrec_encoders' already; choose another name",
        ),
        (
            "ruamel-yaml",
            ["loss"],
            "'ruamel-yaml' {version} is installed, and the new plugin would replace it; choose another name",
        ),
    ],
)
def test_a_wrong_name_or_kind_is_told(name: str, kinds: list[str], message: str) -> None:
    with pytest.raises(UsageError) as error:
        chosen_names(name, kinds, installed())
    assert error.value.exit_status == 2
    if "{version}" in message:
        distribution = "gnnrec" if name.startswith("gnnrec-") else name
        message = message.format(version=importlib.metadata.version(distribution))
    assert str(error.value) == message


def test_a_name_is_free_where_only_another_kind_has_it() -> None:
    assert chosen_names("lightgcn", ["loss"], installed()).kinds == ("loss",)


def test_an_installed_module_is_not_shadowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "only_a_module.py").write_text("")
    (tmp_path / "only_a_folder").mkdir()
    shared = tmp_path / "site-packages"
    (shared / "shared_namespace").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(shared))
    for name, place in (
        ("only-a-module", tmp_path / "only_a_module.py"),
        ("shared-namespace", shared / "shared_namespace"),
    ):
        with pytest.raises(UsageError) as error:
            chosen_names(name, [], installed())
        module = name.replace("-", "_")
        expected = f"a module '{module}' would shadow the installed one, {place}; choose another name"
        assert str(error.value) == expected
    assert chosen_names("only-a-folder", [], installed()).module == "only_a_folder"


def test_a_distribution_called_gnnrec_something_has_components_called_something() -> None:
    names = chosen_names("gnnrec-my-gat", ["encoder"], installed())
    assert (names.module, names.component, names.class_name("encoder", ())) == ("gnnrec_my_gat", "my_gat", "MyGat")
    files = plugin_files(names)
    assert set(files) >= {"gnnrec_my_gat.py", "tests/test_gnnrec_my_gat.py", "recipes/gnnrec_my_gat.yaml"}
    assert 'name: Literal["my_gat"] = "my_gat"' in files["gnnrec_my_gat.py"]
    assert tomllib.loads(files["pyproject.toml"])["project"]["entry-points"]["gnnrec"] == {
        "gnnrec_my_gat": "gnnrec_my_gat"
    }
    assert "encoder-my_gat" in files["tests/test_gnnrec_my_gat.py"]
    assert "  name: my_gat\n" in files["recipes/gnnrec_my_gat.yaml"]
    with pytest.raises(UsageError, match="encoder 'lightgcn' is contributed by plugin 'gnnrec_encoders' already"):
        chosen_names("gnnrec-lightgcn", ["encoder"], installed())
