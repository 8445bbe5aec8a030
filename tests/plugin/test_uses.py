from __future__ import annotations

from typing import Any, Literal

import pytest

from gnnrec import Filter, PluginError
from gnnrec.plugin.component_rules import check_component


def apply(self: Filter, interactions: Any) -> Any:  # noqa: ARG001 - the signature of all
    return interactions


def using(what: Any) -> type[Filter]:
    """A filter that says so of itself."""
    members = {"__annotations__": {"name": Literal["mine"]}, "name": "mine", "__module__": __name__, "uses": what}
    return type("Mine", (Filter,), {**members, "apply": apply})


@pytest.mark.parametrize("what", [None, (), ("time",), ("weight", "tables", "relations", "behaviours", "parts")])
def test_what_a_component_uses_is_nothing_something_or_not_said(what: Any) -> None:
    check_component(using(what))


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (("times",), "Mine.uses is ('times',), which is no part of the data; did you mean 'time'?"),
        ("time", "Mine.uses is 'time', which is no part of the data; expected a tuple"),
        ((3,), "Mine.uses is (3,), which is no part of the data; expected a tuple"),
    ],
)
def test_what_is_no_part_of_the_data_is_told(what: Any, message: str) -> None:
    with pytest.raises(PluginError) as error:
        check_component(using(what))
    assert str(error.value) == message
