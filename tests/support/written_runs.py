"""Run directories written by hand, so that their leaderboard and their listing can be worked out on paper."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

RECIPE = {
    "name": "sage",
    "seed": 0,
    "dataset": {"name": "movielens", "variant": ["latest-small"], "path": None},
    "split": {"name": "random_link", "seed": 42, "val": 0.1, "test": 0.1},
    "encoder": {"name": "hetero_sage", "channels": 64, "features": True},
    "loss": {"name": "bce"},
    "evaluation": {"negatives": 2, "k": [10, 20], "metrics": [{"name": "ndcg"}]},
}
ENVIRONMENT = {
    "versions": {"gnnrec": "0.1.0"},
    "plugins": [{"name": "gnnrec_encoders", "distribution": "gnnrec", "version": "0.1.0"}],
    "dataset": {"source": "a file", "interactions": 96, "fingerprint": "d" * 64},
    "split_fingerprint": "f" * 64,
}


def write_run(
    root: Path,
    directory: str = "20260102-030405-s0",
    *,
    recipe: Mapping[str, Any] | None = None,
    test: Mapping[str, float] | None = None,
    per_user: Mapping[str, Sequence[float]] | None = None,
    environment: Mapping[str, Any] | None = None,
    seconds: Mapping[str, float] | None = None,
) -> Path:
    """A run below `root`, with values of users 1, 2, … in `per_user`, and their means among its test metrics.

    A directory that ends in `.partial` gets a recipe and three epochs, and nothing else.
    """
    resolved = RECIPE | {"seed": int(directory.removesuffix(".partial").rpartition("-s")[2])} | dict(recipe or {})
    path = root / str(resolved["name"]) / directory
    path.mkdir(parents=True)
    (path / "recipe.yaml").write_text(json.dumps(resolved))
    (path / "history.jsonl").write_text('{"epoch": 1}\n' * 3)
    if directory.endswith(".partial"):
        return path
    table = pd.DataFrame(dict(per_user or {}))
    means = {name: float(table[name].mean()) for name in table}
    metrics = {
        "best_epoch": 2,
        "val": {},
        "test": means | dict(test or {}),
        "seconds": dict(seconds or {"train": 2.0, "evaluate": 0.5}),
    }
    (path / "metrics.json").write_text(json.dumps(metrics))
    (path / "environment.json").write_text(json.dumps(ENVIRONMENT | dict(environment or {})))
    (path / "model.json").write_text('{"format": 1, "shapes": {}}')
    table.assign(user=range(1, len(table) + 1)).to_parquet(path / "per_user.parquet", index=False)
    return path
