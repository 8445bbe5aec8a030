"""What every component keeps, whatever its kind: it can be said in a recipe, repeats itself, and spoils nothing."""

from __future__ import annotations

import copy
import random
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from gnnrec.contract.hookspecs import hookimpl
from gnnrec.data.size import Size
from gnnrec.errors import GnnrecError
from gnnrec.plugin.component_rules import check_component
from gnnrec.plugin.registry import Registry
from gnnrec.recipe.check import check_component_data
from gnnrec.recipe.load import to_yaml
from gnnrec.recipe.nodes import read_yaml
from gnnrec.testing.comparing import difference
from gnnrec.testing.rule import Case, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gnnrec.contract.component import Component

SMALL, LARGE = Size(1, 1, 1), Size(1_000_000, 100_000, 20_000_000)


@dataclass(frozen=True)
class Job:
    """A component's one method, ready to be called once.

    Attributes:
        inputs: What it is given; compared before and after.
        result: Calls it and uses what it gave; gives something that can be compared.
        tolerance: How far two results may differ.
    """

    inputs: Any
    result: Callable[[], Any]
    tolerance: float = 0.0


@contextmanager
def global_random_state(seed: int) -> Iterator[None]:
    """Put the global random states of torch, numpy and Python where `seed` says, and back afterwards."""
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002 - the global state is meant
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(numpy_state)  # noqa: NPY002
            random.setstate(python_state)


@rule("gnnrec.plugin.registry.check_component")
def keeps_the_rules_of_a_plugin(case: Case) -> str | None:
    """The class keeps the rules under which a plugin is loaded."""
    try:
        check_component(type(case.component))
    except GnnrecError as error:
        return str(error)
    return None


@rule("gnnrec.contract.component.Component")
def survives_a_recipe(case: Case) -> str | None:
    """Written into a recipe as YAML and read back, the component is equal."""
    component: Component = case.component
    text = to_yaml({component.kind: component.model_dump(mode="json")})
    try:
        node = read_yaml(text, "recipe.yaml").value[component.kind]
        again = check_component_data(component.kind, node, Registry([_Point(type(component))]))
    except GnnrecError as error:
        return f"{error}"
    return None if again == component else f"{component!r} came back as {again!r}"


@rule("gnnrec.contract.component.Component.memory")
def says_how_much_memory_it_takes(case: Case) -> str | None:
    """`memory(size)` is a whole number of bytes, none below 0; and what they are for is said in `memory_for`."""
    component: Component = case.component
    for size in (SMALL, LARGE):
        told: object = component.memory(size)
        if type(told) is not int or told < 0:
            return f"{told!r} for {size}"
    return (
        None if component.memory_for or not component.memory(LARGE) else "bytes, and memory_for does not say for what"
    )


EVERY_KIND = (keeps_the_rules_of_a_plugin, survives_a_recipe, says_how_much_memory_it_takes)
"""What is asked of every component alike."""


def repeatable(where: str, job: Callable[[Any], Job], *, global_seed: bool = False) -> tuple[Rule, ...]:
    """The rules that doing the same thing twice gives the same, and spoils nothing; for one kind.

    Args:
        where: The contract's method.
        job: Gives a case's job, with fresh inputs each time.
        global_seed: Whether torch's global random state rules what the component draws; otherwise nothing does that
            it was not given.
    """
    test = partial(_same_seed_same_result, job, (1, 1) if global_seed else (1, 2))
    source = "torch's global random state" if global_seed else "what it is given"
    return (
        Rule("same_seed_same_result", f"The same result twice; all randomness comes from {source}.", where, test),
        Rule("leaves_its_input_alone", "What it is given stays as it was.", where, partial(_input_alone, job)),
    )


def _same_seed_same_result(job: Callable[[Any], Job], global_seeds: tuple[int, int], case: Case) -> str | None:
    results = []
    for seed in global_seeds:
        once = job(case)
        with global_random_state(seed):
            results.append(once.result())
    return difference(results[0], results[1], once.tolerance)


def _input_alone(job: Callable[[Any], Job], case: Case) -> str | None:
    once = job(case)
    before = copy.deepcopy(once.inputs)
    with global_random_state(1):
        once.result()
    return difference(before, once.inputs)


class _Point(EntryPoint):
    """An entry point to a plugin with one component, so that it is loaded as if it were installed."""

    component: type[Component]

    def __init__(self, component: type[Component]) -> None:
        super().__init__(component.component_name(), "nowhere", "gnnrec")
        vars(self)["component"] = component

    def load(self) -> Any:
        class Plugin:
            @hookimpl
            def gnnrec_components(self) -> tuple[type[Component], ...]:
                return (component,)

        component = self.component
        return Plugin()
