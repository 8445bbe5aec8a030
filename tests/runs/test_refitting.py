"""Fitting anew on more once the epoch is chosen: the same epochs again, on train and val or on all there is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from interrupted_runs import STRATEGIES, history, interrupted, without_seconds
from safetensors.torch import load_file
from toys import Watcher, movielens_like, small_recipe

from gnnrec import (
    RecipeError,
    RunDirectoryError,
    TrainingTask,
    UsageError,
    compare,
    hookimpl,
    load_recipe,
    load_run,
    pipeline,
    run,
)
from gnnrec.contract.training import Checkpoints
from gnnrec.data.extended_split import extended
from gnnrec.modelling.fitting import fit, fit_scorer
from gnnrec.randomness import Streams
from gnnrec.report.subject import Subject
from gnnrec.testing.comparing import difference
from gnnrec_trainers.device_aware import DeviceAware

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from gnnrec import Run, Split
    from gnnrec.contract.training import EpochRecord
    from gnnrec.modelling.scoring import Scoring

FIELDS = {"trainer__checkpoint_seconds": 0, "evaluation__every": 2}


def refitted(tmp_path: Path, **fields: Any) -> Run:
    return run(small_recipe(movielens_like(tmp_path / "data"), refit=True, **FIELDS, **fields), out=tmp_path / "runs")


def in_order(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return dict(sorted(tensors.items()))


def weights(one: Run) -> dict[str, Tensor]:
    return in_order(load_file(one.directory / "model.safetensors"))


def refits(one: Run) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (one.directory / "refit.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "refit_seconds"} for line in lines]


def trained_by_hand(one: Run, split: Split, epochs: int) -> Mapping[str, Tensor]:
    """The weights after so many epochs over a split, by a validation that takes each epoch for the best so far."""
    trainer = one.recipe.trainer.model_copy(update={"epochs": epochs})
    recipe = one.recipe.model_copy(update={"trainer": trainer})

    def judge(scoring: Scoring, epoch: int) -> dict[str, float]:  # noqa: ARG001
        return {"loss": 1 / epoch}

    def ended(record: EpochRecord) -> None:
        pass

    streams = Streams(recipe.seed)
    with streams.global_state():
        return fit(recipe.model_sections(), dict(recipe.features), split, streams, judge, ended, Checkpoints()).weights


@pytest.mark.parametrize("fields", [STRATEGIES["full batch"], {"trainer__epochs": 6, "trainer__batch_size": 7}])
def test_a_model_goes_through_the_chosen_epochs_again_on_train_and_val(fields: dict[str, Any], tmp_path: Path) -> None:
    plain = run(small_recipe(movielens_like(tmp_path / "data"), **FIELDS, **fields), out=tmp_path / "plain")
    both = refitted(tmp_path, **fields)
    best = plain.metrics["best_epoch"]
    assert (both.metrics["best_epoch"], both.metrics["val"]) == (best, plain.metrics["val"])
    assert history(both.directory) == history(plain.directory)
    assert both.metrics["refit"] == {"on": "train+val", "epochs": best}
    assert [line["epoch"] for line in refits(both)] == list(range(1, best + 1))
    expected = trained_by_hand(both, extended(both.split, ("val",), both.recipe.split.seed), best)
    assert difference(in_order(expected), weights(both)) is None
    assert both.metrics["test"] != plain.metrics["test"]
    assert f"fitted anew on train and val in the same {best} epochs" in (both.directory / "report.html").read_text(
        "utf-8"
    )
    assert np.array_equal(both.split.part, plain.split.part)


def test_a_schedule_that_watched_validation_is_replayed_with_the_rates_that_it_gave(tmp_path: Path) -> None:
    falling = {"name": "plateau", "patience": 0, "min_delta": 0.1, "factor": 0.9}
    fields = {"trainer__epochs": 20, "trainer__learning_rate": 0.01, "split__disjoint_train": 0.0}
    both = refitted(tmp_path, **fields, trainer__scheduler=falling)
    best = both.metrics["best_epoch"]
    rates = [line["lr"] for line in history(both.directory)]
    assert best > 1
    assert [line["refit_lr"] for line in refits(both)] == rates[:best]
    assert len(set(rates[:best])) > 1


def test_a_schedule_by_steps_has_the_length_that_it_had(tmp_path: Path) -> None:
    both = refitted(tmp_path, **STRATEGIES["mini-batches"])
    best = both.metrics["best_epoch"]
    expected = [line["lr"] for line in history(both.directory)][:best]
    # A little more data make a little more steps, so the rates at the ends of epochs are the same but for a step.
    assert [line["refit_lr"] for line in refits(both)] == pytest.approx(expected, rel=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("fields", STRATEGIES.values(), ids=STRATEGIES)
@pytest.mark.parametrize("stop", [2, 3, 5])
def test_a_refit_resumed_in_either_stage_equals_the_uninterrupted_one(
    fields: dict[str, Any], stop: int, tmp_path: Path
) -> None:
    recipe = small_recipe(movielens_like(tmp_path / "data"), refit=True, **FIELDS, **fields)
    whole = run(recipe, out=tmp_path / "whole")
    first = len(whole.history)
    at = stop if stop <= min(2, first) else first + min(stop - 2, whole.metrics["best_epoch"])

    class Stopping:
        """Stops at the so manieth epoch of both stages together."""

        epochs = 0

        @hookimpl
        def gnnrec_epoch_ended(self) -> None:
            self.epochs += 1
            if self.epochs == at:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(recipe, out=tmp_path / "cut", observers=[Stopping()])
    (partial,) = (tmp_path / "cut").glob("*/*.partial")
    assert (partial / "refit.json").exists() == (at > first)
    resumed = pipeline.resume(partial)
    assert without_seconds(resumed.directory) == without_seconds(whole.directory)
    assert history(resumed.directory) == history(whole.directory)
    assert refits(resumed) == refits(whole)
    assert difference(weights(resumed), weights(whole)) is None


def test_a_scorer_is_fitted_on_train_and_val_at_once(tmp_path: Path) -> None:
    data = movielens_like(tmp_path / "data")
    chosen = {"dataset.path": str(data), "refit": True, "scorer.l2": 1.0}
    both = run(load_recipe("baselines/ease", chosen), out=tmp_path / "runs")
    split = extended(both.split, ("val",), both.recipe.split.seed)
    scoring = fit_scorer(both.recipe.scorer, split, Streams(0)).scoring("test")
    users = torch.arange(12)
    assert torch.equal(both.scoring.score(users), scoring.score(users))
    assert torch.equal(load_run(both.directory).scoring.score(users), scoring.score(users))
    once = fit_scorer(both.recipe.scorer, both.split, Streams(0)).scoring("test")
    assert not torch.equal(both.scoring.score(users), once.score(users))
    assert both.metrics["refit"] == {"on": "train+val", "epochs": None}


def test_a_loaded_refit_scores_as_it_was_tested(tmp_path: Path) -> None:
    both = refitted(tmp_path, **STRATEGIES["full batch"])
    assert load_run(both.directory).evaluate() == pytest.approx(both.metrics["test"], abs=1e-12)


def test_a_trainer_that_cannot_replay_is_told_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeviceAware, "replays", False)
    with pytest.raises(RecipeError) as error:
        small_recipe(movielens_like(tmp_path / "data"), refit=True)
    assert str(error.value) == (
        "override refit=True  refit: trainer 'device_aware' cannot go through its epochs again; leave refit out"
    )


def test_data_that_have_changed_between_the_stages_are_told(tmp_path: Path) -> None:
    recipe = small_recipe(movielens_like(tmp_path / "data"), refit=True, **STRATEGIES["full batch"])

    class Stopping:
        """Stops at the first epoch of the second stage, before there is a checkpoint of it."""

        @hookimpl
        def gnnrec_epoch_ended(self, epoch: EpochRecord) -> None:
            if epoch.refit_of is not None:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(recipe, out=tmp_path / "cut", observers=[Stopping()])
    (partial,) = (tmp_path / "cut").glob("*/*.partial")
    ratings = tmp_path / "data" / "ratings.csv"
    ratings.write_text("\n".join(ratings.read_text().splitlines()[:-9]) + "\n")
    with pytest.raises(UsageError) as error:
        pipeline.resume(partial)
    assert str(error.value) == (
        f"the data have changed since {partial} (edges), so its epochs say nothing of them; run its recipe anew: "
        f"gnnrec run {partial}/recipe.yaml -s refit=true"
    )


def test_where_it_is_started_from_does_not_matter_once_there_is_a_checkpoint(parent: Run, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        pipeline.refit(parent.directory, warm=True, out=tmp_path / "cut", observers=[Watcher(KeyboardInterrupt(), 3)])
    (partial,) = (tmp_path / "cut").glob("*/*.partial")
    whole = pipeline.refit(parent.directory, warm=True, out=tmp_path / "whole")
    assert list((partial / "checkpoints" / "refit").glob("*.safetensors"))
    (parent.directory / "model.safetensors").unlink()
    assert difference(weights(pipeline.resume(partial)), weights(whole)) is None


def test_what_a_refit_may_learn_from_is_told(parent: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        pipeline.refit(parent.directory, "test", out=tmp_path / "none")  # type: ignore[arg-type]
    assert str(error.value) == "a refit learns from train+val or all; got 'test'"
    assert not (tmp_path / "none").exists()


def test_the_recipe_of_a_refit_says_what_made_it(parent: Run) -> None:
    made = pipeline.refit(parent.directory, warm=True)
    first = (made.directory / "recipe.yaml").read_text().splitlines()[0]
    assert first == f"# Made by: gnnrec refit {parent.directory} --on all --warm"


@pytest.fixture
def parent(tmp_path: Path) -> Run:
    recipe = small_recipe(movielens_like(tmp_path / "data"), **FIELDS, **STRATEGIES["full batch"])
    return run(recipe, out=tmp_path / "runs")


def test_a_finished_run_refitted_on_train_and_val_is_what_it_would_have_been(parent: Run, tmp_path: Path) -> None:
    made = pipeline.refit(parent.directory, "train+val")
    both = refitted(tmp_path / "other", **STRATEGIES["full batch"])
    assert difference(weights(made), weights(both)) is None
    assert made.metrics["test"] == both.metrics["test"]
    page = (made.directory / "report.html").read_text("utf-8")
    assert "trained in another run. What is tested was fitted anew on train and val in the same" in page
    assert f"from {parent.directory}." in page
    assert made.metrics["val"] == {}
    assert made.metrics["parent"] == {
        "directory": str(parent.directory),
        "val": parent.metrics["val"],
        "test": parent.metrics["test"],
        "warm": False,
    }
    assert made.directory.parent == parent.directory.parent
    assert made.recipe == parent.recipe.model_copy(update={"refit": True})


def test_a_run_refitted_on_all_has_no_test_of_its_own_and_recommends(parent: Run) -> None:
    made = pipeline.refit(parent.directory)
    best = parent.metrics["best_epoch"]
    assert (made.metrics["test"], made.metrics["refit"]) == ({}, {"on": "all", "epochs": best})
    assert made.metrics["parent"]["test"] == parent.metrics["test"]
    assert set(made.split.part) == {0}
    expected = trained_by_hand(made, extended(parent.split, ("val", "test"), parent.recipe.split.seed), best)
    assert difference(in_order(expected), weights(made)) is None
    assert len(made.recommend([1], 3)) == 3
    assert not (made.directory / "per_user.parquet").exists()
    with pytest.raises(UsageError) as error:
        made.evaluate()
    assert str(error.value) == (
        f"{made.directory} learned from all there is, so nothing is left to judge it by; its figures are those of its "
        f"parent, {parent.directory}"
    )
    with pytest.raises(UsageError, match="learned from all there is, so nothing is left to judge it by"):
        Subject.of(made)
    with pytest.raises(UsageError, match=f"not everything has a test metric 'ndcg@10': {made.directory} has none"):
        compare([made.directory, parent.directory])
    with pytest.raises(UsageError) as error:
        pipeline.refit(made.directory)
    assert str(error.value) == (
        f"{made.directory} has no validation, so no epoch was chosen that could be gone through again; it is a refit "
        f"of {parent.directory}: refit that"
    )


def test_a_warm_refit_starts_from_the_runs_weights(parent: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, Tensor]] = []
    whole = DeviceAware.fit

    def watched(self: DeviceAware, task: TrainingTask) -> Any:
        started.append({name: value.clone() for name, value in task.model.state_dict().items()})
        return whole(self, task)

    monkeypatch.setattr(DeviceAware, "fit", watched)
    warm, cold = pipeline.refit(parent.directory, warm=True), pipeline.refit(parent.directory)
    assert difference(in_order(started[0]), weights(parent)) is None
    assert difference(in_order(started[1]), weights(parent)) is not None
    assert difference(weights(warm), weights(cold)) is not None
    assert (warm.metrics["parent"]["warm"], cold.metrics["parent"]["warm"]) == (True, False)


def test_an_interrupted_refit_of_a_run_is_resumed(parent: Run, tmp_path: Path) -> None:
    whole = pipeline.refit(parent.directory, out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        pipeline.refit(parent.directory, out=tmp_path / "cut", observers=[Watcher(KeyboardInterrupt(), 1)])
    (partial,) = (tmp_path / "cut").glob("*/*.partial")
    resumed = pipeline.resume(partial)
    assert without_seconds(resumed.directory) == without_seconds(whole.directory)
    assert difference(weights(resumed), weights(whole)) is None


def test_what_cannot_be_refitted_is_told(tmp_path: Path) -> None:
    movielens_like(tmp_path / "data")
    ease = run(load_recipe("baselines/popularity", {"dataset.path": str(tmp_path / "data")}), out=tmp_path / "runs")
    with pytest.raises(UsageError) as error:
        pipeline.refit(ease.directory, warm=True)
    assert str(error.value) == f"{ease.directory} is a scorer's run, which is fitted at once; leave --warm out"
    partial = interrupted(tmp_path / "cut", STRATEGIES["full batch"], 2)
    with pytest.raises(RunDirectoryError) as other:
        pipeline.refit(partial)
    assert str(other.value) == f"{partial} is a run that did not finish; first: gnnrec resume {partial}"


def test_other_data_are_told_before_anything_is_fitted(parent: Run, tmp_path: Path) -> None:
    ratings = tmp_path / "data" / "ratings.csv"
    ratings.write_text("\n".join(ratings.read_text().splitlines()[:-3]) + "\n")
    with pytest.raises(UsageError) as error:
        pipeline.refit(parent.directory)
    assert str(error.value) == (
        f"the data have changed since {parent.directory} (edges), so its epochs say nothing of them; run its recipe "
        f"anew: gnnrec run {parent.directory}/recipe.yaml -s refit=true"
    )
    assert not list((tmp_path / "runs").glob("*/*.partial"))


def test_what_was_not_used_may_change(parent: Run, tmp_path: Path) -> None:
    ratings = tmp_path / "data" / "ratings.csv"
    ratings.write_text(ratings.read_text().replace("4.0,1000000000", "3.0,1000000001"))
    assert pipeline.refit(parent.directory).metrics["refit"]["on"] == "all"


def test_another_version_is_told(parent: Run) -> None:
    recipe = parent.directory / "recipe.yaml"
    text = recipe.read_text()
    start = text.index("made_with:")
    recipe.write_text(text[:start] + "made_with: {gnnrec: 0.1.0}\n")
    with pytest.raises(UsageError) as error:
        pipeline.refit(parent.directory)
    assert str(error.value).startswith(f"{parent.directory} is not refitted: ")
    assert str(error.value).endswith(
        f". Refit it with what it was made with, or run its recipe again: gnnrec run {recipe}"
    )


def test_a_run_of_format_1_is_told(parent: Run) -> None:
    path = parent.directory / "environment.json"
    environment = json.loads(path.read_text())
    environment["dataset"] = environment["dataset"] | {"fingerprint": "d" * 64}
    path.write_text(json.dumps(environment))
    with pytest.raises(UsageError, match="is a run of format 1, which does not say what its data were"):
        pipeline.refit(parent.directory)


def test_a_history_that_lacks_epochs_is_told(parent: Run) -> None:
    path = parent.directory / "history.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(RunDirectoryError) as error:
        pipeline.refit(parent.directory)
    best = parent.metrics["best_epoch"]
    assert str(error.value) == f"{path} does not hold the epochs 1 to {best}, to be gone through again"
