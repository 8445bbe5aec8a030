"""Between choosing an epoch and fitting anew on more data: what is kept of the first stage, and whose it was."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gnnrec.contract.training import EpochRecord
from gnnrec.errors import RunDirectoryError, UsageError
from gnnrec.recipe.made_with import changed, last_made_with, replaced
from gnnrec.runs.directory import PARTIAL, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gnnrec.data.parts import Part
    from gnnrec.runs.record import RunRecord

FILE = "refit.json"

On = Literal["train+val", "all"]
"""What a refit learns from."""

LEARNED: dict[On, tuple[Part, ...]] = {"train+val": ("val",), "all": ("val", "test")}
"""The parts that are learned from besides train."""


@dataclass(frozen=True)
class Parent:
    """The run that a refit starts from.

    Attributes:
        directory: Where it lies.
        val: Its validation metrics.
        test: Its test metrics.
        warm: Whether its weights are started from.
    """

    directory: str
    val: Mapping[str, float]
    test: Mapping[str, float]
    warm: bool


@dataclass(frozen=True)
class Choice:
    """What the first stage found, and what the second is to do with it.

    Attributes:
        on: What is learned from.
        best_epoch: The chosen epoch; None for a scorer.
        epochs: Those that led to it.
        split_fingerprint: Of the split that it was chosen on.
        data: A digest of each part of the data that was used.
        val: Validation metrics of the first stage; empty where a parent has them.
        seconds: How long the first stage took, by phase.
        parent: The run that it was made from; None where both stages are one run's.
    """

    on: On
    best_epoch: int | None
    epochs: tuple[EpochRecord, ...]
    split_fingerprint: str
    data: Mapping[str, str]
    val: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    parent: Parent | None = None

    def to_json(self) -> dict[str, Any]:
        """As `refit.json` holds it."""
        return asdict(self)

    @property
    def origin(self) -> str:
        """A comment for a recipe whose run, repeated, would be another; nothing where it would be the same."""
        if self.parent is None:
            return ""
        warm = " --warm" if self.parent.warm else ""
        return f"# Made by: gnnrec refit {self.parent.directory} --on {self.on}{warm}\n"

    def told(self) -> dict[str, Any]:
        """What metrics.json says of it: what was learned from in how many epochs, and the parent with its figures."""
        found: dict[str, Any] = {"refit": {"on": self.on, "epochs": len(self.epochs) or None}}
        if self.parent is not None:
            names = ("directory", "val", "test", "warm")
            found["parent"] = {name: getattr(self.parent, name) for name in names}
        return found


def read_choice(directory: Path) -> Choice | None:
    """What a run's first stage found; None where it is not over.

    Raises:
        RunDirectoryError: The file is damaged.
    """
    path = directory / FILE
    if not path.exists():
        return None
    content = read_json(path)
    try:
        parent = content.pop("parent")
        epochs = tuple(EpochRecord(**each) for each in content.pop("epochs"))
        return Choice(epochs=epochs, parent=None if parent is None else Parent(**parent), **content)
    except (KeyError, TypeError) as error:
        raise RunDirectoryError(f"{path} cannot be read: {error}") from None


def epochs_until(history: Path, best_epoch: int | None) -> tuple[EpochRecord, ...]:
    """The epochs of a history, up to the chosen one; none for a scorer.

    Raises:
        RunDirectoryError: The history is damaged.
    """
    if best_epoch is None:
        return ()
    try:
        lines = [json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()[:best_epoch]]
        names = ("epoch", "train_loss", "lr", "seconds")
        found = tuple(EpochRecord(val={}, **{name: line[name] for name in names}) for line in lines)
    except (OSError, ValueError, KeyError) as error:
        raise RunDirectoryError(f"{history} cannot be read: {error}") from None
    if [record.epoch for record in found] != list(range(1, best_epoch + 1)):
        raise RunDirectoryError(f"{history} does not hold the epochs 1 to {best_epoch}, to be gone through again")
    return found


def choice_of(run: RunRecord, on: On, now: Mapping[str, str], *, warm: bool) -> Choice:
    """What a finished run found, for a refit of it.

    Args:
        run: The parent.
        on: What is to be learned from.
        now: What gives the components of its recipe here.
        warm: Whether to start from its weights.

    Raises:
        UsageError: It is a refit itself, is of another version, or has no weights to start from.
        RunDirectoryError: It did not finish, or a file is damaged.
    """
    directory = run.directory
    if directory.name.endswith(PARTIAL):
        raise RunDirectoryError(f"{directory} is a run that did not finish; first: gnnrec resume {directory}")
    if "parent" in run.metrics:
        raise UsageError(
            f"{directory} has no validation, so no epoch was chosen that could be gone through again; it is a refit of "
            f"{run.metrics['parent']['directory']}: refit that"
        )
    last = last_made_with(run.made_with)
    if changes := changed(last, now) + replaced(last, now):
        raise UsageError(
            f"{directory} is not refitted: {changes[0]}. Refit it with what it was made with, or run its recipe again: "
            f"gnnrec run {directory / 'recipe.yaml'}"
        )
    best_epoch = run.metrics.get("best_epoch")
    if on not in LEARNED:
        raise UsageError(f"a refit learns from {' or '.join(LEARNED)}; got '{on}'")
    if warm and best_epoch is None:
        raise UsageError(f"{directory} is a scorer's run, which is fitted at once; leave --warm out")
    data = run.used_data
    if data is None:
        raise UsageError(
            f"{directory} is a run of format 1, which does not say what its data were; run its recipe again: "
            f"gnnrec run {directory / 'recipe.yaml'}"
        )
    epochs = epochs_until(directory / "history.jsonl", best_epoch)
    parent = Parent(str(directory.absolute()), dict(run.metrics["val"]), run.test, warm)
    return Choice(on, best_epoch, epochs, run.environment["split_fingerprint"], data, parent=parent)


def require_data(choice: Choice, data: Mapping[str, str], split_fingerprint: str, directory: Path) -> None:
    """Refit over nothing but the data that the epoch was chosen on.

    Args:
        choice: What was chosen, and on what.
        data: A digest of each part that is used now.
        split_fingerprint: Of the split now.
        directory: Where the refit lies.

    Raises:
        UsageError: They have changed since; the message says in what.
    """
    differing = [part for part in {**choice.data, **data} if choice.data.get(part) != data.get(part)]
    if not differing and split_fingerprint != choice.split_fingerprint:
        differing = ["split"]
    if differing:
        origin = directory if choice.parent is None else choice.parent.directory
        raise UsageError(
            f"the data have changed since {origin} ({', '.join(differing)}), so its epochs say nothing of them; "
            f"run its recipe anew: gnnrec run {origin}/recipe.yaml -s refit=true"
        )
