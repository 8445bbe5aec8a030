from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import edges, observed

from gnnrec import DataError, FeatureBlock
from gnnrec.testing import check_graph
from gnnrec_graphs import nearest
from gnnrec_graphs.knn_items import KNNItems

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIMILAR = ("item", "similar_to", "item")


def neighbours(matrix: NDArray[np.float64], k: int, eligible: NDArray[np.bool_]) -> list[list[float]]:
    """For each item the cosines of its k nearest, by a loop over all pairs."""
    found = []
    for item, row in enumerate(matrix):
        cosines = [
            float(row @ other / (np.linalg.norm(row) * np.linalg.norm(other)))
            for place, other in enumerate(matrix)
            if place != item and eligible[place] and row.any() and other.any()
        ]
        found.append(sorted((each for each in cosines if each > 1e-9), reverse=True)[:k])
    return found


@given(
    pairs=st.sets(st.tuples(st.integers(0, 5), st.integers(0, 7)), min_size=1),
    k=st.integers(1, 9),
    block=st.sampled_from([1, 20, 2**24]),
    new=st.sets(st.integers(0, 7), max_size=3),
)
def test_each_item_hears_from_the_nearest_that_training_knows(
    pairs: set[tuple[int, int]], k: int, block: int, new: set[int]
) -> None:
    eligible = np.array([item not in new for item in range(8)])
    matrix = np.zeros((8, 6))
    for user, item in pairs:
        matrix[item, user] = 1
    cells, nearest.BLOCK_CELLS = nearest.BLOCK_CELLS, block
    try:
        by_users = nearest.nearest_by_users(edges(sorted(pairs), 6, 8), k, eligible)
        by_features = nearest.nearest_by_features(matrix.astype(np.float32), k, eligible)
    finally:
        nearest.BLOCK_CELLS = cells
    for items, near, cosine in (by_users, by_features):
        assert eligible[near].all()
        assert (items != near).all()
        got = [sorted(cosine[items == item].tolist(), reverse=True) for item in range(8)]
        for some, expected in zip(got, neighbours(matrix, k, eligible), strict=True):
            assert some == pytest.approx(expected)


def test_edges_lead_from_the_neighbour_with_the_cosine_as_weight() -> None:
    known = observed([(0, 0), (0, 1), (1, 1), (1, 2), (2, 1)], 3, 3)
    graph = KNNItems(k=1).build(known)
    # Item 1 shares user 0 with item 0, and user 1 with item 2.
    assert graph[SIMILAR].edge_index[:, [0, 2]].tolist() == [[1, 1], [0, 2]]
    assert graph[SIMILAR].edge_weight.tolist() == pytest.approx([3**-0.5] * 3)
    assert ("item", "rev_similar_to", "item") not in graph.edge_types


@pytest.mark.parametrize("by", ["features", "co_occurrence"])
def test_it_keeps_the_rules_of_graph_builders(by: str) -> None:
    if by == "co_occurrence":
        check_graph(KNNItems())
    known = observed([(0, 0), (0, 1)], 1, 3)
    block = FeatureBlock(np.array([[1, 0], [1, 0], [0, 1]], np.float32), ("a", "b"))
    graph = KNNItems(by="features").build(replace(known, features={"item": block}))
    assert graph[SIMILAR].edge_index.tolist() == [[1, 0], [0, 1]]


def test_without_features_nothing_is_compared_by_them() -> None:
    with pytest.raises(DataError) as error:
        KNNItems(by="features").build(observed([(0, 0)], 1, 1))
    assert str(error.value) == "graph 'knn_items': by: features needs features.item, and the recipe has none"
