from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
import pytest
import torch
from mutants import Mutant, assert_caught, each, failures
from pydantic import AfterValidator, PlainSerializer

from gnnrec import Loss
from gnnrec.testing.comparing import difference
from gnnrec.testing.kinds import KINDS
from gnnrec.testing.modules import left_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec.data.size import Size


class Squares(Loss):
    """Squared distance from zero and one."""

    name: Literal["squares"] = "squares"

    def build(self) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
        return lambda positive, negative: (positive - 9e1).pow(2).mean() + (negative + 9e1).pow(2).mean()


class Nameless(Squares):
    """Has a name that a recipe could change."""

    name: str = "nameless"


class WithAList(Squares):
    """Has a field that can be changed."""

    weights: list[float] = [1.0]  # noqa: RUF012 - that is what is wrong


class Growing(Squares):
    """Doubles its margin whenever it is read, which leaves the default as it is."""

    margin: Annotated[int, AfterValidator(lambda margin: 2 * margin)] = 0


class Foreign(Squares):
    """Writes down a field, unless it has its default, as nobody could read it."""

    margin: Annotated[int, PlainSerializer(lambda margin: margin and f"{margin} points")] = 0


class Floating(Squares):
    """Takes no whole number of bytes."""

    memory_for: ClassVar[str] = "squares"

    def memory(self, size: Size) -> int:
        return size.items / 2  # type: ignore[return-value]


class Speechless(Squares):
    """Does not say what its memory is for."""

    def memory(self, size: Size) -> int:
        return size.items


class Mapped(Squares):
    """Has text that YAML could take for something else."""

    text: tuple[str, ...] = ("no", "1e3", "a: b", "line\u2028line", "")


MUTANTS = (
    Mutant(
        "keeps_the_rules_of_a_plugin", Nameless(), "Nameless needs its name as a field", also=("survives_a_recipe",)
    ),
    Mutant("keeps_the_rules_of_a_plugin", WithAList(), "WithAList.weights is a list", also=("survives_a_recipe",)),
    Mutant("survives_a_recipe", Growing(margin=1), "Growing(name='squares', margin=2) came back as Growing("),
    Mutant("survives_a_recipe", Foreign(margin=1), "loss.margin: expected integer, got '1 points'"),
    Mutant("says_how_much_memory_it_takes", Floating(), "0.5 for Size(users=1, items=1, interactions=1)"),
    Mutant("says_how_much_memory_it_takes", Speechless(), "bytes, and memory_for does not say for what"),
)


@each(MUTANTS)
def test_exactly_the_right_check_catches_it(mutant: Mutant) -> None:
    assert_caught(mutant)


def test_a_component_that_is_right_passes() -> None:
    assert failures(Squares()) == []
    assert failures(Mapped()) == []


def test_every_check_says_what_it_asks_and_where_that_is_written() -> None:
    for kind, (_, rules) in KINDS.items():
        names = [rule.name for rule in rules]
        assert len(names) == len(set(names)), kind
        for rule in rules:
            assert rule.asks[0].isupper() or rule.asks[0] == "`", rule
            assert rule.asks.endswith("."), rule
            package, room, module, *path = rule.where.split(".")
            found: Any = import_module(f"{package}.{room}.{module}")
            for part in path:
                found = found.model_fields[part] if part in getattr(found, "model_fields", {}) else getattr(found, part)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (torch.ones(2), torch.ones(2, dtype=torch.float64), "x is float32 [2], and then float64 [2]"),
        (torch.ones(2), torch.tensor([1.0, 3.0]), "x differs by up to 2"),
        (torch.tensor([1, 2]), torch.tensor([1, 3]), "x differs in 1 of 2 places"),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "x.a.1.b is 2, and then 3"),
        ({"a": 1}, {"b": 1}, "x has a, and then b"),
        ((1, 2), (1,), "x has 2 parts, and then 1"),
        (1, True, "x is 1, and then True"),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 2]}, index=[0, 2]), "x.index differs in 1 of 2 places"),
        (pd.DataFrame({"a": [["b"]]}), pd.DataFrame({"a": [["c"]]}), "x.a.0.0 is 'b', and then 'c'"),
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0]), None),
        (float("nan"), float("nan"), None),
        (torch.nn.Linear(1, 1).requires_grad_(False), None, "x is Linear("),
    ],
)
def test_a_difference_is_told_by_where_it_is(first: Any, second: Any, said: str | None) -> None:
    found = difference(first, second, at="x")
    assert found == said or (said is not None and found is not None and found.startswith(said))


def test_small_differences_are_none_within_a_tolerance() -> None:
    assert difference(torch.ones(1), torch.ones(1) + 1e-6, 1e-5) is None
    assert difference(torch.ones(1), torch.ones(1) + 1e-4, 1e-5) == "the whole differs by up to 0.0001"


def test_what_a_move_to_a_device_would_miss_is_found_in_containers() -> None:
    class Holder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.LSTM(2, 2)  # keeps a list of its own parameters
            self.tables = [{"a": torch.ones(1)}]
            self.others = (torch.nn.Linear(1, 1),)

    holder = Holder()
    assert left_behind(holder) == (
        "tables[0]['a'], others[0]: no parameter, buffer or child module, so it stays behind when the module moves"
    )
    assert left_behind(holder.layer) is None
