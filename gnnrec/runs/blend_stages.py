"""The stages of a run that blends recommenders: those of each of its parts, and what joins them."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import load_file, save_file

from gnnrec.contract.blending import Blending
from gnnrec.data.extended_split import extended
from gnnrec.errors import UsageError
from gnnrec.modelling.blending import BlendedScoring, HeldOutScores, blended, of_join
from gnnrec.modelling.objective import Objective
from gnnrec.recipe.schema import parts_of
from gnnrec.runs.directory import read_json
from gnnrec.runs.refitting import FILE, LEARNED, Choice, epochs_until, read_choice
from gnnrec.runs.stages import HISTORY, Outcome, Stages, load_weights, validated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from torch import nn

    from gnnrec.contract.training import EpochRecord
    from gnnrec.data.split import Split
    from gnnrec.evaluation.evaluator import Evaluator
    from gnnrec.modelling.scoring import Scoring
    from gnnrec.recipe.schema import Recipe
    from gnnrec.runs.clock import Clock
    from gnnrec.runs.directory import RunFolder
    from gnnrec.runs.observing import Observers
    from gnnrec.runs.stopping import StopRequest

logger = logging.getLogger("gnnrec")

FOLDER = "parts/{}"
"""Where the histories and checkpoints of a part are kept."""

JOIN = "join.safetensors"
"""What joins the parts, between the stages."""


def stages_of(
    directory: RunFolder,
    recipe: Recipe,
    split: Split,
    used: Mapping[str, str],
    stop: StopRequest,
    choice: Choice | None,
) -> Stages | BlendStages:
    """What fits a recipe's recommender, whether it is made of parts or not; see `Stages`."""
    if isinstance(recipe.scorer, Blending):
        return BlendStages(directory, recipe, recipe.scorer, split, used, stop, choice)
    return Stages(directory, recipe, split, used, stop, choice)


