"""A finished run, read from its directory: what it measured, and the model, ready to be asked."""

from __future__ import annotations

from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from gnnrec.data.extended_split import extended
from gnnrec.data.lookup import require_nodes
from gnnrec.errors import RunDirectoryError, UsageError
from gnnrec.modelling.blending import restored
from gnnrec.randomness import Streams
from gnnrec.recipe.load import load_run_recipe
from gnnrec.runs import judging, recommending
from gnnrec.runs.directory import FORMAT, read_json, require_finished_run
from gnnrec.runs.judging import CANDIDATES
from gnnrec.runs.refitting import LEARNED
from gnnrec.runs.stages import load_weights
from gnnrec.runs.stored_split import read_split, read_table, write_split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from torch import Tensor

    from gnnrec.data.split import Split
    from gnnrec.evaluation.candidates import Candidates
    from gnnrec.modelling.fitting import Fitted
    from gnnrec.modelling.scoring import Scoring
    from gnnrec.recipe.schema import Recipe
    from gnnrec.runs.directory import RunDirectory


FEATURES = "features.json"
"""What feature encoders learned."""


def save_fitted(
    directory: RunDirectory,
    fitted: Fitted,
    split: Split,
    per_user: pd.DataFrame | None = None,
    candidates: Candidates | None = None,
) -> None:
    """Write weights, fitted features, the split with all that is known, test metrics per user, and what was ranked.

    It is all that `load_run` needs besides the recipe. There are no metrics per user where all was learned from, and no
    candidates where all items are.

    Raises:
        RunDirectoryError: The disk is full or may not be written.
    """
    weights = {name: value.detach().cpu().contiguous() for name, value in fitted.weights.items()}
    ids = split.interactions.users["user"].to_numpy()
    try:
        save_file(weights, directory.path / "model.safetensors")
        write_split(directory.path, split)
        if candidates is not None:
            candidates.to_table(split.interactions).to_parquet(directory.path / CANDIDATES, index=False)
        if per_user is not None:
            per_user.assign(user=ids[per_user["user"]]).to_parquet(directory.path / "per_user.parquet", index=False)
    except (OSError, SafetensorError) as error:
        raise RunDirectoryError(f"cannot write the model in {directory.path}: {error}") from None
    shapes = {name: list(value.shape) for name, value in weights.items()}
    directory.write_json(FEATURES, fitted.features)
    directory.write_json("model.json", {"format": FORMAT, "shapes": shapes})


def load_run(directory: str | Path) -> Run:
    """Open a finished run.

    Raises:
        RunDirectoryError: There is no finished run, or it has another format.
    """
    return Run(require_finished_run(directory))


