"""Runs of several recommenders joined: each part is fitted as a run of its own would, and the join is kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch
from interrupted_runs import the_only_partial, without_seconds
from safetensors.torch import load_file
from toys import Watcher, movielens_like

from gnnrec import Blending, RecipeError, Run, UsageError, load_recipe, load_run, pipeline, run
from gnnrec.report.baselines import parts_alone
from gnnrec.report.subject import Subject
from gnnrec.runs.blend_stages import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = """
extends: baselines/ease
dataset: {path: "DATA"}
evaluation: {metrics: [ndcg, recall]}
scorer:
  name: blend
  parts:
    - scorer: {name: ease, l2: 2.0}
      WEIGHT
    - recipe: movielens_sage
      encoder: {channels: 8}
      trainer: {epochs: 3, device: cpu, checkpoint_seconds: 0}
      WEIGHT
"""


def blend_recipe(tmp_path: Path, weight: str = "") -> Path:
    data = movielens_like(tmp_path / "data")
    path = tmp_path / "mixed.yaml"
    path.write_text(RECIPE.replace("DATA", data.as_posix()).replace("WEIGHT", weight and f"weight: {weight}"))
    return path


def weights_of(one: Run) -> dict[str, torch.Tensor]:
    return dict(sorted(load_file(one.directory / "model.safetensors").items()))


def assert_same(one: Run, other: Run) -> None:
    mine, theirs = weights_of(one), weights_of(other)
    assert mine.keys() == theirs.keys()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert without_seconds(one.directory) == without_seconds(other.directory)


def test_parts_are_what_they_are_alone_and_scores_are_their_standardised_sum(tmp_path: Path) -> None:
    blend = run(blend_recipe(tmp_path, "0.5"), out=tmp_path / "runs")
    ease = run("baselines/ease", alone(tmp_path, {"scorer.l2": 2.0}), out=tmp_path / "runs")
    small = {"encoder.channels": 8, "trainer.epochs": 3, "trainer.device": "cpu", "split.disjoint_train": 0.0}
    sage = run("movielens_sage", alone(tmp_path, small), out=tmp_path / "runs")
    users = list(blend.users["user"])
    parts = [each.score(users) for each in (ease, sage)]
    standard = [(each - each.mean(1, keepdim=True)) / each.std(1, keepdim=True, correction=0) for each in parts]
    torch.testing.assert_close(blend.score(users), (standard[0] + standard[1]) / 2, atol=1e-4, rtol=1e-4)
    told = blend.metrics["parts"]
    assert [part["name"] for part in told] == ["ease", "hetero_sage"]
    assert told[1]["best_epoch"] == sage.metrics["best_epoch"]
    assert told[1]["val"] == pytest.approx(sage.metrics["val"])
    history = (blend.directory / FOLDER.format(1) / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in history] == [1, 2, 3]
    assert not (blend.directory / FOLDER.format(0)).exists()


def alone(tmp_path: Path, more: dict[str, Any]) -> dict[str, Any]:
    return {"dataset.path": str(tmp_path / "data"), "evaluation.metrics": ["ndcg", "recall"], **more}


def test_a_blend_is_loaded_run_again_and_asked_like_any_other(tmp_path: Path) -> None:
    blend = run(blend_recipe(tmp_path), out=tmp_path / "runs")
    again = run(blend.directory / "recipe.yaml", out=tmp_path / "again")
    assert_same(blend, again)
    loaded = load_run(blend.directory)
    assert loaded.evaluate() == pytest.approx(blend.metrics["test"])
    assert len(loaded.recommend_for_history(list(loaded.items["item"][:2]), 3)) == 3
    assert len(loaded.similar(loaded.items["item"][0], 2)) == 2
    chosen = weights_of(blend)["join.weights"]
    assert float(chosen.sum()) == pytest.approx(1.0)


def test_a_blend_that_was_interrupted_in_a_part_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    recipe = blend_recipe(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(recipe, out=tmp_path / "cut", observers=[Watcher(KeyboardInterrupt(), 2)])
    resumed = pipeline.resume(the_only_partial(tmp_path / "cut"))
    assert_same(run(recipe, out=tmp_path / "whole"), resumed)


def test_a_refit_fits_every_part_anew_and_leaves_the_join(tmp_path: Path) -> None:
    recipe = blend_recipe(tmp_path)
    plain = run(recipe, out=tmp_path / "runs")
    refitted = run(recipe, {"refit": True}, out=tmp_path / "runs")
    one, other = weights_of(plain), weights_of(refitted)
    assert torch.equal(one["join.weights"], other["join.weights"])
    assert not any(torch.equal(one[name], other[name]) for name in one if name.startswith("part1.encoder.initial"))
    assert refitted.metrics["val"] == plain.metrics["val"]
    in_use = pipeline.refit(plain.directory, "all")
    assert in_use.metrics["parts"] == plain.metrics["parts"]
    assert torch.equal(weights_of(in_use)["join.weights"], one["join.weights"])
    loaded = load_run(in_use.directory)
    assert loaded.score(list(loaded.users["user"][:2])).isfinite().all()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ("[{scorer: {name: ease}}]", "parts: tuple should have at least 2 items"),
        ("[{scorer: {name: eas}}, {scorer: {name: ease}}]", "scorer.parts.0.scorer.name: no scorer is called 'eas'"),
        ("[{scorer: {name: ease, l3: 1}}, {scorer: {name: ease}}]", "scorer.parts.0.scorer.l3: unknown key"),
        ("[{wait: 1, scorer: {name: ease}}, {scorer: {name: ease}}]", "scorer.parts.0.wait: unknown key"),
        ("[{weight: 1, scorer: {name: ease}}, {scorer: {name: ease}}]", "give every part a weight; or none"),
        ("[{weight: 0, scorer: {name: ease}}, {weight: 0, scorer: {name: ease}}]", "all weights are 0"),
        ("[{weight: -1, scorer: {name: ease}}, {weight: 1, scorer: {name: ease}}]", "scorer.parts.0.weight: expected"),
        ("[{}, {scorer: {name: ease}}]", "scorer.parts.0.encoder: this section is missing"),
        ("[{scorer: {name: blend}}, {scorer: {name: ease}}]", "a part is not made of parts itself"),
        ("[{recipe: movielens_sag}, {scorer: {name: ease}}]", "no shipped recipe of that name; did you mean"),
        ("[{recipe: 3}, {scorer: {name: ease}}]", "scorer.parts.0.recipe: expected the path or name of one recipe"),
        ("[{recipe: movielens_sage, encoder: {layer: 1}}, {scorer: {name: ease}}]", "scorer.parts.0.encoder.layer"),
        ("[ease, {scorer: {name: ease}}]", "scorer.parts.0: expected"),
    ],
)
def test_faults_of_parts_are_told_where_they_stand(tmp_path: Path, parts: str, message: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(f"extends: baselines/ease\nscorer:\n  name: blend\n  parts: {parts}\n")
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    assert message in str(caught.value)
    assert len(caught.value.faults) == 1 or "section" in message
    assert str(caught.value).startswith(str(path))


def test_parts_are_changed_by_their_index(tmp_path: Path) -> None:
    recipe = load_recipe(blend_recipe(tmp_path, "0.5"), ["scorer.parts.1.encoder.layers=1", "scorer.parts.0.weight=2"])
    assert recipe.scorer is not None
    dumped = recipe.to_dict()["scorer"]["parts"]
    assert (dumped[1]["encoder"]["layers"], dumped[0]["weight"]) == (1, 2.0)


def test_weights_are_not_chosen_without_validation(tmp_path: Path) -> None:
    scorer = load_recipe(blend_recipe(tmp_path)).scorer
    assert isinstance(scorer, Blending)
    with pytest.raises(UsageError, match="give each part a weight, or hold something out"):
        scorer.join(None)


def test_the_report_of_a_blend_says_what_each_part_is_worth_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blend = run(blend_recipe(tmp_path, "0.5"), out=tmp_path / "runs")
    ease = run("baselines/ease", alone(tmp_path, {"scorer.l2": 2.0}), out=tmp_path / "elsewhere")
    found, left_out = parts_alone(Subject.of(blend))
    assert [each.name for each in found] == ["ease alone", "hetero_sage alone"]
    assert found[0].test == pytest.approx({name: ease.metrics["test"][name] for name in found[0].test})
    assert found[1].val == blend.metrics["parts"][1]["val"]
    assert left_out == []
    assert parts_alone(Subject.of(ease)) == ([], [])
    monkeypatch.setitem(parts_alone.__globals__, "MOST_CELLS", 100)
    found, left_out = parts_alone(Subject.of(blend))
    told = "What each part of the blend is worth alone is left out: ranking 16 items for 12 users takes too long"
    assert (found, left_out) == ([], [f"{told} for a report."])
