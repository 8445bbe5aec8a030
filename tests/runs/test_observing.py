from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gnnrec import hookimpl
from gnnrec.contract.training import EpochRecord, RunEnd, RunStart
from gnnrec.errors import PluginError
from gnnrec.plugin.registry import Registry
from gnnrec.runs.observing import Observers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from importlib.metadata import EntryPoint

START: Any = RunStart(None, Path("here"), 2, {"users": 3})  # nobody looks at the recipe
EPOCH = EpochRecord(1, 0.5, {"loss": 0.25}, 0.01, 1.5)
END = RunEnd("done", Path("there"), {"best_epoch": 1})
NOTHING = Registry([])


class Notebook:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    @hookimpl
    def gnnrec_run_started(self, run: RunStart) -> None:
        self.heard.append(run)

    @hookimpl
    def gnnrec_epoch_ended(self, epoch: EpochRecord) -> None:  # an implementation may leave arguments out
        self.heard.append(epoch)

    @hookimpl
    def gnnrec_run_ended(self, run: RunStart, end: RunEnd) -> None:
        self.heard.append((run, end))


class Clumsy:
    """Fails at every turn."""

    @hookimpl
    def gnnrec_run_started(self) -> None:
        raise RuntimeError("no disk")

    @hookimpl
    def gnnrec_epoch_ended(self) -> None:
        raise KeyError("loss")

    @hookimpl
    def gnnrec_run_ended(self) -> None:
        sys.exit("enough")


def tell(observers: Observers) -> None:
    observers.run_started(START)
    observers.epoch_ended(EPOCH)
    observers.run_ended(END)


def test_observers_hear_of_the_start_each_epoch_and_the_end() -> None:
    notebook = Notebook()
    tell(Observers(NOTHING, [notebook]))
    assert notebook.heard == [START, EPOCH, (START, END)]


def test_an_observer_that_fails_is_named_in_the_log_and_keeps_nobody_from_hearing(
    log: pytest.LogCaptureFixture,
) -> None:
    before, after = Notebook(), Notebook()
    tell(Observers(NOTHING, [before, Clumsy(), after]))
    assert before.heard == after.heard == [START, EPOCH, (START, END)]
    said = list(dict.fromkeys((record.levelname, record.getMessage()) for record in log.records))
    assert said == [
        ("WARNING", "observer 'Clumsy' failed in gnnrec_run_started: RuntimeError: no disk"),
        ("WARNING", "observer 'Clumsy' failed in gnnrec_epoch_ended: KeyError: 'loss'"),
        ("WARNING", "observer 'Clumsy' failed in gnnrec_run_ended: SystemExit: enough"),
    ]


def test_an_interruption_passes_through() -> None:
    class Impatient:
        @hookimpl
        def gnnrec_epoch_ended(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tell(Observers(NOTHING, [Impatient()]))


def test_a_run_that_never_started_does_not_end() -> None:
    notebook = Notebook()
    Observers(NOTHING, [notebook]).run_ended(END)
    assert notebook.heard == []


def test_a_misspelt_hook_is_refused_when_the_observer_is_handed_in() -> None:
    class Misspelt:
        @hookimpl
        def gnnrec_epoch_end(self) -> None: ...

    with pytest.raises(PluginError, match=r"^there is no hook 'gnnrec_epoch_end'; did you mean 'gnnrec_epoch_ended'"):
        Observers(NOTHING, [Misspelt()])


def test_a_hook_with_an_argument_that_it_is_not_given_is_refused() -> None:
    class Greedy:
        @hookimpl
        def gnnrec_epoch_ended(self, weights: object) -> None: ...

    with pytest.raises(PluginError, match="'weights'"):
        Observers(NOTHING, [Greedy()])


def test_plugins_are_told_before_the_observers_of_a_call(
    plugin: Callable[[str, str], EntryPoint], log: pytest.LogCaptureFixture
) -> None:
    text = """
        @hookimpl
        def gnnrec_run_started(run):
            raise RuntimeError("the plugin's turn")
        """
    heard: list[str] = []

    class Last:
        @hookimpl
        def gnnrec_run_started(self) -> None:
            heard.extend(record.getMessage() for record in log.records)

    Observers(Registry([plugin("tracker", text)]), [Last()]).run_started(START)
    assert "observer 'tracker' failed in gnnrec_run_started: RuntimeError: the plugin's turn" in heard


def test_observers_are_told_in_their_order_but_for_those_that_ask_for_another() -> None:
    heard: list[str] = []

    def observer(name: str, **turn: bool) -> object:
        class Observer:
            @hookimpl(**turn)  # type: ignore[call-overload]
            def gnnrec_run_started(self) -> None:
                heard.append(name)

        return Observer()

    named = [
        observer("last", trylast=True),
        observer("a"),
        observer("very last", trylast=True),
        observer("first", tryfirst=True),
        observer("b"),
        observer("second", tryfirst=True),
    ]
    Observers(NOTHING, named).run_started(START)
    assert heard == ["first", "second", "a", "b", "last", "very last"]


@pytest.mark.parametrize("kind", ["wrapper", "hookwrapper"])
def test_a_wrapper_is_refused_when_the_observer_is_handed_in(kind: str) -> None:
    class Wrapper:
        @hookimpl(**{kind: True})  # type: ignore[call-overload]
        def gnnrec_epoch_ended(self) -> Iterator[None]:
            yield

    with pytest.raises(PluginError) as error:
        Observers(NOTHING, [Wrapper()])
    assert str(error.value) == (
        "gnnrec_epoch_ended is a wrapper, but hooks are called one by one and none around another; "
        "use a plain @hookimpl, with tryfirst or trylast for its turn"
    )


def test_observers_of_one_class_and_of_one_name_live_side_by_side() -> None:
    notebooks = [Notebook(), Notebook()]
    for notebook in notebooks:
        notebook.__name__ = "notebook"
    tell(Observers(NOTHING, notebooks))
    assert [len(notebook.heard) for notebook in notebooks] == [3, 3]


def test_an_epochs_record_is_stored_flat() -> None:
    assert EPOCH.to_json() == {"epoch": 1, "train_loss": 0.5, "val_loss": 0.25, "lr": 0.01, "seconds": 1.5}
