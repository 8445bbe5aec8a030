from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gnnrec import load_recipe
from gnnrec.recipe.here import from_here, to_here
from gnnrec.recipe.nodes import read_yaml

if TYPE_CHECKING:
    import pytest


def test_here_is_the_folder_of_the_recipe_wherever_that_is_called_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    text = 'extends: baselines/ease\ndataset: {name: table, path: "${here}/log.csv", more: ["${here}/old/log.csv"]}\n'
    (tmp_path / "mine" / "a.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    dataset = load_recipe("mine/a.yaml").dataset.model_dump()
    assert dataset["path"] == f"{tmp_path}/mine/log.csv"
    assert dataset["more"] == (f"{tmp_path}/mine/old/log.csv",)


def test_here_is_the_folder_of_the_file_that_says_it(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    text = 'extends: baselines/ease\ndataset: {name: table, path: "${here}/log.csv"}\n'
    (tmp_path / "base" / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text('extends: base/a.yaml\ndataset: {items: "${here}/items.csv"}\n')
    dataset = load_recipe(tmp_path / "b.yaml").dataset.model_dump()
    assert (dataset["path"], dataset["items"]) == (f"{tmp_path}/base/log.csv", f"{tmp_path}/items.csv")


def test_what_is_named_in_a_folder_moves_with_it() -> None:
    data = {
        "path": "/runs/one/data/log.parquet",
        "more": ["/runs/one/x", "/runs/only/y"],
        "seed": 3,
        "name": "/runs/one",
    }
    moved = to_here(data, Path("/runs/one"))
    assert moved == {
        "path": "${here}/data/log.parquet",
        "more": ["${here}/x", "/runs/only/y"],
        "seed": 3,
        "name": "/runs/one",
    }
    node = read_yaml('{path: "${here}/data/log.parquet", more: ["${here}/x", "a/${here}/b"]}', "text")
    assert from_here(node, Path("/new")).plain() == {
        "path": "/new/data/log.parquet",
        "more": ["/new/x", "a/${here}/b"],
    }
