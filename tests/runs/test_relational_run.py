"""A run over a graph of four node types, from training to recommending."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import torch
from interrupted_runs import SETTING, history, the_only_partial, without_seconds
from toys import Watcher, movielens_like, small_recipe

from gnnrec import DataError, UsageError, load_run, run
from gnnrec.pipeline import resume
from gnnrec.testing import toy_interactions

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from gnnrec import Recipe, Run

    Command = Callable[..., subprocess.CompletedProcess[str]]

IDS = "or id embeddings"
SAMPLED: dict[str, Any] = {"trainer__batch_size": 16, "trainer__fan_out": [-1, -1]}


def recipe(folder: Path, **fields: Any) -> Recipe:
    """Items, users, genres and tags: interactions, two relations, and their reverses."""
    data = movielens_like(folder, toy_interactions())
    tags = {"userId": [1, 2, 3, 3], "movieId": [101, 102, 103, 107], "tag": ["odd", "Odd", "slow", "odd"]}
    pd.DataFrame({**tags, "timestamp": 1_000_000_000}).to_csv(data / "tags.csv", index=False)
    whole = {"graph": {"name": "relational", "weights": "given"}, **SETTING, **fields}
    return small_recipe(data, **whole)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("relational")
    return run(recipe(folder / "data", **SAMPLED), out=folder / "runs")


def test_it_is_over_all_node_types_and_loads_to_the_digit(finished: Run) -> None:
    weights = finished.scoring._model.state_dict()  # type: ignore[attr-defined]
    assert {"encoder.initial.ids.genre.weight", "encoder.initial.ids.tag.weight"} <= weights.keys()
    assert "encoder.layers.0.convolutions.item__has_tag__tag.linear.weight" in weights
    again = load_run(finished.directory)
    users = finished.users["user"].tolist()
    assert torch.equal(again.score(users), finished.score(users))
    assert again.evaluate() == {name: finished.metrics["test"][name] for name in again.evaluate()}


def test_resumed_it_is_the_uninterrupted_run(finished: Run, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(
            recipe(tmp_path / "data", **SAMPLED),
            out=tmp_path / "cut",
            observers=[Watcher(KeyboardInterrupt(), 2)],
        )
    resumed = resume(the_only_partial(tmp_path / "cut"))
    assert without_seconds(resumed.directory) == without_seconds(finished.directory)
    assert history(resumed.directory) == history(finished.directory)


def test_new_items_are_recommended_among_the_others(finished: Run) -> None:
    new = pd.DataFrame({"item": [900, 901], "title": ["Next", None], "genres": ["Comedy", None], "tag": [None, "odd"]})
    table = finished.recommend([1, 2], 17, new_items=new, include_seen=True)
    assert len(table) == 2 * 17
    assert {900, 901} <= set(table["item"])
    assert table.loc[table["item"] == 900, "title"].tolist() == ["Next"] * 2
    old = table[~table["item"].isin([900, 901])]
    plain = finished.recommend([1, 2], 15, include_seen=True)
    assert old["item"].tolist() == plain["item"].tolist()
    assert old["score"].tolist() == pytest.approx(plain["score"].tolist())
    of_history = finished.recommend_for_history([101, 102], 17, new_items=new, include_seen=True)
    assert {900, 901} <= set(of_history["item"])


def test_a_history_may_bear_weights(finished: Run) -> None:
    liked, disliked = (
        finished.recommend_for_history(pd.DataFrame({"item": [101, 110], "weight": weight}), 15, include_seen=True)
        for weight in ([5.0, 0.5], [0.5, 5.0])
    )
    assert liked["score"].tolist() != disliked["score"].tolist()


@pytest.mark.parametrize(
    ("history", "message"),
    [
        (pd.DataFrame({"item": [101], "rating": [5]}), "a history has no column 'rating'; known: item, time, weight"),
        (pd.DataFrame({"weight": [5]}), "a history has a column 'item'"),
        (
            pd.DataFrame({"item": [101], "weight": ["much"]}),
            "column 'weight' of a history holds a number for each item",
        ),
        (pd.DataFrame({"item": []}), "the history is empty; give at least one item"),
    ],
)
def test_a_history_that_makes_no_sense_is_refused(finished: Run, history: pd.DataFrame, message: str) -> None:
    with pytest.raises(UsageError) as error:
        finished.recommend_for_history(history)
    assert str(error.value) == message


def test_what_an_encoder_does_not_read_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("gnnrec").propagate = True
    lightgcn = recipe(tmp_path / "data", encoder={"name": "lightgcn", "channels": 4}, trainer__epochs=1)
    finished = run(lightgcn, out=tmp_path / "runs")
    said = [record.message for record in caplog.records if "read" in record.message]
    assert said == ["encoder 'lightgcn' does not read item-has_genre-genre, item-has_tag-tag, item-of_year-year"]
    assert len(finished.recommend([1], 3)) == 3


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        (
            {"features__tags": [{"name": "genre_onehot"}]},
            DataError,
            "features.tags: the data have no tags nodes; did you mean 'tag'?; there are user, item, genre, tag, year",
        ),
        (
            {"encoder__id_types": ["user", "genre", "year"]},
            UsageError,
            f"hetero_sage: tag nodes have neither features nor id embeddings; give them features (features.tag), {IDS}",
        ),
        (
            {"encoder__id_types": ["user", "gerne"]},
            UsageError,
            "encoder.id_types: the graph has no gerne nodes; did you mean 'genre'?",
        ),
        (
            {"graph": {"name": "relational", "relations": ["has_gerne"]}},
            DataError,
            "graph.relations: the data have no relation 'has_gerne'; did you mean 'has_genre'?",
        ),
    ],
)
def test_what_does_not_go_together_is_told_before_training(
    tmp_path: Path, fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    watcher = Watcher()
    with pytest.raises(error) as raised:
        run(recipe(tmp_path / "data", **fields), out=tmp_path / "runs", observers=[watcher])
    assert str(raised.value) == message
    assert watcher.epochs == []
