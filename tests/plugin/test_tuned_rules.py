from __future__ import annotations

import math
from enum import Enum
from typing import Annotated, Any, Literal, NewType

import pytest
from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from gnnrec import Filter, PluginError, Tuned, TunedAmong
from gnnrec.plugin.component_rules import check_component


class Mode(Enum):
    SOFT = "soft"
    HARD = "hard"


class Inner(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    size: Annotated[int, Tuned(1, 4)] = 2


Tenth = NewType("Tenth", float)

SHARE = Annotated[float, Field(ge=0, lt=1)]


def apply(self: Filter, interactions: Any) -> Any:  # noqa: ARG001 - the signature of all
    return interactions


def tuned(type_: Any, default: Any = ...) -> type[Filter]:
    """A filter with one field."""
    members = {"__annotations__": {"name": Literal["mine"], "size": type_}, "name": "mine", "__module__": __name__}
    return type("Mine", (Filter,), members | {"apply": apply} | ({} if default is ... else {"size": default}))


@pytest.mark.parametrize(
    ("type_", "default"),
    [
        (Annotated[PositiveInt, Tuned(1, 8)], 1),
        (Annotated[PositiveInt, Tuned(1, 8)], 8),
        (Annotated[PositiveInt, Tuned(1, 8)], ...),
        (Annotated[PositiveInt | None, Tuned(1, 8)], None),
        (Annotated[PositiveInt | None, TunedAmong((None, 8))], 8),
        (Annotated[SHARE, Tuned(0, 0.99)], 0.5),
        (Annotated[Tenth, Tuned(0.0, 1.0)], 0.1),
        (Annotated[bool, TunedAmong((True, False))], False),
        (Annotated[str, TunedAmong(("mean", "sum"))], "sum"),
        (Annotated[Mode, TunedAmong(("soft", "hard"))], Mode.SOFT),
    ],
)
def test_a_range_that_the_field_takes_and_that_holds_its_default_is_in_order(type_: Any, default: Any) -> None:
    check_component(tuned(type_, default))


RULES = "keep to what its type and bounds take"


@pytest.mark.parametrize(
    ("type_", "default", "message"),
    [
        (
            Annotated[PositiveInt, Tuned(0, 8)],
            2,
            f"Mine.size is tuned within 0..8, but does not take 0: Input should be greater than 0; {RULES}",
        ),
        (
            Annotated[SHARE, Tuned(0.1, 1.0)],
            0.5,
            f"Mine.size is tuned within 0.1..1, but does not take 1.0: Input should be less than 1; {RULES}",
        ),
        (
            Annotated[PositiveInt, Tuned(1, 8.5)],
            2,
            f"Mine.size is tuned within 1..8.5, but does not take 8.5: Input should be a valid integer; {RULES}",
        ),
        (
            Annotated[PositiveInt, Tuned(1.0, 8.0)],
            2,
            f"Mine.size is tuned within 1..8, but does not take 1.0: Input should be a valid integer; {RULES}",
        ),
        (
            Annotated[float, Tuned(1.0, math.inf)],
            2.0,
            f"Mine.size is tuned within 1..inf, but does not take Infinity: Input should be a finite number; {RULES}",
        ),
        (
            Annotated[bool, Tuned(0, 1)],
            True,
            f"Mine.size is tuned within 0..1, but does not take 0: Input should be a valid boolean; {RULES}",
        ),
        (
            Annotated[Literal["mean", "sum"], TunedAmong(("mean", "max"))],
            "mean",
            "Mine.size is tuned among mean, max, but does not take \"max\": Input should be 'mean' or 'sum'; " + RULES,
        ),
        (
            Annotated[PositiveInt, TunedAmong((4, None))],
            4,
            f"Mine.size is tuned among 4, nothing, but does not take null: Input should be a valid integer; {RULES}",
        ),
        (
            Annotated[PositiveInt, Tuned(0, 8)],
            ...,
            f"Mine.size is tuned within 0..8, but does not take 0: Input should be greater than 0; {RULES}",
        ),
        (
            Annotated[PositiveInt, Tuned(16, 256, log=True)],
            8,
            "Mine.size is tuned within 16..256:log, which leaves out its default, 8; take that in too",
        ),
        (
            Annotated[str, TunedAmong(("mean", "sum"))],
            "max",
            'Mine.size is tuned among mean, sum, which leaves out its default, "max"; take that in too',
        ),
        (
            Annotated[PositiveInt, Tuned(1, 8), TunedAmong((1, 2))],
            2,
            "Mine.size is tuned in two ways, 1..8 and 1, 2; leave one of them out",
        ),
        (
            Annotated[PositiveInt, Tuned(1, 8)] | None,
            2,
            (
                "Mine.size says how it is tuned within its type, where no search looks; "
                "say it of the whole field: Annotated[… | None, Tuned(…)]"
            ),
        ),
        (
            Inner,
            Inner(),
            (
                "Inner.size says how it is tuned, but Inner is a part of a component; "
                "a search looks at a component's own fields only, so leave it out"
            ),
        ),
    ],
)
def test_a_range_that_a_recipe_could_not_use_is_refused(type_: Any, default: Any, message: str) -> None:
    with pytest.raises(PluginError) as error:
        check_component(tuned(type_, default))
    assert str(error.value) == message
