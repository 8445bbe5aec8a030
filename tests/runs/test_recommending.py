from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import torch
from toys import edges, movielens_like, small_recipe

from gnnrec import Run, UsageError, run
from gnnrec.data.lookup import NEW_ITEMS, require_item
from gnnrec.modelling.fold_in import FoldIn
from gnnrec_encoders.lightgcn_module import LightGCNModule
from recipes import phase_graphs

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

BASE = {"split__disjoint_train": 0, "trainer__epochs": 150, "trainer__learning_rate": 0.02}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The checkerboard, learned by GraphSAGE."""
    folder = tmp_path_factory.mktemp("learned")
    return run(small_recipe(movielens_like(folder / "data"), **BASE), out=folder / "runs")


@pytest.fixture(scope="module")
def closed_form(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The checkerboard, by nearest neighbours."""
    folder = tmp_path_factory.mktemp("closed")
    sections = dict.fromkeys(("graph", "negatives", "encoder", "decoder", "loss", "trainer"))
    overrides: dict[str, Any] = {**sections, "scorer.name": "item_knn", "features.item": []}
    overrides["dataset.path"] = str(movielens_like(folder / "data"))
    return run("movielens_sage", overrides, out=folder / "runs")


@pytest.mark.parametrize("which", ["trained", "closed_form"])
def test_a_history_of_one_colour_gets_items_of_that_colour(which: str, request: pytest.FixtureRequest) -> None:
    finished: Run = request.getfixturevalue(which)
    for parity in (0, 1):
        history = [101 + item for item in range(parity, 8, 2)]
        table = finished.recommend_for_history(history, 4)
        assert table.columns.tolist() == ["rank", "item", "title", "score"]
        assert table["rank"].tolist() == [1, 2, 3, 4]
        assert set(table["item"]) == {101 + item for item in range(8 + parity, 16, 2)}
        seen_too = finished.recommend_for_history(history, 8, include_seen=True)
        assert set(seen_too["item"]) == {101 + item for item in range(parity, 16, 2)}


@pytest.mark.parametrize("which", ["trained", "closed_form"])
def test_items_of_one_colour_are_similar(which: str, request: pytest.FixtureRequest) -> None:
    table = request.getfixturevalue(which).similar("Movie 103", 7)
    assert set(table["item"]) == {101, 105, 107, 109, 111, 113, 115}


def test_all_users_are_recommended_to_in_order(trained: Run) -> None:
    table = trained.recommend(k=2)
    assert table["user"].tolist() == [user for user in range(1, 13) for _ in range(2)]


def test_a_scorer_run_says_what_it_is(closed_form: Run) -> None:
    assert closed_form.metrics["best_epoch"] is None
    assert "loss" not in closed_form.metrics["test"]
    assert closed_form.metrics["test"]["auc"] == 1.0
    assert closed_form.history.empty


def test_a_folded_in_user_does_not_depend_on_who_else_is_asked_for(trained: Run) -> None:
    sections = trained.recipe.model_sections()
    graphs = phase_graphs(trained.recipe, trained.split)
    module = trained.scoring._model.encoder  # type: ignore[attr-defined]
    both = FoldIn(sections.encoder, module, graphs).users(edges([(0, 0), (0, 2), (1, 1)], 2, 16))
    alone = FoldIn(sections.encoder, module, graphs).users(edges([(0, 1)], 1, 16))
    torch.testing.assert_close(both[1], alone[0])


def test_a_module_s_own_fold_in_goes_first(trained: Run) -> None:
    module = torch.nn.Linear(1, 1)
    module.fold_in = lambda graph, histories: torch.full((histories.num_users, 3), 7.0)  # type: ignore[assignment]  # noqa: ARG005
    graphs = phase_graphs(trained.recipe, trained.split)
    folded = FoldIn(trained.recipe.model_sections().encoder, module, graphs).users(edges([(1, 1)], 2, 16))
    assert folded.tolist() == [[7.0] * 3] * 2


def test_unknown_items_of_a_history_are_named_and_left_out(trained: Run, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("gnnrec").propagate = True
    with caplog.at_level(logging.WARNING):
        table = trained.recommend_for_history([101, 103, 999], 2)
    assert len(table) == 2
    assert "no item has the id 999" in caplog.text
    assert "going on with the other 2" in caplog.text


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ([], "the history is empty; give at least one item"),
        ([999], "nothing of the history is known: no item has the id 999"),
    ],
)
def test_a_history_of_nothing_is_refused(trained: Run, history: list[int], message: str) -> None:
    with pytest.raises(UsageError) as error:
        trained.recommend_for_history(history)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("which", ["trained", "closed_form"])
