"""Short runs that are stopped in the middle, and what is compared of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from toys import Watcher, movielens_like, small_recipe

from gnnrec import run

if TYPE_CHECKING:
    from pathlib import Path

STRATEGIES: dict[str, dict[str, Any]] = {
    "full batch": {"trainer__epochs": 8},
    "mini-batches": {
        "trainer__epochs": 4,
        "trainer__batch_size": 5,
        "trainer__accumulate": 2,
        "trainer__scheduler": {"name": "one_cycle"},
        "trainer__ema": 0.9,
        "trainer__clip_norm": 1.0,
    },
    "plateau and patience": {
        "trainer__epochs": 30,
        "trainer__scheduler": {"name": "plateau", "patience": 1},
        "trainer__patience": 4,
        "trainer__learning_rate": 0.3,
        "trainer__optimizer": "sgd",
    },
}
SETTING = {"trainer__checkpoint_seconds": 0, "evaluation__every": 2}


def without_seconds(directory: Path) -> dict[str, Any]:
    """The metrics, without what no two runs have in common: time and memory."""
    metrics: dict[str, Any] = json.loads((directory / "metrics.json").read_text())
    del metrics["seconds"], metrics["memory"]
    return metrics


def history(directory: Path) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (directory / "history.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def the_only_partial(root: Path) -> Path:
    (partial,) = root.glob("*/*.partial")
    return partial


def interrupted(tmp_path: Path, fields: dict[str, Any], epoch: int) -> Path:
    """A run that is stopped at the end of an epoch."""
    recipe = small_recipe(movielens_like(tmp_path / "data"), **SETTING, **fields)
    with pytest.raises(KeyboardInterrupt):
        run(recipe, out=tmp_path / "cut", observers=[Watcher(KeyboardInterrupt(), epoch)])
    return the_only_partial(tmp_path / "cut")
