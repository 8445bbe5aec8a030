from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from interrupted_runs import SETTING, STRATEGIES, history, interrupted, the_only_partial, without_seconds
from toys import Watcher, movielens_like, small_recipe

from gnnrec import RunDirectoryError, TrainingError, UsageError, pipeline, run
from gnnrec.recipe.load import dump_recipe
from gnnrec.runs.directory import RunDirectory
from gnnrec.runs.resuming import differences, unfinished

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("fields", STRATEGIES.values(), ids=STRATEGIES)
@pytest.mark.parametrize("epoch", [1, 3])
def test_a_resumed_run_equals_the_uninterrupted_one(fields: dict[str, Any], epoch: int, tmp_path: Path) -> None:
    whole = run(small_recipe(movielens_like(tmp_path / "data"), **SETTING, **fields), out=tmp_path / "whole")
    partial = interrupted(tmp_path, fields, epoch)
    watcher = Watcher()
    resumed = pipeline.resume(partial, observers=[watcher])
    assert without_seconds(resumed.directory) == without_seconds(whole.directory)
    assert history(resumed.directory) == history(whole.directory)
    # The end of the epoch came before its checkpoint, so that epoch is done again.
    assert watcher.started[0].epochs_done == epoch - 1
    assert watcher.epochs[0] == epoch
    assert not (resumed.directory / "checkpoints").exists()
    assert not partial.exists()


