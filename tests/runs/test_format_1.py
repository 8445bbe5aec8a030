"""Runs that gnnrec 0.1 wrote open, recommend, are judged and reported as before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import torch
from toys import movielens_like, small_recipe

from gnnrec import load_recipe, load_run, run
from gnnrec.report.page import write_report
from gnnrec.report.subject import Subject

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec import Run


def as_format_1(made: Run) -> Run:
    """The files as 0.1 wrote them: less of everything, and interactions in the order of their file."""
    folder = made.directory
    table = pd.read_parquet(folder / "split.parquet").sample(frac=1, random_state=0)
    table[["user", "item", "part", "message", "supervision"]].to_parquet(folder / "split.parquet", index=False)
    (folder / "features.json").unlink()
    for name in ("nodes", "relations"):
        for path in (folder / name).glob("*.parquet"):
            path.unlink()
        (folder / name).rmdir()
    model = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(model | {"format": 1}))
    environment = json.loads((folder / "environment.json").read_text())
    del environment["dataset"]["used"]
    environment["dataset"]["fingerprint"] = environment["dataset"]["fingerprint"]["edges"]
    (folder / "environment.json").write_text(json.dumps(environment))
    recipe = (folder / "recipe.yaml").read_text()
    lines = [line for line in recipe.splitlines() if not line.startswith(("refit:", "filters:"))]
    (folder / "recipe.yaml").write_text("\n".join(lines) + "\n")
    return load_run(folder)


@pytest.mark.parametrize("scorer", [None, "ials", "item_knn"])
def test_it_scores_recommends_and_is_judged_and_reported_as_before(scorer: str | None, tmp_path: Path) -> None:
    data = movielens_like(tmp_path / "data")
    recipe = small_recipe(data) if scorer is None else load_recipe(f"baselines/{scorer}", {"dataset.path": str(data)})
    made = run(recipe, out=tmp_path / "runs")
    expected, listed, figures = made.score(range(1, 13)), made.recommend(k=3), made.metrics["test"]
    old = as_format_1(made)
    torch.testing.assert_close(old.score(range(1, 13)), expected)
    assert old.recommend(k=3)["item"].tolist() == listed["item"].tolist()
    assert old.evaluate() == pytest.approx(figures)
    assert write_report(Subject.of(old)) is not None
    assert old.recipe.filters == ()
    assert not old.recipe.refit
