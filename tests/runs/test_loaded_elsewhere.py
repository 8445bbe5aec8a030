"""A run of each split, filter, graph and feature component scores to the digit when another process loads it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import torch
from toys import movielens_like, small_recipe

from gnnrec import run
from gnnrec.evaluation.evaluator import Evaluator
from gnnrec.plugin.registry import installed
from gnnrec.testing import toy_interactions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gnnrec import Run

FIELDS: dict[str, dict[str, dict[str, Any]]] = {
    "split": {
        "temporal": {"windows": 2, "window": 0, "disjoint_train": 0.2},
        "k_fold": {"fold": 1},
        "cold_items": {"shown": 0.3},
        "predefined": {"path": "division.csv"},
    },
    "filters": {
        "min_rating": {"at_least": 2.5},
        "k_core": {"users": 4, "items": 4},
        "min_interactions": {"users": 4},
        "between": {"start": "2001-09-09T02:10"},
        "sample_users": {"users": 15},
    },
    "features": {
        "multi_hot": {"column": "genres"},
        "one_hot": {"column": "title"},
        "numeric": {"columns": ["year"]},
        "text": {"dimensions": 4},
        "vectors": {"path": "vectors.csv"},
    },
}
"""What a component is asked for besides its defaults."""

KINDS = ("split", "filters", "graph", "features")

WHOLE = [(kind, name) for kind in KINDS for name in installed().components(kind)]

LOAD = """
import sys
import numpy as np
from gnnrec import load_run
for folder in sys.argv[1:]:
    run = load_run(folder)
    np.save(f"{folder}/again.npy", run.score(run.users["user"].tolist()).numpy())
"""


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str, bool], tuple[Run, np.ndarray]]]:
    """Each run, with the scores that were tested."""
    root = tmp_path_factory.mktemp("elsewhere")
    data = toy_interactions()
    titles = [f"Movie {place} ({1990 + place})" for place in range(len(data.items))]
    data = replace(data, tables={**data.tables, "item": data.items.assign(title=titles)})
    movielens_like(root / "data", data)
    numbers = np.random.default_rng(0).normal(size=len(data.items))
    pd.DataFrame({"item": data.items["item"], "number": numbers}).to_csv(root / "vectors.csv", index=False)
    log = data.to_table(data.edges)[["user", "item"]]
    log.assign(part=np.resize(["train", "train", "train", "val", "test"], len(log))).to_csv(
        root / "division.csv", index=False
    )
    told: list[np.ndarray] = []
    judge = Evaluator.judge

    def watched(self: Evaluator, scoring: Any) -> Any:
        told.append(scoring.score(torch.arange(len(scoring.user))).numpy())
        return judge(self, scoring)

    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setattr(Evaluator, "judge", watched)
        for kind, name in WHOLE:
            for refit in (False, True):
                component = {"name": name, **FIELDS.get(kind, {}).get(name, {})}
                chosen = {"features": {"item": [component]}, "filters": [component]}.get(kind, component)
                one = run(small_recipe(root / "data", **{kind: chosen}, refit=refit), out=root / "runs")
                found[kind, name, refit] = one, told[-1]
    command = [sys.executable, "-c", LOAD, *(one.directory for one, _ in found.values())]
    subprocess.run(command, check=True, cwd=root)
    return found


def test_there_is_a_run_of_every_component(made: dict[tuple[str, str, bool], tuple[Run, np.ndarray]]) -> None:
    assert {(kind, name) for kind, name, _ in made} == set(WHOLE)
    assert len(WHOLE) >= 15


@pytest.mark.parametrize(("kind", "name"), WHOLE)
@pytest.mark.parametrize("refit", [False, True])
def test_it_scores_as_it_was_tested(
    kind: str, name: str, refit: bool, made: dict[tuple[str, str, bool], tuple[Run, np.ndarray]]
) -> None:
    one, tested = made[kind, name, refit]
    again = np.load(one.directory / "again.npy")
    assert again.shape == tested.shape == (len(one.users), len(one.items))
    assert np.array_equal(again, tested)
    assert len(np.unique(again)) > len(one.users)
