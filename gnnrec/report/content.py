"""What a page about one run says, as plain numbers and words; how it looks is told elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from gnnrec.data.bins import Bins, geometric_bins
from gnnrec.data.describe import describe_interactions
from gnnrec.recipe.load import dump_recipe
from gnnrec.report.baselines import Baseline, baselines, parts_alone
from gnnrec.report.curves import Curves, curves
from gnnrec.report.embedding_map import EmbeddingMap, embedding_map
from gnnrec.report.examples import ExampleUser, example_users
from gnnrec.report.groups import Grouped, grouped, score_distribution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnnrec.contract.kinds import Trainer
    from gnnrec.data.edges import Edges
    from gnnrec.data.interactions import Interactions
    from gnnrec.data.split import Split
    from gnnrec.recipe.schema import Recipe
    from gnnrec.report.distributions import Histogram
    from gnnrec.report.subject import Subject

TAIL_POINTS = 400
"""Points of the long tail's curve, however many items there are."""

USER_BINS = 9

NOT_OF_THE_RUN = ("source", "first interaction", "last interaction", "known of users", "known of items")
"""Facts of the data that a run directory does not hold, or that stand under the environment."""


@dataclass(frozen=True)
class LongTail:
    """How unevenly interactions are spread.

    Attributes:
        ranks: Some ranks of items, from 1, the most popular; the first and the last are among them.
        interactions: Of the item at each of these ranks.
        users: Users' interactions, in bins.
    """

    ranks: list[int]
    interactions: list[int]
    users: Bins


@dataclass(frozen=True)
class Content:
    """All that a page about one run says.

    Attributes:
        name: The recipe's.
        run: The run's own: `<time>-s<seed>`.
        summary: How it was fitted, in a sentence.
        val: Metrics by name.
        test: Metrics by name.
        ranked: What rankings are over, in words.
        baselines: For scale; before them the parts of a blend.
        left_out: Why others are not there.
        recipe: As YAML.
        facts: Of the data.
        parts: Interactions of each part and use.
        tail: How unevenly interactions are spread.
        monitor: The metric that chose the epoch, as the history names it.
        curves: None where nothing was trained.
        scores: Of test positives and of their negatives.
        scored: How many of these positives, in words.
        k: Length of the lists that the next two look at.
        by_activity: Test metrics by users' training interactions; None where the run says nothing of them.
        by_popularity: Test metrics by items' training interactions; likewise.
        users: A few, with what they get.
        map: None where there are no item embeddings.
        environment: What the numbers depend on.
    """

    name: str
    run: str
    summary: str
    val: Mapping[str, float]
    test: Mapping[str, float]
    ranked: str
    baselines: list[Baseline]
    left_out: list[str]
    recipe: str
    facts: dict[str, str | int | float]
    parts: dict[str, int]
    tail: LongTail
    monitor: str
    curves: Curves | None
    scores: Histogram
    scored: str
    k: int
    by_activity: Grouped | None
    by_popularity: Grouped | None
    users: list[ExampleUser]
    map: EmbeddingMap | None
    environment: dict[str, str]


def gather(subject: Subject) -> Content:
    """Ask a run all that its page says."""
    recipe, split, metrics = subject.recipe, subject.split, subject.metrics
    parts, parts_left_out = parts_alone(subject)
    found, left_out = baselines(subject)
    scores, scored = score_distribution(subject)
    k, groups = min(recipe.evaluation.k), metrics.get("groups", {})
    return Content(
        name=recipe.name,
        run=subject.name,
        summary=summary(recipe, metrics, subject.environment),
        val=metrics["val"],
        test=metrics["test"],
        ranked=ranked(recipe),
        baselines=parts + found,
        left_out=parts_left_out + left_out,
        recipe=dump_recipe(recipe),
        facts=_facts(split.interactions),
        parts=_parts(split),
        tail=long_tail(split.interactions.edges),
        monitor=monitor(recipe),
        curves=curves(subject.history, metrics["best_epoch"]),
        scores=scores,
        scored=scored,
        k=k,
        by_activity=grouped(groups.get("activity", ()), k),
        by_popularity=grouped(groups.get("popularity", ()), k),
        users=example_users(subject),
        map=embedding_map(subject),
        environment=environment_facts(subject.environment),
    )


