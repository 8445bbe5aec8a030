"""A finished run judged again, and lists of any system judged as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from gnnrec.errors import UsageError
from gnnrec.evaluation.candidates import KEY, candidates_in, read_candidates
from gnnrec.evaluation.evaluator import Evaluator, warn_of_lengths
from gnnrec.evaluation.lists import read_lists
from gnnrec.modelling.objective import Objective
from gnnrec.recipe.load import load_run_recipe
from gnnrec.recipe.stand_ins import is_stand_in
from gnnrec.runs.recommending import Asked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gnnrec.evaluation.candidates import Candidates
    from gnnrec.recipe.schema import Recipe

    Overrides = Mapping[str, Any] | Iterable[str]
    """Changes of a recipe, as `gnnrec.run` takes them; a name for annotations."""

CANDIDATES = "candidates.parquet"
"""What was ranked, where it was not all items."""


class Judged(Asked, Protocol):
    """What is judged: a finished run."""

    @property
    def directory(self) -> Path:
        """Where it lies."""

    @property
    def recipe(self) -> Recipe:
        """The recipe that it was made by."""

    def require_test(self) -> None:
        """Make sure that something was held out."""


def candidates_of(run: Judged) -> Candidates | None:
    """What a run ranked for the test; None where it was all items."""
    own = run.directory / CANDIDATES
    return read_candidates(own if own.exists() else None, run.split, ["test"])


def evaluator(run: Judged, overrides: Overrides, ranked: pd.DataFrame | None = None) -> Evaluator:
    """What judges a run by a table of candidates, or by those that it names itself; see `Run.evaluate`."""
    recipe = load_run_recipe(run.directory, _with_own_candidates(run, overrides))
    wanted, stored = recipe.to_dict(), run.recipe.to_dict()
    changed = [name for name in type(recipe).model_fields if wanted.get(name) != stored.get(name)]
    if set(changed) - {"evaluation"}:
        raise UsageError(f"a finished run can be asked with another evaluation, not another {', '.join(changed)}")
    loss = Objective.of(None if is_stand_in(recipe.loss) else recipe.loss)
    run.require_test()
    warn_of_lengths(recipe.evaluation.k, len(run.items))
    if ranked is None:
        candidates = read_candidates(recipe.evaluation.candidates, run.split, ["test"])
    else:
        candidates = candidates_in(ranked, "the table of candidates", run.split, ["test"])
    return Evaluator(run.split, "test", recipe.evaluation, recipe.split.seed, loss, candidates)


def judge_lists(
    run: Judged, lists: str | Path | pd.DataFrame, overrides: Overrides, source: str
) -> tuple[dict[str, float], pd.DataFrame]:
    """Metrics of lists, and those of each user; see `Run.judge_lists`."""
    table, source = (lists, source) if isinstance(lists, pd.DataFrame) else (read_lists(lists), str(lists))
    judged = evaluator(run, overrides).judge_lists(table, run.split.interactions, source)
    ids = run.users["user"].to_numpy()
    return judged.metrics, judged.per_user.assign(user=ids[judged.per_user["user"]])


def test_lists(run: Judged, overrides: Overrides) -> pd.DataFrame:
    """What a run was judged by; see `Run.test_lists`."""
    lists = evaluator(run, overrides).rankings(run.scoring)
    rows, places = (lists.items >= 0).nonzero(as_tuple=True)
    users, items = lists.users[rows].numpy(), lists.items[rows, places].numpy()
    ids = {"user": run.users["user"].to_numpy()[users], "item": run.items["item"].to_numpy()[items]}
    return pd.DataFrame({"user": ids["user"], "rank": places.numpy() + 1, "item": ids["item"]})


def _with_own_candidates(run: Judged, overrides: Overrides) -> Overrides:
    """Overrides, and before them what was ranked: the file that the recipe names may have changed, or be gone."""
    own = run.directory / CANDIDATES
    if not own.exists():
        return overrides
    if isinstance(overrides, Mapping):
        return {KEY: str(own), **overrides}
    return [f"{KEY}={json.dumps(str(own))}", *overrides]
