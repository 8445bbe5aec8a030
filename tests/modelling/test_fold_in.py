from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import torch
from toys import edges

from gnnrec import DataError, Edges, Split
from gnnrec.data.new_items import new_items
from gnnrec.data.parts import PARTS
from gnnrec.modelling.features import Features
from gnnrec.modelling.fold_in import FoldIn
from gnnrec.modelling.phases import PhaseGraphs
from gnnrec.testing import toy_interactions
from gnnrec_encoders.hetero_gat import HeteroGAT
from gnnrec_encoders.hetero_sage import HeteroSAGE
from gnnrec_encoders.lightgcn import LightGCN
from gnnrec_encoders.mf import MF
from gnnrec_encoders.simgcl import SimGCL
from gnnrec_features.genre_onehot import GenreOneHot
from gnnrec_features.numeric import Numeric
from gnnrec_graphs.bipartite import Bipartite
from gnnrec_graphs.knn_items import KNNItems
from gnnrec_graphs.relational import Relational
from gnnrec_splits.random_link import RandomLink

if TYPE_CHECKING:
    from gnnrec import Encoder, GraphBuilder

FEATURES = {"item": (GenreOneHot(),)}
SPLIT = RandomLink(seed=1, disjoint_train=0).split(toy_interactions())
ENCODERS = (
    HeteroSAGE(channels=4),
    HeteroSAGE(channels=4, layers=1, id_types=("user",)),
    LightGCN(channels=4, layers=3),
    LightGCN(channels=4, features=True),
    SimGCL(channels=4),
    MF(channels=4, features=True),
    HeteroGAT(channels=4),
)
GRAPHS = (Bipartite(), Bipartite(weights="recency", half_life=0.001), Relational(weights="given"), KNNItems(k=3))
NEW = pd.DataFrame(
    {
        "item": [900, 901, 902],
        "genres": [["Comedy"], ["Drama", "Horror"], []],
        "users": ["1|2", None, [3, 4, 5]],
    }
)


def fold_in(encoder: Encoder, graph: GraphBuilder, split: Split = SPLIT) -> FoldIn:
    if isinstance(encoder, HeteroSAGE) and encoder.id_types and isinstance(graph, Relational):
        encoder = encoder.model_copy(update={"id_types": ("user", "genre")})
    graphs = PhaseGraphs(graph, encoder, Features.fit(FEATURES, split), split)
    torch.manual_seed(0)
    return FoldIn(encoder, encoder.build(graphs.build("train")), graphs)


def histories() -> Edges:
    of_three = edges([(0, 1), (0, 3), (0, 5), (1, 2), (2, 0), (2, 14)], 3, 15)
    latest = int(SPLIT.interactions.edges.time.max())  # type: ignore[union-attr]
    time = np.array([latest, latest - 60, latest - 3000, latest, latest, latest - 600])
    return replace(of_three, time=time, weight=np.array([5, 1, 3, 2, 4, 0.5], np.float32))


@pytest.mark.parametrize("graph", GRAPHS, ids=str)
@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
def test_new_users_have_what_each_has_alone_in_the_whole_graph(encoder: Encoder, graph: GraphBuilder) -> None:
    folded = fold_in(encoder, graph)
    of_three = histories()

    def alone(user: int):  # noqa: ANN202 - a graph
        chosen = of_three.keep(of_three.users == user)
        return folded._graphs.build_with_users(replace(chosen, users=chosen.users * 0, num_users=1))

    expected = folded._each_alone(alone, "user", 3)
    torch.testing.assert_close(folded.users(of_three), expected, rtol=1e-5, atol=1e-5)
    if encoder.hops:
        assert not torch.allclose(expected[0], expected[1])


