from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from toys import Watcher, movielens_like, small_recipe

from gnnrec.contract.training import EpochRecord, RunEnd, RunStart
from gnnrec.pipeline import run

event_accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

from gnnrec_trackers.event_file import EventFile  # noqa: E402 - needs TensorBoard

if TYPE_CHECKING:
    from collections.abc import Mapping

LOSSES = {1: 0.5, 2: 0.25, 3: 0.125}  # exact in float32, which is what TensorBoard keeps


def read(directory: Path) -> Any:
    found = event_accumulator.EventAccumulator(str(directory / "tensorboard"))
    found.Reload()
    return found


def scalars(directory: Path, tag: str) -> dict[int, float]:
    """By step; each step once."""
    events = read(directory).Scalars(tag)
    assert len({event.step for event in events}) == len(events)
    return {event.step: event.value for event in events}


@pytest.fixture
def start(tmp_path: Path) -> RunStart:
    directory = tmp_path / "20260101-120000-s0.partial"
    directory.mkdir()
    (directory / "recipe.yaml").write_text("name: toy\nnote: 'a_b *c*'\n")
    recipe: Any = SimpleNamespace(name="toy", to_flat_dict=lambda: {"name": "toy", "encoder.channels": 8})
    return RunStart(recipe, directory, 3, {})


def tell(file: EventFile, losses: Mapping[int, float]) -> None:
    for epoch, loss in losses.items():
        file.epoch_ended(EpochRecord(epoch, loss, {"loss": loss / 2}, 0.5, 2.0))


def test_epochs_are_on_the_disk_at_once_and_no_file_stays_open(start: RunStart) -> None:
    file = EventFile(start)
    tell(file, LOSSES)
    assert scalars(start.directory, "train_loss") == LOSSES
    assert scalars(start.directory, "val_loss") == {1: 0.25, 2: 0.125, 3: 0.0625}
    assert scalars(start.directory, "lr") == dict.fromkeys(LOSSES, 0.5)
    assert scalars(start.directory, "seconds") == dict.fromkeys(LOSSES, 2.0)
    assert sorted(read(start.directory).Tags()["scalars"]) == ["lr", "seconds", "train_loss", "val_loss"]
    descriptors = Path("/proc/self/fd")
    if descriptors.exists():
        assert not [each for each in descriptors.iterdir() if "tfevents" in str(each.resolve())]


def test_test_metrics_go_where_the_directory_was_renamed_to(start: RunStart) -> None:
    file = EventFile(start)
    tell(file, LOSSES)
    final = start.directory.rename(start.directory.with_suffix(""))
    file.run_ended(RunEnd("done", final, {"best_epoch": 2, "test": {"recall@10": 0.75}}))
    assert not start.directory.exists()
    assert scalars(final, "test/recall@10") == {2: 0.75}
    assert scalars(final, "train_loss") == LOSSES


def test_a_run_without_epochs_has_its_test_metrics_at_zero(start: RunStart) -> None:
    EventFile(start).run_ended(RunEnd("done", start.directory, {"best_epoch": None, "test": {"auc": 0.5}}))
    assert scalars(start.directory, "test/auc") == {0: 0.5}


def test_a_run_that_failed_before_an_epoch_leaves_nothing_to_write_to(start: RunStart) -> None:
    file = EventFile(start)
    for path in sorted(start.directory.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    start.directory.rmdir()
    file.run_ended(RunEnd("failed", start.directory, None))
    assert not start.directory.exists()


def test_the_recipe_is_there_as_text_and_as_hyperparameters(start: RunStart) -> None:
    EventFile(start)
    found = read(start.directory)
    (text,) = found.Tensors("recipe")
    in_markdown = "    name: toy\n    note: 'a_b *c*'\n"  # indented, so that it is shown as it is
    assert text.tensor_proto.string_val[0].decode() == in_markdown
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    (content,) = found.PluginTagToContent("hparams").values()
    hparams = HParamsPluginData.FromString(content).session_start_info.hparams
    assert (hparams["encoder.channels"].number_value, hparams["name"].string_value) == (8, "toy")


def test_of_an_epoch_that_is_done_again_the_second_counts(start: RunStart) -> None:
    tell(EventFile(start), LOSSES)
    tell(EventFile(start), {2: 4.0})  # resumed from epoch 1
    assert scalars(start.directory, "train_loss") == {1: 0.5, 2: 4.0}


def test_a_record_that_an_interruption_tore_costs_a_resumed_run_nothing(start: RunStart) -> None:
    tell(EventFile(start), LOSSES)
    (path,) = (start.directory / "tensorboard").iterdir()
    path.write_bytes(path.read_bytes()[:-7])
    tell(EventFile(start), {3: 4.0})
    assert scalars(start.directory, "train_loss") == {1: 0.5, 2: 0.25, 3: 4.0}


def test_a_tracked_run_says_what_its_directory_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNNREC_TRACK", "tensorboard")
    done = run(small_recipe(movielens_like(tmp_path / "data")), out=tmp_path / "runs")
    for column in set(done.history.columns) - {"epoch"}:
        expected = dict(zip(done.history["epoch"], done.history[column], strict=True))
        assert scalars(done.directory, str(column)) == pytest.approx(expected, rel=1e-6)
    for name, value in done.metrics["test"].items():
        assert scalars(done.directory, f"test/{name}") == {done.metrics["best_epoch"]: pytest.approx(value, rel=1e-6)}


def test_an_interrupted_run_keeps_its_epochs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNNREC_TRACK", "tensorboard")
    watcher = Watcher(KeyboardInterrupt(), at=2)
    with pytest.raises(KeyboardInterrupt):
        run(small_recipe(movielens_like(tmp_path / "data")), out=tmp_path / "runs", observers=[watcher])
    assert list(scalars(watcher.ended[0].directory, "train_loss")) == [1, 2]
