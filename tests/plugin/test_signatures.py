from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest

from gnnrec import Encoder, FeatureEncoder, GraphBuilder, NegativeSampler, PluginError, Scorer, Splitter
from gnnrec.plugin.component_rules import check_component
from gnnrec.plugin.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

    from gnnrec.contract.component import Component

    Methods = dict[str, Callable[..., Any]]

IS_NOT = "is not what its kind asks for:"

CHANGES = "how contracts have changed is in docs/stability.md"


def old(contract: type[Component], **methods: Any) -> type[Component]:
    """A component called `old`, with these methods."""
    name = {"__annotations__": {"name": Literal["old"]}, "name": "old"}
    return type("Old", (contract,), {**methods, **name, "__module__": __name__, "__qualname__": "Old"})


def nothing_else(self: Any) -> None: ...


def of_0_1_fit(self: Any, train: Any, generator: Any) -> None: ...


def of_0_1_build(self: Any, edges: Any, features: Any) -> None: ...


def of_0_1_encode(self: Any, table: Any, train: Any) -> None: ...


def of_0_1_sampler(self: Any, known: Any, supervision: Any, generator: Any) -> None: ...


def with_one_more(self: Any, graph: Any, more: Any) -> None: ...


def with_one_more_by_name(self: Any, graph: Any, *, more: Any) -> None: ...


def with_another_name(self: Any, data: Any) -> None: ...


def in_another_order(self: Any, generator: Any, observed: Any) -> None: ...


def plain(observed: Any, generator: Any) -> None: ...


def by_name_alone(self: Any, observed: Any, *, generator: Any) -> None: ...


@pytest.mark.parametrize(
    ("contract", "methods", "message"),
    [
        (Scorer, {"fit": of_0_1_fit}, f"Old.fit(train, generator) {IS_NOT} fit(observed, generator)"),
        (GraphBuilder, {"build": of_0_1_build}, f"Old.build(edges, features) {IS_NOT} build(observed)"),
        (
            NegativeSampler,
            {"build": of_0_1_sampler},
            f"Old.build(known, supervision, generator) {IS_NOT} build(observed, supervision, avoid, generator)",
        ),
        (
            FeatureEncoder,
            {"encode": of_0_1_encode},
            "Old lacks the method of its kind: fit(table, observed), restore(state); it has encode(table, train)",
        ),
        (
            FeatureEncoder,
            {"fit": of_0_1_encode, "restore": lambda self, state: None},  # noqa: ARG005
            f"Old.fit(table, train) {IS_NOT} fit(table, observed)",
        ),
        (Encoder, {"build": with_one_more}, f"Old.build(graph, more) {IS_NOT} build(graph)"),
        (Encoder, {"build": with_one_more_by_name}, f"Old.build(graph, *, more) {IS_NOT} build(graph)"),
        (Splitter, {"split": with_another_name}, f"Old.split(data) {IS_NOT} split(interactions)"),
        (Scorer, {"fit": in_another_order}, f"Old.fit(generator, observed) {IS_NOT} fit(observed, generator)"),
        (Scorer, {"fit": by_name_alone}, f"Old.fit(observed, *, generator) {IS_NOT} fit(observed, generator)"),
        (Encoder, {"build": nothing_else}, f"Old.build() {IS_NOT} build(graph)"),
        (Encoder, {"build": staticmethod(plain)}, f"Old.build(observed, generator) {IS_NOT} build(graph)"),
    ],
)
def test_an_old_signature_is_refused_and_both_are_shown(
    contract: type[Component], methods: Methods, message: str
) -> None:
    with pytest.raises(PluginError) as refused:
        check_component(old(contract, **methods))
    assert str(refused.value) == f"{message}; {CHANGES}"


def with_a_default(self: Any, observed: Any, generator: Any, more: Any = None, *, other: int = 3) -> None: ...


def whatever(self: Any, *given: Any) -> None: ...


def whatever_comes_after(self: Any, observed: Any, *rest: Any, **named: Any) -> None: ...


def by_place(self: Any, observed: Any, generator: Any, /) -> None: ...


@pytest.mark.parametrize(
    "fit", [with_a_default, whatever, whatever_comes_after, by_place, staticmethod(plain), classmethod(with_a_default)]
)
def test_more_that_may_be_left_out_is_accepted(fit: Any) -> None:
    check_component(old(Scorer, fit=fit))


def test_a_method_is_shown_without_what_else_the_class_has() -> None:
    def documented(self: Any) -> str: ...

    def _helper(self: Any) -> None: ...

    component = old(Encoder, documented=documented, _helper=_helper)
    with pytest.raises(PluginError) as refused:
        check_component(component)
    message = f"Old lacks the method of its kind: build(graph); it has documented(); {CHANGES}"
    assert str(refused.value) == message
    with pytest.raises(PluginError, match=r"^Old lacks the method of its kind: build\(graph\)$"):
        check_component(old(Encoder, _helper=_helper))


def test_a_plugin_of_0_1_is_left_out_with_what_to_do(plugin: Callable[[str, str], EntryPoint]) -> None:
    text = """
    from gnnrec import Scorer
    class Mine(Scorer):
        name: Literal["mine"] = "mine"
        def fit(self, train, generator): ...
    @hookimpl
    def gnnrec_components():
        return [Mine]
    """
    (record,) = Registry([plugin("of_0_1", text)]).plugins
    assert (record.state, record.components) == ("failed", ())
    assert record.error == (f"Mine.fit(train, generator) {IS_NOT} fit(observed, generator); {CHANGES}")
