from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import torch
from toys import observed

from gnnrec import DataError
from gnnrec.recipe.faults import RecipeError
from gnnrec.recipe.load import load_recipe
from gnnrec_graphs.bipartite import Bipartite
from gnnrec_graphs.knn_items import KNNItems
from gnnrec_graphs.relational import Relational

if TYPE_CHECKING:
    from gnnrec import GraphBuilder, Observed

TO_ITEM, TO_USER = ("user", "interacts", "item"), ("item", "rev_interacts", "user")
DAY = 86_400


def known(*, weight: list[float] | None = None, days: list[int] | None = None) -> Observed:
    plain = observed([(0, 0), (0, 1), (1, 1)], 2, 2)
    edges = replace(
        plain.edges,
        weight=None if weight is None else np.array(weight, np.float32),
        time=None if days is None else np.array(days) * DAY,
    )
    tables = {"user": pd.DataFrame({"user": ["ann", "bob"]}), "item": pd.DataFrame({"item": [7, 8]})}
    return replace(plain, edges=edges, tables=tables)


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        (Bipartite(weights="given"), [0, 1, 3]),
        (Bipartite(weights="log"), [0, np.log(2), np.log(4)]),
        (Bipartite(weights="recency", half_life=10), [0.25, 0.5, 1]),
    ],
    ids=str,
)
def test_an_edge_and_its_reverse_bear_what_they_count(graph: GraphBuilder, expected: list[float]) -> None:
    built = graph.build(known(weight=[0, 1, 3], days=[80, 90, 100]))
    for edge_type in (TO_ITEM, TO_USER):
        assert built[edge_type].edge_weight.dtype == torch.float32
        torch.testing.assert_close(built[edge_type].edge_weight, torch.tensor(expected, dtype=torch.float32))


def test_without_weights_all_count_alike() -> None:
    assert "edge_weight" not in Bipartite().build(known(weight=[0, 1, 3]))[TO_ITEM]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("given", "graph 'bipartite': weights: given needs weights, and the interactions have none"),
        ("log", "graph 'bipartite': weights: log needs weights, and the interactions have none"),
        ("recency", "graph 'bipartite': weights: recency needs times, and the interactions have none"),
    ],
)
def test_what_is_not_there_cannot_be_weighed_by(weights: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        Bipartite(weights=weights).build(known())
    assert str(error.value) == message


@pytest.mark.parametrize("graph", [Bipartite(weights="log"), KNNItems(weights="given")], ids=str)
def test_a_negative_weight_is_refused(graph: GraphBuilder) -> None:
    with pytest.raises(DataError) as error:
        graph.build(known(weight=[1, -2, -0.5]))
    assert str(error.value) == (
        f"graph '{graph.name}': 2 weights of the interactions are negative, the first is -2, of user ann and item 8; "
        "an edge cannot count less than nothing"
    )


@pytest.mark.parametrize(
    ("graph", "parts"),
    [
        (Bipartite(), ()),
        (Bipartite(weights="recency"), ("time",)),
        (KNNItems(weights="log"), ("weight",)),
        (Relational(weights="given"), ("tables", "relations", "behaviours", "weight")),
    ],
    ids=str,
)
def test_what_is_looked_at_is_said_so_that_runs_are_compared_by_it(graph: GraphBuilder, parts: tuple[str, ...]) -> None:
    assert graph.looks_at == parts


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        (
            "graph.weight=count",
            "weights says what an interaction counts, and names no column: weights: given takes the data's, which",
        ),
        (
            "encoder.weights=rating",
            "edges are weighed in the graph, and heeded here: graph.weights: given takes the data's weights, which",
        ),
        (
            "dataset.weight=count",
            "rating names the column that interactions weigh; graph.weights: given weighs by it",
        ),
        (
            "dataset.where=event==buy",
            "event names the column that says what happened, and target what of it is predicted (event: what, ",
        ),
    ],
)
def test_who_looks_for_weights_elsewhere_is_told_where_they_are(assignment: str, told: str) -> None:
    with pytest.raises(RecipeError) as error:
        load_recipe("movielens_lightgcn", ["dataset.name=table", "dataset.path=r.csv", assignment])
    key = assignment.partition("=")[0]
    assert str(error.value).startswith(f"-s {assignment}  {key}: unknown key; {told}")
