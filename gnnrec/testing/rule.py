"""A rule of a contract as something that can be checked, and how a violation reads."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from gnnrec.contract.kinds import CONTRACTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gnnrec.contract.component import Component

DOCUMENT = "docs/contracts.md"

CONTINUED = "\n" + 14 * " "


class Case(Protocol):
    """A component, and what it is checked with."""

    @property
    def component(self) -> Any:
        """What is checked."""


class ContractViolation(AssertionError):  # noqa: N818 - it is what a test that fails says, not an error of gnnrec
    """A component does not keep a rule of its contract.

    Attributes:
        check: The name of the check that found it.
        component: What was checked.
    """

    def __init__(self, rule: Rule, component: Component, got: str) -> None:
        self.check, self.component = rule.name, component
        super().__init__(
            f"{component.kind} '{component.name}' ({type(component).__qualname__}) fails {rule.name}\n"
            f"  asked for:  {rule.asks}\n"
            f"  got:        {CONTINUED.join(got.splitlines())}\n"
            f"  written in: {rule.where}, {DOCUMENT}"
        )


@dataclass(frozen=True)
class Rule:
    """One thing that a contract asks.

    Attributes:
        name: What the check is called.
        asks: What is asked, in words.
        where: The dotted name under which the contract says so.
        test: Takes a case; gives what was got where that is wrong, or None where it is right or not applicable.
    """

    name: str
    asks: str
    where: str
    test: Callable[[Any], str | None]


@dataclass(frozen=True)
class Check:
    """A rule, ready to be checked on one component; call it."""

    rule: Rule
    case: Case

    def __call__(self) -> None:
        """Check.

        Raises:
            ContractViolation: The rule is not kept, or the component raised an error.
        """
        try:
            got = self.rule.test(self.case)
        except Exception as error:
            raise ContractViolation(self.rule, self.case.component, f"{type(error).__name__}: {error}") from error
        if got is not None:
            raise ContractViolation(self.rule, self.case.component, got)

    def __str__(self) -> str:
        """A readable id for a parametrised test."""
        return f"{self.case.component.kind}-{self.case.component.name}-{self.rule.name}"


def rule(where: str) -> Callable[[Callable[[Any], str | None]], Rule]:
    """Make a rule of a function that tests a case.

    The function's name is the check's, and the first paragraph of its docstring says what is asked for.
    """

    def made(test: Callable[[Any], str | None]) -> Rule:
        asks = " ".join((inspect.getdoc(test) or "").partition("\n\n")[0].split())
        return Rule(test.__name__, asks, where, test)

    return made


def bound(kind: str, rules: Iterable[Rule], case: Case) -> tuple[Check, ...]:
    """The checks of one component.

    Raises:
        TypeError: It is no component of this kind, or a class instead of an instance.
    """
    contract, component = CONTRACTS[kind], case.component
    if not isinstance(component, contract):
        hint = "; make an instance of it" if isinstance(component, type) else ""
        raise TypeError(f"expected an instance of gnnrec.{contract.__name__}, got {component!r}{hint}")
    return tuple(Check(rule, case) for rule in rules)
