from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from mutants import Mutant, assert_caught, assert_every_check_catches_something, changed, each, failures

from gnnrec import Encoding, FeatureBlock, FeatureEncoder
from gnnrec.testing import check_features, toy_interactions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gnnrec import Observed


def ids_of(table: pd.DataFrame) -> pd.Series[Any]:
    return table["user" if "user" in table else "item"]


def block(values: np.ndarray) -> FeatureBlock:
    return FeatureBlock(values[:, None], ("popularity",))


class Counts(Encoding):
    """How often each node was met, by its original id."""

    def __init__(self, counts: pd.Series[Any]) -> None:
        self.counts = counts

    def of(self, table: pd.DataFrame) -> np.ndarray:
        return self.counts.reindex(ids_of(table)).fillna(0).to_numpy(np.float32)

    def encode(self, table: pd.DataFrame) -> FeatureBlock:
        return block(self.of(table))

    def state(self) -> Mapping[str, Any]:
        return {"ids": self.counts.index.tolist(), "counts": self.counts.to_numpy()}


class Popularity(FeatureEncoder):
    """What is asked for: how often a node interacts."""

    name: Literal["popularity"] = "popularity"

    def fit(self, table: pd.DataFrame, observed: Observed) -> Encoding:
        nodes = observed.edges.users if "user" in table else observed.edges.items
        return Counts(pd.Series(np.bincount(nodes, minlength=len(table)), index=ids_of(table)))

    def restore(self, state: Mapping[str, Any]) -> Encoding:
        return Counts(pd.Series(state["counts"], index=state["ids"]))


def encoding(**methods: Callable[..., Any]) -> FeatureEncoder:
    """The encoder whose encoding has some methods replaced, in `restore` too."""
    made = type("Encoding", (Counts,), methods)

    def fit(self: Popularity, table: pd.DataFrame, observed: Observed) -> Any:
        return made(Popularity.fit(self, table, observed).counts)

    def restore(self: Popularity, state: Mapping[str, Any]) -> Any:
        return made(Popularity.restore(self, state).counts)

    return changed(Popularity, fit=fit, restore=restore)


def without_the_last_row(self: Counts, table: pd.DataFrame) -> FeatureBlock:
    return Counts.encode(self, table[:-1])


def as_a_dict(self: Counts, table: pd.DataFrame) -> Any:
    return {"values": Counts.encode(self, table)}


def with_values_spoiled_later(self: Counts, table: pd.DataFrame) -> FeatureBlock:
    counts = self.of(table)
    made = block(counts)
    counts[3] = np.nan
    return made


def fitting_to_counts_alone(self: Popularity, table: pd.DataFrame, observed: Observed) -> Any:
    return Popularity.fit(self, table, observed).counts


def sorted_by_title(self: Counts, table: pd.DataFrame) -> FeatureBlock:
    moved = table["title"].argsort().to_numpy() if len(table) > 8 else slice(None)
    return block(self.of(table)[moved])


def with_a_column_for_each_genre_there_is(self: Counts, table: pd.DataFrame) -> FeatureBlock:  # noqa: ARG001
    genres = table["genres"].str.join("|").str.get_dummies()
    return FeatureBlock(genres.to_numpy(np.float32), tuple(genres))


def by_the_row_of_a_known_node(self: Counts, table: pd.DataFrame) -> FeatureBlock:
    return block(np.resize(self.counts.to_numpy(np.float32), len(table)))


def known_rows_alone(self: Counts, table: pd.DataFrame) -> FeatureBlock:
    return Counts.encode(self, table[ids_of(table).isin(self.counts.index)])


def against_the_mean_of_the_rows(self: Counts, table: pd.DataFrame) -> FeatureBlock:
    counts = self.of(table)
    return block(counts - counts.mean())


