from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from toys import Watcher, movielens_like, small_recipe

import gnnrec.tuning.search as searching
from gnnrec import RunDirectoryError, TrainingError, UsageError, load_recipe, load_run
from gnnrec.recipe.load import dump_recipe
from gnnrec.tuning.record import Trial
from gnnrec.tuning.settings import Settings
from gnnrec.tuning.study import Study
from gnnrec.tuning.tune import begin_study, best_recipe, go_on, open_study, write_best

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gnnrec.tuning.record import Record

    Begin = Callable[..., Study]

EASE = """\
name: small
dataset: {{name: movielens, path: {data}}}
split: {{name: random_link, disjoint_train: 0}}
scorer: {{name: ease, l2: 50.0}}
"""

RANGE = "scorer.l2=1..1000:log"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(EASE.format(data=movielens_like(tmp_path / "data")))
    return path


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A recipe that trains for 12 epochs."""
    path = tmp_path / "trained.yaml"
    path.write_text(dump_recipe(small_recipe(movielens_like(tmp_path / "data"), trainer__epochs=12)))
    return path


@pytest.fixture
def begin(recipe: Path, tmp_path: Path) -> Begin:
    def begin(*ranges: str, out: str = "runs", of: Path = recipe, **settings: Any) -> Study:
        asked = Settings(**{"trials": 4, **settings})
        return begin_study(of, (), ranges or (RANGE,), settings=asked, out=tmp_path / out)

    return begin


def tried(record: Record) -> list[tuple[str, dict[str, Any], float | None]]:
    return [
        (trial.state, dict(trial.parameters), trial.value) for trial in record.trials if trial.state != "interrupted"
    ]


def test_the_recipe_as_it_stands_is_tried_first_and_the_best_is_written(begin: Begin) -> None:
    record = go_on(begin())
    first, best = record.trials[0], record.best
    assert (first.own, first.parameters) == (True, {"scorer.l2": 50.0})
    assert [trial.state for trial in record.trials] == ["finished"] * 4
    assert best is not None
    assert best.value == max(trial.value or 0.0 for trial in record.trials)
    written = load_recipe(record.directory / "best.yaml")
    assert written == best_recipe(record)
    assert written.to_flat_dict()["scorer.l2"] == best.parameters["scorer.l2"]
    assert "ndcg@10" in (record.directory / "report.html").read_text()
    assert (record.directory / "best.yaml").read_text().startswith(f"# gnnrec run {record.directory / 'best.yaml'}\n")


def test_trials_are_judged_on_validation_alone(begin: Begin) -> None:
    record = go_on(begin(keep="all"))
    for trial in record.trials:
        run = load_run(record.directory / str(trial.run))
        assert run.metrics["test"] == {}
        assert run.metrics["val"]["ndcg@10"] == trial.value
        assert not (run.directory / "per_user.parquet").exists()
    with pytest.raises(UsageError, match="was judged on validation alone, while settings were chosen"):
        run.evaluate()


@pytest.mark.parametrize(("keep", "kept"), [("best", 1), ("all", 4), ("none", 0)])
def test_runs_that_are_not_kept_are_gone(begin: Begin, keep: str, kept: int) -> None:
    record = go_on(begin(keep=keep))
    runs = [*record.directory.glob("trials/*/*/*")]
    assert len(runs) == kept
    if keep == "best" and record.best is not None:
        assert [str(run.relative_to(record.directory)) for run in runs] == [record.best.run]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_study_and_another_one_another(begin: Begin) -> None:
    first, again = go_on(begin(trials=7)), go_on(begin(trials=7, out="again"))
    other = go_on(begin(trials=7, seed=1))
    assert tried(first) == tried(again)
    assert tried(first)[1:] != tried(other)[1:]


@pytest.mark.slow
def test_an_interrupted_study_goes_on_as_it_would_have_gone(begin: Begin) -> None:
    whole = go_on(begin(trials=7))
    study = begin(trials=7, out="cut")
    real, calls = searching.run, []

    def run(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "run", run)
        with pytest.raises(KeyboardInterrupt):
            go_on(study)
    assert (study.path / "best.yaml").exists()
    resumed = go_on(open_study(study.path))
    assert tried(resumed) == tried(whole)
    assert [trial.state for trial in resumed.trials].count("interrupted") == 1


def test_what_a_killed_process_was_at_is_tried_again_and_its_run_is_gone(begin: Begin) -> None:
    whole = go_on(begin(trials=3))
    study = begin(trials=3, out="killed")
    killed = Study(study.path)
    trial = killed.begin()
    assert trial is not None
    folder = study.folder(trial.number)
    folder.mkdir(parents=True)
    killed.close()  # as the system does for a process that is gone
    assert tried(go_on(study)) == tried(whole)
    assert [each.state for each in study.record().trials] == ["interrupted", *["finished"] * 3]
    assert not folder.exists()


def test_what_a_living_process_is_at_is_left_to_it(begin: Begin) -> None:
    study = begin(trials=3)
    other = Study(study.path)
    running = other.begin()
    assert running is not None
    record = go_on(study)
    assert [trial.state for trial in record.trials] == ["running", "finished", "finished"]
    other.fail(running, "it was a test", {})
    assert study.begin() is None


def test_two_processes_try_nothing_twice_and_no_more_than_is_asked_for(begin: Begin) -> None:
    study = begin(trials=6)
    other = Study(study.path)
    given = [each for each in (some.begin() for _ in range(4) for some in (study, other)) if each is not None]
    assert [trial.number for trial in given] == [*range(6)]


def test_a_line_that_was_cut_is_left_out(begin: Begin, log: pytest.LogCaptureFixture) -> None:
    record = go_on(begin())
    journal = record.directory / "study.jsonl"
    whole = journal.read_text()
    journal.write_text(whole + whole.splitlines()[-1][:20])
    again = Study(record.directory)
    assert f"{journal} ends in the middle of a line, which is left out" in log.text
    assert tried(again.record()) == tried(record)
    assert journal.read_text() == whole
    assert all(json.loads(line) for line in whole.splitlines())


def test_a_journal_that_is_none_is_told(begin: Begin) -> None:
    study = begin()
    (study.path / "study.jsonl").write_text("nonsense\nand more\n")
    with pytest.raises(RunDirectoryError, match=r"study\.jsonl cannot be used: JSONDecodeError"):
        Study(study.path)


def test_a_trial_that_fails_is_written_down_and_the_study_goes_on(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
) -> None:
    real = searching.run

    def run(recipe: Any, **named: Any) -> Any:
        if recipe.scorer.l2 != 50.0:
            raise MemoryError("no more")
        return real(recipe, **named)

    monkeypatch.setattr(searching, "run", run)
    record = go_on(begin())
    assert [trial.state for trial in record.trials] == ["finished", "failed", "failed", "failed"]
    assert record.trials[1].reason == "memory ran out: no more"
    assert "trial 1 failed: memory ran out: no more" in log.text


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RunDirectoryError("cannot write it")])
def test_a_disk_that_is_full_is_no_fault_of_a_setting(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    study, real = begin(), searching.run

    def run(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(searching, "run", run)
    with pytest.raises(RunDirectoryError, match=r"cannot write .*"):
        go_on(study)
    monkeypatch.setattr(searching, "run", real)
    assert [trial.state for trial in go_on(open_study(study.path)).trials] == ["interrupted", *["finished"] * 4]


def test_ten_trials_that_fail_for_one_reason_are_the_last(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: Any, **__: Any) -> Any:
        raise TrainingError(f"the loss of epoch {len(study.record().trials)} is nan")

    monkeypatch.setattr(searching, "run", run)
    study = begin(trials=20)
    message = r"the first 10 trials all failed, so no more are tried: the loss of epoch 10 is nan"
    with pytest.raises(TrainingError, match=message):
        go_on(study)
    with pytest.raises(TrainingError, match=r"no trial finished; 2 failed, the last one: the loss of epoch 2 is nan"):
        go_on(study := begin(trials=2))


@pytest.mark.slow
def test_trials_are_pruned_by_their_curves_and_the_recipes_own_never(begin: Begin, trained: Path) -> None:
    ranges = ("encoder.channels=2..16", "trainer.learning_rate=1e-6..1e-1:log")
    record = go_on(begin(*ranges, of=trained, trials=8, pruner="halving"))
    pruned = record.of("pruned")
    assert pruned
    assert record.trials[0].state == "finished"
    assert record.trials[0].own
    assert all(0 < len(trial.curve) < 12 for trial in pruned)
    assert all(not (record.directory / "trials" / f"{trial.number:04d}").exists() for trial in pruned)
    assert not go_on(begin(*ranges, of=trained, trials=8, pruner="none", out="all")).of("pruned")


def test_trials_choose_their_epoch_by_what_is_tuned_for(begin: Begin, trained: Path) -> None:
    record = go_on(begin("encoder.channels=2..16", of=trained, trials=2, metric="recall@20", keep="all"))
    best = record.best
    assert best is not None
    assert best_recipe(record).trainer.monitor == "recall@20"  # type: ignore[union-attr]
    assert max(best.curve, key=lambda epoch: best.curve[epoch]) == best.best_epoch
    assert best.curve[best.best_epoch or 0] == pytest.approx(best.value)


def test_observers_hear_of_every_run_and_that_some_are_pruned(begin: Begin, trained: Path) -> None:
    watcher = Watcher()
    ranges = ("encoder.channels=2..16", "trainer.learning_rate=1e-6..1e-1:log")
    record = go_on(begin(*ranges, of=trained, trials=6, pruner="halving"), observers=(watcher,))
    assert [end.status for end in watcher.ended].count("pruned") == len(record.of("pruned"))
    assert [end.status for end in watcher.ended].count("done") == len(record.of("finished"))


def test_time_that_is_up_ends_the_search(begin: Begin) -> None:
    record = go_on(begin(trials=None), minutes=0.02)
    assert record.of("finished")
    assert not record.of("running")


def test_a_grid_is_tried_whole(begin: Begin) -> None:
    record = go_on(begin("scorer.l2=10,20,30", sampler="grid", trials=None))
    assert [trial.parameters["scorer.l2"] for trial in record.trials[1:]] == [10, 20, 30]


@pytest.mark.parametrize(
    ("value", "end"), [(1.0, "low"), (1.1, "low"), (1.5, None), (30.0, None), (900.0, "high"), (1000.0, "high")]
)
def test_a_best_value_at_the_end_of_its_range_is_told(begin: Begin, value: float, end: str | None) -> None:
    record = begin().record()
    best = Trial(1, "finished", {"scorer.l2": value}, value=0.5)
    assert replace(record, trials=(best,)).edges() == ({} if end is None else {"scorer.l2": end})
    assert replace(record, trials=(replace(best, own=True),)).edges() == {}


def test_refit_is_for_the_best_recipe_and_not_for_trials(begin: Begin, recipe: Path) -> None:
    recipe.write_text(recipe.read_text() + "refit: true\n")
    record = go_on(begin(keep="all"))
    assert not load_run(record.directory / str(record.trials[0].run)).recipe.refit
    assert best_recipe(record).refit
    recipe.write_text(recipe.read_text().replace("refit: true\n", ""))
    plain = go_on(begin(out="plain"))
    assert not best_recipe(plain).refit
    write_best(plain, refit=True)
    assert best_recipe(plain).refit


def test_a_study_of_another_recipe_or_of_other_data_is_not_gone_on_with(begin: Begin, recipe: Path) -> None:
    study = begin()
    with pytest.raises(UsageError, match=r"is a study of another recipe: scorer\.l2; resume it without"):
        open_study(study.path, recipe, {"scorer.l2": 3.0})
    log = recipe.parent / "data" / "ratings.csv"
    log.write_text("\n".join(log.read_text().splitlines()[:-5]) + "\n")
    with pytest.raises(UsageError, match=r"the data of .* have changed since it was begun \(fingerprint"):
        open_study(study.path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trials": 0}, "--trials is at least 1; got 0"),
        ({"seed": -1}, "--seed is 0 or more; got -1"),
        ({"sampler": "best"}, "--sampler is one of tpe, random, grid; got 'best'"),
        ({"pruner": "asha"}, "--pruner is one of median, halving, none; got 'asha'"),
        ({"keep": "some"}, "--keep is one of best, all, none; got 'some'"),
        ({"metric": "ndcg@11"}, "small: no validation metric is called 'ndcg@11'; add 11 to evaluation.k"),
        ({"metric": "loss"}, "small: no validation metric is called 'loss'; known: ap, auc"),
    ],
)
def test_settings_that_are_none_are_told(begin: Begin, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        begin(**settings)
    assert str(raised.value).startswith(message)


def test_there_has_to_be_something_to_choose_by(begin: Begin, recipe: Path) -> None:
    log = pd.read_csv(recipe.parent / "data" / "ratings.csv")
    parts = pd.DataFrame({"user": log["userId"], "item": log["movieId"], "part": "train"})
    parts.loc[::5, "part"] = "test"
    parts.to_csv(recipe.parent / "parts.csv", index=False)
    split = f"{{name: predefined, path: {recipe.parent / 'parts.csv'}, val: 0}}"
    recipe.write_text(recipe.read_text().replace("{name: random_link, disjoint_train: 0}", split))
    with pytest.raises(UsageError, match="small: nothing is val, so nothing can be chosen by it; give the split a val"):
        begin()


def test_no_time_and_no_workers_are_told(begin: Begin) -> None:
    study = begin()
    with pytest.raises(UsageError, match="--minutes is above 0; got 0"):
        go_on(study, minutes=0)
    with pytest.raises(UsageError, match="--workers is at least 1; got 0"):
        go_on(study, workers=0)


def test_without_optuna_there_is_one_line(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(
        UsageError, match=r"^to tune takes Optuna, which is not installed: pip install 'gnnrec\[tune\]'$"
    ):
        begin()


def test_two_studies_of_one_second_are_two(begin: Begin) -> None:
    assert len({begin().path for _ in range(3)}) == 3


def test_where_there_is_no_study_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match=r"there is no study in .*: it has no study\.json"):
        open_study(tmp_path)
