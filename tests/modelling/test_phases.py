from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import interactions, observed, pairs_of, split_by_hand

from gnnrec import ContractError, Encoding, FeatureBlock, FeatureEncoder, Observed, load_recipe
from gnnrec.modelling.features import Features as FittedFeatures
from gnnrec.recipe.schema import Features
from gnnrec.testing import checkerboard
from gnnrec_datasets.movielens import MovieLens
from gnnrec_splits.random_link import RandomLink
from recipes import phase_graphs

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from torch import Tensor

pytest_plugins = ["real_data"]

RECIPE = load_recipe("movielens_sage")
FORWARD, BACKWARD = ("user", "interacts", "item"), ("item", "rev_interacts", "user")
PAIRS = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 0), (2, 2)]
SPLIT = split_by_hand(
    interactions(PAIRS, 3, 4), ["train", "val", "train", "test", "train", "train"], ["m", "", "s", "", "ms", "s"]
)


class Recorded(FeatureEncoder):
    """Remembers the training interactions that it is shown."""

    name: Literal["recorded"] = "recorded"
    rows: int = 4
    width: int = 1

    def fit(self, table: pd.DataFrame, observed: Observed) -> Encoding:  # noqa: ARG002 - the contract's
        SHOWN.append(pairs_of(observed.edges))
        return self.restore({})

    def restore(self, state: object) -> Encoding:  # noqa: ARG002 - nothing is learned
        return Constant(self.rows, self.width)


class Constant(Encoding):
    """As many columns of a number as the number says."""

    def __init__(self, rows: int, width: int) -> None:
        self.rows, self.width = rows, width

    def encode(self, table: pd.DataFrame) -> FeatureBlock:  # noqa: ARG002 - every row is alike
        names = tuple(f"{self.width}.{column}" for column in range(self.width))
        return FeatureBlock(np.full((self.rows, self.width), self.width, np.float32), names)

    def state(self) -> dict[str, object]:
        return {}


SHOWN: list[set[tuple[int, int]]] = []


def as_pairs(edge_index: Tensor) -> set[tuple[int, int]]:
    return set(map(tuple, edge_index.T.tolist()))


def test_each_phase_propagates_over_its_own_edges() -> None:
    assert pairs_of(SPLIT.known("train")) == {(0, 0), (2, 0)}
    assert pairs_of(SPLIT.known("validate")) == {(0, 0), (1, 1), (2, 0), (2, 2)}
    assert pairs_of(SPLIT.known("test")) == {(0, 0), (1, 1), (2, 0), (2, 2), (0, 1)}


@given(seed=st.integers(0, 2**32), disjoint=st.sampled_from([0.0, 0.3, 0.7]))
def test_held_out_edges_and_their_reverses_are_absent_from_what_a_phase_propagates_over(
    seed: int, disjoint: float
) -> None:
    split = RandomLink(seed=seed, disjoint_train=disjoint).split(checkerboard())
    graphs = phase_graphs(RECIPE, split)
    val, test = pairs_of(split.edges("val")), pairs_of(split.edges("test"))
    scored = pairs_of(split.supervision_edges) if disjoint else set()
    for phase, hidden in (("train", scored | val | test), ("validate", val | test), ("test", test)):
        graph = graphs.build(phase)
        assert graph.edge_types == [FORWARD, BACKWARD]
        shown = as_pairs(graph[FORWARD].edge_index)
        assert shown == pairs_of(split.interactions.edges) - hidden
        assert as_pairs(graph[BACKWARD].edge_index) == {(item, user) for user, item in shown}


def test_without_reverse_edges_there_is_one_edge_type() -> None:
    graph = phase_graphs(load_recipe("movielens_sage", {"graph.reverse": False}), SPLIT).build("test")
    assert graph.edge_types == [FORWARD]
    assert as_pairs(graph[FORWARD].edge_index) == {(0, 0), (1, 1), (2, 0), (2, 2), (0, 1)}


def test_nodes_bear_their_ids_and_their_own_features() -> None:
    graph = phase_graphs(RECIPE, SPLIT).build("train")
    assert graph["user"].node_id.tolist() == [0, 1, 2]
    assert graph["item"].node_id.tolist() == [0, 1, 2, 3]
    assert "x" not in graph["user"]
    # Movies 101 and 103 are comedies and dramas, 102 and 104 horror films; columns are alphabetical.
    assert graph["item"].x.tolist() == [[1, 1, 0], [0, 0, 1], [1, 1, 0], [0, 0, 1]]


def test_feature_encoders_see_training_interactions_alone_and_stand_side_by_side() -> None:
    SHOWN.clear()
    features = Features(item=(Recorded(width=2), Recorded(width=1)), user=(Recorded(rows=3, width=3),))
    recipe = RECIPE.model_copy(update={"features": features})
    graph = phase_graphs(recipe, SPLIT).build("test")
    assert [{(0, 0), (1, 1), (2, 0), (2, 2)}] * 3 == SHOWN
    assert graph["item"].x.tolist() == [[2, 2, 1]] * 4
    assert graph["user"].x.tolist() == [[3, 3, 3]] * 3


def test_features_with_another_number_of_rows_are_refused() -> None:
    recipe = RECIPE.model_copy(update={"features": Features(item=(Recorded(rows=3),))})
    with pytest.raises(ContractError) as error:
        phase_graphs(recipe, SPLIT)
    assert str(error.value) == "features 'recorded' gave 3 rows for 4 item nodes"


class Unsaved(Recorded):
    """Learns what no file holds."""

    name: Literal["unsaved"] = "unsaved"  # type: ignore[assignment]

    def restore(self, state: object) -> Encoding:  # noqa: ARG002 - nothing is learned
        encoding = Constant(self.rows, self.width)
        encoding.state = lambda: {"genres": {"Comedy"}}  # type: ignore[method-assign]
        return encoding


def test_a_state_that_cannot_be_saved_is_told_before_anything_is_trained() -> None:
    encoders = {"item": (Unsaved(),)}
    with pytest.raises(ContractError) as error:
        FittedFeatures.fit(encoders, SPLIT).states(encoders)
    assert str(error.value) == (
        "features 'unsaved' learned what cannot be saved: Object of type set is not JSON serializable"
    )


def test_genre_rows_belong_to_their_movies(movielens_folder: Path) -> None:
    data = MovieLens(path=str(movielens_folder)).load()
    x = phase_graphs(RECIPE, RECIPE.split.split(data)).build("train")["item"].x.numpy()
    names = np.array(RECIPE.features.item[0].fit(data.items, observed([], 1, 1)).encode(data.items).names)
    assert x.shape == (9_724, 20)
    assert names[0] == "(no genres listed)"

    def genres(title: str) -> list[str]:
        (row,) = np.flatnonzero(data.items["title"] == title)
        return names[x[row] == 1].tolist()

    assert genres("Toy Story (1995)") == ["Adventure", "Animation", "Children", "Comedy", "Fantasy"]
    # The last movie by id: a shift of rows would show here.
    assert genres("Andrew Dice Clay: Dice Rules (1991)") == ["Comedy"]
    assert int(x[:, 0].sum()) == 34
    assert not x[x[:, 0] == 1, 1:].any()
