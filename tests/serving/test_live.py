from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from live_logs import LiveLog
from toys import movielens_like, small_recipe

from gnnrec import Edges, UsageError, load_run, pipeline
from gnnrec.modelling.reasons import LEFT_OUT, SHARES
from gnnrec.recipe.load import load_recipe
from gnnrec.serving.answers import Ask, HistoryItem, Unknown
from gnnrec.serving.live import Live

if TYPE_CHECKING:
    from gnnrec import Run

CLOSED = """\
name: {name}
dataset: {{name: movielens, path: {data}}}
split: {{name: random_link, disjoint_train: 0}}
scorer: {scorer}
"""
BLEND = (
    "{name: blend, parts: [{scorer: {name: ease, l2: 5.0}, weight: 0.5}, {scorer: {name: popularity}, weight: 0.5}]}"
)
KINDS = ("lightgcn", "hetero_sage", "mf", "ease", "blend")
LEARNED = KINDS[:3]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """A small run of each kind over the checkerboard: users 1 to 8, items 101 to 116."""
    folder = tmp_path_factory.mktemp("live")
    data, made = movielens_like(folder / "data"), {}
    for name in LEARNED:
        extra: dict[str, Any] = {"encoder__name": name} if name != "hetero_sage" else {}
        made[name] = pipeline.run(small_recipe(data, trainer__epochs=5, **extra), out=folder / name)
    for name, scorer in (("ease", "{name: ease, l2: 5.0}"), ("blend", BLEND)):
        path = folder / f"{name}.yaml"
        path.write_text(CLOSED.format(name=name, data=data, scorer=scorer))
        made[name] = pipeline.run(load_recipe(path), out=folder / name)
    return {name: load_run(run.directory) for name, run in made.items()}


@pytest.fixture(params=KINDS)
def run(runs: dict[str, Run], request: pytest.FixtureRequest) -> Run:
    return runs[request.param]


@pytest.fixture
def log() -> LiveLog:
    return LiveLog()


def listed(live: Live, **asked: Any) -> list[tuple[Any, float]]:
    live.catch_up()
    (answer,) = live.recommend([Ask(**{"k": 16, **asked})])
    return [(each.item, each.score) for each in answer.items]


def items(live: Live, **asked: Any) -> list[Any]:
    return [item for item, _ in listed(live, **asked)]


def test_without_anything_new_answers_are_the_runs_own(run: Run, log: LiveLog) -> None:
    live = Live(run, log)
    for user in (1, 5):
        expected = run.recommend([user], 16)
        assert items(live, user=user) == expected["item"].tolist()
        scores = [score for _, score in listed(live, user=user)]
        np.testing.assert_allclose(scores, expected["score"], rtol=1e-6)
    expected = run.recommend_for_history([101, 103], 16)
    assert items(live, history=(HistoryItem(101), HistoryItem(103))) == expected["item"].tolist()


def test_a_click_is_in_the_very_next_answer(run: Run, log: LiveLog) -> None:
    live = Live(run, log)
    before = listed(live, user=1, include_seen=True)
    clicked = items(live, user=1)[0]
    log.click(1, clicked)
    assert clicked not in items(live, user=1)
    after = listed(live, user=1, include_seen=True)
    assert clicked in dict(after)
    moves = run.recipe.encoder is None or run.recipe.encoder.name != "mf"  # which hears of nothing
    assert (after != before) == moves


def test_somebody_new_is_folded_in_from_all_that_they_did(run: Run, log: LiveLog) -> None:
    live = Live(run, log)
    with pytest.raises(Unknown, match=r"expected the id of a user that is known, got 900"):
        items(live, user=900)
    log.click(900, 101, 103)
    log.click(900, 105)
    history = tuple(HistoryItem(item, 2_000_000_000) for item in (101, 103, 105))
    assert listed(live, user=900) == listed(live, history=history)
    assert not {101, 103, 105} & {*items(live, user=900)}


def test_items_stay_as_they_are_until_they_are_refreshed(runs: dict[str, Run], log: LiveLog) -> None:
    live = Live(runs["lightgcn"], log)
    before = live._snapshot.scoring.item.clone()  # type: ignore[attr-defined]
    log.click(1, *items(live, user=1)[:3])
    live.catch_up()
    assert torch.equal(live._snapshot.scoring.item, before)  # type: ignore[attr-defined]
    assert live.refresh() == 3
    assert not torch.allclose(live._snapshot.scoring.item, before)  # type: ignore[attr-defined]
    assert live.refresh() == 3
    assert log.last() == 4


def test_who_reads_the_log_from_its_beginning_agrees_to_the_digit(run: Run, log: LiveLog) -> None:
    live = Live(run, log)
    for user, clicked in ((1, (102, 104)), (900, (101, 103)), (2, (116,))):
        log.click(user, *clicked)
        live.catch_up()
    live.refresh()
    log.click(1, 106)
    log.click(901, 103, 116)
    other = Live(run, log)
    for user in (1, 2, 3, 900, 901):
        assert listed(live, user=user) == listed(other, user=user)
    assert live.model()["refreshed"] == other.model()["refreshed"] == 5