def test_nothing_but_candidates_is_recommended(which: str, request: pytest.FixtureRequest) -> None:
    finished: Run = request.getfixturevalue(which)
    whole = finished.recommend([5, 6], 16)
    some = whole[whole["item"].isin([102, 103, 110, 111])].reset_index(drop=True)
    chosen = finished.recommend([5, 6], 4, candidates=[102, "103", 110.0, np.int64(111)])
    left_out = finished.recommend(
        [5, 6], 4, exclude=pd.DataFrame({"item": sorted({*range(101, 117)} - {102, 103, 110, 111})})
    )
    for table in (chosen, left_out):
        pd.testing.assert_frame_equal(table.drop(columns="rank"), some.drop(columns="rank"))
    assert finished.recommend_for_history([101], 2, candidates=[101, 103, 102], exclude=[102])["item"].tolist() == [103]


def test_candidates_that_are_not_known_are_told(trained: Run, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("gnnrec").propagate = True
    assert trained.recommend([5], 1, include_seen=True, candidates=[103, 999])["item"].tolist() == [103]
    assert "of the candidates 1 are not known: no item has the id 999" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"candidates": [999]},
            f"none of the 1 candidates is known; their ids are those of the run's items.parquet{NEW_ITEMS}",
        ),
        ({"candidates": [103], "exclude": [103]}, "every item that could be recommended is excluded"),
        ({"candidates": "103"}, "items are given as a list of ids, ['103']; got '103'"),
        ({"k": 2.0}, "k is a whole number, at least 1; got 2.0"),
        ({"k": True}, "k is a whole number, at least 1; got True"),
    ],
)
def test_what_cannot_be_chosen_from_is_refused(trained: Run, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as error:
        trained.recommend([5], **arguments)
    assert str(error.value) == message


def test_users_who_know_all_there_is_are_told(trained: Run, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("gnnrec").propagate = True
    _, known = trained.split.interactions.seen.items_of(np.array([4]))
    table = trained.recommend([5], 3, candidates=trained.items["item"].to_numpy()[known])
    assert table.empty
    assert "1 of 1 users get no items, the first is user 5: they are known to have interacted with all" in caplog.text


@pytest.mark.slow
def test_a_file_holds_what_its_ending_says(gnnrec: Command, trained: Run, tmp_path: Path) -> None:
    (tmp_path / "users.txt").write_text("\ufeff5\n\n 6 \n", encoding="utf-8")
    (tmp_path / "in_stock.csv").write_text("item,left\n103,1\n104,2\n", encoding="utf-8")
    expected = trained.recommend([5, 6], 2, include_seen=True, candidates=[103, 104])
    asked = ["--users", str(tmp_path / "users.txt"), "-k", "2", "--include-seen"]
    asked += ["--candidates", str(tmp_path / "in_stock.csv")]
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        "csv": pd.read_csv,
        "json": pd.read_json,
        "parquet": pd.read_parquet,
    }
    for ending, read in readers.items():
        out = tmp_path / f"out.{ending.upper()}"
        done = gnnrec("recommend", str(trained.directory), *asked, "--out", str(out))
        assert done.returncode == 0, done.stderr
        pd.testing.assert_frame_equal(read(out), expected, check_dtype=False)


def test_items_are_found_by_id_title_or_part_of_one() -> None:
    table = pd.DataFrame({"item": [10, 20, 30], "title": ["Toy Story", "Toy Story 2", "Heat"]})
    assert [require_item(table, each) for each in (20, "20", "toy story", "hea")] == [1, 1, 0, 2]
    with pytest.raises(UsageError) as error:
        require_item(table, "toy")
    assert str(error.value) == "2 items are called like 'toy': 10 Toy Story; 20 Toy Story 2; give one's id"
    with pytest.raises(UsageError) as error:
        require_item(table, "Haet")
    assert str(error.value) == f"no item has the id or title 'Haet'; the nearest titles: Heat{NEW_ITEMS}"


def test_lightgcn_equals_the_normalised_adjacency(trained: Run) -> None:
    graph = phase_graphs(trained.recipe, trained.split).build("test")
    module = LightGCNModule({}, {"user": 12, "item": 16}, 5, 2, 0.1)
    adjacency = torch.zeros(28, 28)
    users, items = graph["user", "interacts", "item"].edge_index
    adjacency[users, 12 + items] = adjacency[12 + items, users] = 1.0
    degree = adjacency.sum(1).clamp(min=1)
    normalised = adjacency / (degree[:, None] * degree[None, :]).sqrt()
    first = torch.cat([module.initial.ids["user"].weight, module.initial.ids["item"].weight])  # type: ignore[list-item]
    expected = (first + normalised @ first + normalised @ normalised @ first) / 3
    torch.testing.assert_close(torch.cat(module(graph)), expected)


@pytest.mark.slow
def test_the_commands_answer(gnnrec: Command, trained: Run, tmp_path: Path) -> None:
    directory = str(trained.directory)
    done = gnnrec("recommend", directory, "--user", "5", "-k", "3", "--format", "json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert rows == json.loads(trained.recommend([5], 3).to_json(orient="records"))
    out = tmp_path / "all.parquet"
    done = gnnrec("recommend", directory, "--all-users", "-k", "2", "--format", "parquet", "--out", str(out))
    assert (done.returncode, done.stdout) == (0, "")
    assert len(pd.read_parquet(out)) == 24
    assert gnnrec("recommend", directory, "--all-users", "-f", "csv", "-o", str(out)).stderr == (
        f"{out} exists; --force overwrites it\n"
    )
    shown = gnnrec("recommend", directory, "--user", "5")
    assert "known of user 5: 8 items, among them Movie 101" in shown.stdout
    assert "Movie 103" in gnnrec("similar", directory, "--item", "101", "-k", "7").stdout
    values = json.loads(gnnrec("evaluate", directory, "-s", "evaluation.k=[1]", "--json").stdout)
    assert values["auc"] == trained.metrics["test"]["auc"]
    assert "ndcg@1" in values
    assert "ndcg@10" not in values


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["recommend", "{run}"],
            "say for whom, in one way: --user ID (several times if need be), --users FILE, --all-users, or --hist",
        ),
        (["recommend", "{run}", "-u", "5", "-k", "0"], "k is at least 1; got 0"),
        (["recommend", "{run}", "-u", "99"], "no user has the id 99"),
        (["recommend", "{run}", "-u", "5", "-f", "parquet"], "parquet is not for a terminal; say where to: --out FILE"),
        (
            ["recommend", "{run}", "-u", "5", "-o", "a.xlsx"],
            "the ending of --out says what is written: .csv, .json, .par",
        ),
        (
            ["recommend", "{run}", "-u", "5", "-f", "json", "-o", "a.csv"],
            "--format json and --out a.csv contradict each",
        ),
        (["similar", "{run}", "-i", "103", "-o", "no/a.csv"], "there is no folder no to write a.csv in; make it first"),
        (["recommend", "{run}", "-u", "5", "--candidates", ","], "--candidates names no item; give ids with commas"),
        (
            ["recommend", "{run}", "--history", '"101'],
            "--history: unexpected end of data; an id with a comma or a quote",
        ),
        (["recommend", "{run}", "--users", "no.txt"], "there is no file no.txt"),
        (["evaluate", "{run}", "-o", "a.csv"], "the ending of --out says what is written: .json; got a.csv"),
        (
            ["evaluate", "{run}", "--write-lists", "a.tsv"],
            "the ending of --write-lists says what is written: .csv, .pa",
        ),
        (["report", "{run}", "-o", "a.pdf"], "the ending of --out says what is written: .html, .htm; got a.pdf"),
        (["recommend", "nowhere", "-u", "5"], "there is no run in nowhere"),
        (
            ["evaluate", "{run}", "-s", "seed=3"],
            "a finished run can be asked with another evaluation, not another seed",
        ),
    ],
)
def test_mistakes_are_told(gnnrec: Command, trained: Run, arguments: list[str], message: str) -> None:
    done = gnnrec(*(each.format(run=trained.directory) for each in arguments))
    assert done.returncode in {1, 2}
    assert done.stderr.strip().startswith(message)
    assert done.stdout == ""


def test_a_k_beyond_the_catalogue_is_clamped_and_said(trained: Run, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("gnnrec").propagate = True
    with caplog.at_level(logging.WARNING):
        assert trained.recommend([5], 1000)["rank"].tolist() == list(np.arange(1, 9))
    assert "k is 1000 and there are 16 items to choose from; k is taken as 16" in caplog.text
