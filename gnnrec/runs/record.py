"""A run as its JSON and YAML tell it, read without torch: what it was, how it ended, what it measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gnnrec.errors import RunDirectoryError
from gnnrec.recipe.faults import RecipeError
from gnnrec.recipe.here import from_here
from gnnrec.recipe.made_with import take_made_with
from gnnrec.recipe.nodes import read_yaml
from gnnrec.runs.directory import PARTIAL, read_json, require_finished_run, require_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

PER_USER, VAL_PER_USER = "per_user.parquet", "val_per_user.parquet"
"""Metrics of each user: of the test, and of validation."""

STAMP = "%Y%m%d-%H%M%S"
STAMP_LENGTH = 15


@dataclass(frozen=True)
class RunRecord:
    """A run as its files tell it.

    Attributes:
        directory: Where it lies.
        recipe: The resolved recipe as plain data.
        metrics: The content of metrics.json; empty where the run did not finish.
        environment: The content of environment.json; empty where the run did not finish.
        epochs: How many its history has.
        made_with: What gave its components, by its recipe.
    """

    directory: Path
    recipe: Mapping[str, Any]
    metrics: Mapping[str, Any]
    environment: Mapping[str, Any]
    epochs: int
    made_with: Mapping[str, str]

    @property
    def finished(self) -> bool:
        """False where the run was interrupted, failed, or is still running."""
        return not self.directory.name.endswith(PARTIAL)

    @property
    def name(self) -> str:
        """The recipe's."""
        return str(self.recipe["name"])

    @property
    def seed(self) -> int:
        """The run's."""
        return int(self.recipe["seed"])

    @property
    def time(self) -> datetime | None:
        """When it began, by its directory's name; None where that was changed."""
        try:
            return datetime.strptime(self.directory.name[:STAMP_LENGTH], STAMP).astimezone()
        except ValueError:
            return None

    @property
    def test(self) -> dict[str, float]:
        """Its test metrics."""
        return dict(self.metrics.get("test", {}))

    @property
    def used_data(self) -> dict[str, str] | None:
        """A digest of each part of the data that it used; None where it does not say, as in format 1."""
        data = self.environment.get("dataset", {})
        fingerprint, used = data.get("fingerprint"), data.get("used")
        return (
            {part: fingerprint[part] for part in used} if isinstance(fingerprint, dict) and used is not None else None
        )

    @cached_property
    def per_user(self) -> pd.DataFrame:
        """Test metrics of each user, by original id in column `user`.

        Raises:
            RunDirectoryError: The file is missing or damaged.
        """
        return self._of_users(PER_USER)

    @cached_property
    def val_per_user(self) -> pd.DataFrame:
        """Validation metrics of each user, by original id in column `user`.

        Raises:
            RunDirectoryError: The file is missing or damaged.
        """
        return self._of_users(VAL_PER_USER)

    def _of_users(self, name: str) -> pd.DataFrame:
        import pandas as pd

        path = self.directory / name
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise RunDirectoryError(f"{path} cannot be read: {error}") from None


def read_run(directory: str | Path) -> RunRecord:
    """Read a run, finished or not.

    Raises:
        RunDirectoryError: There is none, a file is damaged, or it has another format.
    """
    path = require_run(directory)
    finished = not path.name.endswith(PARTIAL)
    metrics, environment = (read_json(path / f"{name}.json") if finished else {} for name in ("metrics", "environment"))
    if finished and not isinstance(metrics.get("test"), dict):
        raise RunDirectoryError(f"{path / 'metrics.json'} holds no test metrics")
    recipe, made_with = _read_recipe(path / "recipe.yaml")
    return RunRecord(path, recipe, metrics, environment, _epochs(path / "history.jsonl"), made_with)


def read_finished_run(directory: str | Path) -> RunRecord:
    """Read a finished run.

    Raises:
        RunDirectoryError: There is none, it did not finish, a file is damaged, or it has another format.
    """
    return read_run(require_finished_run(directory))


def _read_recipe(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The recipe, and what it was made with."""
    try:
        node = from_here(read_yaml(path.read_text(encoding="utf-8"), str(path)), path.parent)
        made_with = take_made_with(node)
    except RecipeError as error:
        raise RunDirectoryError(str(error)) from None
    except (OSError, ValueError) as error:
        raise RunDirectoryError(f"{path} cannot be read: {error}") from None
    content = node.plain()
    if not isinstance(content, dict) or not {"name", "seed", "dataset", "split"} <= set(content):
        raise RunDirectoryError(f"{path} is no resolved recipe: name, seed, dataset or split is missing")
    return content, made_with


def _epochs(path: Path) -> int:
    try:
        return path.read_bytes().count(b"\n")
    except OSError:
        return 0