def test_after_a_refresh_a_known_user_is_as_if_the_graph_had_had_the_clicks(runs: dict[str, Run], log: LiveLog) -> None:
    run = runs["lightgcn"]
    live = Live(run, log)
    clicked = items(live, user=1)[:2]
    log.click(1, *clicked)
    live.refresh()
    scores = dict(listed(live, user=1, include_seen=True))
    known = live._snapshot.split.known("test")
    node = run.users["user"].tolist().index(1)
    assert {*clicked} <= {run.items["item"][item] for item in known.items_of(np.array([node]))[1]}
    expected = live._snapshot.scoring.score(torch.tensor([node]))[0]
    assert scores == dict(zip(run.items["item"], expected.tolist(), strict=True))


def test_what_is_deleted_is_gone(run: Run, log: LiveLog) -> None:
    live = Live(run, log)
    before = listed(live, user=1)
    log.click(1, 102)
    log.click(900, 101)
    live.catch_up()
    log.lines = [each for each in log.lines if each.user != 1]
    log.lines.append(log.lines[-1].__class__(3, "delete_interaction"))
    assert listed(live, user=1) == before
    log.add("delete_user", 900)
    with pytest.raises(Unknown):
        items(live, user=900)


def test_a_user_of_the_run_who_was_deleted_is_unknown_and_may_come_back_as_somebody_new(run: Run, log: LiveLog) -> None:
    live = Live(run, log)
    log.add("delete_user", 1)
    with pytest.raises(Unknown, match="got 1"):
        items(live, user=1)
    log.click(1, 101)
    assert listed(live, user=1) == listed(live, history=(HistoryItem(101, 2_000_000_000),))


def test_items_that_cannot_be_had_are_not_recommended(run: Run, log: LiveLog) -> None:
    live = Live(run, log)
    first, second = items(live, user=1)[:2]
    log.add("availability", None, first, attributes={"available": False})
    assert items(live, user=1)[0] == second
    log.add("availability", None, first, attributes={"available": True})
    assert items(live, user=1)[0] == first
    log.add("delete_item", None, first)
    assert first not in items(live, user=1)
    with pytest.raises(Unknown, match="expected the id of an item that is known"):
        items(live, history=(HistoryItem(first),))


def test_new_items_are_there_at_once_by_their_features(runs: dict[str, Run], log: LiveLog) -> None:
    live = Live(runs["hetero_sage"], log)
    live.require_new_item(900, {"genres": ["Comedy"]})
    log.add("item", None, 900, attributes={"title": "New (2026)", "genres": ["Comedy", "Drama"]})
    assert 900 in items(live, user=1)
    (answer,) = live.recommend([Ask(user=1, k=16, candidates=(900,))])
    assert (answer.items[0].item, answer.items[0].title) == (900, "New (2026)")
    assert answer.items[0].attributes["genres"] == ["Comedy", "Drama"]
    assert [each.item for each in live.search("new", 5)] == [900]
    log.click(1, 900)
    assert 900 not in items(live, user=1)
    with pytest.raises(UsageError, match="there is an item 900 already"):
        live.require_new_item(900, {})


def test_what_knows_items_by_interactions_alone_says_that_a_new_one_waits(runs: dict[str, Run], log: LiveLog) -> None:
    live = Live(runs["ease"], log)
    live.require_new_item(900, {"genres": ["Comedy"]})
    log.add("item", None, 900, attributes={"genres": ["Comedy"]})
    assert 900 not in items(live, user=1)
    assert live.model()["not_recommended"] == {
        "900": "this recommender knows items by their interactions alone, and new items have none"
    }
    log.click(900, 900, 101)  # it is known all the same
    assert items(live, user=900) == items(live, history=(HistoryItem(101, 2_000_000_000),))


def test_lists_are_narrowed_by_what_is_asked_for(run: Run, log: LiveLog) -> None:
    live = Live(run, log)
    everything = items(live, user=1)
    assert items(live, user=1, exclude=(everything[0],)) == everything[1:]
    assert items(live, user=1, candidates=tuple(everything[2:4])) == everything[2:4]
    assert items(live, user=1, k=2) == everything[:2]
    horror = {item for item, genres in zip(run.items["item"], run.items["genres"], strict=True) if "Horror" in genres}
    assert items(live, user=1, where={"genres": ("Horror",)}) == [item for item in everything if item in horror]
    with pytest.raises(UsageError, match=r"items have no attribute 'colour'; of them is known: genres"):
        items(live, user=1, where={"colour": ("red",)})
    with pytest.raises(UsageError, match="every item that could be recommended is excluded"):
        items(live, user=1, where={"genres": ("Western",)})
    with pytest.raises(Unknown, match=r"got 1010; the nearest: 101"):
        items(live, user=1, exclude=(1010,))


