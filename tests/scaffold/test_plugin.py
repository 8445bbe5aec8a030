from __future__ import annotations

import importlib
import itertools
import os
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import TOLERATED
from ruamel.yaml import YAML

from gnnrec import __version__
from gnnrec.contract.kinds import CONTRACTS
from gnnrec.plugin.registry import Registry, installed
from gnnrec.recipe.load import load_recipe
from gnnrec.scaffold.naming import MAX_LENGTH, Names, chosen_names
from gnnrec.scaffold.plugin import oldest_that_will_do, plugin_files, recipe_files
from gnnrec.scaffold.writing import write_folder
from gnnrec.testing import checks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Command = Callable[..., subprocess.CompletedProcess[str]]
    Made = Callable[[str, Sequence[str]], tuple[Path, Registry]]

pytest_plugins = ["real_data"]

KINDS = tuple(CONTRACTS)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """Write a plugin and give its folder, and the registry in which it stands beside all that is installed."""
    modules = []

    def made(name: str, kinds: Sequence[str]) -> tuple[Path, Registry]:
        names = chosen_names(name, kinds, installed())
        folder = tmp_path / name
        write_folder(folder, plugin_files(names))
        monkeypatch.syspath_prepend(str(folder))
        modules.append(names.module)
        importlib.invalidate_caches()
        return folder, Registry([*entry_points(group="gnnrec"), EntryPoint(names.module, names.module, "gnnrec")])

    yield made
    for module in modules:
        sys.modules.pop(module, None)


def contributed(registry: Registry) -> list[tuple[str, str, str]]:
    """Kind, name and class of what the last plugin contributes."""
    plugin = registry.plugins[-1]
    assert plugin.error == ""
    return [(each.kind, each.component_name(), each.__name__) for each in plugin.components]


@pytest.mark.parametrize("kind", KINDS)
def test_a_component_of_each_kind_keeps_its_contract_and_its_recipe_is_valid(kind: str, made: Made) -> None:
    folder, registry = made("my-own", [kind])
    assert contributed(registry) == [(kind, "my_own", "MyOwn")]
    (component,) = registry.plugins[-1].components
    assert component.summary().endswith(".")
    described = component.model_json_schema()["properties"]
    assert [field for field, info in described.items() if field != "name" and not info.get("description")] == []
    for check in checks_of(component()):
        check()
    (path,) = folder.glob("recipes/*.yaml")
    assert path.read_text(encoding="utf-8").startswith(f"# gnnrec run recipes/{path.name}\n")
    assert load_recipe(path, registry=registry).name == "my_own"
    assert uses(path, registry) == {kind}


def uses(path: Path, registry: Registry) -> set[str]:
    """The kinds for which a recipe names a component called `my_own`."""
    recipe = load_recipe(path, registry=registry).to_dict()
    lists = {
        "filters": recipe["filters"],
        "features": [*recipe["features"]["user"], *recipe["features"]["item"]],
        "metric": recipe["evaluation"]["metrics"],
    }
    named = {kind: lists.get(kind, [recipe.get(kind) or {}]) for kind in KINDS}
    return {kind for kind, components in named.items() if any(each.get("name") == "my_own" for each in components)}


def test_a_plugin_of_every_kind_has_two_recipes_that_use_them_all(made: Made) -> None:
    folder, registry = made("my-own", KINDS)
    assert contributed(registry) == [(kind, "my_own", f"MyOwn{kind.capitalize()}") for kind in KINDS]
    for component in registry.plugins[-1].components:
        for check in checks_of(component()):
            check()
    trained, scored = (folder / "recipes" / name for name in ("my_own.yaml", "my_own_scorer.yaml"))
    assert sorted(folder.glob("recipes/*")) == [trained, scored]
    assert uses(trained, registry) == {*KINDS} - {"scorer"}
    assert uses(scored, registry) == {"dataset", "filters", "split", "scorer", "metric"}


