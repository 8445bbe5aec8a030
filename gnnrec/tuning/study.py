"""The directory of a search: its journal, which several processes write, and what was asked for."""

from __future__ import annotations

import hashlib
import logging
import shutil
import uuid
import warnings
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from gnnrec.contract.tuned import Tuned
from gnnrec.errors import RunDirectoryError, UsageError
from gnnrec.recipe.load import dump_recipe, load_recipe
from gnnrec.recipe.ranges import read_range
from gnnrec.runs.directory import RunFolder, read_json
from gnnrec.runs.listing import STUDY
from gnnrec.tuning.grid import points
from gnnrec.tuning.record import Record, Trial
from gnnrec.tuning.settings import Settings
from gnnrec.tuning.space import Axis, Space

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import optuna
    from optuna.storages.journal import JournalFileOpenLock
    from optuna.trial import FrozenTrial

    from gnnrec.contract.tuned import Plain
    from gnnrec.recipe.schema import Recipe

JOURNAL, ASKED, RECIPE, LOCK = "study.jsonl", "study.json", "recipe.yaml", ".lock"
TRIALS, WORKERS = "trials", ".workers"

INTERRUPTED = "interrupted"
"""The reason of a trial that did not end by itself; its values are tried again."""

UNTRIED = 5
"""Trials that are drawn at random before the sampler goes by what they came to."""

SLOW_START = 0.1
"""The share of the epochs before which the median gives up no trial: what learns slowly may end high."""

FORMAT = 1

logger = logging.getLogger("gnnrec")


def require_optuna() -> None:
    """See that Optuna is there.

    Raises:
        UsageError: It is not; the message says how to install it.
    """
    try:
        import optuna
    except ImportError:
        raise UsageError("to tune takes Optuna, which is not installed: pip install 'gnnrec[tune]'") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)


