"""The stages of a run: one that chooses an epoch and, in a refit, one that goes through its epochs again on more."""

from __future__ import annotations

import logging
import math
import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError
from safetensors.torch import load_file

from gnnrec.contract.training import EpochRecord
from gnnrec.data.extended_split import extended
from gnnrec.data.fingerprint import digest_parts
from gnnrec.errors import RunDirectoryError, UsageError
from gnnrec.modelling.fitting import Replay, fit
from gnnrec.randomness import Streams
from gnnrec.recipe.schema import recommender_of
from gnnrec.runs.checkpointing import StoredCheckpoints
from gnnrec.runs.record import VAL_PER_USER
from gnnrec.runs.refitting import FILE, LEARNED, Choice, epochs_until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from torch import Tensor

    from gnnrec.data.split import Split
    from gnnrec.evaluation.evaluator import Evaluator
    from gnnrec.modelling.fitting import Fitted
    from gnnrec.modelling.scoring import Scoring
    from gnnrec.recipe.schema import Recipe
    from gnnrec.runs.clock import Clock
    from gnnrec.runs.directory import RunFolder
    from gnnrec.runs.observing import Observers
    from gnnrec.runs.stopping import StopRequest

logger = logging.getLogger("gnnrec")

HISTORY, REFIT_HISTORY = "history.jsonl", "refit.jsonl"


@dataclass(frozen=True)
class Outcome:
    """What fitting came to.

    Attributes:
        fitted: The recommender that is tested and kept.
        best_epoch: The chosen epoch, or the last where nothing is val; None for a scorer.
        val: Validation metrics of the first stage; empty where a parent has them, or nothing is val.
        choice: What the second stage went by; None where there was one stage.
        parts: Of a recommender that is made of some: what metrics.json says of each.
    """

    fitted: Fitted
    best_epoch: int | None
    val: Mapping[str, float]
    choice: Choice | None
    parts: Sequence[Mapping[str, Any]] = ()

    def told(self) -> dict[str, Any]:
        """What metrics.json says of it."""
        parts = {"parts": list(self.parts)} if self.parts else {}
        return {"best_epoch": self.best_epoch, "val": self.val, **parts}