def test_the_recipes_of_any_two_kinds_are_valid_and_use_both(made: Made) -> None:
    folder, registry = made("my-own", KINDS)  # has the components of all of them
    for kinds in itertools.combinations(KINDS, 2):
        names = Names("my-own", kinds)
        files = plugin_files(names)
        used = {"metric"}  # where a recipe names no metrics, it has all that are installed
        for path in recipe_files(names):
            (folder / path).write_text(files[path], encoding="utf-8")
            used |= uses(folder / path, registry)
        assert used == {*kinds, "metric"}


@pytest.mark.parametrize("name", ["a", "a" * MAX_LENGTH])
def test_what_is_written_is_clean_whatever_the_length_of_the_name(name: str, tmp_path: Path) -> None:
    for kinds in (*((kind,) for kind in KINDS), KINDS):
        folder = tmp_path / "-".join(kinds)
        write_folder(folder, plugin_files(chosen_names(name, kinds, installed())))
    for command in (["check", "--extend-select", "E501,I,W"], ["format", "--diff"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_distribution_says_what_it_is(tmp_path: Path) -> None:
    names = chosen_names("my-gat", ["loss", "encoder"], installed())
    files = plugin_files(names)
    write_folder(tmp_path / "my-gat", files)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()) == [
        "my-gat/.github/workflows/test.yml",
        "my-gat/.gitignore",
        "my-gat/README.md",
        "my-gat/my_gat.py",
        "my-gat/pyproject.toml",
        "my-gat/recipes/my_gat.yaml",
        "my-gat/tests/test_my_gat.py",
    ]
    project = tomllib.loads(files["pyproject.toml"])
    assert project["project"]["name"] == "my-gat"
    assert project["project"]["version"] == "0.1.0"
    assert project["project"]["description"] == "A plugin for gnnrec: encoder, loss."
    assert project["project"]["dependencies"] == [f"gnnrec>={oldest_that_will_do(__version__)}"]
    assert project["project"]["entry-points"] == {"gnnrec": {"my_gat": "my_gat"}}
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"] == {"include": ["/*.py"]}
    workflow = YAML(typ="safe", pure=True).load(files[".github/workflows/test.yml"])
    setup = workflow["jobs"]["test"]["steps"][1]["with"]
    assert setup["python-version"] == "${{ matrix.python }}"
    assert all(text.endswith("\n") and not text.endswith("\n\n") for text in files.values())


def test_the_command_says_what_it_wrote_and_what_to_type_next(gnnrec: Command, tmp_path: Path) -> None:
    done = gnnrec("new", "plugin", "my-gat", "--kind", "scorer", "--kind", "encoder", "--out", "my own")
    assert (done.returncode, done.stderr) == (0, "")
    folder = Path("my own") / "my-gat"
    names = [
        "pyproject.toml",
        "README.md",
        ".gitignore",
        ".github/workflows/test.yml",
        "my_gat.py",
        "tests/test_my_gat.py",
        "recipes/my_gat.yaml",
        "recipes/my_gat_scorer.yaml",
    ]
    assert done.stdout.splitlines() == [
        "written:",
        *(f"  {folder / name}" for name in names),
        "next:",
        f'  python -m pip install -e "{folder}[dev]"',
        "  gnnrec list",
        f"  python -m pytest '{folder}'",
        f"  gnnrec run '{folder / 'recipes/my_gat.yaml'}'",
        f"  gnnrec run '{folder / 'recipes/my_gat_scorer.yaml'}'",
    ]
    assert all((tmp_path / folder / name).is_file() for name in names)
    again = gnnrec("new", "plugin", "my-gat", "--out", "my own")
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == (
        f"{folder} exists, and nothing in it is touched; choose another name, or a place with --out\n"
    )


def test_the_command_refuses_in_words_and_writes_nothing(gnnrec: Command, tmp_path: Path) -> None:
    done = gnnrec("new", "plugin", "my-gat", "--kind", "encodr", "--out", "mine")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "no kind of component is called 'encodr'; did you mean 'encoder'?\n"
    assert list(tmp_path.iterdir()) == []


def test_the_command_imports_no_torch_and_its_help_no_jinja(tmp_path: Path) -> None:
    program = """
import sys
from gnnrec.cli import main
try:
    main()
except SystemExit as end:
    print(end.code, "torch" in sys.modules, "jinja2" in sys.modules, file=sys.stderr)
"""
    for arguments, expected in ((["--help"], "0 False False"), (["my-gat"], "0 False True")):
        done = subprocess.run(
            [sys.executable, "-c", program, "new", "plugin", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.stderr.splitlines()[-1] == expected


def written_by_the_command(
    gnnrec: Command, install: Callable[[str, str], None], tmp_path: Path, kinds: Sequence[str]
) -> dict[str, str]:
    """Write `my-own` and make it known as if it were installed; gives the environment that finds it."""
    done = gnnrec("new", "plugin", "my-own", *(part for kind in kinds for part in ("--kind", kind)))
    assert done.returncode == 0, done.stderr
    install("my-own", "my_own = my_own")
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path / "my-own"), str(tmp_path)])}


def test_once_installed_the_components_are_listed(
    gnnrec: Command, install: Callable[[str, str], None], tmp_path: Path
) -> None:
    found = written_by_the_command(gnnrec, install, tmp_path, ["encoder", "loss"])
    done = gnnrec("list", "encoder", **found)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1].split()[:3] == ["encoder", "my_own", "my_own"]
    done = gnnrec("validate", "my-own/recipes/my_own.yaml", **found)
    assert (done.stdout, done.stderr) == ("my-own/recipes/my_own.yaml: valid\n", "")
    again = gnnrec("new", "plugin", "my-own", "--out", "elsewhere", **found)
    assert again.returncode == 2
    assert again.stderr == (
        "a plugin 'my_own' is there already, from my-own 1.0; choose another name, or uninstall it\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [*((kind,) for kind in KINDS), KINDS], ids="-".join)
def test_the_generated_tests_pass_and_the_recipes_run(
    kinds: tuple[str, ...],
    gnnrec: Command,
    install: Callable[[str, str], None],
    tmp_path: Path,
    movielens_folder: Path,
) -> None:
    found = written_by_the_command(gnnrec, install, tmp_path, kinds)
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-W", TOLERATED, "my-own"],
        cwd=tmp_path,
        env=os.environ | found,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout
    assert " passed" in tested.stdout
    assert "skipped" not in tested.stdout
    for recipe in recipe_files(chosen_names("my-own", kinds, installed())):
        done = gnnrec("run", f"my-own/{recipe}", "--json", GNNREC_DATA=str(movielens_folder), **found)
        assert done.returncode == 0, done.stderr
        assert '"test"' in done.stdout.splitlines()[-1]


def test_modules_beside_the_plugins_are_packed_and_its_tests_are_not(tmp_path: Path) -> None:
    folder = tmp_path / "my-gat"
    write_folder(folder, plugin_files(Names("my-gat", ("encoder",))))
    (folder / "my_gat_module.py").write_text("")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    with zipfile.ZipFile(tmp_path / "my_gat-0.1.0-py3-none-any.whl") as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == {"my_gat.py", "my_gat_module.py"}


@pytest.mark.parametrize(
    ("name", "kind", "class_name"),
    [
        ("batch", "trainer", "BatchTrainer"),  # the module uses gnnrec.contract.training.Batch
        ("tensor", "encoder", "TensorEncoder"),
        ("none", "loss", "NoneLoss"),  # Python's own
        ("gat-2", "encoder", "Gat2"),
    ],
)
def test_a_class_hides_nothing_that_its_module_needs(name: str, kind: str, class_name: str, made: Made) -> None:
    _, registry = made(name, [kind])
    assert contributed(registry) == [(kind, name.replace("-", "_"), class_name)]
