from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from gnnrec import DataError, FeatureBlock, Relation
from gnnrec.testing import check_graph
from gnnrec.testing.toy_data import toy_observed
from gnnrec_graphs.relational import Relational

TOY = toy_observed()  # interactions, behaviour view, relation (item, has_genre, genre)
BOTH_WAYS = {
    ("user", "interacts", "item"),
    ("item", "rev_interacts", "user"),
    ("user", "view", "item"),
    ("item", "rev_view", "user"),
    ("item", "has_genre", "genre"),
    ("genre", "rev_has_genre", "item"),
}


def test_it_keeps_the_rules_of_graph_builders() -> None:
    check_graph(Relational(weights="recency"))


def test_all_that_is_known_is_in_it_each_with_its_reverse() -> None:
    graph = Relational().build(TOY)
    assert set(graph.edge_types) == BOTH_WAYS
    assert set(graph.node_types) == {"user", "item", "genre"}
    assert graph["genre"].node_id.tolist() == [0, 1, 2]
    relation = TOY.relations[0]
    ends = torch.from_numpy(np.stack([relation.source, relation.target]))
    assert torch.equal(graph["item", "has_genre", "genre"].edge_index, ends)
    assert torch.equal(graph["genre", "rev_has_genre", "item"].edge_index, ends.flip(0))
    view = TOY.behaviours["view"]
    assert torch.equal(graph["user", "view", "item"].edge_index, torch.from_numpy(np.stack([view.users, view.items])))


def test_what_is_named_is_taken_and_node_types_with_it() -> None:
    graph = Relational(relations=(), behaviours=("view",), reverse=False).build(TOY)
    assert graph.edge_types == [("user", "interacts", "item"), ("user", "view", "item")]
    assert graph.node_types == ["user", "item"]
    graph = Relational(relations=("has_genre",), behaviours=()).build(TOY)
    assert set(graph.edge_types) == {each for each in BOTH_WAYS if "view" not in each[1]}


def test_further_nodes_have_their_features_and_relations_their_weights() -> None:
    weight = np.arange(len(TOY.relations[0]), dtype=np.float32)
    trusts = Relation("user", "trusts", "user", np.array([0, 1]), np.array([1, 2]))
    known = replace(
        TOY,
        relations=(replace(TOY.relations[0], weight=weight), trusts),
        features={"genre": FeatureBlock(np.eye(3, dtype=np.float32), ("a", "b", "c"))},
    )
    graph = Relational().build(known)
    assert torch.equal(graph["genre"].x, torch.eye(3))
    assert graph["genre", "rev_has_genre", "item"].edge_weight.tolist() == weight.tolist()
    assert graph["user", "rev_trusts", "user"].edge_index.tolist() == [[1, 2], [0, 1]]


def test_behaviours_are_as_old_as_they_are_beside_interactions() -> None:
    latest = max(int(each.time.max()) for each in (TOY.edges, TOY.behaviours["view"]))  # type: ignore[union-attr]
    graph = Relational(weights="recency", half_life=1 / 24).build(TOY)
    for edge_type, edges in (("interacts", TOY.edges), ("view", TOY.behaviours["view"])):
        hours = torch.from_numpy((latest - edges.time) / 3600)  # type: ignore[operator]
        torch.testing.assert_close(graph["user", edge_type, "item"].edge_weight, torch.exp2(-hours).float())


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (
            Relational(relations=("has_gerne",)),
            "graph.relations: the data have no relation 'has_gerne'; did you mean 'has_genre'?",
        ),
        (
            Relational(behaviours=("cart",)),
            "graph.behaviours: the data have no behaviour 'cart'; known: view",
        ),
    ],
    ids=["relation", "behaviour"],
)
def test_a_name_that_is_not_there_is_refused_with_the_nearest(graph: Relational, message: str) -> None:
    with pytest.raises(DataError) as error:
        graph.build(TOY)
    assert str(error.value) == message


def test_where_there_is_nothing_beside_interactions_bipartite_is_named() -> None:
    with pytest.raises(DataError) as error:
        Relational().build(replace(TOY, relations=(), behaviours={}))
    assert str(error.value) == (
        "graph 'relational': there are no relations and no behaviours to put beside the interactions; "
        "graph.name: bipartite has these alone"
    )
