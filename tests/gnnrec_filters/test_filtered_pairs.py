"""What is filtered out still counts as seen: of a run's negatives and recommendations none is such a pair."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest

import gnnrec
from gnnrec import NegativeSampler, Run
from gnnrec.evaluation.link import held_out_pairs
from gnnrec_negatives.dynamic import Dynamic
from gnnrec_negatives.hard import Hard
from gnnrec_negatives.static import Static

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor, nn

USERS, ITEMS = 12, 16

LIKED = {(user, item) for user in range(USERS) for item in range(ITEMS) if (user + item) % 2}
UNKNOWN = {(user, item) for user in range(USERS) for item in (user, (user + 6) % ITEMS)}
"""One pair in eight; so negatives that went by what is liked alone would be disliked pairs most of the time."""

DISLIKED = {(user, item) for user in range(USERS) for item in range(ITEMS)} - LIKED - UNKNOWN


class Watched(NamedTuple):
    """A run over what is liked, and every negative pair that its sampler drew, by the ids of the table."""

    run: Run
    negatives: set[tuple[int, int]]


def by_id(run: Run, users: Tensor, items: Tensor) -> set[tuple[int, int]]:
    ids = (run.users["user"].to_numpy()[users.ravel()], run.items["item"].to_numpy()[items.ravel()])
    return set(zip(*(each.tolist() for each in ids), strict=True))


def watched(build: Callable[..., nn.Module], drawn: list[tuple[Tensor, Tensor]]) -> Callable[..., nn.Module]:
    @wraps(build)
    def wrapped(self: NegativeSampler, *given: Any, **named: Any) -> nn.Module:
        sampler = build(self, *given, **named)
        sampler.register_forward_hook(lambda _, __, pairs: drawn.append(pairs))
        return sampler

    return wrapped


def carry_out(folder: Path, negatives: type[NegativeSampler], corrupt: str) -> Watched:
    rows = [f"{user},{item},{5 if (user, item) in LIKED else 1}\n" for user, item in sorted(LIKED | DISLIKED)]
    (folder / "log.csv").write_text(f"user,item,stars\n{''.join(rows)}")
    changes: dict[str, Any] = {
        "dataset": {"name": "table", "path": str(folder / "log.csv"), "rating": "stars"},
        "filters": [{"name": "min_rating", "at_least": 4}],
        "features.item": [],
        "negatives": {"name": negatives.component_name(), "corrupt": corrupt, "ratio": 4},
        "encoder.channels": 8,
        "trainer.epochs": 5,
        "trainer.device": "cpu",
    }
    drawn: list[tuple[Tensor, Tensor]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(negatives, "build", watched(negatives.build, drawn))
        run = gnnrec.run("movielens_sage", changes, out=folder / "runs")
    return Watched(run, set().union(*(by_id(run, *pairs) for pairs in drawn)))


@pytest.fixture(
    scope="module",
    params=[(Static, "pair"), (Static, "item"), (Dynamic, "item"), (Hard, "item")],
    ids=lambda parameters: f"{parameters[0].__name__}-{parameters[1]}",
)
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    return carry_out(tmp_path_factory.mktemp("filtered"), *request.param)


def test_no_filtered_pair_is_a_training_negative(ran: Watched) -> None:
    assert ran.negatives - UNKNOWN - LIKED == set()
    assert len(ran.negatives & UNKNOWN) > USERS


@pytest.mark.parametrize("part", ["val", "test"])
def test_no_filtered_pair_is_an_evaluation_negative(ran: Watched, part: Literal["val", "test"]) -> None:
    run = gnnrec.load_run(ran.run.directory)
    pairs = held_out_pairs(run.split, part, run.recipe.split.seed, 5)
    assert by_id(run, *pairs.edge_label_index[:, : pairs.num_positives]) < LIKED
    assert by_id(run, *pairs.edge_label_index[:, pairs.num_positives :]) <= UNKNOWN


def test_no_filtered_pair_is_recommended_unless_what_was_seen_is_asked_for(ran: Watched) -> None:
    run = gnnrec.load_run(ran.run.directory)
    table = run.recommend(k=2)
    assert set(zip(table["user"], table["item"], strict=True)) == UNKNOWN
    everything = run.recommend(k=ITEMS, include_seen=True)
    assert set(zip(everything["user"], everything["item"], strict=True)) == LIKED | DISLIKED | UNKNOWN