class Stages:
    """Fits a recipe's recommender, in one stage or two; each goes on from its last checkpoint.

    Args:
        directory: Where checkpoints, histories and the choice are kept.
        recipe: What is fitted.
        split: What it is fitted on.
        used: A digest of each part of the data that the recipe uses.
        stop: Whether the run is asked to stop.
        choice: What the first stage found, where it is over.

    Attributes:
        epochs_done: How many epochs the stage that is begun with has behind it.
    """

    def __init__(
        self,
        directory: RunFolder,
        recipe: Recipe,
        split: Split,
        used: Mapping[str, str],
        stop: StopRequest,
        choice: Choice | None,
    ) -> None:
        self._directory, self._recipe, self._split = directory, recipe, split
        self._stop, self._choice = stop, choice
        folder = directory.checkpoints if choice is None else self._folder_of_second
        self._used = dict(used)
        self._checkpoints = self._stored(folder)
        self.epochs_done = self._checkpoints.epochs_done
        directory.keep_lines(HISTORY if choice is None else REFIT_HISTORY, self.epochs_done)

    @property
    def epochs(self) -> int:
        """How many epochs the stage that is begun with has at the most; 0 where nothing is trained."""
        if self._choice is not None:
            return len(self._choice.epochs)
        return 0 if self._recipe.trainer is None else self._recipe.trainer.epochs

    def fit(self, val: Evaluator | None, clock: Clock, watch: Observers) -> Outcome:
        """Fit, in as many stages as are left.

        Args:
            val: Judges the first stage; None where nothing is val, and no epoch is chosen.
            clock: Gets the seconds of `train`, `evaluate` and `refit`, with those of an earlier start.
            watch: Is told of each epoch.

        Raises:
            UsageError: Nothing is val, and the recipe asks for a refit.
        """
        choice = self._choice
        if val is None and self._recipe.refit and choice is None:
            raise UsageError("refit fits anew on train and val, and nothing is val: leave refit out, or hold some out")
        if choice is None:
            with clock.phase("train"):
                fitted = self.choose(val, watch.epoch_ended)
            best_epoch = fitted.best_epoch
            with clock.phase("evaluate"):
                figures = (
                    {} if val is None else validated(val, fitted.scoring("validate"), self._split, self._directory)
                )
            if not self._recipe.refit:
                return Outcome(fitted, best_epoch, figures, None)
            choice = self.keep_choice(best_epoch, figures, clock.seconds())
        else:
            clock.add(choice.seconds)
        logger.info("fitting anew on %s", choice.on.replace("+", " and "))
        with clock.phase("refit"):
            fitted = self.refit(choice, watch.epoch_ended)
        return Outcome(fitted, choice.best_epoch, choice.val, choice)

    def learned(self, choice: Choice) -> Split:
        """The split that the second stage learns from."""
        return extended(self._split, LEARNED[choice.on], self._recipe.split.seed)

    def choose(self, val: Evaluator | None, tell: Callable[[EpochRecord], None]) -> Fitted:
        """The first stage: fit on train, judge each epoch, keep the best; where nothing is val, the last."""
        trainer = self._recipe.trainer

        def epoch_ended(record: EpochRecord) -> None:
            self._directory.append_line(HISTORY, record.to_json())
            tell(record)

        if val is None:
            return self._fit(self._split, _nothing_held_out, epoch_ended, self._all_epochs())
        judge = partial(val.judge_epoch, monitor="loss" if trainer is None else trainer.monitor)
        return self._fit(self._split, judge, epoch_ended, None)

    def _all_epochs(self) -> Replay | None:
        """What is gone through where no epoch can be chosen; None for a scorer."""
        if self._recipe.trainer is None:
            return None
        logger.info("nothing is val, so no epoch is chosen: all %d are trained, and the last is kept", self.epochs)
        return Replay([EpochRecord(epoch, math.nan, {}, math.nan, 0.0) for epoch in range(1, self.epochs + 1)])

    def keep_choice(self, best_epoch: int | None, val: Mapping[str, float], seconds: Mapping[str, float]) -> Choice:
        """Write down what the first stage found; its checkpoints are no longer needed."""
        epochs = epochs_until(self._directory.path / HISTORY, best_epoch)
        choice = Choice("train+val", best_epoch, epochs, self._split.fingerprint, self._used, val, seconds)
        self._directory.write_json(FILE, choice.to_json())
        shutil.rmtree(self._directory.checkpoints, ignore_errors=True)
        self._checkpoints = self._stored(self._folder_of_second)
        return choice

    def refit(self, choice: Choice, tell: Callable[[EpochRecord], None]) -> Fitted:
        """The second stage: fit anew on more, without validation."""

        def epoch_ended(record: EpochRecord) -> None:
            told = replace(record, refit_of=len(choice.epochs))
            self._directory.append_line(REFIT_HISTORY, told.to_json())
            tell(told)

        parent, begun = choice.parent, self._checkpoints.found
        weights = load_weights(Path(parent.directory)) if parent is not None and parent.warm and not begun else None
        return self._fit(self.learned(choice), _nothing_held_out, epoch_ended, Replay(choice.epochs, weights))

    def _fit(
        self,
        split: Split,
        judge: Callable[[Scoring, int], Mapping[str, float]],
        epoch_ended: Callable[[EpochRecord], None],
        replay: Replay | None,
    ) -> Fitted:
        recipe, streams = self._recipe, Streams(self._recipe.seed)
        asked, features = recommender_of(recipe), dict(recipe.features)
        with streams.global_state():
            return fit(asked, features, split, streams, judge, epoch_ended, self._checkpoints, replay)

    @property
    def _folder_of_second(self) -> Path:
        return self._directory.checkpoints / "refit"

    def _stored(self, folder: Path) -> StoredCheckpoints:
        trainer = self._recipe.trainer
        seconds = 0.0 if trainer is None else trainer.checkpoint_seconds
        data = (f"{part} {digest}" for part, digest in sorted(self._used.items()))
        return StoredCheckpoints(folder, seconds, self._stop, digest_parts(self._split.fingerprint, *data))


def validated(val: Evaluator, scoring: Scoring, split: Split, directory: RunFolder) -> dict[str, float]:
    """Validation metrics; those of each user are written down, by original id."""
    figures, per_user = val.measure_users(scoring)
    ids = split.interactions.users["user"].to_numpy()
    directory.write_table(VAL_PER_USER, per_user.assign(user=ids[per_user["user"]]))
    return figures


def load_weights(directory: Path) -> dict[str, Tensor]:
    """The weights of a finished run.

    Raises:
        RunDirectoryError: They are missing or damaged.
    """
    try:
        return load_file(directory / "model.safetensors")
    except (OSError, SafetensorError) as error:
        raise RunDirectoryError(f"the weights in {directory} do not load: {error}") from None


def _nothing_held_out(scoring: Scoring, epoch: int) -> Mapping[str, float]:
    raise RuntimeError(f"there is no validation, and epoch {epoch} of it was to be judged by {scoring}")
