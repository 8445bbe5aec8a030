"""Two recommenders that need no training, beside the run for scale: how good is what anybody gets for nothing?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from gnnrec.data.extended_split import extended
from gnnrec.errors import GnnrecError
from gnnrec.modelling.fitting import fit_scorer
from gnnrec.plugin.registry import installed
from gnnrec.randomness import Streams
from gnnrec.runs.directory import PARTIAL
from gnnrec.runs.saved import load_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnnrec.contract.kinds import Scorer
    from gnnrec.data.parts import Part
    from gnnrec.data.split import Phase
    from gnnrec.modelling.fitting import Fitted
    from gnnrec.report.subject import Subject
    from gnnrec.runs.saved import Run

SCORERS = {"popularity": "Popularity", "ease": "EASE"}
"""The scorers that are looked for, by component name, and what they are called on the page."""

MOST_ITEMS = {"ease": 3000}
"""Up to how many items one is fitted for a report; its time goes by the cube of them."""

MOST_CELLS = 2**27
"""Up to how many scores (users times items) one is judged for a report: a few seconds."""


@dataclass(frozen=True)
class Baseline:
    """Metrics of one baseline over the run's own split.

    Attributes:
        name: For people.
        val: Metrics by name.
        test: Metrics by name.
        origin: Where the numbers come from, in words.
    """

    name: str
    val: Mapping[str, float]
    test: Mapping[str, float]
    origin: str


def baselines(subject: Subject) -> tuple[list[Baseline], list[str]]:
    """The baselines that can be had in a moment, and for each other one a sentence on why it is left out."""
    found: list[Baseline] = []
    left_out: list[str] = []
    for scorer, name in SCORERS.items():
        if _scorer_of(subject) == scorer:
            continue
        saved = _finished_beside(subject, scorer)
        obstacle = _obstacle(subject, scorer)
        if saved is not None:
            origin = f"from the finished run {saved.recipe.name}/{saved.directory.name} over the same split"
            found.append(Baseline(name, saved.metrics["val"], saved.metrics["test"], origin))
        elif obstacle:
            left_out.append(f"{name} is left out: {obstacle}, and no finished run of it over this split lies beside.")
        else:
            try:
                found.append(_judged(subject, scorer))
            except Exception as error:  # noqa: BLE001 - whatever a plugin does, the rest of the page is written
                left_out.append(f"{name} is left out: it failed ({type(error).__name__}: {error}).")
    return found, left_out


def _obstacle(subject: Subject, scorer: str) -> str:
    """Why a scorer is not fitted here, in words; empty if nothing is in the way."""
    interactions = subject.split.interactions.edges
    items, users = interactions.num_items, interactions.num_users
    most = MOST_ITEMS.get(scorer)
    if scorer not in installed().components("scorer"):
        return f"no scorer '{scorer}' is installed"
    if most is not None and items > most:
        return f"fitting it for {items:,} items takes too long for a report (the limit is {most:,})"
    if users * items > MOST_CELLS:
        return f"ranking {items:,} items for {users:,} users takes too long for a report"
    return ""


def _judged(subject: Subject, scorer: str) -> Baseline:
    recipe, split = subject.recipe, subject.split
    component = cast("Scorer", installed().component("scorer", scorer).model_validate({"name": scorer}))
    fitted = fit_scorer(component, split, Streams(recipe.seed))
    refitted = fitted
    if recipe.refit:
        wider = extended(split, ("val",), recipe.split.seed)
        refitted = fit_scorer(component, wider, Streams(recipe.seed))

    def judged(part: Part, phase: Phase, fitted: Fitted) -> dict[str, float]:
        if not len(split.edges(part)):
            return {}
        asked = subject.evaluator(part)
        return asked.measure(fitted.scoring(phase), [name for name in asked.names if name != "loss"])

    origin = "fitted and judged for this report, with its default settings"
    return Baseline(SCORERS[scorer], judged("val", "validate", fitted), judged("test", "test", refitted), origin)


def _finished_beside(subject: Subject, scorer: str) -> Run | None:
    """The newest finished run of a scorer under the same root that answered the same questions."""
    for place in sorted(subject.root.glob("*/*/environment.json"), key=lambda path: path.parent.name, reverse=True):
        directory = place.parent
        if directory.name.endswith(PARTIAL) or directory == subject.directory:
            continue
        try:
            run = load_run(directory)
            if "parent" in run.metrics:  # it went by what another run chose
                continue
            if run.environment.get("split_fingerprint") == subject.environment["split_fingerprint"] and (
                _is_of(run, scorer) and _asked_alike(run, subject)
            ):
                return run
        except (GnnrecError, OSError):
            continue  # a run that cannot be read is no help
    return None


def _is_of(run: Run, scorer: str) -> bool:
    """Whether a run is one of `scorer`; its recipe is parsed only where it has any."""
    if "scorer:" not in (run.directory / "recipe.yaml").read_text(encoding="utf-8"):
        return False
    return run.recipe.scorer is not None and run.recipe.scorer.name == scorer


def _asked_alike(run: Run, subject: Subject) -> bool:
    """Whether both learned from as much, and were asked the same evaluation negatives and candidates."""
    ours, theirs = (
        (
            recipe.refit,
            recipe.split.seed,
            recipe.evaluation.negatives,
            *(environment.get(f"{each}_fingerprint") for each in ("negatives", "candidates")),
        )
        for recipe, environment in ((subject.recipe, subject.environment), (run.recipe, run.environment))
    )
    return ours == theirs


def _scorer_of(subject: Subject) -> str | None:
    return subject.recipe.scorer.name if subject.recipe.scorer is not None else None