class BlendStages:
    """Fits the parts one after the other, each as a run of its own would, and joins them.

    Args:
        directory: Where the parts' checkpoints, histories and choices are kept, in folders of their own.
        recipe: What is fitted.
        blend: Its scorer.
        split: What it is fitted on.
        used: A digest of each part of the data that the recipe uses.
        stop: Whether the run is asked to stop.
        choice: What the first stage found, where it is over.

    Attributes:
        epochs: How many epochs the parts have at the most; 0 where none is trained.
        epochs_done: How many of them are behind.
    """

    def __init__(
        self,
        directory: RunFolder,
        recipe: Recipe,
        blend: Blending,
        split: Split,
        used: Mapping[str, str],
        stop: StopRequest,
        choice: Choice | None,
    ) -> None:
        self._directory, self._recipe, self._blend, self._split = directory, recipe, blend, split
        self._used, self._choice = dict(used), choice
        self._parts = parts_of(recipe)
        self._folders = [directory.below(FOLDER.format(index)) for index in range(len(self._parts))]
        self._choices = [self._choice_of_part(index) for index in range(len(self._parts))]
        self._stages = [
            Stages(folder, part, split, used, stop, own)
            for folder, part, own in zip(self._folders, self._parts, self._choices, strict=True)
        ]
        self.epochs = sum(stages.epochs for stages in self._stages)
        self.epochs_done = sum(stages.epochs_done for stages in self._stages)

    def fit(self, val: Evaluator | None, clock: Clock, watch: Observers) -> Outcome:
        """Fit all parts, in as many stages as are left; see `Stages.fit`.

        Raises:
            UsageError: Nothing is val, and the recipe asks for a refit, or the join has to learn from it.
        """
        if val is None and self._recipe.refit and self._choice is None:
            raise UsageError("refit fits anew on train and val, and nothing is val: leave refit out, or hold some out")
        if self._choice is not None:
            clock.add(self._choice.seconds)
            return self._fit_anew(self._choice, self._stored_join(self._choice), clock, watch, ())
        with clock.phase("train"):
            fitted = [
                stages.choose(None if val is None else val.asking(Objective.of(part.loss)), tell)
                for part, stages, tell in zip(self._parts, self._stages, self._told_by(watch), strict=True)
            ]
            scorings = [] if val is None else [each.scoring("validate") for each in fitted]
            join = self._blend.join(HeldOutScores(scorings, self._split) if scorings else None)
        whole = blended(fitted, join)
        with clock.phase("evaluate"):
            figures, alone = self._figures(val, scorings, join)
            told = self._told([each.best_epoch for each in fitted], alone)
        if not self._recipe.refit:
            return Outcome(whole, None, figures, None, told)
        seconds = clock.seconds()
        for stages, each, figure in zip(self._stages, fitted, told, strict=True):
            stages.keep_choice(each.best_epoch, figure["val"], {})
        save_file(join.state_dict(), self._directory.path / JOIN)
        choice = Choice("train+val", None, (), self._split.fingerprint, self._used, figures, seconds)
        self._directory.write_json(FILE, choice.to_json())
        self._choices = [read_choice(folder.path) for folder in self._folders]
        return self._fit_anew(choice, join, clock, watch, told)

    def learned(self, choice: Choice) -> Split:
        """The split that the second stage learns from."""
        return extended(self._split, LEARNED[choice.on], self._recipe.split.seed)

    def _fit_anew(
        self, choice: Choice, join: nn.Module, clock: Clock, watch: Observers, told: Sequence[Mapping[str, Any]]
    ) -> Outcome:
        """The second stage of all parts; the join stays."""
        logger.info("fitting anew on %s", choice.on.replace("+", " and "))
        with clock.phase("refit"):
            fitted = [
                stages.refit(own, tell)
                for own, stages, tell in zip(self._chosen(), self._stages, self._told_by(watch), strict=True)
            ]
        chosen = self._chosen()
        told = told or self._told([own.best_epoch for own in chosen], [own.val for own in chosen])
        (self._directory.path / JOIN).unlink(missing_ok=True)
        return Outcome(blended(fitted, join), None, choice.val, choice, told)

    def _chosen(self) -> list[Choice]:
        return [choice for choice in self._choices if choice is not None]

    def _choice_of_part(self, index: int) -> Choice | None:
        """What the first stage found for one part."""
        choice = self._choice
        if choice is None or choice.parent is None:
            return None if choice is None else read_choice(self._folders[index].path)
        origin = Path(choice.parent.directory)
        told = read_json(origin / "metrics.json")["parts"][index]
        epochs = epochs_until(origin / FOLDER.format(index) / HISTORY, told["best_epoch"])
        return replace(choice, best_epoch=told["best_epoch"], epochs=epochs, val=told["val"], seconds={})

    def _stored_join(self, choice: Choice) -> nn.Module:
        """What joins the parts, as the first stage found it."""
        if choice.parent is not None:
            return self._blend.restore(of_join(load_weights(Path(choice.parent.directory))))
        return self._blend.restore(load_file(self._directory.path / JOIN))

    def _figures(
        self, val: Evaluator | None, scorings: Sequence[Scoring], join: nn.Module
    ) -> tuple[Mapping[str, float], list[Mapping[str, float]]]:
        """What all parts together, and each alone, are worth on validation; nothing where nothing is val."""
        if val is None:
            return {}, [{}] * len(self._parts)
        alone: list[Mapping[str, float]] = [
            val.asking(Objective.of(part.loss)).measure(scoring)
            for part, scoring in zip(self._parts, scorings, strict=True)
        ]
        return validated(val, BlendedScoring(scorings, join), self._split, self._directory), alone

    def _told(self, best_epochs: Sequence[int | None], val: Sequence[Mapping[str, float]]) -> list[Mapping[str, Any]]:
        """What metrics.json says of each part: its chosen epoch, and what it is worth alone."""
        return [
            {"name": part.title, "best_epoch": best, "val": dict(figures)}
            for part, best, figures in zip(self._blend.parts, best_epochs, val, strict=True)
        ]

    def _told_by(self, watch: Observers) -> Iterator[Callable[[EpochRecord], None]]:
        """For each part what tells of its epochs: they go on counting where the part before has its last."""
        before = 0
        for stages in self._stages:

            def tell(record: EpochRecord, before: int = before) -> None:
                watch.epoch_ended(replace(record, epoch=before + record.epoch))

            yield tell
            before += stages.epochs
