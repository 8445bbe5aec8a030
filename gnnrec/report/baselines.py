"""What stands beside the run for scale: what anybody gets for nothing, and the parts of a blend, each alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from gnnrec.data.extended_split import extended
from gnnrec.data.size import Size
from gnnrec.errors import GnnrecError
from gnnrec.modelling.blending import BlendedScoring
from gnnrec.modelling.fitting import fit_scorer
from gnnrec.plugin.registry import installed
from gnnrec.randomness import Streams
from gnnrec.runs.directory import PARTIAL
from gnnrec.runs.needed_memory import in_words
from gnnrec.runs.saved import load_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnnrec.contract.kinds import Scorer
    from gnnrec.data.parts import Part
    from gnnrec.modelling.scoring import Scoring
    from gnnrec.report.subject import Subject
    from gnnrec.runs.saved import Run

SCORERS = {"popularity": "Popularity", "ease": "EASE"}
"""The scorers that are looked for, by component name, and what they are called on the page."""

MOST_BYTES = 100_000_000
"""Up to what a scorer says that it takes of memory it is fitted for a report: seconds of work, where what is solved is
as large as that. EASE takes as much for 3,600 items, and for 600 users and 20,000 items."""

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
        obstacle = obstacle_to(scorer, Size.of(subject.split.interactions.edges))
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


def parts_alone(subject: Subject) -> tuple[list[Baseline], list[str]]:
    """The parts of a blend, each by itself, or a sentence on why they are left out; nothing where it is no blend."""
    if not isinstance(subject.scoring, BlendedScoring):
        return [], []
    obstacle = _too_much_to_rank(Size.of(subject.split.interactions.edges))
    if obstacle:
        return [], [f"What each part of the blend is worth alone is left out: {obstacle}."]
    origin = "a part of this blend by itself, judged for this report"
    return [
        Baseline(f"{told['name']} alone", told["val"], _figures(subject, "test", scoring), origin)
        for told, scoring in zip(subject.metrics["parts"], subject.scoring.parts, strict=True)
    ], []


def obstacle_to(scorer: str, size: Size) -> str:
    """Why a scorer is not fitted for a report over data of some size, in words; empty if nothing is in the way."""
    if scorer not in installed().components("scorer"):
        return f"no scorer '{scorer}' is installed"
    taken, over = _component(scorer).memory(size), f"{size.items:,} items for {size.users:,} users"
    if taken > MOST_BYTES:
        limit = f"(it needs {in_words(taken)} of memory; the limit is {in_words(MOST_BYTES)})"
        return f"fitting it over {over} takes too long for a report {limit}"
    return _too_much_to_rank(size)


def _too_much_to_rank(size: Size) -> str:
    """Why nothing is ranked here, in words; empty if nothing is in the way."""
    if size.users * size.items > MOST_CELLS:
        return f"ranking {size.items:,} items for {size.users:,} users takes too long for a report"
    return ""


def _component(scorer: str) -> Scorer:
    """One with its default settings."""
    return cast("Scorer", installed().component("scorer", scorer).model_validate({"name": scorer}))


def _judged(subject: Subject, scorer: str) -> Baseline:
    recipe, split = subject.recipe, subject.split
    component = _component(scorer)
    fitted = fit_scorer(component, split, Streams(recipe.seed))
    refitted = fitted
    if recipe.refit:
        wider = extended(split, ("val",), recipe.split.seed)
        refitted = fit_scorer(component, wider, Streams(recipe.seed))

    val = _figures(subject, "val", fitted.scoring("validate")) if len(split.edges("val")) else {}
    test = _figures(subject, "test", refitted.scoring("test"))
    return Baseline(SCORERS[scorer], val, test, "fitted and judged for this report, with its default settings")


def _figures(subject: Subject, part: Part, scoring: Scoring) -> dict[str, float]:
    """Metrics by name; not the loss, which is the run's own."""
    asked = subject.evaluator(part)
    return asked.measure(scoring, [name for name in asked.names if name != "loss"])


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
