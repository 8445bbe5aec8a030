from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from mutants import Mutant, assert_caught, assert_every_check_catches_something, changed, each, failures

from gnnrec import FeatureBlock, FeatureEncoder
from gnnrec.testing import check_features, toy_interactions

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from gnnrec import Edges


def counts(table: pd.DataFrame, train: Edges) -> np.ndarray:
    nodes = train.users if "user" in table else train.items
    return np.bincount(nodes, minlength=len(table)).astype(np.float32)[:, None]


class Popularity(FeatureEncoder):
    """What is asked for: how often a node interacts."""

    name: Literal["popularity"] = "popularity"

    def encode(self, table: pd.DataFrame, train: Edges) -> FeatureBlock:
        return FeatureBlock(counts(table, train), ("popularity",))


def encoding(how: Callable[[pd.DataFrame, Edges], Any]) -> FeatureEncoder:
    return changed(Popularity, encode=lambda _, *given: how(*given))


def without_the_last_row(table: pd.DataFrame, train: Edges) -> FeatureBlock:
    return FeatureBlock(counts(table, train)[:-1], ("popularity",))


def as_a_dict(table: pd.DataFrame, train: Edges) -> Any:
    return {"values": Popularity().encode(table, train)}


def with_values_spoiled_later(table: pd.DataFrame, train: Edges) -> FeatureBlock:
    values = counts(table, train)
    block = FeatureBlock(values, ("popularity",))
    values[3] = np.nan
    return block


def sorted_by_title(table: pd.DataFrame, train: Edges) -> FeatureBlock:
    values = counts(table, train)
    return FeatureBlock(values[table["title"].argsort().to_numpy()], ("popularity",))


def with_noise(table: pd.DataFrame, train: Edges) -> FeatureBlock:
    noise = np.random.default_rng().normal(size=(1, 1)).astype(np.float32)
    return FeatureBlock(counts(table, train) + noise, ("popularity",))


def lowering_titles(table: pd.DataFrame, train: Edges) -> FeatureBlock:
    table["title"] = table["title"].str.lower()
    return Popularity().encode(table, train)


def by_place(table: pd.DataFrame, train: Edges) -> FeatureBlock:  # noqa: ARG001 - that is its idea
    return FeatureBlock(np.random.default_rng(0).normal(size=(len(table), 2)).astype(np.float32), ("a", "b"))


MUTANTS = (
    Mutant(
        "gives_a_row_for_each_node",
        encoding(without_the_last_row),
        "float32 [14, 1] for 15 rows",
        options={"by_row": False},
    ),
    Mutant(
        "gives_a_row_for_each_node",
        encoding(with_values_spoiled_later),
        "1 values that are not finite",
        options={"by_row": False},
    ),
    Mutant(
        "gives_a_row_for_each_node",
        encoding(as_a_dict),
        "a dict",
        also=("same_seed_same_result", "leaves_its_input_alone"),
        options={"by_row": False},
    ),
    Mutant("follows_the_rows_of_the_table", encoding(sorted_by_title), "feature.popularity differs by up to"),
    Mutant("same_seed_same_result", encoding(with_noise), "values differs by up to", options={"by_row": False}),
    Mutant("leaves_its_input_alone", encoding(lowering_titles), "0.title.0 is 'Movie 0', and then 'movie 0'"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("features", MUTANTS)


def test_encoders_that_are_right_pass_on_either_table() -> None:
    assert failures(Popularity()) == []
    check_features(Popularity(), table=toy_interactions().users)


def test_features_by_place_are_right_where_that_is_said() -> None:
    assert [violation.check for violation in failures(encoding(by_place))] == ["follows_the_rows_of_the_table"]
    assert failures(encoding(by_place), by_row=False) == []
