"""What a newcomer types, outside the checkout, in an environment that has gnnrec's wheel, pytest and no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strangers import Stranger

pytest_plugins = ["real_data", "strangers_venv"]


@pytest.fixture
def author(stranger: Stranger) -> Iterator[Stranger]:
    """The stranger, who takes `demo` out again."""
    yield stranger
    stranger.run("python", "-m", "pip", "uninstall", "--yes", "--quiet", "demo")


@pytest.mark.slow
@pytest.mark.usefixtures("movielens_folder")
def test_from_nothing_to_a_tested_installed_component(author: Stranger) -> None:
    author.run("gnnrec", "new", "plugin", "demo", "--kind", "encoder")
    author.install("-e", "demo")
    listed = json.loads(author.run("gnnrec", "list", "encoder", "--json").stdout)
    assert ("demo", "demo") in {(row["name"], row["plugin"]) for row in listed}
    assert " passed" in author.run("pytest", "demo").stdout
    recipes = sorted(author.home.glob("demo/recipes/*.yaml"))
    assert [path.name for path in recipes] == ["demo.yaml"]
    done = author.run("gnnrec", "run", *recipes, "--json")
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["metrics"]["test"]["auc"] > 0.6
    stored = (author.home / said["run_dir"] / "recipe.yaml").read_text(encoding="utf-8")
    assert "\n  demo: 0.1.0 sha256:" in stored  # editable, so the version alone says little
    again = f"{said['run_dir']}/recipe.yaml"
    assert author.run("gnnrec", "validate", again).stderr == ""
    compare = ("compare", *recipes, "--seeds", "1")
    assert "demo, seed 0: done already" in author.run("gnnrec", *compare).stderr
    with (author.home / "demo" / "demo.py").open("a", encoding="utf-8") as module:
        module.write("# changed\n")
    assert "the recipe was made with demo 0.1.0 sha256:" in author.run("gnnrec", "validate", again).stderr
    assert "done already" not in author.run("gnnrec", *compare).stderr

    author.run("python", "-m", "pip", "uninstall", "--yes", "--quiet", "demo")
    refused = author.run("gnnrec", "validate", again, fails=True)
    message = "no encoder is called 'demo'; the recipe was made with demo 0.1.0, which is not installed"
    assert refused.stderr.endswith(f"{message}\n")
    author.run("gnnrec", "-p", "demo/demo.py", "validate", again)