class Study:
    """A search that can be gone on with, by several processes at once.

    Args:
        path: `<root>/<recipe>/<time>.study`.
        storage: The URL of a database that holds the trials; None for the journal in the directory.
        new: There are no trials yet.

    Attributes:
        path: Where it lies.
        settings: How it goes about it.
        space: What is searched.
        recipe: The path of the recipe in it.
        tuned: That recipe.
        split_fingerprint: Of the data that all trials are judged on.

    Raises:
        RunDirectoryError: There is no study, or it cannot be read.
    """

    def __init__(self, path: Path, storage: str | None = None, *, new: bool = False) -> None:
        require_optuna()
        self.path, self.recipe = path, path / RECIPE
        if not (path / ASKED).exists():
            raise RunDirectoryError(f"there is no study in {path}: it has no {ASKED}")
        asked = read_json(path / ASKED)
        if asked.get("format") != FORMAT:
            raise RunDirectoryError(f"{path} has format {asked.get('format')}; this gnnrec reads format {FORMAT}")
        self.settings = Settings(**asked["settings"])
        self.space = Space(tuple(Axis(**{**each, "among": read_range(each["among"])}) for each in asked["space"]))
        self.split_fingerprint: str = asked["split_fingerprint"]
        if asked["database"] and storage is None:
            raise UsageError(f"the trials of {path} are in a database: name it again with --storage")
        self.tuned = load_recipe(self.recipe)
        self._lock = FileLock(path / LOCK)
        self._worker = uuid.uuid4().hex
        self._alive: FileLock | None = None
        self._study = self._opened(storage, new=new)

    @classmethod
    def create(
        cls, root: str | Path, recipe: Recipe, settings: Settings, space: Space, fingerprint: str, storage: str | None
    ) -> Study:
        """Make the directory of a search.

        Raises:
            RunDirectoryError: It cannot be written.
            UsageError: A grid is asked for that has no end.
        """
        require_optuna()
        grid = points(space, recipe) if settings.sampler == "grid" else []
        folder = Path(root).expanduser() / recipe.name
        stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = _new(folder, stamp)
        except OSError as error:
            raise RunDirectoryError(f"cannot write {folder}: {error.strerror}; choose another with --out") from None
        files = RunFolder(path, path)
        files.write_text(RECIPE, dump_recipe(recipe))
        axes = [{**asdict(axis), "among": _written(axis)} for axis in space.axes]
        asked = {"settings": asdict(settings), "space": axes, "split_fingerprint": fingerprint}
        files.write_json(ASKED, {"format": FORMAT, **asked, "database": storage is not None})
        study = cls(path, storage, new=True)
        study._study.enqueue_trial(space.own(recipe), {"own": True})
        for values in grid:
            study._study.enqueue_trial(values)
        return study

    def begin(self) -> optuna.Trial | None:
        """The next trial, with the values that it is to have as its attribute `values`; None where all are tried.

        What processes that are gone have left is tried again first. Each trial's draws hang on the seed and on how many
        went before, so that a study that was interrupted tries what it would have tried.
        """
        with self._exclusive():
            self._alive = self._alive or self._announced()
            self._recover()
            trials = self._study.get_trials(deepcopy=False)
            waiting = any(trial.state.name == "WAITING" for trial in trials)
            count = sum(trial.state.name != "WAITING" and not _is_interrupted(trial) for trial in trials)
            allowed = self.settings.trials
            if allowed is not None and count >= allowed:
                return None
            if not waiting and self.settings.sampler == "grid":
                return None
            self._study.sampler = self._sampler(count)
            trial = self._study.ask()
            trial.set_user_attr("worker", self._worker)
            trial.set_user_attr("values", self._suggested(trial))
            return trial

    def finish(self, trial: optuna.Trial, value: float, told: Mapping[str, Any]) -> None:
        """A trial came to a value."""
        self._note(trial, told)
        self._study.tell(trial, value)

    def prune(self, trial: optuna.Trial, told: Mapping[str, Any]) -> None:
        """A trial was not worth going on with."""
        from optuna.trial import TrialState

        self._note(trial, told)
        self._study.tell(trial, state=TrialState.PRUNED)

    def fail(self, trial: optuna.Trial, reason: str, told: Mapping[str, Any]) -> None:
        """A trial came to nothing."""
        from optuna.trial import TrialState

        self._note(trial, {"reason": reason, **told})
        self._study.tell(trial, state=TrialState.FAIL)

    def interrupt(self, trial: optuna.Trial) -> None:
        """A trial was stopped before its end: its values are to be tried again."""
        with self._exclusive():
            self._give_up(trial.number)

    def record(self) -> Record:
        """The search as it stands."""
        trials = tuple(_trial(each) for each in self._study.get_trials(deepcopy=False))
        own = self.space.own(self.tuned)
        return Record(self.path, self.tuned.name, self.settings, self.space, own, trials)

    def importances(self) -> dict[str, float]:
        """How much of the differences between trials each parameter accounts for (PED-ANOVA, Watanabe et al. 2023).

        Adds up to 1; empty where too little was tried to tell.
        """
        from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return dict(get_param_importances(self._study, evaluator=PedAnovaImportanceEvaluator()))
        except (ValueError, RuntimeError):
            return {}

    def folder(self, number: int) -> Path:
        """Below which the run of a trial lies."""
        return self.path / TRIALS / f"{number:04d}"

    def close(self) -> None:
        """This process tries no more."""
        if self._alive is not None:
            self._alive.release()
            Path(self._alive.lock_file).unlink(missing_ok=True)
            self._alive = None

    def _opened(self, storage: str | None, *, new: bool) -> optuna.Study:
        import optuna
        from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock, JournalStorage

        trainer = self.tuned.trainer
        slow = 0 if trainer is None else int(SLOW_START * trainer.epochs)
        pruners = {
            "median": optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=slow),
            "halving": optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
            "none": optuna.pruners.NopPruner(),
        }
        with self._exclusive():
            try:
                if storage is None:
                    journal = self.path / JOURNAL
                    lock = JournalFileOpenLock(str(journal))
                    _mend(journal, lock)
                    kept: Any = JournalStorage(JournalFileBackend(str(journal), lock))
                else:
                    kept = optuna.storages.RDBStorage(storage)
                name, pruner = f"{self.path.parent.name}/{self.path.name}", pruners[self.settings.pruner]
                if new:
                    return optuna.create_study(
                        study_name=name, storage=kept, direction=self.settings.direction, pruner=pruner
                    )
                return optuna.load_study(study_name=name, storage=kept, pruner=pruner)
            except KeyError:
                raise RunDirectoryError(f"the trials of {self.path} are gone: there is no study '{name}'") from None
            except OSError as error:
                raise RunDirectoryError(f"cannot write {self.path}: {error.strerror}") from None
            except Exception as error:  # noqa: BLE001 - Optuna's, of a journal or by a database that is none
                where = "the database of --storage" if storage is not None else str(self.path / JOURNAL)
                raise RunDirectoryError(f"{where} cannot be used: {type(error).__name__}: {error}") from None

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """While inside, no other process asks for a trial."""
        try:
            with self._lock:
                yield
        except OSError as error:
            raise RunDirectoryError(f"cannot write {self.path}: {error.strerror}") from None

    def _announced(self) -> FileLock:
        """A lock that others find taken as long as this process lives."""
        folder = self.path / WORKERS
        folder.mkdir(exist_ok=True)
        lock = FileLock(folder / self._worker, timeout=0)
        lock.acquire()
        return lock

    def _recover(self) -> None:
        """Give up what processes that are gone were at."""
        for trial in self._study.get_trials(deepcopy=False):
            if trial.state.name == "RUNNING" and not self._lives(trial.user_attrs.get("worker", "")):
                self._give_up(trial.number)

    def _lives(self, worker: str) -> bool:
        if worker == self._worker:
            return True
        lock = FileLock(self.path / WORKERS / worker, timeout=0)
        if not worker or not Path(lock.lock_file).exists():
            return False
        try:
            with lock:
                Path(lock.lock_file).unlink(missing_ok=True)
        except Timeout:
            return True
        return False

    def _give_up(self, number: int) -> None:
        from optuna.trial import TrialState

        trial = self._study.get_trials(deepcopy=False)[number]
        again = {key: value for key, value in trial.user_attrs.items() if key == "own"}
        self._study._storage.set_trial_user_attr(trial._trial_id, "reason", INTERRUPTED)  # noqa: SLF001 - no other way
        self._study.tell(number, state=TrialState.FAIL)
        fixed = trial.system_attrs.get("fixed_params", {})
        self._study.enqueue_trial({**fixed, **trial.user_attrs.get("values", trial.params)}, again)
        shutil.rmtree(self.folder(number), ignore_errors=True)

    def _sampler(self, count: int) -> optuna.samplers.BaseSampler:
        import optuna

        digest = hashlib.sha256(f"{self.settings.seed} {count}".encode()).digest()
        seed = int.from_bytes(digest[:4], "little")
        if self.settings.sampler == "random":
            return optuna.samplers.RandomSampler(seed=seed)
        return optuna.samplers.TPESampler(seed=seed, n_startup_trials=UNTRIED)

    def _suggested(self, trial: optuna.Trial) -> dict[str, Plain]:
        """What a trial is to try, by parameter."""
        if trial.user_attrs.get("own"):
            own = self.space.own(self.tuned)
            return {axis.parameter: _suggest(trial, axis) for axis in self.space.axes if axis.parameter in own}
        values: dict[str, Plain] = {}
        for axis in self.space.axes:
            if self.space.applies(axis, values, self.tuned):
                values[axis.parameter] = _suggest(trial, axis)
        return values

    def _note(self, trial: optuna.Trial, told: Mapping[str, Any]) -> None:
        for key, value in told.items():
            trial.set_user_attr(key, value)


