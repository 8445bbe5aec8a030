"""Components that are wrong on purpose, and which check has to catch each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from gnnrec.testing import ContractViolation, check_component, checks_of
from gnnrec.testing.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gnnrec.contract.component import Component

SHARED = {"keeps_the_rules_of_a_plugin", "survives_a_recipe", "says_how_much_memory_it_takes"}
"""Checks that are the same for every kind."""


@dataclass(frozen=True)
class Mutant:
    """A component with one thing wrong.

    Attributes:
        caught_by: The check that has to fail.
        component: What is wrong.
        got: A part of what the message says was got.
        also: Checks that cannot but fail as well.
        options: What the checks are told.
    """

    caught_by: str
    component: Component
    got: str
    also: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


def each(mutants: Iterable[Mutant]) -> pytest.MarkDecorator:
    """Parametrise a test over mutants, by the check that catches them."""
    return pytest.mark.parametrize("mutant", [pytest.param(mutant, id=mutant.caught_by) for mutant in mutants])


def failures(component: Component, **options: Any) -> list[ContractViolation]:
    """What each failing check says."""
    found = []
    for check in checks_of(component, **options):
        try:
            check()
        except ContractViolation as violation:
            found.append(violation)
    return found


def assert_caught(mutant: Mutant) -> None:
    """Exactly the named checks fail, and the first named says what is wrong with what, and where that is written."""
    found = {violation.check: str(violation) for violation in failures(mutant.component, **mutant.options)}
    assert set(found) == {mutant.caught_by, *mutant.also}
    component = mutant.component
    rules = {rule.name: rule for rule in KINDS[component.kind][1]}
    rule = rules[mutant.caught_by]
    first, asked, *got, written = found[mutant.caught_by].split("\n")
    assert first == f"{component.kind} '{component.name}' ({type(component).__qualname__}) fails {rule.name}"
    assert asked == f"  asked for:  {rule.asks}"
    assert got[0].startswith("  got:        ")
    assert mutant.got in "\n".join(got)
    assert written == f"  written in: {rule.where}, docs/contracts.md"
    assert rule.where.startswith("gnnrec.")
    with pytest.raises(ContractViolation, match=next(iter(found))):
        check_component(component, **mutant.options)


def assert_every_check_catches_something(kind: str, mutants: Iterable[Mutant]) -> None:
    """No check of a kind is without a mutant."""
    assert {mutant.caught_by for mutant in mutants} == {rule.name for rule in KINDS[kind][1]} - SHARED


def wrong(component: type[Component], **methods: Any) -> Component:
    """The component, building a module some methods of which are replaced."""
    built: Any = component
    return changed(component, module=type("Module", (built.module,), methods))


def changed(component: type[Component], **attributes: Any) -> Component:
    """The component, with some of its own methods or constants replaced."""
    made: Any = type("Wrong", (component,), {**attributes, "__module__": __name__, "__qualname__": "Wrong"})
    return made()