class Run:
    """A finished run. Files are read, and the model rebuilt, when they are first asked for.

    Attributes:
        directory: Where it lies.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __repr__(self) -> str:
        return f"Run({str(self.directory)!r})"

    def _repr_html_(self) -> str:
        """What a notebook shows of it: where it lies, and its metrics."""
        figures = pd.DataFrame({part: self.metrics[part] for part in ("val", "test")}, dtype=float).dropna(how="all")
        shown = figures.dropna(axis="columns", how="all").to_html(float_format="{:.4f}".format, na_rep="", border=0)
        return f"<p>Run <code>{escape(str(self.directory))}</code></p>{shown}"

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe with every default filled in; running it again reproduces the run."""
        return load_run_recipe(self.directory)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """The content of metrics.json."""
        return self.read_json("metrics.json")

    @cached_property
    def environment(self) -> dict[str, Any]:
        """The content of environment.json."""
        return self.read_json("environment.json")

    @cached_property
    def per_user(self) -> pd.DataFrame:
        """Test metrics of each user with test interactions: `user` (original id), `relevant`, `recall@10` and so on."""
        return read_table(self.directory / "per_user.parquet")

    @cached_property
    def history(self) -> pd.DataFrame:
        """A row per epoch; none where nothing was trained."""
        if not (self.directory / "history.jsonl").exists():
            return pd.DataFrame()
        return pd.read_json(self.directory / "history.jsonl", lines=True)

    @cached_property
    def users(self) -> pd.DataFrame:
        """Row i = node i; column `user` holds original ids."""
        return read_table(self.directory / "users.parquet")

    @cached_property
    def items(self) -> pd.DataFrame:
        """Row i = node i; column `item` holds original ids."""
        return read_table(self.directory / "items.parquet")

    @cached_property
    def split(self) -> Split:
        """The split that the run was trained and judged on."""
        return read_split(self.directory, self.users, self.items)

    def score(self, user_ids: Iterable[Any] | pd.DataFrame) -> Tensor:
        """Raw scores of all items for users, nothing masked.

        Args:
            user_ids: B original ids, or a table with a column `user`.

        Returns:
            float32 [B, I], columns in the order of `items`.

        Raises:
            UsageError: A user is unknown; the message names the nearest.
        """
        return self.scoring.score(torch.from_numpy(require_nodes(self.users, "user", user_ids)))

    def evaluate(
        self, overrides: Mapping[str, Any] | Iterable[str] = (), *, candidates: pd.DataFrame | None = None
    ) -> dict[str, float]:
        """Judge the run again on its test interactions; nothing is written.

        Args:
            overrides: Changes of the recipe's `evaluation`: `{"evaluation.k": [5, 50]}`. No other section may change.
            candidates: What is ranked, as `evaluation.candidates` names a file of: a table with a column `item`, or
                with `user` and `item` (original ids).

        Returns:
            Test metrics by name.

        Raises:
            UsageError: Something else than `evaluation` is to be changed.
            DataError: Nothing among the candidates is known, or no test interaction is with one.
        """
        return judging.evaluator(self, overrides, candidates).judge(self.scoring).metrics

    def evaluate_lists(
        self, lists: str | Path | pd.DataFrame, overrides: Mapping[str, Any] | Iterable[str] = ()
    ) -> dict[str, float]:
        """Judge lists that any system has made, on the run's test interactions.

        Args:
            lists: A table with columns `user`, `item` (original ids) and `rank` (from 1) or `score`; or a file of one,
                CSV or Parquet. What a user has seen, in train or val, is a miss in its place.
            overrides: As in `evaluate`.

        Returns:
            The ranking metrics of the test by name.

        Raises:
            DataError: The file cannot be read, an item stands twice in a list, ranks have a gap, or a score is no
                number.
            UsageError: Something else than `evaluation` is to be changed, or nothing was held out.
        """
        values, _ = self.judge_lists(lists, overrides)
        return values

    def judge_lists(
        self,
        lists: str | Path | pd.DataFrame,
        overrides: Mapping[str, Any] | Iterable[str] = (),
        *,
        source: str = "the table",
    ) -> tuple[dict[str, float], pd.DataFrame]:
        """What `evaluate_lists` gives, and the metrics of each user as in `per_user`.

        Args:
            lists: As in `evaluate_lists`.
            overrides: As in `evaluate`.
            source: What messages call a table; a file is called by its path.
        """
        return judging.judge_lists(self, lists, overrides, source)

    def test_lists(self, overrides: Mapping[str, Any] | Iterable[str] = ()) -> pd.DataFrame:
        """What the run was judged by: the best items for each test user, without those of train and val.

        Returns:
            Columns `user`, `rank` (from 1), `item`, as `evaluate_lists` takes them.
        """
        return judging.test_lists(self, overrides)

    def recommend(
        self,
        user_ids: Iterable[Any] | pd.DataFrame | None = None,
        k: int = 10,
        *,
        include_seen: bool = False,
        new_items: pd.DataFrame | None = None,
        candidates: Iterable[Any] | pd.DataFrame | None = None,
        exclude: Iterable[Any] | pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """The k items that score highest for each user, without those the user is known to have interacted with.

        Args:
            user_ids: Original ids, or a table with a column `user`; all users of the run if not given.
            k: How many; fewer are given where fewer are left. Of equal scores the lower item index wins.
            include_seen: Recommend known items too.
            new_items: Items that came after training, a row each, which are recommended like all others: a column
                `item`; those that the run's item table has (its features); and columns called like the relations that
                start from items, or like what these lead to, with the ids of that (see docs/graphs.md).
            candidates: Original ids of items, or a table with a column `item`: nothing else is recommended.
            exclude: Likewise, of what is not recommended. In both, what is unknown is named in a warning.

        Returns:
            Columns `user`, `rank` (from 1), `item`, `title` (where the data set has titles), `score`.

        Raises:
            UsageError: A user is unknown, k is below 1 or no whole number, nothing is left to choose from, or there are
                new items and the run knows items by their interactions alone.
            DataError: A new item has the id of an old one, or nothing is known of it.
        """
        return recommending.recommend(
            self,
            user_ids,
            k,
            include_seen=include_seen,
            new_items=new_items,
            candidates=candidates,
            exclude=exclude,
        )

    def recommend_for_history(
        self,
        history: Iterable[Any] | pd.DataFrame,
        k: int = 10,
        *,
        include_seen: bool = False,
        new_items: pd.DataFrame | None = None,
        candidates: Iterable[Any] | pd.DataFrame | None = None,
        exclude: Iterable[Any] | pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """The best items for somebody who was not there in training and of whom only some items are known.

        Args:
            history: Original item ids; those that are unknown are named in a warning and left out. Or a table of them,
                with `time` (seconds since 1970) and `weight` (what the data's weights are) where these are known.
            k: How many.
            include_seen: Recommend items of the history too.
            new_items: As in `recommend`.
            candidates: As in `recommend`.
            exclude: As in `recommend`.

        Returns:
            Columns `rank` (from 1), `item`, `title` (where the data set has titles), `score`.

        Raises:
            UsageError: The history is empty, or nothing of it is known; or as `recommend` does.
            DataError: As `recommend` does.
        """
        return recommending.recommend_for_history(
            self,
            history,
            k,
            include_seen=include_seen,
            new_items=new_items,
            candidates=candidates,
            exclude=exclude,
        )

    def similar(self, item: Any, k: int = 10) -> pd.DataFrame:
        """The items most similar to one, which is given by original id, by title, or by a part of one title alone.

        Returns:
            Columns `rank` (from 1), `item`, `title` (where the data set has titles), `score`.

        Raises:
            UsageError: There is no such item, or several; or k is below 1.
        """
        return recommending.similar(self, item, k)

    def require_test(self) -> None:
        """Make sure that something was held out.

        Raises:
            UsageError: The run learned from all there is.
        """
        if not self.metrics["test"]:
            parent = self.metrics.get("parent", {}).get("directory")
            if parent is None:
                raise UsageError(
                    f"{self.directory} was judged on validation alone, while settings were chosen; "
                    f"gnnrec run {self.directory / 'recipe.yaml'} tests them"
                )
            raise UsageError(
                f"{self.directory} learned from all there is, so nothing is left to judge it by; its figures are those "
                f"of its parent, {parent}"
            )

    def read_json(self, name: str) -> dict[str, Any]:
        """The content of one of the run's JSON files.

        Raises:
            RunDirectoryError: It is missing or damaged.
        """
        return read_json(self.directory / name)

    @cached_property
    def scoring(self) -> Scoring:
        """The recommender itself, over node ids, as in the test phase: all but test interactions are propagated over.

        Raises:
            RunDirectoryError: The weights are damaged or belong to another recipe.
        """
        return self.scoring_over(self.learned)

    @cached_property
    def learned(self) -> Split:
        """The split that the recommender which was kept learned from: after a refit, train and val."""
        return extended(self.split, LEARNED["train+val"], self.recipe.split.seed) if self.recipe.refit else self.split

    def scoring_over(self, split: Split) -> Scoring:
        """The recommender over `learned`, or over that with more interactions in what the test phase knows.

        Raises:
            RunDirectoryError: The weights are damaged or belong to another recipe.
        """
        weights = load_weights(self.directory)
        try:
            states = self.read_json(FEATURES) if (self.directory / FEATURES).exists() else None
            return restored(self.recipe, split, Streams(self.recipe.seed), weights, states)
        except RuntimeError as error:
            raise RunDirectoryError(f"the weights in {self.directory} do not load: {error}") from None
