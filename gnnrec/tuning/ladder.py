"""A short ladder of recommenders over one split, from the cheapest to the dearest, each as a recipe."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnnrec.errors import GnnrecError
from gnnrec.recipe.first import ALL_ITEMS, RELATIONAL, lightgcn_for
from gnnrec.recipe.load import load_recipe
from gnnrec.runs.needed_memory import in_words, needed_memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gnnrec.data.interactions import Interactions
    from gnnrec.data.size import Size
    from gnnrec.recipe.schema import Recipe

BASELINE = "baselines/item_knn"
"""The shipped recipe whose scorer is swapped where there is none of its own."""

FEATURED = "movielens_sage_ranking"
"""The shipped recipe of hetero GraphSAGE where there are no relations."""

OF_DATA = ("dataset", "filters", "features", "split", "evaluation")
"""What all rungs have in common."""

DENSE_SHARE = 0.25
"""The share of the time from which on a dense inverse is not waited for."""

TIMED_SIDE = 1024
"""Rows of the inverse that is timed, from which the time of a larger one is reckoned."""


@dataclass(frozen=True)
class Rung:
    """A recommender of the ladder.

    Attributes:
        name: What it and its runs are called.
        recipe: Over the data at hand; None where it has no place here.
        why: Why not.
    """

    name: str
    recipe: Recipe | None
    why: str = ""


@dataclass(frozen=True)
class Ground:
    """What a ladder stands on.

    Attributes:
        recipe: Its dataset, filters, features, split and evaluation are those of all rungs.
        interactions: That count, after the filters.
        size: Of what is learned from.
        metric: The validation metric that decides, and that chooses the epoch of what is trained.
        free: Bytes of memory; None where it is not known.
        seconds: Of the budget.
    """

    recipe: Recipe
    interactions: Interactions
    size: Size
    metric: str
    free: int | None
    seconds: float


def ladder(ground: Ground) -> Iterator[Rung]:
    """The rungs from the bottom to the top."""
    yield _rung(ground, "popularity", "baselines/popularity")
    yield _rung(ground, "item_knn", BASELINE)
    yield _rung(ground, "user_knn", BASELINE, {"scorer.name": "user_knn"})
    yield from _autoencoder(ground)
    yield _rung(ground, "chebycf", "baselines/chebycf")
    lightgcn = lightgcn_for(ground.size)
    yield _rung(ground, "lightgcn", lightgcn, {"trainer.monitor": ground.metric})
    yield _sage(ground, is_bearable=lightgcn == ALL_ITEMS)


def _autoencoder(ground: Ground) -> Iterator[Rung]:
    """EASE, or its sparse kin where a dense matrix of items by items takes too much."""
    dense = _rung(ground, "ease", "baselines/ease")
    if dense.recipe is None:
        yield dense
    elif seconds := _too_long(ground):
        yield Rung("ease", None, f"its dense inverse would take about {seconds:,.0f} s; sansa takes its place")
        yield _rung(ground, "sansa", BASELINE, {"scorer.name": "sansa"})
    elif ground.free is not None and (need := needed_memory(dense.recipe, ground.size).amount) > ground.free / 2:
        told = f"it needs about {in_words(need)} and {in_words(ground.free)} are free; sansa takes its place"
        yield Rung("ease", None, told)
        yield _rung(ground, "sansa", BASELINE, {"scorer.name": "sansa"})
    else:
        yield dense


def _too_long(ground: Ground) -> float:
    """Seconds of the dense inverse, reckoned from a small one; 0 where there is time for it.

    It is one of items by items, or of users by users where these are fewer.
    """
    side = min(ground.size.items, ground.size.users)
    if side <= TIMED_SIDE:
        return 0.0
    import torch

    small = torch.eye(TIMED_SIDE) + 1 / TIMED_SIDE
    torch.linalg.inv(small)  # the first sets up threads
    started = time.perf_counter()
    torch.linalg.inv(small)
    seconds = (time.perf_counter() - started) * (side / TIMED_SIDE) ** 3
    return seconds if seconds > DENSE_SHARE * ground.seconds else 0.0


def _sage(ground: Ground, *, is_bearable: bool) -> Rung:
    has_features = any(blocks for _, blocks in ground.recipe.features)
    if not (has_features or ground.interactions.relations):
        return Rung("sage", None, "nothing but interactions is known of users and items")
    if not is_bearable:
        pairs = f"{ground.size.users:,} users times {ground.size.items:,} items"
        return Rung("sage", None, f"each epoch would score {pairs}")
    shipped = RELATIONAL if ground.interactions.relations else FEATURED
    return _rung(ground, "sage", shipped, {"trainer.monitor": ground.metric})


def _rung(ground: Ground, name: str, shipped: str, changes: Mapping[str, Any] | None = None) -> Rung:
    """A shipped recipe over the data at hand, with what else is changed of it."""
    said = ground.recipe.to_dict()
    features = {"user": [], "item": [], **said.get("features", {})}
    of_data = {**{key: said[key] for key in OF_DATA if key in said}, "filters": said.get("filters", [])}
    try:
        recipe = load_recipe(shipped, {"name": name, **of_data, "features": features, **(changes or {})})
    except GnnrecError as error:
        return Rung(name, None, str(error).partition("\n")[0])
    own = {
        key: getattr(ground.recipe, key) for key in OF_DATA
    }  # equal, and they know what was said and what is default
    return Rung(name, recipe.model_copy(update={**own, "seed": ground.recipe.seed}))
