from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from toys import movielens_like

import gnnrec
from gnnrec.testing import checkerboard

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_film_is_recommended_to_those_who_like_its_genres(tmp_path: Path) -> None:
    data = checkerboard()  # Horror is watched by one half of the users, Comedy by the other, whatever the year
    titles = [f"Movie {item} ({1990 + item % 3})" for item in data.items["item"]]
    folder = movielens_like(
        tmp_path / "data", replace(data, tables={**data.tables, "item": data.items.assign(title=titles)})
    )
    short = {"trainer.epochs": 10, "trainer.learning_rate": 0.05, "trainer.monitor": "loss", "trainer.device": "cpu"}
    small = {"dataset.path": str(folder), "encoder.channels": 8, "split.val": 0.25, "split.test": 0.25}
    run = gnnrec.run("movielens_cold_items", {**short, **small}, out=tmp_path)
    assert run.metrics["test"]["ndcg@10"] == pytest.approx(1.0)
