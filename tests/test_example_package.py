"""examples/gnnrec-example is held to what it says, and lives as a stranger's package in an environment of its own."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import zipfile
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

import pytest
from strangers import ROOT, Stranger, build, wheel_in

from gnnrec import load_recipe
from gnnrec.plugin.registry import Registry
from gnnrec.testing import check_component

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

pytest_plugins = ["real_data", "strangers_venv"]

EXAMPLE = ROOT / "examples" / "gnnrec-example"

RECIPE = EXAMPLE / "recipes" / "movielens_appnp.yaml"

NOT_INSTALLED = ("encoder.name: no encoder is called 'appnp'", "decoder.name: no decoder is called 'gmf'")


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The package, imported from where it lies."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    yield importlib.import_module("gnnrec_example")
    for name in [name for name in sys.modules if name.partition(".")[0] == "gnnrec_example"]:
        del sys.modules[name]


@pytest.mark.parametrize("name", ["APPNP", "GMF", "Mixed"])
def test_each_component_of_the_example_keeps_its_contract(example: ModuleType, name: str) -> None:
    component = getattr(example, name)
    assert component in example.gnnrec_components()
    check_component(component())


def test_the_example_is_small() -> None:
    lines = [line for path in EXAMPLE.glob("gnnrec_example/**/*.py") for line in path.read_text("utf-8").splitlines()]
    assert 50 < len(lines) < 120


def test_the_examples_recipe_is_valid_where_its_package_is_installed(example: ModuleType) -> None:
    ours = [point for point in entry_points(group="gnnrec") if point.name != "gnnrec_example"]
    registry = Registry([*ours, EntryPoint("gnnrec_example", "gnnrec_example", "gnnrec")])
    recipe = load_recipe(RECIPE, registry=registry).model_sections()
    used = (recipe.encoder, recipe.decoder, recipe.negatives)
    assert [type(each) for each in used] == [example.APPNP, example.GMF, example.Mixed]
    assert RECIPE.read_text("utf-8").startswith("# gnnrec run recipes/movielens_appnp.yaml\n")


@pytest.mark.slow
def test_the_wheel_is_whole_and_the_sdist_builds_the_same(built: Path, tmp_path: Path) -> None:
    build("--outdir", tmp_path, ROOT)  # a source distribution, and from that a wheel
    from_checkout, from_sdist = contents(wheel_in(built)), contents(wheel_in(tmp_path))
    assert from_sdist == from_checkout
    sources = [*ROOT.glob("gnnrec/**/*"), *ROOT.glob("plugins/*/**/*"), *ROOT.glob("recipes/**/*")]
    wanted = {in_wheel(path) for path in sources if path.is_file() and path.suffix != ".pyc"}
    assert wanted == {name for name in from_checkout if ".dist-info/" not in name}
    assert {"gnnrec/py.typed", "gnnrec/recipes/baselines/ease.yaml", "gnnrec/report/style.css"} <= wanted


@pytest.fixture(scope="module")
def example_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("dist", "__pycache__"))
    build("--wheel", "--outdir", folder / "dist", folder / "source")
    return wheel_in(folder / "dist")


@pytest.fixture
def guest(stranger: Stranger, example_wheel: Path) -> Iterator[Stranger]:
    """The stranger, with the example installed and a copy of its recipe in their folder."""
    stranger.install(example_wheel)
    shutil.copy(RECIPE, stranger.home)
    yield stranger
    stranger.run("python", "-m", "pip", "uninstall", "--yes", "--quiet", "gnnrec-example")


@pytest.mark.slow
def test_a_strangers_package_is_found_by_every_command(guest: Stranger) -> None:
    assert not guest.home.is_relative_to(ROOT)
    where = guest.run("python", "-c", "import gnnrec, gnnrec_example; print(gnnrec.__file__, gnnrec_example.__file__)")
    assert all("site-packages" in path and str(ROOT) not in path for path in where.stdout.split())

    encoders = json.loads(guest.run("gnnrec", "list", "encoder", "--json").stdout)
    assert ("appnp", "gnnrec_example") in {(each["name"], each["plugin"]) for each in encoders}
    assert "appnp" in guest.run("gnnrec", "list", "encoder").stdout

    assert "gnnrec-example 0.1.0" in guest.run("gnnrec", "plugins").stdout
    plugins = {each["name"]: each for each in json.loads(guest.run("gnnrec", "plugins", "--json").stdout)}
    assert {each["state"] for each in plugins.values()} == {"loaded"}
    assert plugins["gnnrec_example"]["distribution"] == "gnnrec-example"
    assert plugins["gnnrec_example"]["components"] == ["encoder appnp", "decoder gmf", "negatives mixed"]
    assert "teleport" in guest.run("gnnrec", "show", "encoder", "appnp").stdout


@pytest.mark.slow
@pytest.mark.usefixtures("movielens_folder")
def test_a_strangers_recipe_is_run_and_its_run_recommends(guest: Stranger) -> None:
    done = guest.run("gnnrec", "run", RECIPE.name, "--json")
    said = json.loads(done.stdout.splitlines()[-1])
    test = said["metrics"]["test"]
    assert test["auc"] > 0.88
    assert test["ndcg@10"] > 0.15  # popularity has 0.127

    program = "import gnnrec, sys; print(gnnrec.load_run(sys.argv[1]).recommend([1, 2], k=3).to_json(orient='records'))"
    rows = json.loads(guest.run("python", "-c", program, said["run_dir"]).stdout)
    assert [(row["user"], row["rank"]) for row in rows] == [(user, rank) for user in (1, 2) for rank in (1, 2, 3)]
    assert all(row["title"] for row in rows)


@pytest.mark.slow
def test_a_strangers_own_tests_pass(guest: Stranger) -> None:
    shutil.copytree(EXAMPLE / "tests", guest.home / "example" / "tests", dirs_exist_ok=True)
    shutil.copytree(EXAMPLE / "recipes", guest.home / "example" / "recipes", dirs_exist_ok=True)
    assert " passed" in guest.run("pytest", "-q", "-p", "no:cacheprovider", "example").stdout


@pytest.mark.slow
def test_without_the_package_its_recipe_alone_is_refused(stranger: Stranger, example_wheel: Path) -> None:
    stranger.install(example_wheel)
    shutil.copy(RECIPE, stranger.home)
    stranger.run("gnnrec", "validate", RECIPE.name)
    stranger.run("python", "-m", "pip", "uninstall", "--yes", "gnnrec-example")
    refused = stranger.run("gnnrec", "validate", RECIPE.name, fails=True)
    assert refused.returncode == 2
    assert all(fault in refused.stdout + refused.stderr for fault in NOT_INSTALLED)
    stranger.run("gnnrec", "validate", "movielens_sage")
    assert "appnp" not in stranger.run("gnnrec", "list", "encoder").stdout


def contents(wheel: Path) -> dict[str, int]:
    """The files of a wheel and their checksums."""
    with zipfile.ZipFile(wheel) as archive:
        return {file.filename: file.CRC for file in archive.infolist()}


def in_wheel(path: Path) -> str:
    """Where a file of the checkout lies in the wheel."""
    top, *rest = path.relative_to(ROOT).parts
    return "/".join({"gnnrec": ["gnnrec"], "plugins": [], "recipes": ["gnnrec", "recipes"]}[top] + rest)
