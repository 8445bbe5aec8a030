"""What the documents show is what the code does."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from torch_geometric.data import HeteroData
from toys import movielens_like, small_recipe

from gnnrec.component_rules import check_component
from gnnrec.pipeline import run
from gnnrec.recipe.load import load_recipe, shipped_recipes

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.fixture
def as_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], ModuleType]:
    """Writes code into a file of its own and imports it, as whoever copies it would."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def load(name: str, code: str) -> ModuleType:
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
        return importlib.import_module(name)

    return load


def test_the_readme_plugin_is_a_plugin(as_module: Callable[[str, str], ModuleType]) -> None:
    code = next(block for block in blocks("README.md", "python") if "hookimpl" in block)
    assert sum(bool(line.strip()) for line in code.splitlines()) <= 15
    (component,) = as_module("my_losses", code).gnnrec_components()
    check_component(component)
    loss = component().build()(torch.tensor([1.0]), torch.tensor([[1.0, 1.0]]))
    assert float(loss) == pytest.approx(0.6931, abs=1e-4)


def test_the_contracts_example_is_a_component_that_builds(as_module: Callable[[str, str], ModuleType]) -> None:
    example = as_module("random_encoder", blocks("docs/contracts.md", "python")[0])
    check_component(example.Random)
    graph = HeteroData()
    graph["user"].node_id, graph["item"].node_id = torch.arange(3), torch.arange(4)
    user, item = example.Random(channels=2).build(graph)(graph)
    assert (user.shape, item.shape) == ((3, 2), (4, 2))


def test_the_trackers_example_is_told_everything(
    as_module: Callable[[str, str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = blocks("docs/trackers.md", "python")
    tracker = as_module("my_tracker", code)
    recipe = small_recipe(movielens_like(tmp_path / "data"), trainer__epochs=2)
    run(recipe, out=tmp_path / "runs", observers=[tracker])  # it is not asked, and writes nothing
    monkeypatch.setenv("MY_TRACKER", str(tmp_path / "said.jsonl"))
    done = run(recipe, out=tmp_path / "runs", observers=[tracker])
    start, *epochs, end = map(json.loads, (tmp_path / "said.jsonl").read_text(encoding="utf-8").splitlines())
    assert (start["run"], start["recipe"]["seed"], start["counts"]["users"]) == (done.directory.name, recipe.seed, 12)
    assert [(line["epoch"], "val_loss" in line) for line in epochs] == [(1, True), (2, True)]
    assert end == {"run": done.directory.name, "status": "done", "metrics": done.metrics}


def test_the_recipe_in_the_documents_is_valid(tmp_path: Path) -> None:
    (example,) = blocks("docs/recipes.md", "yaml")
    (tmp_path / "narrow.yaml").write_text(example)
    assert load_recipe(tmp_path / "narrow.yaml").model_sections().encoder.channels == 16  # type: ignore[attr-defined]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_shipped_recipes_are_valid_and_open_with_their_command(name: str) -> None:
    path = shipped_recipes()[name]
    assert path.read_text(encoding="utf-8").startswith(f"# gnnrec run {name}\n")
    assert load_recipe(path) == load_recipe(name)
