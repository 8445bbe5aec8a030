"""0.1 drew its random split by the order of rows; replayed, that split gives the figures that 0.1 measured."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gnnrec import run

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["real_data"]

NDCG = {
    "popularity": 0.12709963392584472,
    "item_knn": 0.2380743689822633,
    "ials": 0.26135338944863395,
    "ease": 0.2784622321542794,
}
"""What 0.1 measured on MovieLens latest-small: test ndcg@10, seed 0, split seed 42."""


@pytest.fixture(scope="module")
def division(movielens_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The split of 0.1: numpy permutes the rows of ratings.csv, the first tenth is val, the next test."""
    with (
        zipfile.ZipFile(movielens_folder / "ml-latest-small.zip") as archive,
        archive.open("ml-latest-small/ratings.csv") as file,
    ):
        log = pd.read_csv(file)
    order, share = np.random.default_rng(42).permutation(len(log)), len(log) // 10
    part = np.full(len(log), "train", object)
    part[order[:share]], part[order[share : 2 * share]] = "val", "test"
    path = tmp_path_factory.mktemp("division") / "division.csv"
    pd.DataFrame({"user": log["userId"], "item": log["movieId"], "part": part}).to_csv(path, index=False)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("scorer", NDCG)
def test_the_split_of_0_1_gives_its_figures(
    scorer: str, division: Path, movielens_folder: Path, tmp_path: Path
) -> None:
    split = {"name": "predefined", "path": str(division)}
    as_then = {"scorer.l2": 300.0} if scorer == "ease" else {}
    changes = {"split": split, "dataset.path": str(movielens_folder), **as_then}
    made = run(f"baselines/{scorer}", changes, out=tmp_path / "runs")
    assert made.metrics["test"]["ndcg@10"] == pytest.approx(NDCG[scorer], abs=1e-6)