def test_a_damaged_checkpoint_is_passed_over_aloud(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = run(small_recipe(movielens_like(tmp_path / "data"), **SETTING, trainer__epochs=8), out=tmp_path / "whole")
    partial = interrupted(tmp_path, {"trainer__epochs": 8}, 5)
    older, last = sorted((partial / "checkpoints").iterdir())
    assert (older.name, last.name) == ("000004-00000000.safetensors", "000005-00000000.safetensors")
    content = bytearray(last.read_bytes())
    content[-1] ^= 1  # one bit of one weight
    last.write_bytes(content)
    resumed = pipeline.resume(partial)
    warning = f"checkpoint {last.name} is damaged (its digest differs); going back to the one before"
    assert caplog.messages.count(warning) == 1
    assert without_seconds(resumed.directory) == without_seconds(whole.directory)


def test_with_no_checkpoint_left_a_run_starts_from_its_beginning(tmp_path: Path) -> None:
    whole = run(small_recipe(movielens_like(tmp_path / "data"), **SETTING, trainer__epochs=4), out=tmp_path / "whole")
    partial = interrupted(tmp_path, {"trainer__epochs": 4}, 3)
    for checkpoint in (partial / "checkpoints").iterdir():
        checkpoint.write_bytes(b"cut off")
    resumed = pipeline.resume(partial)
    assert without_seconds(resumed.directory) == without_seconds(whole.directory)
    assert history(resumed.directory) == history(whole.directory)


def test_another_recipe_is_refused_with_the_keys_that_differ(tmp_path: Path) -> None:
    partial = interrupted(tmp_path, {"trainer__epochs": 4}, 2)
    other = small_recipe(
        tmp_path / "data", **SETTING, trainer__epochs=5, encoder__channels=16, negatives__corrupt="item"
    )
    with pytest.raises(UsageError) as error:
        pipeline.resume(partial, other)
    assert str(error.value) == (
        f"{partial} is a run of another recipe: encoder.channels, negatives.corrupt, trainer.epochs; "
        "resume it without a recipe, or start a new run"
    )
    assert pipeline.resume(partial, small_recipe(tmp_path / "data", **SETTING, trainer__epochs=4)).metrics["best_epoch"]


def test_a_variant_that_loading_chose_is_no_difference(tmp_path: Path) -> None:
    folder = movielens_like(tmp_path / "data")
    asked = small_recipe(folder, dataset__variant=["latest-small", "100k"])
    assert differences(asked, small_recipe(folder, dataset__variant=["latest-small"])) == []
    assert differences(small_recipe(folder, dataset__variant=["100k"]), asked) == ["dataset.variant"]


def test_data_that_changed_are_refused(tmp_path: Path) -> None:
    partial = interrupted(tmp_path, {"trainer__epochs": 4}, 3)
    ratings = tmp_path / "data" / "ratings.csv"
    ratings.write_text("".join(ratings.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(
        RunDirectoryError,
        match=r"the data have changed since, so the run cannot be resumed; .* gnnrec run .*recipe.yaml$",
    ):
        pipeline.resume(partial)
    assert partial.exists()


def test_a_run_that_is_being_written_is_not_resumed(tmp_path: Path) -> None:
    partial = interrupted(tmp_path, {"trainer__epochs": 4}, 3)
    with pytest.raises(RunDirectoryError) as error:  # noqa: PT012 - the first opening holds the lock
        first = RunDirectory.reopen(partial)
        pipeline.resume(partial)
    assert str(error.value) == f"{partial} is in use: another process is running or resuming it"
    first.close()
    pipeline.resume(partial)


def test_a_finished_run_is_given_back(tmp_path: Path) -> None:
    finished = run(small_recipe(movielens_like(tmp_path / "data")), out=tmp_path / "runs")
    assert unfinished(finished.directory) is None
    assert pipeline.resume(finished.directory).metrics == finished.metrics
    partial = finished.directory.with_name(finished.directory.name + ".partial")
    with pytest.raises(RunDirectoryError) as error:
        pipeline.resume(partial)
    assert str(error.value) == f"there is no run in {partial}; it is finished: {finished.directory}"
    with pytest.raises(RunDirectoryError) as error:
        pipeline.resume(tmp_path / "nowhere")
    assert str(error.value) == f"there is no run in {tmp_path / 'nowhere'}"


def test_a_directory_without_a_recipe_has_nothing_to_resume(tmp_path: Path) -> None:
    partial = tmp_path / "x.partial"
    partial.mkdir()
    with pytest.raises(RunDirectoryError) as error:
        RunDirectory.reopen(partial)
    assert str(error.value) == (f"there is nothing to resume in {partial}: it holds no recipe; start the run again")


def test_a_loss_that_is_not_finite_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    fields = {
        "trainer__epochs": 9,
        "trainer__batch_size": 5,
        "trainer__learning_rate": 1e9,
        "trainer__optimizer": "sgd",
    }
    recipe = small_recipe(movielens_like(tmp_path / "data"), **SETTING, **fields)
    with pytest.raises(TrainingError, match=r"^the loss is (nan|inf) in epoch \d, step \d+ of \d+; try a smaller "):
        run(recipe, out=tmp_path / "runs")
    partial = the_only_partial(tmp_path / "runs")
    kept = sorted((partial / "checkpoints").glob("*.safetensors"))
    assert kept
    from safetensors.torch import load_file

    weights = load_file(kept[-1])
    assert all(bool(value.isfinite().all()) for value in weights.values() if value.is_floating_point())


def commanded(recipe: Path, root: Path, *command: str) -> subprocess.Popen[bytes]:
    program = "from gnnrec.cli import main; main()"
    arguments = command or ("run", str(recipe), "--out", str(root))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads here
    )


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_at_a_step_with_a_checkpoint(number: signal.Signals, tmp_path: Path) -> None:
    # Checkpoints are far apart, so the one that is found was made for the signal.
    settings = {"trainer__epochs": 100_000, "trainer__checkpoint_seconds": 3600, "trainer__batch_size": 10}
    recipe = small_recipe(movielens_like(tmp_path / "data"), **settings)
    path = tmp_path / "recipe.yaml"
    path.write_text(dump_recipe(recipe))
    process = commanded(path, tmp_path / "runs")
    wait_for(lambda: any((tmp_path / "runs").glob("*/*/history.jsonl")), process)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    partial = the_only_partial(tmp_path / "runs")
    assert len(list((partial / "checkpoints").glob("*.safetensors"))) == 1
    assert f"go on with: gnnrec resume {partial}" in said.decode()


@pytest.mark.slow
def test_kill_9_at_ten_random_moments_changes_nothing(tmp_path: Path) -> None:
    recipe = small_recipe(
        movielens_like(tmp_path / "data"),
        trainer__epochs=400,
        trainer__batch_size=10,
        trainer__checkpoint_seconds=0.05,
        trainer__scheduler={"name": "cosine", "warm_up": 5},
        negatives__name="dynamic",
    )
    path = tmp_path / "recipe.yaml"
    path.write_text(dump_recipe(recipe))
    whole = run(recipe, out=tmp_path / "whole")

    def epochs() -> int:
        return sum(file.read_bytes().count(b"\n") for file in (tmp_path / "cut").glob("*/*/history.jsonl"))

    moments = random.Random(0)  # noqa: S311 - no secret
    process = commanded(path, tmp_path / "cut")
    for kill in range(10):
        wait_for(lambda: any((tmp_path / "cut").glob("*/*.partial/recipe.yaml")), process)
        if kill % 2:  # in the midst of training, at a moment within an epoch; else while data are loaded, or soon after
            reached = epochs() + moments.randrange(1, 20)
            wait_for(lambda reached=reached: epochs() >= reached, process)  # type: ignore[misc]
        time.sleep(moments.uniform(0, 0.1 if kill % 2 else 1.5))
        process.kill()
        process.wait()
        (left,) = (tmp_path / "cut").glob("*/*")
        assert left.name.endswith(".partial")
        process.stderr.close()  # type: ignore[union-attr]
        process = commanded(path, tmp_path, "resume", str(left))
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said.decode()
    (finished,) = (tmp_path / "cut").glob("*/*")
    assert without_seconds(finished) == without_seconds(whole.directory)
    assert history(finished) == history(whole.directory)


@pytest.mark.slow
def test_kill_9_in_either_stage_of_a_refit_changes_nothing(tmp_path: Path) -> None:
    recipe = small_recipe(
        movielens_like(tmp_path / "data"),
        refit=True,
        split__disjoint_train=0.0,
        trainer__epochs=200,
        trainer__batch_size=10,
        trainer__checkpoint_seconds=0.05,
        trainer__ema=0.9,
        trainer__learning_rate=0.0003,
        trainer__scheduler={"name": "linear_warm_up"},
    )
    path = tmp_path / "recipe.yaml"
    path.write_text(dump_recipe(recipe))
    whole = run(recipe, out=tmp_path / "whole")
    first, second = len(whole.history), whole.metrics["best_epoch"]
    assert second > 50  # there is time to be killed in

    def epochs() -> int:
        return sum(file.read_bytes().count(b"\n") for file in (tmp_path / "cut").glob("*/*.partial/*.jsonl"))

    process = commanded(path, tmp_path / "cut")
    stages = []
    for moment in (0.2 * first, 0.7 * first, first + 0.2 * second, first + 0.7 * second):
        wait_for(lambda moment=moment: epochs() >= moment, process)  # type: ignore[misc]
        process.kill()
        process.wait()
        process.stderr.close()  # type: ignore[union-attr]
        (left,) = (tmp_path / "cut").glob("*/*")
        stages.append((left / "refit.json").exists())
        process = commanded(path, tmp_path, "resume", str(left))
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said.decode()
    assert stages == [False, False, True, True]
    (finished,) = (tmp_path / "cut").glob("*/*")
    assert without_seconds(finished) == without_seconds(whole.directory)
    assert history(finished) == history(whole.directory)
    for name in ("model.safetensors", "features.json"):
        assert (finished / name).read_bytes() == (whole.directory / name).read_bytes()
