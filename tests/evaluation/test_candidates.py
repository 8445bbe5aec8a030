"""Which items are ranked: files of candidates, what is asked about under them, and what is refused."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import torch
from toys import edges, interactions, movielens_like, small_recipe, split_by_hand
from written_scorings import Told

from gnnrec import DataError, UsageError, load_run, run
from gnnrec.comparison.compare import compare
from gnnrec.evaluation.candidates import ItemCandidates, PairCandidates, read_candidates
from gnnrec.evaluation.evaluator import Evaluator
from gnnrec.evaluation.ranking import RankingTask
from gnnrec.modelling.objective import Objective
from gnnrec.plugin.registry import installed
from gnnrec.recipe.schema import Evaluation
from gnnrec.report.page import run_page
from gnnrec.report.side_by_side import put_side_by_side
from gnnrec.report.subject import Subject
from gnnrec.runs.judging import candidates_of
from gnnrec_losses.functional import softmax

if TYPE_CHECKING:
    from gnnrec import Recipe, Run

pytest_plugins = ["working_folder"]

pytestmark = pytest.mark.usefixtures("working_folder")

METRICS = tuple(each() for each in installed().components("metric").values())
PAIRS = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (1, 3), (2, 0), (2, 3)]
PARTS = ["train", "val", "test", "train", "val", "test", "train", "test"]
SPLIT = split_by_hand(interactions(PAIRS, 3, 6), PARTS, ["ms" if part == "train" else "" for part in PARTS])
"""Six items, 101 to 106. In val user 1 wants 102 and user 2 103; in test user 1 wants 103, users 2 and 3 104."""

SCORES = torch.tensor([[6.0, 5, 4, 3, 2, 1]] * 3)


def put(table: dict[str, Any], name: str = "some.csv") -> str:
    frame = pd.DataFrame(table)
    frame.to_parquet(name) if name.endswith("parquet") else frame.to_csv(name, index=False)
    return name


def evaluator(part: str, table: dict[str, Any] | None, objective: Objective | None = None) -> Evaluator:
    candidates = None if table is None else read_candidates(put(table), SPLIT)
    evaluation = Evaluation(k=(1, 3), metrics=METRICS)
    return Evaluator(SPLIT, part, evaluation, 0, objective, candidates)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["some.csv", "some.csv.gz", "some.parquet"])
def test_items_of_each_form_of_a_file_are_those_of_val_and_test(name: str) -> None:
    found = read_candidates(put({"item": [104, 103, 104], "note": "x"}, name), SPLIT)
    assert isinstance(found, ItemCandidates)
    assert found.items.tolist() == [False, False, True, True, False, False]
    assert found.parts == ("val", "test")
    assert found.to_table(SPLIT.interactions)["item"].tolist() == [103, 104]


@pytest.mark.parametrize("name", ["some.csv", "some.parquet"])
def test_pairs_are_those_of_the_test_whatever_their_order(name: str) -> None:
    rows = [(3, 104), (1, 103), (2, 104), (1, 103), (2, 101)]
    found = read_candidates(put({"user": [u for u, _ in rows], "item": [i for _, i in rows]}, name), SPLIT)
    assert isinstance(found, PairCandidates)
    assert found.parts == ("test",)
    table = found.to_table(SPLIT.interactions)
    assert list(zip(table["user"], table["item"], strict=True)) == [(1, 103), (2, 101), (2, 104), (3, 104)]
    again = read_candidates(put({"item": table["item"], "user": table["user"]}), SPLIT)
    assert again is not None
    assert again.fingerprint == found.fingerprint


def test_no_file_is_all_items() -> None:
    assert read_candidates(None, SPLIT) is None


def test_what_is_unknown_or_not_asked_about_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gnnrec")
    read_candidates(put({"item": [103, 999, 999, 998]}), SPLIT)
    assert caplog.messages == [
        "some.csv: 2 items are not known; the first is 999",
        "some.csv: 1 of 2 val interactions are with no candidate and are not asked about; with them go 1 of 2 users",
        "some.csv: 2 of 3 test interactions are with no candidate and are not asked about; with them go 2 of 3 users",
    ]
    caplog.clear()
    read_candidates(put({"user": [1, 2, 3, 9], "item": [103, 104, 104, 103]}), SPLIT)
    assert caplog.messages == [
        "some.csv: 1 users are not known; the first is 9",
        "some.csv holds for the test; in val all items are ranked",
    ]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"film": [103]}, "some.csv has no column 'item'; known: film"),
        ({"item": []}, "some.csv has no item that is known: there are no rows in it"),
        ({"item": ["a", "b"]}, "some.csv has no item that is known: no item has the id a, b"),
        (
            {"user": [8, 8], "item": [103, 104]},
            "some.csv has no user that is known: no user has the id 8",
        ),
        (
            {"user": [2, 1], "item": [104, 999]},
            "some.csv has no candidates for 2 of the 3 users with test interactions; the first is user 1",
        ),
        (
            {"item": [104]},
            "some.csv: none of the 2 val interactions is with a candidate, so there is nothing to judge by",
        ),
        (
            {"user": [1, 2, 3], "item": [105, 105, 105]},
            "some.csv: none of the 3 test interactions is with a candidate, so there is nothing to judge by",
        ),
    ],
)
def test_a_file_that_holds_no_candidates_is_refused(table: dict[str, Any], message: str) -> None:
    put(table)
    with pytest.raises(DataError) as error:
        read_candidates("some.csv", SPLIT)
    assert str(error.value) == message


def test_another_kind_of_file_and_none_are_refused() -> None:
    with pytest.raises(DataError, match=r"^some.txt: candidates are in a file that ends in .csv, .csv.gz, .parquet$"):
        read_candidates("some.txt", SPLIT)
    with pytest.raises(
        DataError, match=r"^there is no file some.csv, which evaluation.candidates names: it was looked"
    ):
        read_candidates("some.csv", SPLIT)


def test_only_candidates_are_ranked_by_hand() -> None:
    scoring: Any = Told(SCORES)
    # All items: user 1 has seen 101 and 102, user 2 102 and 103, user 3 101.
    free = evaluator("test", None).judge(scoring)
    assert free.per_user["mrr@3"].tolist() == pytest.approx([1, 1 / 2, 1 / 3])
    # Of 104, 105 and 106 alone, 103 is not asked about, and user 1 wants nothing else.
    judged = evaluator("test", {"item": [104, 105, 106, 103]}).judge(scoring)
    assert judged.per_user["mrr@3"].tolist() == [1, 1, 1 / 2]
    of_pairs = evaluator("test", {"user": [1, 2, 3, 3], "item": [105, 104, 104, 102]}).judge(scoring)
    assert of_pairs.per_user["user"].tolist() == [1, 2]
    assert of_pairs.per_user["mrr@3"].tolist() == [1, 1 / 2]
    assert of_pairs.metrics["precision@3"] == pytest.approx(1 / 3)
    assert sum(each.users for each in of_pairs.groups.activity) == 2
    assert [each.interactions for each in of_pairs.groups.popularity] == [2]
    for name in ("auc", "ap"):
        assert judged.metrics[name] == of_pairs.metrics[name] == free.metrics[name]


def test_pairs_leave_val_as_it_is_and_a_listwise_loss_is_over_all_items() -> None:
    scoring: Any = Told(SCORES)
    listwise = Objective(lambda scores, positives: softmax(scores, positives, 1.0), listwise=True)
    pairs = {"user": [1, 2, 3], "item": [103, 104, 104]}
    free = evaluator("val", None, listwise).measure(scoring)
    assert evaluator("val", pairs, listwise).measure(scoring) == free
    under_items = evaluator("val", {"item": [103, 104]}, listwise).measure(scoring)
    assert under_items["loss"] == free["loss"]
    assert under_items["mrr@1"] == 1.0 != free["mrr@1"]


@pytest.mark.parametrize("cells", [2**24, 60])
def test_a_ranking_of_pairs_equals_one_by_one_in_blocks(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gnnrec.modelling.score_rows.RANKED_CELLS", cells)
    random = np.random.default_rng(0)
    scores = random.normal(size=(25, 20)).astype(np.float32)
    kind = random.choice(3, size=(25, 20), p=[0.5, 0.3, 0.2])  # nothing, seen, held out
    chosen = random.random((25, 20)) < 0.5
    seen, held_out = (edges(list(zip(*np.nonzero(kind == n), strict=True)), 25, 20) for n in (1, 2))
    candidates = PairCandidates(edges(list(zip(*np.nonzero(chosen), strict=True)), 25, 20))
    lists = RankingTask(held_out, seen, candidates).rank(lambda users: torch.from_numpy(scores)[users].clone(), 4)
    asked = [user for user in range(25) if (chosen & (kind == 2))[user].any()]
    assert lists.users.tolist() == asked
    for user, items, relevant, total in zip(asked, lists.items, lists.relevant, lists.num_relevant, strict=True):
        left = [item for item in np.argsort(-scores[user]) if chosen[user, item] and kind[user, item] != 1][:4]
        assert items.tolist() == left + [-1] * (4 - len(left))
        assert relevant.tolist()[: len(left)] == [kind[user, item] == 2 for item in left]
        assert total == (chosen & (kind == 2))[user].sum()


def test_lists_hold_places_that_are_no_candidates(caplog: pytest.LogCaptureFixture) -> None:
    asked = evaluator("test", {"user": [1, 2, 3, 3], "item": [103, 104, 104, 105]})
    caplog.clear()
    rows = [(1, 106, 1), (1, 103, 2), (1, 101, 3), (2, 104, 1), (2, 105, 2), (2, 106, 3)]
    rows += [(3, 105, 1), (3, 104, 2), (3, 106, 3)]
    table = pd.DataFrame(rows, columns=["user", "item", "rank"])
    judged = asked.judge_lists(table, SPLIT.interactions, "lists.csv")
    assert judged.per_user["mrr@3"].tolist() == [1 / 2, 1, 1 / 2]
    assert caplog.messages == [
        "lists.csv: 1 places hold what the user has seen; they are misses",
        "lists.csv: 4 places hold an item that is no candidate; they are misses",
    ]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return movielens_like(tmp_path_factory.mktemp("data"))


def recipe(data: Path, **overrides: Any) -> Recipe:
    return small_recipe(data, trainer__epochs=1, evaluation__metrics=["ndcg", "hit"], evaluation__k=[2], **overrides)


def even_items(first: int = 101) -> str:
    return put({"item": range(first, 117, 2)}, "even.csv")


def test_a_run_keeps_its_candidates(data: Path) -> None:
    made = run(recipe(data, evaluation__candidates=even_items(), trainer__monitor="ndcg@2"), out="runs")
    free = run(recipe(data), out="runs")
    assert len(made.per_user) < len(free.per_user)
    fingerprints = [each.environment["candidates_fingerprint"] for each in (made, free)]
    assert fingerprints == [candidates_of(made).fingerprint, None]  # type: ignore[union-attr]
    assert "Rankings are over the candidates in even.csv" in (made.directory / "report.html").read_text()
    assert "Rankings are over all items" in (free.directory / "report.html").read_text()
    assert free.evaluate(["evaluation.candidates=even.csv"]) == made.metrics["test"] != free.metrics["test"]
    Path("even.csv").unlink()
    opened = load_run(made.directory)
    assert opened.evaluate() == made.metrics["test"]
    assert opened.evaluate({"evaluation.candidates": None}) == free.metrics["test"]
    assert opened.evaluate(["evaluation.candidates=null"]) == free.metrics["test"]
    assert opened.evaluate_lists(opened.test_lists()) == {
        name: made.metrics["test"][name] for name in ("ndcg@2", "hit@2")
    }
    assert "Rankings are over the candidates in even.csv" in run_page(Subject.of(opened))
    _assert_not_compared(made, free)


def _assert_not_compared(made: Run, free: Run) -> None:
    with pytest.raises(UsageError) as error:
        compare([free.directory, made.directory], metric="ndcg@2")
    assert str(error.value) == (
        f"only runs that ranked the same candidates can be compared, not {free.directory} ({free.directory}) and "
        f"{made.directory} ({made.directory}); give all of them the same -s evaluation.candidates=FILE, or none"
    )
    with pytest.raises(UsageError, match="ranked different candidates, so their numbers do not compare"):
        put_side_by_side([free, made])


def test_a_file_that_is_nowhere_is_told_before_the_data_are_loaded(data: Path) -> None:
    nowhere = recipe(data, evaluation__candidates="even.csv", dataset__path=str(data / "no"))
    with pytest.raises(
        DataError, match=r"^there is no file even.csv, which evaluation.candidates names: it was looked"
    ):
        run(nowhere, out="runs")
    assert not list(Path("runs").rglob("*.partial"))


def test_a_run_by_what_the_file_held_before_is_not_taken_again(data: Path) -> None:
    scorer = "dataset: {name: movielens, path: DATA}\nsplit: {name: random_link}\nscorer: {name: popularity}\n"
    Path("popular.yaml").write_text(scorer.replace("DATA", str(data)))
    asked: dict[str, Any] = {"overrides": {"evaluation.candidates": even_items()}, "out": "runs"}
    runs = [compare("popular.yaml", **asked).rows[0].entry.runs[0].directory for _ in range(2)]
    even_items(103)
    later = compare("popular.yaml", **asked).rows[0].entry.runs[0].directory
    assert runs[0] == runs[1] != later