def summary(recipe: Recipe, metrics: Mapping[str, Any], environment: Mapping[str, Any]) -> str:
    """How a run was fitted, in a sentence, and how it was fitted anew, in another."""
    seconds, device = metrics["seconds"], environment["device"]
    spent = f" in {seconds['train']:.1f} s on {device}" if "train" in seconds else " in another run"
    if recipe.scorer is not None:
        parts = ", ".join(part["name"] for part in metrics.get("parts", ()))
        told = f"Scorer {recipe.scorer.name}{parts and f' of {parts}'}, seed {recipe.seed}; fitted{spent}."
    else:
        sections = recipe.model_sections()
        told = (
            f"Encoder {sections.encoder.name}, decoder {sections.decoder.name}, loss {sections.loss.name}, "
            f"seed {recipe.seed}; {_chosen(metrics, sections.trainer)}; trained{spent}."
        )
    if "refit" not in metrics:
        return told
    epochs = metrics["refit"]["epochs"]
    times = f" in the same {epochs} epochs" if epochs else ""
    parent = f", from {metrics['parent']['directory']}" if "parent" in metrics else ""
    return (
        f"{told} What is tested was fitted anew on train and val{times}, {seconds['refit']:.1f} s on {device}{parent}."
    )


def _chosen(metrics: Mapping[str, Any], trainer: Trainer) -> str:
    if not (metrics["val"] or metrics.get("parent", {}).get("val")):
        return f"the last of {trainer.epochs} epochs was kept, as nothing is val"
    return f"epoch {metrics['best_epoch']} of {trainer.epochs} was chosen by val {trainer.monitor}"


def ranked(recipe: Recipe) -> str:
    """What rankings are over, in words."""
    named = recipe.evaluation.candidates
    return "all items" if named is None else f"the candidates in {named}"


def monitor(recipe: Recipe) -> str:
    """The metric that chose the epoch, as the history names it; empty where there were no epochs."""
    return f"val_{recipe.trainer.monitor}" if recipe.trainer is not None else ""


def long_tail(edges: Edges) -> LongTail:
    """Interactions of items by rank, and of users in bins; nodes without interactions count for users' bins no more."""
    of_items = np.sort(np.bincount(edges.items, minlength=edges.num_items))[::-1]
    ranks = np.unique(np.linspace(1, len(of_items), min(TAIL_POINTS, len(of_items))).round().astype(np.int64))
    of_users = np.bincount(edges.users, minlength=edges.num_users)
    bins = geometric_bins(of_users[of_users > 0], USER_BINS)
    return LongTail(ranks.tolist(), of_items[ranks - 1].tolist(), bins)


def environment_facts(environment: Mapping[str, Any]) -> dict[str, str]:
    """What a result depends on, in words; the command is shown without the folder that its program lies in."""
    program, *arguments = environment["command"] or [""]
    seeds, plugins = environment["seeds"], environment["plugins"]
    return {
        "device": environment["device"],
        "seeds": f"{seeds['seed']} for the run, {seeds['split']} for the split",
        "data": environment["dataset"]["source"],
        **_fingerprints(environment["dataset"]["fingerprint"]),
        "split fingerprint": environment["split_fingerprint"],
        "command": " ".join([PurePath(program).name, *arguments]),
        "git commit of the working folder": environment["git_commit"] or "none",
        "python": f"{environment['python']} on {environment['platform']}",
        "libraries": ", ".join(f"{name} {version}" for name, version in environment["versions"].items() if version),
        "plugins": ", ".join(f"{each['name']} ({_origin(each)})" for each in plugins),
    }


def _fingerprints(found: str | Mapping[str, str]) -> dict[str, str]:
    """A digest of each part of the data; runs of format 1 have one of the interactions alone."""
    parts = {"edges": found} if isinstance(found, str) else found
    return {f"data fingerprint, {part}": digest for part, digest in parts.items()}


def _origin(plugin: Mapping[str, str]) -> str:
    """Where a plugin came from, as the environment tells it."""
    where = plugin.get("given") or f"{plugin['distribution']} {plugin['version']}"
    return f"{where}, sha256 {plugin['sha256'][:12]}…" if "sha256" in plugin else where


def _facts(interactions: Interactions) -> dict[str, str | int | float]:
    facts = describe_interactions(interactions)
    return {
        name: value
        for name, value in facts.items()
        if name not in NOT_OF_THE_RUN and not name.startswith("fingerprint of ")
    }


def _parts(split: Split) -> dict[str, int]:
    return {
        "train, message edges": len(split.message_edges),
        "train, supervision edges": len(split.supervision_edges),
        "val": len(split.edges("val")),
        "test": len(split.edges("test")),
        **({"shown": shown} if (shown := len(split.edges("shown"))) else {}),
    }
