from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from planted_leaks import RULES, Planted, each_rule
from torch import nn
from toys import movielens_like, small_recipe

from gnnrec import run
from gnnrec.modelling import leaks
from gnnrec.modelling.leaks import LeakError, check_graph, check_negatives
from gnnrec.testing import checkerboard
from gnnrec_graphs.bipartite import Bipartite
from gnnrec_negatives.static import Static
from gnnrec_splits.random_link import RandomLink
from gnnrec_splits.temporal import Temporal

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Generator
    from torch_geometric.data import HeteroData

    from gnnrec import Interactions, Observed
    from gnnrec.data.split import Phase

SPLIT = RandomLink(seed=0).split(checkerboard())
PHASES: tuple[Phase, ...] = ("train", "validate", "test")


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("reverse", [True, False])
def test_the_graphs_of_the_phases_pass(phase: Phase, reverse: bool) -> None:
    check_graph(Bipartite(reverse=reverse).build(SPLIT.observed(phase)), SPLIT, phase)


@pytest.mark.parametrize(
    ("built_for", "checked_as", "part"),
    [("validate", "train", "supervision"), ("test", "validate", "val"), ("test", "train", "val")],
)
def test_a_graph_that_holds_more_is_told_with_number_and_example(
    built_for: Phase, checked_as: Phase, part: str
) -> None:
    graph = Bipartite().build(SPLIT.observed(built_for))
    with pytest.raises(LeakError) as error:
        check_graph(graph, SPLIT, checked_as)
    count = 9 if part == "val" else int((SPLIT.supervision & ~SPLIT.message).sum())
    assert str(error.value).startswith(
        f"{count} {part} edges are propagated over in the {checked_as} phase, as (user, interacts, item); the first is "
    )


def test_a_reverse_edge_alone_is_a_leak_too() -> None:
    graph = Bipartite().build(SPLIT.observed("train"))
    test = SPLIT.edges("test")
    leaked = torch.tensor([[test.items[0]], [test.users[0]]])
    store = graph["item", "rev_interacts", "user"]
    store.edge_index = torch.cat([store.edge_index, leaked], dim=1)
    with pytest.raises(LeakError) as error:
        check_graph(graph, SPLIT, "test")
    assert str(error.value) == (
        "1 test edges are propagated over in the test phase, as (item, rev_interacts, user); the first is "
        f"user {test.users[0] + 1} and item {test.items[0] + 101}"
    )


def laid_out(observed: Observed, *, reverse: bool = False) -> HeteroData:
    """Interactions, behaviours and relations, each in one direction."""
    graph = Bipartite(reverse=reverse).build(observed)
    told = {each.edge_type: (each.source, each.target) for each in observed.relations}
    told |= {("user", name, "item"): (each.users, each.items) for name, each in observed.behaviours.items()}
    for (source, name, target), ends in told.items():
        edge_type = (target, f"rev_{name}", source) if reverse else (source, name, target)
        graph[edge_type].edge_index = torch.from_numpy(np.stack(ends[::-1] if reverse else ends))
    return graph


class Leaky(Bipartite):
    """Has got hold of the behaviours and relations as they were before anything was taken out."""

    _uncleared: Interactions

    def build(self, observed: Observed) -> HeteroData:
        data = self._uncleared
        uncleared = replace(observed, relations=data.relations, behaviours=data.behaviours)
        return laid_out(uncleared, reverse=self.reverse)


@each_rule
@pytest.mark.parametrize("reverse", [False, True])
def test_a_graph_builder_that_breaks_a_rule_is_told(planted: Planted, reverse: bool) -> None:
    split, phase, (source, name, target) = planted.split, planted.phase, planted.forbidden.kind
    observed = split.observed(phase)
    check_graph(laid_out(observed, reverse=reverse), split, phase)
    leaky = Leaky(reverse=reverse)
    leaky._uncleared = split.interactions
    with pytest.raises(LeakError) as error:
        check_graph(leaky.build(observed), split, phase)
    told = f"{target}, rev_{name}, {source}" if reverse else f"{source}, {name}, {target}"
    assert str(error.value) == (
        f"1 edges of ({told}) are propagated over in the {phase} phase, which does not know them; "
        f"the first is {planted.named}"
    )


