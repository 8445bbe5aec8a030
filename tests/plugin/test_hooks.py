from __future__ import annotations

import logging
import warnings
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pluggy
import pytest

from gnnrec import hookimpl
from gnnrec.contract import hookspecs
from gnnrec.errors import PluginError
from gnnrec.plugin.hooks import Hooks

if TYPE_CHECKING:
    from collections.abc import Callable


def plugin(answer: str, **options: Any) -> Any:
    """A plugin with one hook, which says who it is."""

    @hookimpl(**options)
    def gnnrec_components() -> list[str]:
        return [answer]

    return SimpleNamespace(gnnrec_components=gnnrec_components)


def test_hooks_are_called_in_the_order_of_plugins_but_for_those_that_ask_for_another() -> None:
    hooks = Hooks()
    for name, options in (("a", {"trylast": True}), ("b", {}), ("c", {"tryfirst": True}), ("d", {})):
        hooks.register(plugin(name, **options), name)
    assert [(call.plugin, call()) for call in hooks.calls("gnnrec_components")] == [
        ("c", ["c"]),
        ("b", ["b"]),
        ("d", ["d"]),
        ("a", ["a"]),
    ]


def test_a_plugin_that_is_refused_leaves_nothing_behind() -> None:
    hooks = Hooks()
    good = plugin("good")
    hooks.register(good, "good")
    with pytest.raises(PluginError, match=r"^gnnrec_run_started is a wrapper"):
        hooks.register(
            SimpleNamespace(gnnrec_run_started=hookimpl(wrapper=True)(lambda: (yield)), **vars(plugin("bad"))), "bad"
        )
    with pytest.raises(PluginError, match=r"^it is the same object as plugin 'good'$"):
        hooks.register(good, "again")
    assert [call.plugin for call in hooks.calls("gnnrec_components")] == ["good"]
    assert hooks.of(good) == ("gnnrec_components",)


def test_a_hook_may_be_implemented_under_another_name_or_for_a_later_gnnrec() -> None:
    hooks = Hooks()

    @hookimpl(specname="gnnrec_components")
    def my_components() -> list[str]:
        return ["renamed"]

    @hookimpl(optionalhook=True)
    def gnnrec_of_the_future() -> None: ...

    hooks.register(SimpleNamespace(my_components=my_components, gnnrec_of_the_future=gnnrec_of_the_future), "ahead")
    assert [call() for call in hooks.calls("gnnrec_components")] == [["renamed"]]


def test_what_is_deprecated_about_a_hook_is_told_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    old = pluggy.HookspecMarker("gnnrec")(warn_on_impl=DeprecationWarning("gnnrec_parts is now gnnrec_components"))
    monkeypatch.setattr(hookspecs, "gnnrec_parts", old(lambda: None), raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = Hooks().register(SimpleNamespace(gnnrec_parts=hookimpl(lambda: None)), "old")
    assert said == ("gnnrec_parts is now gnnrec_components",)


@pytest.mark.parametrize(("asked", "lines"), [("1", 2), ("0", 0), ("", 0)])
def test_a_trace_tells_of_each_call_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, asked: str, lines: int
) -> None:
    monkeypatch.setenv("GNNREC_TRACE_PLUGINS", asked)
    logger = logging.getLogger("gnnrec.plugin.hooks")
    monkeypatch.setattr(logger, "handlers", [caplog.handler])
    monkeypatch.setattr(logger, "level", logging.INFO)
    monkeypatch.setattr(logger, "propagate", False)
    logger.manager._clear_cache()  # type: ignore[attr-defined]
    hooks = Hooks()
    hooks.register(plugin("good"), "good")

    def fail() -> None:
        raise RuntimeError

    hooks.register(SimpleNamespace(gnnrec_components=hookimpl(fail)), "bad")
    good, bad = hooks.calls("gnnrec_components")
    good()
    with pytest.raises(RuntimeError):
        bad()
    said = [record.getMessage().partition(" after ")[0] for record in caplog.records]
    assert (
        said
        == [
            "trace: gnnrec_components of plugin 'good' returned",
            "trace: gnnrec_components of plugin 'bad' raised",
        ][:lines]
    )


def test_arguments_that_an_implementation_does_not_name_are_left_out() -> None:
    heard: list[Any] = []
    listeners: list[Callable[..., None]] = [
        lambda: heard.append("nothing"),
        lambda run: heard.append(run),  # noqa: PLW0108 - its argument has the hook's name
        lambda epoch, run: heard.append((run, epoch)),
    ]
    hooks = Hooks()
    for number, listener in enumerate(listeners):
        hooks.register(SimpleNamespace(gnnrec_epoch_ended=hookimpl(listener)), str(number))
    for call in hooks.calls("gnnrec_epoch_ended"):
        call(run="run", epoch="epoch")
    assert heard == ["nothing", "run", ("run", "epoch")]
