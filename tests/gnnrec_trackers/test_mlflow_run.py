from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from toys import Crash, Watcher, movielens_like, small_recipe

from gnnrec import __version__
from gnnrec.contract.training import EpochRecord, RunEnd, RunStart
from gnnrec.pipeline import run

pytest.importorskip("mlflow")

from mlflow.tracking import MlflowClient

from gnnrec_trackers import mlflow_run
from gnnrec_trackers.mlflow_run import MlflowRun

if TYPE_CHECKING:
    from mlflow.entities import Run as Tracked


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an MLflow store; making its tables takes seconds, so the tests share it."""
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture(autouse=True)
def experiment(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An experiment of the test's own, named to MLflow by its environment."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{store}/mlflow.db")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", tmp_path.name)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_ID", raising=False)
    monkeypatch.chdir(store)  # artifacts go to the working folder
    return tmp_path.name


def tracked(experiment: str) -> list[Tracked]:
    client = MlflowClient()
    found = client.get_experiment_by_name(experiment)
    return list(client.search_runs([found.experiment_id])) if found is not None else []


def history(one: Tracked, metric: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in MlflowClient().get_metric_history(one.info.run_id, metric)]


def artifacts(one: Tracked) -> list[str]:
    return sorted(file.path for file in MlflowClient().list_artifacts(one.info.run_id))


def started(folder: Path, **recipe: Any) -> RunStart:
    folder.mkdir()
    (folder / "recipe.yaml").write_text("name: toy\n")
    data = {"name": "toy", **recipe}
    stand_in: Any = SimpleNamespace(name="toy", to_flat_dict=lambda: data)
    return RunStart(stand_in, folder, 3, {})


def record(epoch: int, loss: float = 0.5) -> EpochRecord:
    return EpochRecord(epoch, loss, {"loss": 0.25, "recall@10": 0.75}, 0.01, 1.5)


def test_a_tracked_run_says_what_its_directory_says(
    tmp_path: Path, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GNNREC_TRACK", "mlflow")
    done = run(small_recipe(movielens_like(tmp_path / "data")), out=tmp_path / "runs")
    (one,) = tracked(experiment)
    assert (one.info.status, one.info.run_name) == ("FINISHED", done.directory.name)
    assert one.data.tags["gnnrec.version"] == __version__
    assert one.data.tags["gnnrec.run_directory"] == str(done.directory.resolve())
    assert (one.data.params["encoder.channels"], one.data.params["features.item.0.name"]) == ("8", "genre_onehot")
    for column in set(done.history.columns) - {"epoch"}:
        expected = dict(zip(done.history["epoch"], done.history[column], strict=True))
        assert dict(history(one, str(column))) == pytest.approx(expected, rel=1e-12)
    for name, value in done.metrics["test"].items():
        assert history(one, "test/" + name.replace("@", "_at_")) == [(done.metrics["best_epoch"], value)]
    assert artifacts(one) == ["metrics.json", "recipe.yaml", "report.html"]
    text = MlflowClient().download_artifacts(one.info.run_id, "recipe.yaml", str(tmp_path))
    assert Path(text).read_text() == (done.directory / "recipe.yaml").read_text()


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt(), "KILLED"), (Crash(), "FAILED")], ids=["interrupted", "failed"]
)
def test_a_run_that_did_not_finish_says_so_and_keeps_its_epochs(
    error: BaseException, status: str, tmp_path: Path, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GNNREC_TRACK", "mlflow")
    with pytest.raises(type(error)):
        run(
            small_recipe(movielens_like(tmp_path / "data")),
            out=tmp_path / "runs",
            observers=[Watcher(error, at=2)],
        )
    (one,) = tracked(experiment)
    assert one.info.status == status
    assert [step for step, _ in history(one, "train_loss")] == [1, 2]
    assert artifacts(one) == ["recipe.yaml"]
    assert not any(name.startswith("test/") for name in one.data.metrics)


def test_the_experiment_is_the_recipes_unless_mlflow_is_told_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME")
    before = len(tracked("toy"))
    MlflowRun(started(tmp_path / "one"))
    MlflowRun(started(tmp_path / "two"))
    assert len(tracked("toy")) == before + 2
    identity = MlflowClient().create_experiment(f"by id {tmp_path.name}")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", identity)
    MlflowRun(started(tmp_path / "three"))
    assert len(tracked(f"by id {tmp_path.name}")) == 1
    assert len(tracked("toy")) == before + 2


def test_long_and_many_values_are_brought_within_mlflows_limits(tmp_path: Path, experiment: str) -> None:
    many = {f"many.key{number}": number for number in range(250)}
    start = started(tmp_path / "run", **many, long="x" * 7000, **{"odd@key?" + "y" * 300: 1})
    following = MlflowRun(start)
    following._gather({f"metric{number}": 0.5 for number in range(1500)}, 1)
    following._send()
    (one,) = tracked(experiment)
    assert one.data.params["many.key249"] == "249"
    assert len(one.data.params) == 250 + 3
    assert one.data.params["long"] == "x" * 6000
    (odd,) = (name for name in one.data.params if name.startswith("odd"))
    assert (odd[:12], len(odd)) == ("odd_at_key_y", 250)
    assert len(one.data.metrics) == 1500


def test_epochs_are_gathered_for_a_while_and_none_is_lost(
    tmp_path: Path, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(mlflow_run.time, "monotonic", lambda: now[0])
    following = MlflowRun(started(tmp_path / "run"))
    for epoch, second in ((1, 100.5), (2, 101.5)):
        now[0] = second
        following.epoch_ended(record(epoch))
    assert tracked(experiment)[0].data.metrics == {}
    now[0] = 102.5
    following.epoch_ended(record(3))
    following.epoch_ended(record(4))
    (one,) = tracked(experiment)
    assert history(one, "val_recall_at_10") == [(1, 0.75), (2, 0.75), (3, 0.75)]
    following.run_ended(RunEnd("interrupted", tmp_path / "run", None))
    assert history(one, "val_recall_at_10") == [(1, 0.75), (2, 0.75), (3, 0.75), (4, 0.75)]


@pytest.mark.parametrize("name", ["run.partial", "it's a run.partial"])
def test_a_resumed_run_goes_on_in_the_same_place(name: str, tmp_path: Path, experiment: str) -> None:
    start = started(tmp_path / name, channels=8)
    first = MlflowRun(start)
    (start.directory / "history.jsonl").write_text("{}\n")
    first.epoch_ended(record(1, loss=0.5))
    first.epoch_ended(record(2, loss=0.25))
    first.run_ended(RunEnd("interrupted", start.directory, None))
    second = MlflowRun(start)
    assert [one.info.status for one in tracked(experiment)] == ["RUNNING"]
    second.epoch_ended(record(2, loss=0.25))
    second.epoch_ended(record(3, loss=0.125))
    second.run_ended(RunEnd("interrupted", start.directory, None))
    (one,) = tracked(experiment)
    assert sorted(set(history(one, "train_loss"))) == [(1, 0.5), (2, 0.25), (3, 0.125)]
    assert (one.info.status, one.data.metrics["train_loss"]) == ("KILLED", 0.125)


def test_what_mlflow_prints_about_a_run_stays_off_stdout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    following = MlflowRun(started(tmp_path / "run"))
    monkeypatch.setattr(following._client, "set_terminated", lambda *_: print("View run"))  # noqa: T201 - as MLflow does
    following.run_ended(RunEnd("failed", tmp_path / "run", None))
    assert capsys.readouterr().out == ""