@pytest.mark.parametrize("phase", PHASES)
def test_what_was_viewed_before_may_be_known_of_all_that_is_later_in_training_too(phase: Phase) -> None:
    board = checkerboard()
    bought, viewed = (replace(board.edges, time=np.arange(len(board)) + start) for start in (1000, 0))
    split = Temporal(disjoint_train=0.2).split(replace(board, edges=bought, behaviours={"view": viewed}))
    views = split.observed(phase).behaviours["view"]
    check_graph(laid_out(split.observed(phase)), split, phase)
    assert np.isin(split.edges("test").keys, views.keys).all()
    assert np.isin(split.supervision_edges.keys, views.keys).all()


def test_a_graph_may_have_fewer_edges_and_some_of_its_own() -> None:
    split = replace(RULES[0].split, moments={})
    graph = laid_out(split.observed("validate"))
    graph["user", "view", "item"].edge_index = graph["user", "view", "item"].edge_index[:, 1:]
    graph["item", "similar_to", "item"].edge_index = torch.tensor([[0, 3], [1, 2]])
    graph["cluster", "holds", "item"].edge_index = torch.tensor([[5], [2]])
    graph["item", "liked_beside", "user"].edge_index = torch.tensor([[0], [1]])
    check_graph(graph, split, "validate")
    graph["item", "liked_beside", "user"].edge_index = torch.tensor([[0, 1], [1, 0]])
    with pytest.raises(LeakError) as error:
        check_graph(graph, split, "validate")
    assert str(error.value) == (
        "1 val edges are propagated over in the validate phase, as (item, liked_beside, user); "
        "the first is user 1 and item 102"
    )


def test_a_behaviour_that_is_known_may_lie_between_the_ends_of_a_held_out_pair() -> None:
    planted = next(each for each in RULES if each.rule == "behaviours of hidden pairs")
    seen = replace(planted, forbidden=replace(planted.forbidden, time=5), moments=40).split
    check_graph(laid_out(seen.observed("test")), seen, "test")
    assert np.isin(seen.edges("test").keys, seen.observed("test").behaviours["view"].keys).any()


def test_a_positive_among_negatives_is_told() -> None:
    train = SPLIT.edges("train")
    users, items = torch.tensor([[int(train.users[0])]]), torch.tensor([[int(train.items[0])]])
    with pytest.raises(
        LeakError, match=r"^1 of 1 training negatives are known interactions; the first is user \d+ and item"
    ):
        check_negatives(users, items, SPLIT, train, what="training negatives")
    check_negatives(users, items + (1 if items < 15 else -1), SPLIT, train, what="training negatives")


def test_of_very_many_negatives_some_are_looked_at_evenly_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "LOOKED_AT", 4)
    train = SPLIT.edges("train")
    users, items = (torch.from_numpy(each[:10].copy()) for each in (train.users, train.items))
    with pytest.raises(LeakError, match=r"^4 of 4 evaluation negatives are known interactions"):
        check_negatives(users, items, SPLIT, train, what="evaluation negatives")


def test_a_graph_builder_that_leaks_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = checkerboard().edges
    build = Bipartite.build

    def leaky(self: Bipartite, observed: Observed) -> HeteroData:
        return build(self, replace(observed, edges=whole))

    monkeypatch.setattr(Bipartite, "build", leaky)
    with pytest.raises(LeakError, match="edges are propagated over in the train phase"):
        run(small_recipe(movielens_like(tmp_path / "data"), encoder__features=False), out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_sampler_that_draws_positives_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Positives(nn.Module):
        every = "run"

        def forward(self, batch: object, generator: Generator, score: object = None) -> tuple[object, object]:  # noqa: ARG002
            return batch.users[:, None], batch.items[:, None]  # type: ignore[attr-defined]

    monkeypatch.setattr(Static, "build", lambda *_: Positives())
    with pytest.raises(LeakError, match="training negatives are known interactions"):
        run(small_recipe(movielens_like(tmp_path / "data")), out=tmp_path / "runs")