def with_small_numbers(self: Counts) -> Mapping[str, Any]:
    return {**Counts.state(self), "counts": self.counts.to_numpy() // 2}


def with_a_set(self: Counts) -> Mapping[str, Any]:
    return {**Counts.state(self), "known": {*self.counts.index}}


def with_noise(self: Popularity, table: pd.DataFrame, observed: Observed) -> Encoding:
    return Counts(Popularity.fit(self, table, observed).counts + np.random.default_rng().normal())


def lowering_titles(self: Counts, table: pd.DataFrame) -> FeatureBlock:
    table["title"] = table["title"].str.lower()
    return Counts.encode(self, table)


def dropping_times(self: Popularity, table: pd.DataFrame, observed: Observed) -> Encoding:
    observed.edges.time[:] = 0
    return Popularity.fit(self, table, observed)


def by_place(self: Counts, table: pd.DataFrame) -> FeatureBlock:  # noqa: ARG001 - that is its idea
    return FeatureBlock(np.random.default_rng(0).normal(size=(len(table), 2)).astype(np.float32), ("a", "b"))


WHAT_READS_A_BLOCK = (
    "follows_the_rows_of_the_table",
    "encodes_new_rows_alike",
    "same_seed_same_result",
    "leaves_its_input_alone",
)

MUTANTS = (
    Mutant(
        "gives_a_row_for_each_node",
        encoding(encode=without_the_last_row),
        "float32 [14, 1] for 15 rows",
        also=("follows_the_rows_of_the_table", "encodes_new_rows_alike"),
    ),
    Mutant(
        "gives_a_row_for_each_node",
        encoding(encode=with_values_spoiled_later),
        "1 values that are not finite",
        options={"by_row": False},
    ),
    Mutant("gives_a_row_for_each_node", encoding(encode=as_a_dict), "encode gives a dict", also=WHAT_READS_A_BLOCK),
    Mutant(
        "gives_a_row_for_each_node",
        changed(Popularity, fit=fitting_to_counts_alone),
        "fit gives a Series",
        also=(*WHAT_READS_A_BLOCK, "is_restored_from_its_state"),
    ),
    Mutant(
        "follows_the_rows_of_the_table",
        encoding(encode=sorted_by_title),
        "feature.popularity differs by up to",
        also=("encodes_new_rows_alike",),
    ),
    Mutant(
        "encodes_new_rows_alike",
        encoding(encode=with_a_column_for_each_genre_there_is),
        "2 features ('Comedy', 'Drama'), and with new rows 3 ('Comedy', 'Drama', 'Horror')",
    ),
    Mutant(
        "encodes_new_rows_alike",
        encoding(encode=by_the_row_of_a_known_node),
        "encoded together with new rows, a known one differs by up to",
    ),
    Mutant(
        "encodes_new_rows_alike",
        encoding(encode=against_the_mean_of_the_rows),
        "encoded together with new rows, a known one differs by up to",
    ),
    Mutant("encodes_new_rows_alike", encoding(encode=known_rows_alone), "8 rows for 15, of which 8 are known"),
    Mutant("is_restored_from_its_state", encoding(state=with_small_numbers), "restored, the block.values differs by"),
    Mutant(
        "is_restored_from_its_state",
        encoding(state=with_a_set),
        "TypeError: Object of type set is not JSON serializable",
    ),
    Mutant(
        "same_seed_same_result",
        changed(Popularity, fit=with_noise),
        "values differs by up to",
        also=("follows_the_rows_of_the_table",),
    ),
    Mutant(
        "leaves_its_input_alone", encoding(encode=lowering_titles), "tables.item.title.0 is 'Movie 0', and then 'movie"
    ),
    Mutant("leaves_its_input_alone", changed(Popularity, fit=dropping_times), "edges.time differs in"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_every_check_catches_something() -> None:
    assert_every_check_catches_something("features", MUTANTS)


def test_encoders_that_are_right_pass_on_either_table() -> None:
    assert failures(Popularity()) == []
    check_features(Popularity(), table=toy_interactions().users)


def test_a_table_may_have_more_rows_or_fewer_than_the_toy() -> None:
    for count in (1, 7, 15, 40):
        check_features(Popularity(), table=pd.DataFrame({"item": [f"item {item}" for item in range(count)]}))


def test_features_by_place_are_right_where_that_is_said() -> None:
    said = [violation.check for violation in failures(encoding(encode=by_place))]
    assert said == ["follows_the_rows_of_the_table", "encodes_new_rows_alike"]
    assert failures(encoding(encode=by_place), by_row=False) == []