def test_similar_items_are_the_runs(run: Run, log: LiveLog) -> None:
    live = Live(run, log)
    assert [each.item for each in live.similar(101, 5)] == run.similar(101, 5)["item"].tolist()
    with pytest.raises(Unknown):
        live.similar(999, 5)


def test_shares_add_up_to_the_score(run: Run, log: LiveLog) -> None:
    live = Live(run, log)
    history = (HistoryItem(101), HistoryItem(103), HistoryItem(105))
    (answer,) = live.recommend([Ask(history=history, k=16, reasons=True)])
    bends = {"hetero_sage", "blend"}
    name = run.recipe.name if run.recipe.encoder is None else run.recipe.encoder.name
    assert answer.reasons_by == (LEFT_OUT if name in bends else SHARES)
    assert any(each.reasons for each in answer.items) == (name != "mf")  # which hears of nothing
    for each in answer.items:
        assert each.reasons is not None
        assert {reason.item for reason in each.reasons} <= {101, 103, 105}
        assert [reason.weight for reason in each.reasons] == sorted((r.weight for r in each.reasons), reverse=True)


def test_the_shares_of_a_linear_scorer_are_the_score(runs: dict[str, Run]) -> None:
    history = Edges(np.zeros(3, np.int64), np.array([0, 2, 4]), 1, 16)
    weights, how = runs["ease"].scoring.carried(None, history, torch.arange(16))
    assert how == SHARES
    torch.testing.assert_close(weights.sum(dim=0), runs["ease"].scoring.score_histories(history)[0])


def test_a_new_item_lays_no_graph_out_and_a_deletion_does(
    runs: dict[str, Run], log: LiveLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs["hetero_sage"]
    log.click(1, 102)
    log.refresh(1)
    live, made = Live(run, log), []
    real = type(run).scoring_over
    monkeypatch.setattr(type(run), "scoring_over", lambda self, split: made.append(1) or real(self, split))
    log.add("item", None, 900, attributes={"genres": ["Comedy"]})
    assert 900 in items(live, user=1)
    assert made == []
    log.add("delete_user", 1)
    live.catch_up()
    assert live._snapshot.split is run.learned  # nothing is left of what came


@pytest.mark.parametrize("decoder", ["dot", "cosine"])
def test_lightgcn_adds_up_what_each_item_and_the_users_own_row_give(runs: dict[str, Run], decoder: str) -> None:
    scoring: Any = copy(runs["lightgcn"].scoring)
    scoring._model = copy(scoring._model)
    scoring._model.decoder = load_recipe("movielens_sage", {"decoder.name": decoder}).decoder.build(8)  # type: ignore[union-attr]
    known = runs["lightgcn"].split.known("test")
    history = replace(
        known.keep(known.users == 2), users=np.zeros(int((known.users == 2).sum()), np.int64), num_users=1
    )
    weights, how = scoring.carried(2, history, torch.arange(16))
    assert how == SHARES
    row = scoring.score(torch.tensor([2]))[0]
    shares, own = scoring._fold_in.shares(2, history)
    torch.testing.assert_close(shares.sum(dim=0) + own, scoring.user[2], rtol=1e-4, atol=1e-6)
    rest = scoring._model.score_all(own[None], scoring.item)[0]
    if decoder == "cosine":
        rest = rest * own.norm() / scoring.user[2].norm()
    torch.testing.assert_close(weights.sum(dim=0) + rest, row, rtol=1e-4, atol=1e-5)


def test_what_bends_is_told_by_leaving_each_out(runs: dict[str, Run]) -> None:
    scoring = runs["hetero_sage"].scoring
    history = Edges(np.zeros(3, np.int64), np.array([0, 2, 4]), 1, 16)
    weights, how = scoring.carried(None, history, torch.tensor([6, 8]))
    assert how == LEFT_OUT
    whole = scoring.score_histories(history)[0]
    without = scoring.score_histories(history.keep(np.array([0, 2])))[0]
    torch.testing.assert_close(weights[1], (whole - without)[[6, 8]], rtol=1e-4, atol=1e-6)


def test_answers_do_not_hang_on_who_is_asked_about_together(run: Run, log: LiveLog) -> None:
    live = Live(run, log)
    log.click(900, 101, 103)
    log.click(2, *items(live, user=2)[:2])
    live.catch_up()
    asks = [Ask(user=user, k=16) for user in (1, 2, 3, 900, 4, 5, 2)]
    asks += [Ask(history=tuple(HistoryItem(item) for item in some), k=16) for some in ((101,), (105, 110, 112), ())]
    assert live.recommend(asks) == [live.recommend([ask])[0] for ask in asks]