def _suggest(trial: optuna.Trial, axis: Axis) -> Plain:
    name, among = axis.parameter, axis.among
    if not isinstance(among, Tuned):
        return trial.suggest_categorical(name, among.choices)
    if axis.integer:
        return trial.suggest_int(name, int(among.low), int(among.high), log=among.log)
    return trial.suggest_float(name, among.low, among.high, log=among.log)


def _is_interrupted(trial: FrozenTrial) -> bool:
    return bool(trial.user_attrs.get("reason") == INTERRUPTED)


STATES = {"COMPLETE": "finished", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running", "WAITING": "waiting"}


def _trial(trial: FrozenTrial) -> Trial:
    told = trial.user_attrs
    state: Any = "interrupted" if _is_interrupted(trial) else STATES[trial.state.name]
    return Trial(
        number=trial.number,
        state=state,
        parameters=told.get("values", trial.params),
        own=bool(told.get("own")),
        value=trial.value if trial.state.name == "COMPLETE" else None,
        curve=dict(trial.intermediate_values),
        reason=told.get("reason", ""),
        seconds=told.get("seconds", 0.0),
        run=told.get("run"),
        best_epoch=told.get("best_epoch"),
    )


def _written(axis: Axis) -> str | list[Plain]:
    among = axis.among
    if not isinstance(among, Tuned):
        return list(among.choices)
    return f"{among.low!r}..{among.high!r}{':log' if among.log else ''}"


def _new(folder: Path, stamp: str) -> Path:
    """A directory of this moment, with a number where there is one already."""
    attempt = 1
    while True:
        path = folder / f"{stamp if attempt == 1 else f'{stamp}-{attempt}'}{STUDY}"
        try:
            path.mkdir()
        except FileExistsError:
            attempt += 1
            continue
        return path


def _mend(journal: Path, lock: JournalFileOpenLock) -> None:
    """Cut off what a process that was killed, or a full disk, left of a line: it was not told to anybody."""
    if not journal.exists():
        return
    lock.acquire()
    try:
        with journal.open("rb+") as file:
            content = file.read()
            if content and not content.endswith(b"\n"):
                logger.warning("%s ends in the middle of a line, which is left out", journal)
                file.truncate(content.rfind(b"\n") + 1)
    finally:
        lock.release()