@pytest.mark.parametrize("graph", GRAPHS, ids=str)
@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
def test_new_items_have_what_each_has_alone_in_the_whole_graph(encoder: Encoder, graph: GraphBuilder) -> None:
    folded, added = fold_in(encoder, graph), new_items(NEW, SPLIT.interactions, "new")
    expected = folded._each_alone(lambda row: folded._graphs.build_with_items(added.only(row)), "item", 3)
    torch.testing.assert_close(folded.items(added), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("encoder", ENCODERS[:3], ids=str)
def test_weights_and_times_of_a_history_are_heeded(encoder: Encoder) -> None:
    plain = replace(histories(), time=None, weight=None)
    for graph in GRAPHS[1:3]:
        folded = fold_in(encoder, graph)
        assert not torch.allclose(folded.users(histories())[0], folded.users(plain)[0])


@pytest.mark.parametrize("graph", [GRAPHS[0], GRAPHS[2], KNNItems(by="features", k=3)], ids=str)
def test_a_new_item_is_embedded_as_one_that_was_in_the_graph_all_along(graph: GraphBuilder) -> None:
    """An item without an id embedding, of which training knows no interaction, against the same item as a new one."""
    data = replace(toy_interactions(), behaviours={})
    last = data.edges.num_items - 1
    part = np.where(data.edges.items == last, PARTS.index("test"), PARTS.index("train")).astype(np.int8)
    train = part == PARTS.index("train")
    absent = {"item": np.arange(last + 1) == last}
    inside = Split(data, part, train, train, absent)
    without = data.keep(data.edges.items != last, seen=False)
    kept = np.full(len(without), PARTS.index("train"), np.int8)
    outside = Split(without, kept, kept == PARTS.index("train"), kept == PARTS.index("train"))
    encoder = HeteroSAGE(channels=4, id_types=("user", "genre") if isinstance(graph, Relational) else ("user",))
    row = data.items.iloc[[last]].assign(item=900)
    folded = fold_in(encoder, graph, outside)
    there = PhaseGraphs(graph, encoder, Features.fit(FEATURES, inside), inside).build("test")
    _, items = folded._module.eval()(there)
    got = folded.items(new_items(row, without, "new"))
    torch.testing.assert_close(got[0], items[last].detach(), rtol=1e-5, atol=1e-5)


def test_what_is_known_of_items_by_id_is_said(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("gnnrec").propagate = True
    fold_in(ENCODERS[1], Relational()).items(new_items(NEW, SPLIT.interactions, "new"))
    assert "by their ids" not in caplog.text
    fold_in(LightGCN(channels=4, features=True), Bipartite()).items(new_items(NEW, SPLIT.interactions, "new"))
    assert (
        "encoder 'lightgcn' knows items by their ids; a new one gets the mean of their embeddings, and what its "
        "features and edges add to it"
    ) in caplog.text


def test_that_something_is_missing_is_nothing_that_is_known() -> None:
    data = toy_interactions()
    dated = data.items.assign(year=[1990.0, None] * 7 + [1991.0])
    split = RandomLink(seed=1).split(replace(data, tables={**data.tables, "item": dated}))
    encoder, features = HeteroSAGE(channels=4, id_types=("user",)), {"item": (Numeric(columns=("year",)),)}
    graphs = PhaseGraphs(Bipartite(), encoder, Features.fit(features, split), split)
    known = new_items(pd.DataFrame({"item": [900], "year": [1995]}), split.interactions, "new")
    assert len(graphs.build_with_items(known)["item"].node_id) == 16
    with pytest.raises(DataError, match="nothing that this run looks at is known of 1 of 1 new items"):
        graphs.build_with_items(new_items(pd.DataFrame({"item": [900]}), split.interactions, "new"))


def test_a_new_item_of_which_nothing_is_known_is_refused() -> None:
    bare = NEW.assign(genres=[["Comedy"], ["Western"], None])[["item", "genres"]]
    with pytest.raises(DataError) as error:
        fold_in(ENCODERS[1], Relational(behaviours=())).items(new_items(bare, SPLIT.interactions, "new"))
    assert str(error.value) == (
        "nothing that this run looks at is known of 2 of 3 new items, the first is 901; it knows the columns title, "
        "genres, has_genre, users"
    )


def of_users(*users: int) -> Edges:
    """What the test graph has of some users, over these."""
    known = SPLIT.observed("test").edges
    chosen = [known.keep(known.users == user) for user in users]
    renamed = [
        replace(each, users=np.full(len(each), place), num_users=len(users)) for place, each in enumerate(chosen)
    ]
    return renamed[0] if len(renamed) == 1 else renamed[0].joined(renamed[1])


@pytest.mark.parametrize("graph", GRAPHS, ids=str)
@pytest.mark.parametrize("encoder", ENCODERS, ids=str)
def test_known_users_of_whom_nothing_is_new_are_what_they_were(encoder: Encoder, graph: GraphBuilder) -> None:
    folded = fold_in(encoder, graph)
    with torch.no_grad():
        user, _ = folded._module.eval()(folded._graphs.build("test"))
    grown = folded.known_users(np.array([4, 2]), of_users(4, 2))
    torch.testing.assert_close(grown, user[[4, 2]], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("graph", GRAPHS, ids=str)
@pytest.mark.parametrize("encoder", [each for each in ENCODERS if each.hops], ids=str)
def test_what_is_new_of_a_known_user_moves_them(encoder: Encoder, graph: GraphBuilder) -> None:
    folded, before = fold_in(encoder, graph), of_users(4)
    more = sorted({*range(15)} - {*before.items.tolist()})[:2]
    latest = np.full(2, SPLIT.interactions.edges.time.max())  # type: ignore[union-attr]
    grown = before.joined(Edges(np.zeros(2, np.int64), np.array(more), 1, 15, latest, np.ones(2, np.float32)))
    moved = folded.known_users(np.array([4]), grown)
    assert not torch.allclose(moved, folded.known_users(np.array([4]), before))


def test_lightgcn_hears_of_what_is_new_as_equation_3_says() -> None:
    folded, before = fold_in(LightGCN(channels=4, layers=1), Bipartite()), of_users(4)
    (item,) = sorted({*range(15)} - {*before.items.tolist()})[:1]
    grown = before.joined(replace(before.keep(np.array([0])), items=np.array([item])))
    graph = folded._graphs.build("test")
    tables = folded._module.initial_embeddings(graph)  # type: ignore[operator]
    degree = np.bincount(SPLIT.observed("test").edges.items, minlength=15).clip(min=1)
    heard = sum(tables["item"][each] / np.sqrt(len(grown) * degree[each]) for each in grown.items)
    expected = (tables["user"][4] + heard) / 2
    torch.testing.assert_close(folded.known_users(np.array([4]), grown)[0], expected, rtol=1e-5, atol=1e-6)
