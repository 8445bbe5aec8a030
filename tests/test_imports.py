"""What a process has imported when `gnnrec run` is done: a run waits for no library that it does not use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from toys import movielens_like, small_recipe

from gnnrec.recipe.load import dump_recipe

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import sys
from gnnrec.cli import main
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""

NEVER = {
    *("lightning_fabric", "torchmetrics", "matplotlib", "scipy", "sklearn", "implicit", "tensorboard", "mlflow"),
    *("plotly.graph_objects", "plotly.graph_objs", "plotly.basedatatypes", "plotly.io"),
    *("pooch", "gnnrec.testing", "gnnrec.scaffold", "gnnrec.comparison"),
}
"""What a run needs only for a component that is made of it."""

TRAINING = {
    *("torch_geometric", "torch._dynamo", "sympy"),
    *("gnnrec.graph.link_sampling", "gnnrec_trainers.device_aware_loop", "gnnrec_graphs.layout"),
}
"""What is for models alone."""


def imported_by_a_run(recipe: str, folder: Path) -> set[str]:
    """The modules of a process that has run a recipe and written its report."""
    (folder / "asked.yaml").write_text(recipe)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GNNREC_")}
    command = [sys.executable, "-c", PROGRAM, "run", "asked.yaml", "--json"]
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=True)
    assert list(folder.glob("runs/*/*/report.html"))
    assert json.loads(done.stdout)
    return set(done.stderr.splitlines()[-1].split())


def test_a_scorer_s_run_imports_nothing_of_models(tmp_path: Path) -> None:
    sections = small_recipe(movielens_like(tmp_path / "data")).to_dict()
    kept = {key: sections[key] for key in ("dataset", "split", "evaluation")}
    imported = imported_by_a_run(json.dumps({"name": "scored", **kept, "scorer": {"name": "ease"}}), tmp_path)
    assert {"torch", "gnnrec_scorers.autoencoder", "gnnrec.report.figures"} <= imported
    assert imported & (NEVER | TRAINING) == set()


def test_a_model_s_run_imports_what_it_trains_with(tmp_path: Path) -> None:
    imported = imported_by_a_run(dump_recipe(small_recipe(movielens_like(tmp_path / "data"))), tmp_path)
    assert {"torch_geometric", "gnnrec_trainers.device_aware_loop", "gnnrec.report.figures"} <= imported
    assert imported & (NEVER | {"gnnrec.graph.link_sampling"}) == set()
